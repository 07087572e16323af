"""Actions on generations: generate, show, stop, download later, send again, with a new seed."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from ...build_request import PreparedRequest, draws_seed
from ...errors import InvalidRequest, PlaygroundError
from ...reproduce import image_exists
from ..account import connection
from ..events.action import Updates, action
from ..events.context import Context
from ..events.update import Update
from ..recipes import duplicate_view
from ..text import notices
from .copy_settings import request_values
from .live_updates import stream_updates

log = logging.getLogger(__name__)


async def connect(context: Context) -> Updates:
    """A page was opened: show its account and its generations."""
    yield Update(connection=connection.render_connection(context))
    async for update in stream_updates(context):
        yield update


@action("generate", reads_form=True, paid=True)
async def generate(context: Context) -> Updates:
    """Start the form's request, or show its errors; an existing image of the same request and seed is offered first."""
    values = context.form.read(context.raw)
    insist = bool(context.data.get("insist"))
    request: Mapping[str, Any] | PreparedRequest = values
    if not insist and not draws_seed(values):
        prepare = partial(context.playground.prepare, endpoint=context.operation.path)
        with suppress(PlaygroundError):  # `start` reports the error
            request = await context.run(prepare, values, context.visitor)
    if isinstance(request, PreparedRequest):
        existing = await context.run(context.playground.find_existing, request)
        if existing is not None and image_exists(existing):
            yield Update(field_errors=(), notice=duplicate_view.render_existing(context, existing))
            return
    async for update in start(context, request, insist=insist):
        yield update


@action("stop", followed=True)
async def stop(context: Context) -> Updates:
    """Remove a generation from the queue, or stop waiting for it."""
    generation = await context.find_own()
    if generation is not None:
        await context.run(context.playground.stop, generation.id)
        async for update in stream_updates(context):
            yield update


@action("collect", followed=True)
async def collect(context: Context) -> Updates:
    """Poll an accepted generation again and download its image."""
    generation = await context.find_own()
    if generation is None:
        return
    context.session.select(generation.id)
    try:
        await context.run(context.playground.collect, generation.id, context.visitor)
    except PlaygroundError as error:
        yield Update(notice=notices.render_error(error))
        return
    async for update in stream_updates(context):
        yield update


@action("again", paid=True)
async def resubmit(context: Context) -> Updates:
    """Send the request of a generation again with the same seed; the form stays as it is."""
    generation = await context.find_own()
    if generation is not None:
        values = await context.run(request_values, context.playground, generation)
        async for update in start(context, values, endpoint=generation.endpoint):
            yield update


@action("vary", paid=True)
async def new_seed(context: Context) -> Updates:
    """Send the request of a generation again with a new seed; the form stays as it is."""
    generation = await context.find_own()
    if generation is not None:
        values = await context.run(request_values, context.playground, generation)
        values.pop("seed", None)
        async for update in start(context, values, endpoint=generation.endpoint, insist=True):
            yield update


async def start(
    context: Context,
    request: Mapping[str, Any] | PreparedRequest,
    *,
    endpoint: str = "",
    reproduces: str = "",
    insist: bool = False,
) -> Updates:
    """Start a generation and follow it; errors become the update.

    `reproduces` is the id of the reproduced generation. Without `insist`, the same running request is shown.
    """
    started_at = time.time()
    call = partial(
        context.playground.start,
        endpoint=endpoint or context.operation.path,
        reproduces=reproduces,
        reuse_running=not insist,
    )
    try:
        generation = await context.run(call, request, context.visitor)
    except InvalidRequest as error:
        yield Update(field_errors=error.details, notice="")
        return
    except PlaygroundError as error:
        yield Update(field_errors=(), notice=notices.render_error(error))
        return
    except Exception as error:  # a full disk, a bug: a button without an effect would be worse
        log.exception("a generation could not be started")
        message = PlaygroundError(f"It could not be started ({type(error).__name__}).")
        yield Update(field_errors=(), notice=notices.render_error(message))
        return
    context.session.select(generation.id)
    notice = duplicate_view.render_running() if generation.created_at < started_at else ""
    async for update in stream_updates(context, Update(field_errors=(), notice=notice)):
        yield update
