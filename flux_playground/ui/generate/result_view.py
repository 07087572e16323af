"""The result: the selected generation's image, or its state, with the line and the actions below."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ... import reproduce
from ...generation import Generation, State
from ...images import media_types
from ...recipe import diff_words
from ..events.update import ResultHtml
from ..recipes.reproduction_view import SIGNATURE_PRESENT, SIGNATURE_VOID, ReproduceInfo
from ..text import field_hints, image_urls, messages
from ..text.amounts import format_credits
from ..text.error_messages import FREE, Words
from ..text.templates import render
from . import missing_file

EMPTY_SHAPE = (16, 9)
MAX_RATIO_DIFFERENCE = 0.04
"""Difference of an image's ratio from the requested ratio up to which the image uses the requested frame."""
MAX_VALUE_CHARS = 300
MAX_ALT_CHARS = 240
MAX_DIFF_CHARS = 9_000
MAX_LISTED_ERRORS = 12


@dataclass(frozen=True)
class ResultContext:
    """A generation and what the page knows about it now.

    `position` is its place in the queue, 0 for none. `usual_seconds` is the usual duration of its endpoint. `progress`
    is between 0 and 1. `is_demo` says that the local server makes the image. `preview` is the address of a preview of
    the image. `outlook` describes a reproduction. `has_regions` says that the visitor can choose another server.
    """

    generation: Generation
    position: int = 0
    usual_seconds: float | None = None
    progress: float | None = None
    is_demo: bool = False
    preview: str = ""
    outlook: ReproduceInfo = field(default_factory=ReproduceInfo)
    has_regions: bool = False
    is_starred: bool = False


def render_empty(examples: Sequence[Mapping[str, Any]] = ()) -> ResultHtml:
    """Render the page before the first image, with examples: each has `settings` and the name of an `image`."""
    frame = render("result_frame.html", kind="empty", id="", size=EMPTY_SHAPE, examples=examples)
    line = render("result_line.html", kind="empty", progress=None, title="", generation=None)
    return ResultHtml(frame, line, '<div class="actions"></div>')


def render_result(context: ResultContext) -> ResultHtml:
    """Render the result for one generation."""
    return ResultHtml(_render_frame(context), _render_line(context), _render_below(context))


def frame_shape(generation: Generation) -> tuple[int, int]:
    """Return width and height of the frame: the requested ratio, else the image's own size.

    The API's images differ from the requested ratio by a few pixels; with the requested ratio nothing moves when the
    image arrives.
    """
    requested = requested_shape(generation.request)
    if not (generation.width and generation.height):
        return requested or EMPTY_SHAPE
    if requested:
        difference = abs(requested[0] * generation.height / (requested[1] * generation.width) - 1)
        if difference < MAX_RATIO_DIFFERENCE:
            return requested
    return generation.width, generation.height


def browser_title(context: ResultContext) -> str:
    """Return the text of the browser's tab."""
    if context.generation.finished:
        return messages.brief(context.generation)
    return messages.waiting(context.generation, context.position, context.usual_seconds)[0]


def elapsed_seconds(generation: Generation) -> float:
    """Return the seconds from the start of a generation to its end, or until now."""
    return max(0.0, (generation.finished_at or time.time()) - (generation.started_at or generation.created_at))


def _kind(generation: Generation) -> str:
    if not generation.finished:
        return "waiting"
    shows_image = generation.state is State.SUCCEEDED and not missing_file.is_missing(generation)
    return "image" if shows_image else "ending"


def _render_frame(context: ResultContext) -> str:
    generation, kind = context.generation, _kind(context.generation)
    prompt = str(generation.request.get("prompt") or "")
    facts: dict[str, Any] = {"kind": kind, "id": generation.id, "size": frame_shape(generation)}
    if kind == "waiting":
        return render("result_frame.html", **facts, alt=_shorten(prompt, MAX_ALT_CHARS), preview=context.preview)
    if kind == "image":
        media = media_types.display_kind(generation.format)
        alt, address = _shorten(prompt or "Generated image", MAX_ALT_CHARS), image_urls.image(generation)
        return render("result_frame.html", **facts, generation=generation, media=media, address=address, alt=alt)
    risky, link_seconds = generation.state is State.SUBMIT_UNKNOWN, messages.link_seconds(generation)
    return render(
        "result_frame.html",
        **facts,
        words=_ending_words(context),
        calm=generation.error is None and not risky,
        errors=getattr(generation.error, "details", ())[:MAX_LISTED_ERRORS],
        quote=messages.quoted(generation.error) if generation.error else "",
        labels=messages.action_labels(context.generation),
        may_charge_twice=risky,
        price=context.outlook.price,
        link_seconds=link_seconds,
        link_life=messages.describe_life(link_seconds),
    )


