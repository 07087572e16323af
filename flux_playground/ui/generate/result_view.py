"""The stage: the picture that is looked at, or what became of it, and the lines under it that never move.

From a `View` to HTML. Knows generations and words, neither gradio nor how a generation is made.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...generation import Generation, State
from ...images import media_types
from ..events.update import ResultHtml
from ..recipes import reproduction_view
from ..recipes.reproduction_view import Prospect
from ..text import image_urls, messages
from ..text.error_messages import FREE, Words
from ..text.html import button, escape, icon, join
from . import missing_file

EMPTY_SHAPE = (16, 9)
NEAR = 0.04
"""How far a picture's ratio may be from the one that was asked for, to stand in the same place."""
LONGEST_VALUE = 300


@dataclass(frozen=True)
class View:
    """One generation as it is looked at now: its place in the line (0: none), how many seconds its kind usually takes,
    how far the API said it was at most, whether it is drawn by the local server, and what to expect of making it again.
    """

    generation: Generation
    place: int = 0
    usual: float | None = None
    progress: float | None = None
    local: bool = False
    ahead: Prospect = field(default_factory=Prospect)


def empty(examples: Sequence[str] = (), finetune: str = "", needed: str = "what is marked ∗") -> ResultHtml:
    """The empty stage before the first picture, with prompts to begin with; `finetune` is an id that goes with them.

    `needed` names what has to be filled in.
    """
    nothing = _frame(EMPTY_SHAPE, _nothing(examples, finetune, needed), "empty", "")
    return ResultHtml(nothing, _line("", ""), '<div class="actions"></div>')


def stage(view: View) -> ResultHtml:
    """The stage for one generation."""
    one = view.generation
    if missing_file.gone(one):
        inside, kind, line, actions = (
            _ending(one, missing_file.words(one)),
            "ending",
            _seed(one),
            _recalls(one) + missing_file.recipe(one),
        )
    elif one.state is State.SUCCEEDED:
        inside, kind, line, actions = _picture(one), "picture", _facts(view), _actions(one, view.ahead)
    elif one.finished:
        inside, kind, line, actions = _ending(one, _here(view)), "ending", _seed(one), _recalls(one)
    else:
        inside, kind, line, actions = _waiting(one), "waiting", _status(view), _stop(one)
    bar = "" if one.finished or view.progress is None else _bar(view.progress)
    more = reproduction_view.more(one, view.ahead) if kind == "picture" else ""
    below = f'<div class="actions" data-endpoint="{escape(one.endpoint)}">{actions}</div>{more}{_details(one)}'
    return ResultHtml(_frame(shape(one), inside, kind, one.id), _line(line, title(view), bar), below)


def shape(one: Generation) -> tuple[int, int]:
    """Width and height of the place for a generation's picture: in the ratio that was asked for, else as measured.

    What the API draws is a few pixels off that ratio; going by it, nothing moves when the picture comes.
    """
    asked = _asked(one)
    if not (one.width and one.height):
        return asked or EMPTY_SHAPE
    near = asked and abs(asked[0] * one.height / (asked[1] * one.width) - 1) < NEAR
    return asked if asked and near else (one.width, one.height)


def _asked(one: Generation) -> tuple[int, int] | None:
    asked = re.fullmatch(r"\s*(\d{1,4})\s*:\s*(\d{1,4})\s*", str(one.request.get("aspect_ratio", "")))
    sides = [int(one.request.get(name) or 0) for name in ("width", "height") if _is_int(one.request.get(name))]
    if asked and int(asked[1]) and int(asked[2]):
        return int(asked[1]), int(asked[2])
    return (sides[0], sides[1]) if len(sides) == 2 and all(sides) else None


def title(view: View) -> str:
    """What the browser's tab says."""
    said, _ = messages.waiting(view.generation, view.place, view.usual)
    return said if not view.generation.finished else messages.brief(view.generation)


def elapsed(one: Generation) -> float:
    """Seconds since this generation was asked for, until it ended or until now."""
    return max(0.0, (one.finished_at or time.time()) - (one.started_at or one.created_at))


def clock(one: Generation) -> str:
    """A clock that goes on by itself in the browser."""
    seconds = elapsed(one)
    return f'<time data-of="{one.id}" data-elapsed="{seconds:.2f}">{int(seconds)} s</time>'


