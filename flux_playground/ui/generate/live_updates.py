"""Streams updates of a tab's generations to its page until none of them is running or a later stream has started."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...errors import FieldError, InvalidRequest
from ...generation import Generation, State
from ...playground import ActiveRun
from ...runs.changes import ChangeSignal
from ..account import price
from ..events.context import Context, Payer
from ..events.update import NO_CHANGE, Update
from ..recipes.reproduction_view import describe_reproduction
from ..text import image_urls, messages
from . import history_view, result_view
from .result_view import ResultContext

CHECK_INTERVAL_SECONDS = 0.5
"""Seconds between two looks at generations that go on; the end of a generation is shown at once."""

MIN_INTERVAL_SECONDS = 0.1
"""Seconds from one drawing to the next: several generations may end at nearly the same time."""

KEEPALIVE_SECONDS = 8.0
"""Seconds between two empty updates: Gradio notices a closed tab at the next update."""

CARDS_PER_PAGE = 60


async def stream_updates(context: Context, first: Update = NO_CHANGE) -> AsyncIterator[Update]:
    """Give everything that the page must show, now and at every change, until no generation is running.

    The first update also carries the field errors and the notice of `first`.
    """
    session, playground = context.session, context.playground
    stream_id, signal = session.start_stream(), ChangeSignal(ends_only=True)
    chosen_id = session.selected_id
    recent, runs, count = await context.run(_load_existing, context)
    if chosen_id and session.selected_id != chosen_id:  # it was deleted
        first = replace(first, result=result_view.render_empty())
    _watch(signal, context, recent, runs)
    running_ids = {generation.id for generation in recent if not generation.finished}
    last_drawn: Any = None
    updated_at = 0.0
    while session.stream_id == stream_id:
        recent = [runs[generation.id].generation if generation.id in runs else generation for generation in recent]
        if any(generation.finished == (generation.id in runs) for generation in recent):
            # A generation has just ended, maybe with several images, or another process runs it.
            recent, runs, count = await context.run(_load, context)
            _watch(signal, context, recent, runs)
        selected = next((generation for generation in recent if generation.id == session.selected_id), None)
        if selected is None and session.selected_id:
            selected = await context.find_own(session.selected_id)
        if session.stream_id != stream_id:
            return
        position = playground.queue_position(selected.id) if selected and selected.state is State.QUEUED else 0
        preview = _preview_address(runs.get(selected.id)) if selected else ""
        current = (
            selected and _without_pending(selected),
            position,
            preview,
            [(generation.id, generation.state, messages.brief(generation)) for generation in recent],
        )
        if current != last_drawn:
            last_drawn, updated_at = current, time.monotonic()
            shown = selected and ResultContext(selected, position, preview=preview)
            balance = session.balance
            drawn = await context.run(_draw, context, recent, count, shown)
            if drawn.price is not None and session.balance != balance:  # it has changed meanwhile
                drawn = replace(drawn, price=await price.render_latest(context))
            rejected = _api_errors(selected, running_ids)
            errors = first.field_errors if rejected is None else rejected
            result = drawn.result or first.result
            yield replace(
                drawn, result=result, field_errors=errors, rejected_by_api=rejected is not None, notice=first.notice
            )
            first = NO_CHANGE
        if all(generation.finished for generation in recent):
            return
        if time.monotonic() - updated_at > KEEPALIVE_SECONDS:
            updated_at = time.monotonic()
            yield NO_CHANGE
        await signal.wait(CHECK_INTERVAL_SECONDS)
        await asyncio.sleep(max(0.0, MIN_INTERVAL_SECONDS - (time.monotonic() - updated_at)))


def _load_existing(context: Context) -> tuple[list[Generation], dict[str, ActiveRun], int]:
    """Load like `_load`, without a selected generation that was deleted."""
    session, chosen_id = context.session, context.session.selected_id
    if chosen_id and context.get_own(chosen_id) is None and session.selected_id == chosen_id:
        session.selected_id = ""
    return _load(context)


def _load(context: Context) -> tuple[list[Generation], dict[str, ActiveRun], int]:
    """Return the recent generations, the runs of those that are running, the number of all."""
    playground, session = context.playground, context.session
    recent = playground.recent(session.visitor, CARDS_PER_PAGE * session.history_pages)
    session.selected_id = session.selected_id or _first(recent)
    runs = {
        generation.id: run
        for generation in recent
        if not generation.finished and (run := playground.run(generation.id))
    }
    return recent, runs, playground.store.count(session.visitor.id)


def _watch(signal: ChangeSignal, context: Context, recent: Sequence[Generation], runs: Mapping[str, ActiveRun]) -> None:
    signal.watch(runs.values())
    elsewhere = {generation.id for generation in recent if not generation.finished and generation.id not in runs}
    context.playground.others.watch(signal, elsewhere)


def _first(recent: Sequence[Generation]) -> str:
    """Return the generation that a new page selects: a running one, else the latest image."""
    ordered = sorted(recent, key=lambda generation: (generation.finished, generation.image is None))
    return ordered[0].id if ordered else ""


def _draw(
    context: Context,
    recent: Sequence[Generation],
    count: int,
    shown: ResultContext | None,
) -> Update:
    result = None
    ids = {generation.id for generation in recent} | ({shown.generation.id} if shown else set())
    annotations = context.playground.store.annotations.get(context.visitor.id, ids)
    starred = {one for one, annotation in annotations.items() if annotation.starred}
    if shown is not None:
        selected = shown.generation
        progress = context.session.progress(selected.id, selected.progress)
        outlook = describe_reproduction(context, selected)
        has_regions = context.payer is not Payer.DEMO and bool(context.page.servers)
        known = replace(
            shown,
            usual_seconds=context.playground.store.usage.median_seconds(selected.server, selected.endpoint),
            progress=progress,
            is_demo=context.is_local(selected),
            outlook=outlook,
            has_regions=has_regions,
            is_starred=selected.id in starred,
        )
        result = result_view.render_result(known)
    running = [] if context.payer is Payer.DEMO else [generation for generation in recent if not generation.finished]
    running_cost = price.describe_running(context, running)
    selected_id, owner = context.session.selected_id, context.visitor.id
    history = history_view.render_history(recent, selected_id, count, running_cost, starred, owner)
    shows_form = context.session.shown_endpoint in ("", context.operation.path)
    return Update(result, history, price=price.render_price(context) if shows_form else None)


def _without_pending(generation: Generation) -> Generation:
    """Return what a drawing shows of a generation: that it is pending is no news."""
    return replace(generation, status="") if generation.status == messages.PENDING else generation


def _preview_address(run: ActiveRun | None) -> str:
    return image_urls.preview(run.generation, run.preview_count) if run and run.preview else ""


def _api_errors(selected: Generation | None, running_ids: set[str]) -> tuple[FieldError, ...] | None:
    """Return what the API rejected in a request that was running when the stream began; None for nothing."""
    if selected is not None and selected.id in running_ids and isinstance(selected.error, InvalidRequest):
        running_ids.discard(selected.id)
        return selected.error.details
    return None