def _ending_words(context: ResultContext) -> Words:
    """Return the words for a generation without an image; the demo bills nothing."""
    generation = context.generation
    if missing_file.is_missing(generation):
        return missing_file.words(generation)
    words = messages.ending(generation)
    if not context.has_regions:
        words = replace(words, offers=tuple(offer for offer in words.offers if offer != "regions"))
    if not context.is_demo or words.cost == FREE:
        return words
    advice = messages.MAY_CHARGE_TWICE if generation.state is State.SUBMIT_UNKNOWN else words.advice
    return replace(words, cost=messages.NOT_BILLED, advice=advice)


def _render_line(context: ResultContext) -> str:
    generation = context.generation
    _, expected = messages.waiting(generation, context.position, context.usual_seconds)
    return render(
        "result_line.html",
        kind=_kind(generation),
        generation=generation,
        title=browser_title(context),
        progress=None if generation.finished else context.progress,
        elapsed=elapsed_seconds(generation),
        expected=expected,
        cost=_describe_cost(context),
        settings=field_hints.facts(generation.request),
    )


def _describe_cost(context: ResultContext) -> str:
    if context.is_demo and not context.generation.imported:
        return "free"
    cost = context.generation.cost
    return "cost unknown" if cost is None else format_credits(cost)


def _render_below(context: ResultContext) -> str:
    generation = context.generation
    request = {
        name: _shorten(value, MAX_VALUE_CHARS) if isinstance(value, str) else value
        for name, value in generation.request.items()
    }
    prompt = str(generation.request.get("prompt") or "")
    rewritten = generation.prompt or prompt
    requested_seed = generation.request.get("seed")
    return render(
        "result_below.html",
        kind=_kind(generation),
        generation=generation,
        media=media_types.display_kind(generation.format),
        queued=generation.state is State.QUEUED,
        missing=missing_file.is_missing(generation),
        is_foreign=reproduce.is_of_another_tool(generation),
        outlook=context.outlook,
        starred=context.is_starred,
        address=image_urls.image(generation),
        recipe_address=image_urls.recipe(generation),
        copy_address=image_urls.copy(generation),
        signed=SIGNATURE_PRESENT,
        unsigned=SIGNATURE_VOID,
        words=() if rewritten == prompt else diff_words(prompt[:MAX_DIFF_CHARS], rewritten[:MAX_DIFF_CHARS]),
        prompt=prompt,
        used_seed=generation.seed if requested_seed is not None and generation.seed != requested_seed else None,
        request=json.dumps(request, indent=2, ensure_ascii=False),
        facts=_facts(context),
    )


def _facts(context: ResultContext) -> list[tuple[str, str]]:
    generation = context.generation
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(generation.created_at))
    size = generation.size
    file = f"{generation.format}, {size / 1e6:.2f} MB ({size:,} bytes), sha256 {generation.sha256}" if size else ""
    return [
        ("Created", moment),
        ("Imported", f"{generation.file_name}, made with {generation.imported}" if generation.imported else ""),
        ("Took", _describe_times(generation)),
        ("Cost", _describe_charge(context)),
        ("Megapixels", _describe_megapixels(generation)),
        ("File", file),
        ("Endpoint", f"{generation.server}{generation.endpoint}"),
        ("Task", generation.task_id),
        ("Last status", generation.status),
    ]


def _describe_times(generation: Generation) -> str:
    times = [
        ("", generation.total_seconds),
        ("ready after ", generation.api_seconds),
        ("by the API's clock ", generation.reported_seconds),
    ]
    return ", ".join(f"{name}{seconds:.2f} s" for name, seconds in times if seconds is not None)


def _describe_charge(context: ResultContext) -> str:
    """Return what an accepted generation has cost, and at the submit if that was another amount."""
    generation, submitted = context.generation, context.generation.submit_cost
    if not generation.task_id and not (generation.imported and generation.endpoint):
        return ""
    cost = _describe_cost(context).removeprefix("cost ")
    if context.is_demo or submitted is None or submitted == generation.cost:
        return cost
    return f"{cost}, {format_credits(submitted)} at the submit"


def _describe_megapixels(generation: Generation) -> str:
    sizes = [("image", generation.output_mp), ("input", generation.input_mp)]
    return ", ".join(f"{name} {size:.4g} MP" for name, size in sizes if size is not None)


def requested_shape(request: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return width and height, or their ratio, as a request asks for them; None for a request that leaves them open."""
    ratio = re.fullmatch(r"\s*(\d{1,4})\s*:\s*(\d{1,4})\s*", str(request.get("aspect_ratio", "")))
    if ratio and int(ratio[1]) and int(ratio[2]):
        return int(ratio[1]), int(ratio[2])
    width, height = request.get("width"), request.get("height")
    if type(width) is int and type(height) is int and width > 0 and height > 0:
        return width, height
    return None


def _shorten(text: str, max_chars: int) -> str:
    return text if len(text) <= max_chars else f"{text[:max_chars]} … ({len(text):,} characters)"
