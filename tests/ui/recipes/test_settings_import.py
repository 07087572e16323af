"""The dialog of an image file of another tool: what changes, what is missing, and what is not read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from flux_playground import Playground
from flux_playground.errors import InvalidRecipe
from flux_playground.images import metadata
from flux_playground.playground import OWNER, Visitor
from flux_playground.ui.recipes.import_view import render_import
from flux_playground.ui.recipes.settings_import import ImportPreview, preview_import

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
