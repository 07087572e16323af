"""What can go wrong, on cue: each bad day once, as data, with the word that calls it.

A word is written with a # before it: `#poll-503`. It is heard in the prompt, in the key, or as a start option
(there without the #). It holds always; with `-once` behind it (`#poll-503-once`) the first time only: answers to
polls and samples once for each task, everything else once for each key and prompt.

Knows words and answers; nothing of HTTP servers, tasks or time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

HTML = "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>\n"
REASON = {"Moderation Reasons": ["Local demo: asked for by a word in the prompt"]}


@dataclass(frozen=True)
class Answer:
    """An answer of HTTP: a body that is a text is sent as a page, anything else as JSON."""

    code: int
    body: Any
    retry_after: str = ""  # seconds at speed 1, or "date"


@dataclass(frozen=True)
class BadDay:
    """One bad day: its word, what it strikes ("key", "submit", "task", "poll" or "sample"), and what then happens.

    `answer` replaces the right answer. `manner` is how the answer comes: "late", "never", "cut" in the middle,
    "trickling". For a task, `status` and `details` are what it ends with, and `twist` names what is odd about it.
    """

    word: str
    strikes: str
    what: str
    answer: Answer | None = None
    manner: str = ""
    status: str = ""
    details: Any = None
    twist: str = ""


def _detail(code: int, text: str, retry_after: str = "") -> Answer:
    return Answer(code, {"detail": text}, retry_after)


def _page(title: str) -> Answer:
    return Answer(int(title[:3]), HTML.format(title))


def _field(echo: bool) -> Answer:
    fault = {"type": "value_error", "loc": ["body", "prompt"], "msg": "Value error, this prompt is refused on cue"}
    return Answer(422, {"detail": [{**fault, "input": "{request}" if echo else "{prompt}", "ctx": {"error": {}}}]})


BAD_KEY = _detail(403, "Not authenticated - Invalid Authentication")
EXPIRED = _page("403 Signature has expired")
NO_CREDITS = _detail(402, "Insufficient credits")
TOO_MANY_TASKS = _detail(429, "Too many tasks in flight")
TOO_MANY_REQUESTS = _detail(429, "Too many requests", "1")
NO_FINETUNE = _detail(404, "Finetune not found or not ready")

BAD_DAYS = (
    BadDay("bad-key", "key", "the key is refused with 403", BAD_KEY),
    BadDay("bad-key-401", "key", "the key is refused with 401", _detail(401, "Not authenticated")),
    BadDay("key-format", "key", "422 whose detail is a text", _detail(422, "Invalid API key format")),
    BadDay("no-credits", "submit", "402, no credits are left", NO_CREDITS),
    BadDay("no-finetune", "submit", "the finetune is unknown here, or still training", NO_FINETUNE),
    BadDay("bad-request", "submit", "400", _detail(400, "Bad Request")),
    BadDay("invalid", "submit", "422 with a fault of one field", _field(echo=False)),
    BadDay("invalid-echo", "submit", "422 that sends the whole request back", _field(echo=True)),
    BadDay("too-many", "submit", "429 without Retry-After", TOO_MANY_TASKS),
    BadDay("too-many-wait", "submit", "429 with Retry-After: 2", _detail(429, "Too many requests", "2")),
    BadDay("too-many-date", "submit", "429 with Retry-After as a date", _detail(429, "Too many requests", "date")),
    BadDay("broken", "submit", "500", _detail(500, "Internal Server Error")),
    BadDay("bad-gateway", "submit", "502 with a page of HTML", _page("502 Bad Gateway")),
    BadDay("unavailable", "submit", "503", _detail(503, "Service Unavailable")),
    BadDay("gateway-timeout", "submit", "504 with a page of HTML", _page("504 Gateway Time-out")),
    BadDay("submit-late", "submit", "the task is taken, the answer comes after 10 s", manner="late"),
    BadDay("submit-silent", "submit", "the task is taken, the answer never comes", manner="never"),
    BadDay("submit-cut", "submit", "the task is taken, the answer is cut off", manner="cut"),
    BadDay("submit-garbled", "submit", "200 with a page of HTML", Answer(200, HTML.format("Please wait"))),
    BadDay("moderated-request", "task", "ends as Request Moderated", status="Request Moderated", details=REASON),
    BadDay(
        "moderated-content",
        "task",
        "ends as Content Moderated",
        status="Content Moderated",
        details="Local demo: on cue",
    ),
    BadDay("error", "task", "ends as Error", status="Error", details="Local demo: failed on cue"),
    BadDay("lost", "task", "is known at first, then no longer: Task not found", status="Task not found"),
    BadDay("not-yet", "task", "is not found for the first second", twist="not-yet"),
    BadDay("unknown-status", "task", "runs under a status that nobody knows", twist="unknown-status"),
    BadDay("reasoning", "task", "runs as Reasoning, then as Generating", twist="reasoning"),
    BadDay("no-progress", "task", "progress is null throughout", twist="no-progress"),
    BadDay("slow", "task", "takes ten times as long", twist="slow"),
    BadDay("stuck", "task", "is never done", twist="stuck"),
    BadDay("no-seed", "task", "is Ready without naming its seed", twist="no-seed"),
    BadDay("no-sample", "task", "is Ready without a sample", twist="no-sample"),
    BadDay("no-result", "task", "is Ready without a result", twist="no-result"),
    BadDay("poll-403", "poll", "a poll is refused with 403", BAD_KEY),
    BadDay("poll-429", "poll", "429 with Retry-After: 2", _detail(429, "Too many requests", "2")),
    BadDay("poll-500", "poll", "500", _detail(500, "Internal Server Error")),
    BadDay("poll-502", "poll", "502 with a page of HTML", _page("502 Bad Gateway")),
    BadDay("poll-503", "poll", "503", _detail(503, "Service Unavailable")),
    BadDay("poll-garbled", "poll", "200 with a page of HTML", Answer(200, HTML.format("Please wait"))),
    BadDay("poll-list", "poll", "200 with a list instead of an object", Answer(200, [])),
    BadDay("poll-no-status", "poll", "an object without a status", Answer(200, {"id": "{id}"})),
    BadDay("poll-late", "poll", "the answer comes after 10 s", manner="late"),
    BadDay("poll-silent", "poll", "the answer never comes", manner="never"),
    BadDay("poll-cut", "poll", "the answer is cut off", manner="cut"),
    BadDay("sample-expired", "sample", "the signed address has expired: 403", EXPIRED),
    BadDay("sample-gone", "sample", "404", _page("404 Not Found")),
    BadDay("sample-503", "sample", "503", _page("503 Service Unavailable")),
    BadDay("sample-not-image", "sample", "a page of HTML that says it is an image", Answer(200, HTML.format("Oops"))),
    BadDay("sample-cut", "sample", "the image is cut off in the middle", manner="cut"),
    BadDay("sample-trickle", "sample", "the image trickles in, 1 KB a second", manner="trickling"),
    BadDay("sample-silent", "sample", "the image never comes", manner="never"),
)
BY_WORD = {day.word: day for day in BAD_DAYS}


@dataclass(frozen=True)
class Cue:
    """A bad day that was asked for, always or once."""

    day: BadDay
    once: bool

    @property
    def word(self) -> str:
        """The word as it was written, without its #."""
        return self.day.word + ("-once" if self.once else "")


