"""Settings of a link are put into an untouched form; otherwise the page shows what they would change."""

from __future__ import annotations

import asyncio
from typing import Any

from flux_playground import Playground
from flux_playground.ui.events.context import Context
from flux_playground.ui.events.update import Update
from flux_playground.ui.recipes.recipe_actions import open_link

from ..page_parts import Page

LINK = "?prompt=a+mill+at+dawn&seed=42&recipe=1"


def open_with(playground: Playground, text: str, **typed: Any) -> Update:
    """Open a link in a form that holds what was typed."""
    page = Page(playground)
    raw = {**page.form.initial(), **typed}
    return asyncio.run(open_link(Context(page.state, page.session(), page.form, {"text": text}, raw)))


def test_untouched_form_is_filled(playground: Playground) -> None:
    """The settings are in the form at once, with Undo; a finetune that the page has chosen stays."""
    update = open_with(playground, LINK, finetune_id="my-finetune")
    assert update.inputs is not None
    assert (update.inputs["prompt"], update.inputs["seed"]) == ("a mill at dawn", "42")
    assert "Settings loaded from the link." in str(update.notice)
    assert 'data-act="undo"' in str(update.notice)
    assert update.dialog == ""


def test_typed_values_are_not_overwritten(playground: Playground) -> None:
    """With a typed prompt the page shows the changes first."""
    update = open_with(playground, LINK, prompt="my own text")
    assert update.inputs is None
    assert "a mill at dawn" in str(update.dialog)


def test_rejected_values_are_shown(playground: Playground) -> None:
    """A link with a value that the schema refuses is shown, not applied."""
    update = open_with(playground, LINK.replace("seed=42", "seed=abc"))
    assert update.inputs is None
    assert "Skipped" in str(update.dialog)


def test_same_settings_change_nothing(playground: Playground) -> None:
    """A link with what the form holds opens no dialog."""
    update = open_with(playground, "?aspect_ratio=16:9&recipe=1")
    assert update.inputs is None
    assert update.dialog == ""
