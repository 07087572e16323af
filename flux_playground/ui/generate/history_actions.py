"""The action of a history card: it shows a generation of this visitor again."""

from __future__ import annotations

from ..events.action import Updates, action
from ..events.context import Context
from .live_updates import stream_updates


@action("show", followed=True)
async def show(context: Context) -> Updates:
    """Select another generation; without an id, show the selected one again."""
    wanted = context.text("id")
    generation = await context.find_own() if wanted else None
    if generation is not None:
        context.session.select(generation.id)
    if generation is not None or not wanted:
        async for update in stream_updates(context):
            yield update
