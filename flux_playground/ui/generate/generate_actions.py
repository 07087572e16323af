"""Actions on generations: generate, show, stop, download later, send again, with a new seed."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from ...build_request import PreparedRequest, draws_seed
from ...errors import InvalidRequest, PlaygroundError
from ...generation import Generation, derive_id
from ...reproduce import image_exists
from ...schema.coerce import coerce
from ..account import connection
from ..events.action import Updates, action
from ..events.context import Context
from ..events.update import Update
from ..recipes import duplicate_view
from ..text import notices
from .copy_settings import request_values
from .live_updates import stream_updates

log = logging.getLogger(__name__)
COUNTS = (1, 2, 4)
"""How many images a press on Generate can make."""


async def connect(context: Context) -> Updates:
    """A page was opened: show its account and its generations, the one of the address first."""
    generation = await context.find_own() if context.text("id") else None
    if generation is not None:
        context.session.select(generation.id)
    yield Update(connection=connection.render_connection(context))
    async for update in stream_updates(context):
        yield update


@action("generate", reads_form=True, paid=True)
async def generate(context: Context) -> Updates:
    """Start the form's request, or show its errors; an existing image of the same request and seed is offered first.

    The press says how many images to make. With a seed in the form, each image has the seed after that of the last one.
    """
    values, count = context.form.read(context.raw), _read_count(context)
    insist = bool(context.data.get("insist"))
    if not insist and _asks_nothing(context, values) and await _is_valid(context, values):
        yield Update(field_errors=(), notice=duplicate_view.render_blank_prompt(context, count))
        return
    requests: list[Mapping[str, Any] | PreparedRequest] = [*_repeat(values, count)]
    if not insist and not draws_seed(values):
        prepare = partial(context.playground.prepare, endpoint=context.operation.path)
        with suppress(PlaygroundError):  # `start` reports the error
            requests = [await context.run(prepare, request, context.paying_visitor) for request in requests]
    for request in requests:
        if isinstance(request, PreparedRequest):
            existing = await context.run(context.playground.find_existing, request)
            is_own = existing is not None and existing.id in _new_ids(context, count)
            if existing is not None and not is_own and image_exists(existing):
                yield Update(field_errors=(), notice=duplicate_view.render_existing(context, existing, count))
                return
    async for update in start(context, *requests, insist=insist):
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
    *requests: Mapping[str, Any] | PreparedRequest,
    endpoint: str = "",
    reproduces: str = "",
    insist: bool = False,
) -> Updates:
    """Start generations and follow them; an error becomes the update, and no further request is started.

    `reproduces` is the id of the reproduced generation. Without `insist`, the same running request is shown. What a
    press has started before, maybe before the program was restarted, is shown again, and the rest of it is sent.
    """
    started_at = time.time()
    call = partial(
        context.playground.start,
        endpoint=endpoint or context.operation.path,
        reproduces=reproduces,
        reuse_running=not insist,
    )
    started: list[Generation] = []
    outcome = Update(field_errors=(), notice="")
    new_ids = _new_ids(context, len(requests))
    for new_id, request in zip(new_ids, requests, strict=True):
        try:
            started.append(await context.run(partial(call, new_id=new_id), request, context.paying_visitor))
        except KeyError:  # its image was made, and deleted
            outcome = Update(field_errors=(), notice=notices.notice("The image of this press was deleted."))
        except InvalidRequest as error:
            outcome = Update(field_errors=error.details, notice="")
            break
        except PlaygroundError as error:
            outcome = Update(field_errors=(), notice=notices.render_error(error))
            break
        except Exception as error:  # a full disk, a bug: a button without an effect would be worse
            log.exception("a generation could not be started")
            message = PlaygroundError(f"It could not be started ({type(error).__name__}).")
            outcome = Update(field_errors=(), notice=notices.render_error(message))
            break
    if not started:
        yield outcome
        return
    context.session.select(started[0].id)
    reused = [one for one in started if one.created_at < started_at and one.id not in new_ids]
    if len(reused) == len(requests):
        outcome = Update(field_errors=(), notice=duplicate_view.render_running(context, len(requests)))
    async for update in stream_updates(context, outcome):
        yield update


def _new_ids(context: Context, count: int) -> list[str]:
    """Return the ids of what a press starts."""
    return [derive_id(context.visitor.id, context.press, number) for number in range(count)]


def _asks_nothing(context: Context, values: Mapping[str, Any]) -> bool:
    """Return whether the form has a prompt that is blank, and no image: such an image is a matter of luck."""
    has_prompt = any(field.name == "prompt" for field in context.form.fields)
    has_image = any(values.get(field.name) for field in context.form.fields if field.media)
    return has_prompt and not has_image and not str(values.get("prompt") or "").strip()


async def _is_valid(context: Context, values: Mapping[str, Any]) -> bool:
    try:
        await context.run(partial(context.playground.prepare, endpoint=context.operation.path), values, context.visitor)
    except PlaygroundError:
        return False
    return True


def _read_count(context: Context) -> int:
    """Return how many images a press asks for; 1 for anything that the page does not offer."""
    count = context.data.get("count")
    return count if type(count) is int and count in COUNTS else 1


def _repeat(values: Mapping[str, Any], count: int) -> Iterator[Mapping[str, Any]]:
    """Yield the values `count` times, with a given seed increased by one each time."""
    seed = coerce(values.get("seed"), {"type": "integer"})
    for number in range(count):
        yield {**values, "seed": seed + number} if type(seed) is int and not draws_seed(values) else values
