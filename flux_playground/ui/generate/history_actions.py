"""Actions of the history: show a generation again, show older ones, cancel what is queued."""

from __future__ import annotations

from ...generation import State
from ...runs.queue_limits import MAX_RUNS_PER_VISITOR
from ..events.action import Updates, action
from ..events.context import Context
from .live_updates import CARDS_PER_PAGE, stream_updates


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


@action("older", followed=True)
async def show_older(context: Context) -> Updates:
    """Show another page of older generations."""
    context.session.history_pages += 1
    async for update in stream_updates(context):
        yield update


@action("unqueue", followed=True)
async def cancel_queued(context: Context) -> Updates:
    """Remove all queued generations of this visitor from the queue; nothing of them was sent."""
    recent = await context.run(context.playground.recent, context.visitor, MAX_RUNS_PER_VISITOR + CARDS_PER_PAGE)
    for generation in recent:
        if generation.state is State.QUEUED:
            await context.run(context.playground.stop, generation.id)
    async for update in stream_updates(context):
        yield update
