"""Imports image files that were not exported by this program, with the settings that their tools wrote into them."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Collection
from datetime import datetime
from typing import Any

from ..errors import InvalidArchive, InvalidRecipe
from ..generation import Generation, State
from ..images import image_file, metadata
from ..recipe import Detected, Recipe, SourceKind, detect, hide_secrets, parse_recipe
from .entry_json import THIS_TOOL, file_name, generation_from_json, replace_refs
from .gallery_writer import GalleryWriter
from .untrusted_zip import ImportLimits, UntrustedZip, is_zip

UNKNOWN_TOOL = "an unknown tool"
READ_FIELDS = ("prompt", "seed")
MAX_RECIPE_BYTES = 4_000_000
COPIED = ("endpoint", "server", "document", "seed", "prompt", "cost")
"""The attributes of a recipe that a generation has under the same name."""


class ForeignImages:
    """Adds images to a gallery. `fields` are the fields of the endpoint, which take the settings of other tools."""

    def __init__(self, writer: GalleryWriter, fields: Collection[str]) -> None:
        self._writer = writer
        self._fields = frozenset((*fields, *READ_FIELDS))
        self._recipes: dict[str, tuple[str, Recipe]] = {}  # with their file names, by the hash of the image

    def add_zip(self, archive: UntrustedZip, limits: ImportLimits) -> None:
        """Add the images of a ZIP file; raises `InvalidArchive` if it has too many, `StorageError` without room."""
        names = [name for name in archive.names if not self._read_recipe(name, archive)]
        if len(names) > limits.images:
            raise InvalidArchive(f"This ZIP file has {len(names):,} files; at most {limits.images:,} can be imported.")
        for name in names:
            with self._writer.rejecting(name):
                self.add(name, archive.read(name), _local_seconds(archive.modified_at(name)))
        for name, sentence in archive.refused.items():
            self._writer.reject(name, sentence)
        self.finish()

    def add_recipe(self, name: str, data: bytes) -> bool:
        """Keep a recipe for the image that it belongs to; return whether it was one."""
        try:
            recipe = parse_recipe(data)
        except InvalidRecipe:
            return False
        self._recipes[recipe.sha256] = name, recipe
        return True

    def add(self, name: str, data: bytes, at: float) -> None:
        """Add an image with its original file name and the time of its file (Unix seconds).

        Raises `InvalidImage` for no image, `InvalidArchive` for settings that cannot be stored, `StorageError`.
        """
        if is_zip(data[:4]):
            raise InvalidArchive("It is a ZIP file inside of another one, which is not opened.")
        image_file.verify(data)
        digest = hashlib.sha256(data).hexdigest()
        found = detect(data) if metadata.container_format(data) else Detected(SourceKind.IMAGE)  # as of a GIF
        _, beside = self._recipes.pop(digest, ("", None))
        recipe = found.recipe or beside
        if recipe and self._has_original(recipe):
            self._writer.known += 1
            return
        known = _from_recipe(recipe, at) if recipe else _from_settings(found, self._fields, at)
        self._writer.add(_record(known, digest, name, self._writer.owner), data)

    def finish(self) -> None:
        """Use the recipes whose images came earlier: a recipe of another image is rejected. Raises `StorageError`."""
        for name, recipe in self._recipes.values():
            with self._writer.rejecting(name):
                self._complete(recipe)
        self._recipes.clear()

    def _complete(self, recipe: Recipe) -> None:
        """Complete the record of an image that was imported without its recipe."""
        writer = self._writer
        known = writer.store.find_by_sha256(writer.owner, recipe.sha256) if recipe.sha256 else None
        if known is None:
            raise InvalidArchive("The image of this recipe is not here. Import the image first.")
        if known.imported and not known.endpoint:
            described = _from_recipe(recipe, known.created_at)
            writer.complete(known, _record(described, known.sha256, known.file_name, writer.owner))

    def _read_recipe(self, name: str, archive: UntrustedZip) -> bool:
        if not name.lower().endswith(".json"):
            return False
        try:
            return self.add_recipe(name, archive.read(name, MAX_RECIPE_BYTES))
        except InvalidArchive:
            return False

    def _has_original(self, recipe: Recipe) -> bool:
        """Return whether the owner has the original of a copy with a recipe inside."""
        store, owner = self._writer.store, self._writer.owner
        original = store.find_by_sha256(owner, recipe.sha256) if recipe.sha256 else None
        return original is not None and store.find_image(original) is not None


def _record(known: dict[str, Any], digest: str, name: str, owner: str) -> Generation:
    """Return the record of an image with this hash and file name, of which `known` is known."""
    names = {"id": f"sha256:{digest}", "state": str(State.SUCCEEDED), "sha256": digest, "file_name": file_name(name)}
    request = replace_refs(known["request"], lambda reference: False)
    return generation_from_json({**known, **names, "request": request}, owner)


def _from_recipe(recipe: Recipe, at: float) -> dict[str, Any]:
    """Return what is known of an image that was made by this program."""
    with contextlib.suppress(ValueError, OverflowError):
        at = datetime.fromisoformat(recipe.made_at).timestamp()
    values = {name: value for name in COPIED if (value := getattr(recipe, name)) is not None}
    values |= {} if recipe.seconds is None else {"total_seconds": recipe.seconds}
    return {**values, "request": recipe.request, "created_at": max(at, 0.0), "imported": THIS_TOOL}


def _from_settings(found: Detected, fields: Collection[str], at: float) -> dict[str, Any]:
    """Return what is known of an image of another tool. It has no endpoint: our API has not made it."""
    request = {
        name: value for name, value in hide_secrets(found.values).items() if name in fields and _is_simple(value)
    }
    seed = request.get("seed")
    return {
        "request": request,
        "created_at": max(at, 0.0),
        "imported": found.tool or UNKNOWN_TOOL,
        **({"seed": seed} if isinstance(seed, int) and not isinstance(seed, bool) else {}),
    }


def _is_simple(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def _local_seconds(moment: tuple[int, int, int, int, int, int]) -> float:
    """Return a time of a ZIP file in Unix seconds; now for an impossible one."""
    try:
        return datetime(*moment).timestamp()
    except (ValueError, OverflowError, OSError):
        return time.time()
