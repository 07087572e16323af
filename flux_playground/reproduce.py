"""Reproduces an image from its recipe: the values, the caveats, the comparison."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from .errors import InvalidImage, InvalidRecipe
from .generation import Generation
from .image_ref import list_image_refs
from .images import metadata
from .images.pixel_difference import Comparison, compare
from .recipe import Recipe, dump_recipe, format_parameters, recipe_from_generation, server_name
from .recipe.differences import Difference, explain_differences
from .storage.generation_store import GenerationStore

UPSAMPLING = "prompt_upsampling"
NO_SEED_CAVEAT = "Can't be reproduced exactly: this image has no seed."
UPSAMPLING_CAVEAT = "Won't reproduce exactly: prompt upsampling rewrites the prompt each time."


@dataclass(frozen=True)
class Report:
    """How similar an image and its reproduction are, and how their recipes differ, or why they cannot be compared."""

    comparison: Comparison | None
    differences: tuple[Difference, ...] = ()
    problem: str = ""


def recipe(one: Generation) -> Recipe:
    """Return the recipe of a generation."""
    return recipe_from_generation(one, one.document)


def values(one: Generation) -> dict[str, Any]:
    """Return the values that reproduce an image: the request without secrets and webhooks, with its seed."""
    return recipe(one).values


def caveats(one: Generation, server: str, store: GenerationStore) -> Iterator[str]:
    """Yield the known reasons why a reproduction differs or fails; `server` is where it would be generated."""
    if is_of_another_tool(one):
        yield f"Can't be reproduced here: this image was made with {one.imported}."
        return
    if one.seed is None:
        yield NO_SEED_CAVEAT
    if one.request.get(UPSAMPLING) is True:
        yield UPSAMPLING_CAVEAT
    if server_name(one.server) != server_name(server):
        yield f"Made again it may differ: it was made at {one.server}, and would now be made at {server}."
    for name, value in one.request.items():
        if any(map(store.inputs.is_missing, list_image_refs(value))):
            yield f"It cannot be made again: the image that was sent as {name} is no longer kept here."


def compare_generations(before: Generation, after: Generation, store: GenerationStore) -> Report:
    """Compare an image with its reproduction, from their files; an image that is gone or damaged is a problem named."""
    told = explain_differences(recipe(before), recipe(after))
    try:
        return Report(compare(store.read_image(before), store.read_image(after)), told)
    except (InvalidImage, OSError) as error:
        sentence = error.message if isinstance(error, InvalidImage) else "One of the two files is no longer there."
        return Report(None, told, sentence)


def is_of_another_tool(one: Generation) -> bool:
    """Return whether an image was imported that this program has not made, so that no recipe of the API makes it."""
    return bool(one.imported) and not one.endpoint


def image_exists(one: Generation) -> bool:
    """Return whether the image of a generation was there when the record was read."""
    return one.image is not None and not one.image_missing


def image_with_recipe(one: Generation, store: GenerationStore) -> bytes:
    """Return a copy of the image with its recipe inside, its pixels unchanged; raises `InvalidRecipe`, `OSError`."""
    return metadata.embed(store.read_image(one), *_recipe_texts(one))


def add_image_facts(generation: Generation, data: bytes) -> Generation:
    """Return the generation with `signed` and `embed_error`, computed from its image file's bytes."""
    try:
        metadata.check_embed(data, *_recipe_texts(generation))
        embed_error = ""
    except InvalidRecipe as error:
        embed_error = error.message
    return replace(generation, signed=metadata.has_content_credentials(data), embed_error=embed_error)


def embedding(generation: Generation, store: GenerationStore) -> tuple[bool, str]:
    """Return whether the image file has Content Credentials (not verified), and why a copy cannot contain its recipe.

    The reason is "" for an image whose copy can. Only for records of earlier versions is the file read.
    """
    if not image_exists(generation):
        return False, "The file of this image no longer exists."
    if generation.signed is None or generation.embed_error is None:
        try:
            generation = add_image_facts(generation, store.read_image(generation))
        except OSError:
            return False, "The file of this image no longer exists."
    return bool(generation.signed), generation.embed_error or ""


def _recipe_texts(one: Generation) -> tuple[str, str]:
    """Return the recipe and the parameters for other tools that a copy of the image contains."""
    if is_of_another_tool(one):
        raise InvalidRecipe("This image was made with another tool, so it has no recipe.")
    told = recipe(one)
    return dump_recipe(told, None), format_parameters(told)
