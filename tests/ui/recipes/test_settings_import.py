"""The dialog of an image file of another tool: what changes, what is missing, and what is not read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flux_playground import Playground
from flux_playground.errors import InvalidRecipe
from flux_playground.generation import Generation, State
from flux_playground.images import metadata
from flux_playground.playground import OWNER, Visitor
from flux_playground.recipe import Recipe, dump_recipe
from flux_playground.request_images import to_stored_request
from flux_playground.schema.image_places import GivenImage, arrange_images
from flux_playground.ui.recipes.import_view import render_import
from flux_playground.ui.recipes.settings_import import ImportPreview, import_inputs, preview_import

from ... import image_shapes
from ...images.test_metadata import signed_png
from ...recipe import tool_files as made
from ..page_parts import Page

NOTHING = "It has no settings and was not generated here."


def opened(playground: Playground, folder: Path, data: bytes, visitor: Visitor = OWNER) -> tuple[ImportPreview, str]:
    """The preview and the dialog of a file."""
    file = folder / "file"
    file.write_bytes(data)
    page = Page(playground)
    preview = preview_import(page.visit(visitor, page.form.initial()), file)
    return preview, render_import(preview)


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "AVIF"])
def test_changes_of_a_file(playground: Playground, tmp_path: Path, name: str) -> None:
    """Prompt, seed and aspect ratio of another tool are changes of the form; other names are listed."""
    preview, dialog = opened(playground, tmp_path, made.with_exif(name, made.comment(made.INFOTEXT)))
    changes = {change.field.name: change.then for change in preview.changes}
    assert changes == {"prompt": made.PROMPT, "seed": made.SEED, "aspect_ratio": "19:13"}
    assert preview.warnings == ()
    assert "Image with settings" in dialog
    assert "sampler" in dict(preview.unknown)


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (made.png(("workflow", json.dumps(made.WORKFLOW))), "It has settings of ComfyUI, which are not read."),
        (made.png(("parameters", f"{made.PROMPT}\nSteps: 20")), "Its settings are unclear, so none are used."),
        (made.png(("parameters", '{"seed": 5}')), "The prompt could not be read."),
        (made.png(("parameters", made.PROMPT)), "It has no seed. A new image will differ."),
        (metadata.embed(made.PLAIN["PNG"], "{}"), "The recipe in the file cannot be read: This is not a recipe."),
    ],
)
def test_gaps_are_named(playground: Playground, tmp_path: Path, data: bytes, note: str) -> None:
    """What could not be read is in the dialog, which never says that there are no settings."""
    preview, dialog = opened(playground, tmp_path, data)
    assert preview.warnings == (note,)
    assert not preview.is_complete
    assert note in dialog
    assert "Image with settings" in dialog
    assert NOTHING not in dialog
    assert bool(preview.changes) == ("None of its settings can be used here." not in dialog)


def test_no_settings(playground: Playground, tmp_path: Path) -> None:
    """An image without settings has none."""
    assert NOTHING in opened(playground, tmp_path, made.PLAIN["AVIF"])[1]
    with pytest.raises(InvalidRecipe):
        opened(playground, tmp_path, b"\0\0\0 ftypheic" + bytes(100))


def test_own_image_with_texts(playground: Playground, tmp_path: Path) -> None:
    """The record of an image that was generated here counts more than texts in its file."""
    *_, generation = playground.generate({"finetune_id": "my-finetune", "prompt": "a mill", "seed": 7})
    data = made.with_exif("JPEG", made.comment(made.INFOTEXT))
    assert opened(playground, tmp_path, data)[0].original is None
    playground.store.save(replace(generation, sha256=hashlib.sha256(data).hexdigest()))
    preview, dialog = opened(playground, tmp_path, data)
    assert preview.original is not None
    assert "Your image" in dialog
    assert {change.field.name: change.then for change in preview.changes}["prompt"] == "a mill"


def visited(playground: Playground, path: str, source: str) -> tuple[ImportPreview, dict[str, Any]]:
    """The preview of a text in the form of an endpoint, and the contents of the inputs that it changes."""
    playground.document, playground.operation = image_shapes.DOCUMENT, image_shapes.DOCUMENT.operation(path)
    page = Page(playground)
    context = page.visit(OWNER, page.form.initial())
    preview = preview_import(context, source)
    return preview, import_inputs(context, preview)


@pytest.mark.parametrize("path", image_shapes.FIELDS)
def test_images_of_a_request(playground: Playground, path: str) -> None:
    """A request names images by references: those of the visitor reach the form in each shape."""
    name, operation = image_shapes.FIELDS[path], image_shapes.DOCUMENT.operation(path)
    field = operation.field(name)
    playground.document = image_shapes.DOCUMENT
    images = [GivenImage(image_shapes.png(color)) for color in ("red", "teal")][
        : field.images.most if field.images else 0
    ]
    values = {"prompt": "a mill", name: arrange_images(name, field.schema, images)}
    prepared = playground.prepare(values, endpoint=path)
    playground.store.save(
        Generation("0" * 32, OWNER.id, 1.0, path, "https://api.example.org", prepared.redacted, State.FAILED)
    )
    to_stored_request(operation, prepared.body, playground.store.inputs.save)
    preview, inputs = visited(playground, path, json.dumps(prepared.redacted))
    assert preview.warnings == ()
    assert len(json.loads(inputs[name])) == len(images)


def test_lost_images_of_a_request(playground: Playground) -> None:
    """Images that are not kept here are left out of a list and counted; the others stay."""
    address, unknown = image_shapes.ADDRESS, "sha256:" + "0" * 64
    text = json.dumps({"prompt": "a mill", "images": [unknown, address, unknown]})
    preview, inputs = visited(playground, "/v1/flux-3-image", text)
    assert json.loads(inputs["images"]) == [{"address": address}]
    assert preview.warnings == ("2 images of images are not included. Add them again.",)


def test_images_in_a_link(playground: Playground) -> None:
    """A link puts no image into a form, not even an address."""
    link = f"https://x.example/?prompt=a+mill&images={image_shapes.ADDRESS}&recipe=1"
    preview, inputs = visited(playground, "/v1/flux-3-image", link)
    assert [change.field.name for change in preview.changes] == ["prompt"]
    assert "images" not in inputs


def test_signature_of_a_file(playground: Playground, tmp_path: Path) -> None:
    """A signature in a file with embedded settings is void, and that of a foreign file is not verified."""
    signed, _ = signed_png()
    with_recipe = metadata.embed(signed, dump_recipe(Recipe(request={"prompt": "a mill"})))
    assert "Content Credentials are present. They are not verified here." in opened(playground, tmp_path, signed)[1]
    assert "Their signature no longer holds" in opened(playground, tmp_path, with_recipe)[1]
    assert "Content Credentials" not in opened(playground, tmp_path, made.PLAIN["PNG"])[1]
