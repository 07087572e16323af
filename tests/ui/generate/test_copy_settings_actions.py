"""What the page has replaced is kept for Undo."""

from __future__ import annotations

import asyncio
from typing import Any

from flux_playground import Playground
from flux_playground.ui.events.context import Context
from flux_playground.ui.events.update import Update
from flux_playground.ui.generate.copy_settings_actions import keep_snapshot, undo

from ..page_parts import Page


def test_snapshot_keeps_texts_and_numbers(playground: Playground) -> None:
    """Undo gives back replaced texts and numbers; contents that an input cannot hold are dropped."""
    page = Page(playground)
    session = page.session()

    def act(action: Any, **data: Any) -> Update:
        update: Update = asyncio.run(action(Context(page.state, session, page.form, data, page.form.initial())))
        return update

    assert act(undo).inputs == {}
    before = {"prompt": "typed", "finetune_strength": 0.3, "seed": 7, "aspect_ratio": ["1:1"], "no_field": "text"}
    update = act(keep_snapshot, by="example", before=before)
    assert not update.inputs
    assert 'data-act="undo"' in str(update.notice)
    assert 'data-filled="prompt finetune_strength"' in str(update.notice)
    assert act(undo).inputs == {"prompt": "typed", "finetune_strength": 0.3}
    assert act(keep_snapshot, by="unknown", before=before).notice is None