def _frame(size: tuple[int, int], inside: str, kind: str, name: str) -> str:
    width, height = size
    facts = f'data-kind="{kind}" data-id="{name}" style="--w:{width};--h:{height}"'
    return f'<div class="frame {kind}" {facts}>{inside}</div>'


def _nothing(examples: Sequence[str], finetune: str, needed: str) -> str:
    begin = join(button("example", text, prompt=text, finetune=finetune) for text in examples)
    return (
        '<div class="quiet"><p class="head">Your picture will appear here</p>'
        f"<p>Fill in {escape(needed)} and press Generate. Its seed will stand below it: "
        f'with the same seed and settings the same picture can be made again.</p><p class="examples">{begin}</p></div>'
    )


def _picture(one: Generation) -> str:
    if media_types.display_kind(one.format) != "image":
        return _moving(one)
    alt = escape(_cut(str(one.request.get("prompt") or "Generated picture"), 200))
    size = f'width="{one.width}" height="{one.height}"'
    image = f'<img src="{image_urls.picture(one)}" {size} alt="{alt}" decoding="async">'
    return f'<a href="{image_urls.picture(one)}" target="_blank" rel="noopener" title="Open at full size">{image}</a>'


def _moving(one: Generation) -> str:
    """What is no still picture: a video plays here, anything else can be saved."""
    if media_types.display_kind(one.format) == "video":
        return f'<video src="{image_urls.picture(one)}" controls playsinline preload="metadata"></video>'
    said = f"This endpoint gives a file ({escape(one.format)}), which cannot be shown here."
    address = f"{image_urls.picture(one)}?download"
    link = f'<a class="quiet" href="{address}" download>{icon("download")}<span>Save it</span></a>'
    return f'<div class="quiet"><p class="head">The file is here</p><p>{said}</p><p>{link}</p></div>'


def _waiting(one: Generation) -> str:
    prompt = escape(_cut(str(one.request.get("prompt") or ""), 240))
    return f'<i class="haze" aria-hidden="true"></i><p class="asked" dir="auto">{prompt}</p>'


def _bar(reached: float) -> str:
    bounds = f'aria-valuemin="0" aria-valuemax="100" aria-valuenow="{reached * 100:.0f}"'
    inside = f'<i style="transform:scaleX({reached:.3f})"></i>'
    return f'<div class="bar" role="progressbar" aria-label="Progress" {bounds}>{inside}</div>'


def _here(view: View) -> Words:
    """The words for an end; what the local demo answered is not billed, whatever the API would do."""
    said = messages.ending(view.generation)
    if not view.local or said.cost == FREE:
        return said
    advice = messages.TWICE_THERE if view.generation.state is State.SUBMIT_UNKNOWN else said.advice
    return replace(said, cost=messages.NOT_BILLED, advice=advice)


def _ending(one: Generation, said: Words) -> str:
    calm = one.error is None and one.state is not State.SUBMIT_UNKNOWN  # nothing went wrong: it was stopped
    quote = messages.quoted(one.error) if one.error else ""
    api = f'<blockquote dir="auto">{escape(quote)}</blockquote>' if quote else ""
    faults = join(f"<li><b>{escape(d.field)}</b> {escape(d.msg)}</li>" for d in getattr(one.error, "details", ())[:12])
    risky = one.state is State.SUBMIT_UNKNOWN  # what may be charged twice is not what the eye is led to
    offers = join(
        button(act, messages.OFFERS[act], drawing=act, id=one.id, kind="quiet" if first or risky else "solid")
        for first, act in enumerate(said.offers)
    )
    return (
        f'<div class="said{" calm" * calm}">{icon("stop" if calm else "warn")}<div>'
        f'<p class="head">{escape(said.title)}</p>'
        f"<p>{escape(said.happened)}</p>{f'<ul>{faults}</ul>' if faults else ''}{api}"
        f'<p class="cost">{escape(said.cost)}</p><p>{escape(said.advice)}</p><p class="offers">{offers}</p></div></div>'
    )


def _line(inside: str, said: str, bar: str = "") -> str:
    return f'<div class="rail">{bar}</div><div class="line" data-title="{escape(said)}">{inside}</div>'


