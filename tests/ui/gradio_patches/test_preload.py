"""What is read out of gradio's own files: which of them a page will ask for. That it is all of them, a browser says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flux_playground.ui.gradio_patches.preload import FOLDER, Chunks, Needed, kinds


def page(*components: dict[str, Any]) -> str:
    """A page as gradio would write it, with these components."""
    begin = next(one.name for one in FOLDER.glob("index-*.js"))
    told = json.dumps({"components": components}).replace("<", "\\u003c")
    return f'<script>window.gradio_config = {told};</script><script src="./assets/{begin}"></script>'


def test_a_component_brings_its_script_and_its_style() -> None:
    alone, with_one = Chunks().needed(page()), Chunks().needed(page({"type": "slider", "props": {}}))
    assert with_one.frame == alone.frame
    assert alone.parts == ()
    assert {Path(one).suffix for one in with_one.parts} == {".js", ".css"}
    assert all((FOLDER / one).is_file() for one in (*with_one.frame, *with_one.parts))


def test_what_is_not_shown_at_first_brings_nothing() -> None:
    assert Chunks().needed(page({"type": "slider", "props": {"visible": False}})) == Chunks().needed(page())


def test_the_frame_of_a_page_is_what_loads_it_and_what_lays_out_its_blocks() -> None:
    begin, *rest = Chunks().needed(page()).frame
    assert begin.startswith("Index-")
    assert any(one.startswith("Blocks-") for one in rest)


def test_what_the_page_names_itself_is_not_named_again() -> None:
    once = Chunks().needed(page()).frame[0]
    assert once not in Chunks().needed(page() + once).frame


@pytest.mark.parametrize("kind", ["textbox", "radio", "dropdown", "checkbox", "image", "html", "button", "accordion"])
def test_what_our_pages_are_made_of_is_found(kind: str) -> None:
    assert Chunks().needed(page({"type": kind, "props": {}})).parts


@pytest.mark.parametrize("text", ["", "window.gradio_config = {", "window.gradio_config = [1]; {}", "no page at all"])
def test_a_page_that_makes_no_sense_needs_nothing(text: str) -> None:
    assert Chunks().needed(text) == Needed()
    assert kinds(text) == frozenset()


def test_files_written_in_another_way_cost_time_only(tmp_path: Path) -> None:
    (tmp_path / "index-abc.js").write_text("something else")
    (tmp_path / "core-abc.js").write_text("slider:{component:()=>load('elsewhere')}")
    text = page({"type": "slider", "props": {}}).replace(
        next(one.name for one in FOLDER.glob("index-*.js")), "index-abc.js"
    )
    assert Chunks(tmp_path).needed(text) == Needed()
    assert Chunks(tmp_path / "not-there").needed(text) == Needed()