def heard(*texts: str) -> tuple[Cue, ...]:
    """The bad days that texts ask for by words with a #, in their order; words that nobody knows are left alone."""
    words = [word for text in texts for word in re.findall(r"#([a-z0-9]+(?:-[a-z0-9]+)*)", text)]
    return cues(word for word in words if word.removesuffix("-once") in BY_WORD)


def cues(words: Iterable[str]) -> tuple[Cue, ...]:
    """The bad days of words without a #; raises `ValueError` for a word that is none."""
    found = []
    for word in dict.fromkeys(words):
        if word.removesuffix("-once") not in BY_WORD:
            raise ValueError(
                f"{word} is not a bad day: choose from {', '.join(BY_WORD)}, each also with -once behind it."
            )
        found.append(Cue(BY_WORD[word.removesuffix("-once")], word.endswith("-once")))
    return tuple(found)


@dataclass
class Occasions:
    """Which once-only bad days have already been: as many as are remembered, the oldest are forgotten."""

    most: int = 10_000
    _past: dict[str, None] = field(default_factory=dict)

    def due(self, cue: Cue, where: str) -> bool:
        """Whether this bad day is to happen here; asking for a once-only one uses it up."""
        if not cue.once:
            return True
        place = f"{cue.day.word} {where}"
        if place in self._past:
            return False
        self._past[place] = None
        if len(self._past) > self.most:
            del self._past[next(iter(self._past))]
        return True