def _status(view: View) -> str:
    said, expected = messages.waiting(view.generation, view.place, view.usual)
    parts = [
        f'<b class="state"><i class="pulse" aria-hidden="true"></i>{escape(said)}</b>',
        clock(view.generation),
    ]
    return _dots([*parts, f"<em>{escape(expected)}</em>" if expected else "", _seed(view.generation)])


def _facts(view: View) -> str:
    one = view.generation
    seconds = f"<span>{one.seconds:.1f} s</span>" if one.seconds is not None else ""
    size = f"{one.width} × {one.height} px" if one.width else f"{one.format}, {(one.size or 0) / 1e6:.2f} MB"
    return _dots([_seed(one), f"<span>{size}</span>", seconds, f"<span>{_cost(view)}</span>"])


def _cost(view: View) -> str:
    if view.local:
        return "free, drawn here"
    cost = view.generation.cost
    return "cost unknown" if cost is None else f"{cost:.4g} credits"


def _seed(one: Generation) -> str:
    if one.seed is None:
        return ""
    copy = button("copy", "", drawing="copy", name="Copy the seed", kind="tiny", copy=one.seed)
    reuse = button("recall", "", drawing="reuse", name="Use this seed in the form", id=one.id, kind="tiny", what="seed")
    return f'<span class="seed">seed <b data-seed="{one.seed}">{one.seed}</b>{copy}{reuse}</span>'


def _dots(parts: list[str]) -> str:
    return '<i class="dot" aria-hidden="true">·</i>'.join(part for part in parts if part)


def _stop(one: Generation) -> str:
    waits = one.state is State.QUEUED
    press = button("stop", "Take it out of the line" if waits else "Stop waiting", drawing="stop", id=one.id)
    return f'{press}<span class="aside">{messages.LEAVING if waits else messages.STOPPING}</span>'


def _actions(one: Generation, ahead: Prospect) -> str:
    inside = f"{icon('download')}<span>Download<span class=rest> original</span></span>"
    link = f'<a class="quiet" href="{image_urls.picture(one)}?download" download>{inside}</a>'
    vary = button("vary", "Vary", drawing="vary", id=one.id, name="The same again with a new seed")
    more = reproduction_view.actions(one, ahead) if media_types.display_kind(one.format) == "image" else ""
    return f'{_recalls(one)}<i class="row"></i>{vary}{link}{more}'


def _recalls(one: Generation) -> str:
    choices = (("all", "all settings"), ("but-seed", "all but the seed"), ("prompt", "prompt"))
    buttons = join(button("recall", text, id=one.id, what=what) for what, text in choices)
    return f'<span class="group" role="group" aria-label="Put into the form"><span>Use</span>{buttons}</span>'


def _details(one: Generation) -> str:
    request = {
        name: _cut(value, LONGEST_VALUE) if isinstance(value, str) else value for name, value in one.request.items()
    }
    rows = [("Request as sent", f"<pre>{escape(json.dumps(request, indent=2, ensure_ascii=False))}</pre>")]
    if rewritten := reproduction_view.rewritten(one):
        rows.insert(0, ("Prompt really used", rewritten))
    if one.request.get("seed") is not None and one.seed != one.request.get("seed"):
        rows.insert(0, ("Seed really used", f"<p>{one.seed}, where {escape(one.request['seed'])} was asked for</p>"))
    rows += [(name, f"<p>{escape(text)}</p>") for name, text in _record(one) if text]
    listed = join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in rows)
    return f'<details class="details"><summary>Details</summary><dl>{listed}</dl></details>'


def _record(one: Generation) -> list[tuple[str, str]]:
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(one.created_at))
    size = f"{one.format}, {one.size / 1e6:.2f} MB ({one.size:,} bytes), sha256 {one.sha256}" if one.size else ""
    waited = f"{one.waited:.2f} s at the API" if one.waited is not None else ""
    whole = f"{one.seconds:.2f} s in all" if one.seconds is not None else ""
    return [
        ("Asked for", moment),
        ("Took", ", ".join(part for part in (waited, whole) if part)),
        ("File", size),
        ("Endpoint", f"{one.server}{one.endpoint}"),
        ("Task", one.task_id),
        ("Last status", one.status),
    ]


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]} … ({len(text):,} characters)"


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
