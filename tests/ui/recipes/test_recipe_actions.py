"""Settings of a link are put into an untouched form; otherwise the page shows what they would change."""

from __future__ import annotations

import asyncio
from typing import Any

from flux_playground import Playground
from flux_playground.ui.events.context import Context
from flux_playground.ui.events.update import Update
from flux_playground.ui.recipes.recipe_actions import open_link, paste

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


def pasted(playground: Playground, text: str) -> str:
    """The dialog for a pasted text, over a form with values."""
    page = Page(playground)
    raw = {**page.form.initial(), "prompt": "old", "finetune_id": "old-finetune"}
    return str(asyncio.run(paste(Context(page.state, page.session(), page.form, {"text": text}, raw))).dialog)


def test_pasted_code(playground: Playground) -> None:
    """The request of pasted code is shown, its key is not."""
    key = "bfl_0123456789abcdef"
    text = (
        "fetch('https://api.bfl.ai/v1/flux-pro-1.1-ultra-finetuned', {headers: {'x-key': '" + key + "'}, "
        "body: JSON.stringify({finetune_id: 'f', prompt: 'a mill', seed: 42, meta: {'x-key': '" + key + "', n: 1}})})"
    )
    dialog = pasted(playground, text)
    assert all(part in dialog for part in ("a mill", ">42<", "1 not supported here", "(hidden)"))
    assert key not in dialog


def test_unreadable_value_stays(playground: Playground) -> None:
    """A field whose value is a variable in the code is named and keeps its value."""
    dialog = pasted(playground, "import api\napi.run(prompt=text, seed=42, finetune_id='f')")
    assert "Prompt: not readable in this code, unchanged in the form." in dialog
    assert "old-finetune" in dialog
    assert ">old<" not in dialog


def test_response_keeps_other_fields(playground: Playground) -> None:
    """A response of the API changes only prompt and seed."""
    dialog = pasted(
        playground, '{"status": "Ready", "result": {"prompt": "a mill", "seed": 42, "sample": "https://a.example/a"}}'
    )
    assert "2 changes" in dialog


def test_several_requests(playground: Playground) -> None:
    """The page says that it uses one of several requests."""
    dialog = pasted(playground, '{"prompt": "a", "seed": 1}\n{"prompt": "b", "seed": 2}')
    assert "The text has 2 requests. One of them is used." in dialog


def test_code_without_request(playground: Playground) -> None:
    """Code without a request gets one sentence."""
    assert "This looks like code, but no request could be read in it." in pasted(playground, "const a = {b: c()};")
