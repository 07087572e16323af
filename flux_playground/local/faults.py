"""The errors that the local API can simulate, and the words that trigger them.

A trigger is written with a # in the prompt or in the key (`#poll-503`), or without it as a start option. A fault
recurs; with `-once` (`#poll-503-once`) it occurs once for each task, or for each key and prompt of a submit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

HTML = "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>\n"
TRIGGER = re.compile(r"#([a-z0-9]+(?:-[a-z0-9]+)*)")
ONCE = "-once"
MAX_REMEMBERED_FAULTS = 10_000

MODERATED = {"Moderation Reasons": ["Simulated by the local API"]}
FAILED = {"error": "Simulated by the local API"}


@dataclass(frozen=True)
class CannedResponse:
    """A response as data; a text body is sent as HTML, any other body as JSON."""

    status_code: int
    body: Any
    retry_after: str = ""  # seconds at speed 1, or "date"


@dataclass(frozen=True)
class Fault:
    """One simulated error.

    `stage` is "key", "submit", "task", "poll" or "sample". `response` replaces the correct response. `delivery` is how
    the correct response arrives: "late", "never", "cut" or "trickle". A task ends with `status` and `details` if set,
    and `effect` names what is unusual about it.
    """

    word: str
    stage: str
    description: str
    response: CannedResponse | None = None
    delivery: str = ""
    status: str = ""
    details: Any = None
    effect: str = ""


def _detail(status_code: int, text: str, retry_after: str = "") -> CannedResponse:
    return CannedResponse(status_code, {"detail": text}, retry_after)


def _html(title: str, status_code: int | None = None) -> CannedResponse:
    return CannedResponse(status_code or int(title[:3]), HTML.format(title))


def _invalid(rejected_input: str) -> CannedResponse:
    error = {"type": "value_error", "loc": ["body", "prompt"], "msg": "Value error, simulated by the local API"}
    return CannedResponse(422, {"detail": [{**error, "input": rejected_input, "ctx": {"error": {}}}]})


BAD_KEY = _detail(403, "Not authenticated - Invalid Authentication")
EXPIRED = _html("403 Signature has expired")
NO_CREDITS = _detail(402, "Insufficient credits")
TOO_MANY_TASKS = _detail(429, "Too many tasks in flight")
TOO_MANY_REQUESTS = _detail(429, "Too many requests", "1")
NO_FINETUNE = _detail(404, "Finetune not found or not ready")

FAULTS = (
    Fault("bad-key", "key", "403: the key is rejected", BAD_KEY),
    Fault("bad-key-401", "key", "401: the key is rejected", _detail(401, "Not authenticated")),
    Fault("key-format", "key", "422 whose detail is a string", _detail(422, "Invalid API key format")),
    Fault("no-credits", "submit", "402: no credits left", NO_CREDITS),
    Fault("no-finetune", "submit", "404: unknown finetune, or still training", NO_FINETUNE),
    Fault("bad-request", "submit", "400", _detail(400, "Bad Request")),
    Fault("invalid", "submit", "422 with an error in one field", _invalid("{prompt}")),
    Fault("invalid-echo", "submit", "422 that repeats the whole request", _invalid("{request}")),
    Fault("too-many", "submit", "429 without Retry-After", TOO_MANY_TASKS),
    Fault("too-many-wait", "submit", "429 with Retry-After: 2", _detail(429, "Too many requests", "2")),
    Fault("too-many-date", "submit", "429 with a date in Retry-After", _detail(429, "Too many requests", "date")),
    Fault("broken", "submit", "500", _detail(500, "Internal Server Error")),
    Fault("bad-gateway", "submit", "502 with an HTML page", _html("502 Bad Gateway")),
    Fault("unavailable", "submit", "503", _detail(503, "Service Unavailable")),
    Fault("unavailable-wait", "submit", "503 with Retry-After: 2", _detail(503, "Service Unavailable", "2")),
    Fault("gateway-timeout", "submit", "504 with an HTML page", _html("504 Gateway Time-out")),
    Fault("submit-late", "submit", "the task is accepted, the response takes 10 s", delivery="late"),
    Fault("submit-silent", "submit", "the task is accepted, no response is sent", delivery="never"),
    Fault("submit-cut", "submit", "the task is accepted, the response is cut off", delivery="cut"),
    Fault("submit-garbled", "submit", "200 with an HTML page", _html("Please wait", 200)),
    Fault("moderated-request", "task", "ends as Request Moderated", status="Request Moderated", details=MODERATED),
    Fault("moderated-content", "task", "ends as Content Moderated", status="Content Moderated", details=MODERATED),
    Fault("moderated-text", "task", "moderated; details is a string", status="Content Moderated", details="Simulated"),
    Fault("error", "task", "ends as Error", status="Error", details=FAILED),
    Fault("error-text", "task", "ends as Error; details is a string", status="Error", details="Simulated"),
    Fault("lost", "task", "is found at first, later Task not found", status="Task not found"),
    Fault("not-yet", "task", "is Task not found for the first second", effect="not-yet"),
    Fault("unknown-status", "task", "runs under a status that is not documented", effect="unknown-status"),
    Fault("reasoning", "task", "runs as Reasoning, then as Generating", effect="reasoning"),
    Fault("no-progress", "task", "progress is always null", effect="no-progress"),
    Fault("slow", "task", "takes ten times as long", effect="slow"),
    Fault("stuck", "task", "never ends", effect="stuck"),
    Fault("preview", "task", "has a preview while it runs", effect="preview"),
    Fault("preview-object", "task", "has a preview that is an object with a URL", effect="preview-object"),
    Fault("no-preview", "task", "has no preview", effect="no-preview"),
    Fault("no-cost", "task", "no response has the cost", effect="no-cost"),
    Fault("cost-null", "task", "the cost is null", effect="cost-null"),
    Fault("cost-poll", "task", "only polls have the cost", effect="cost-poll"),
    Fault("cost-change", "task", "polls have twice the cost of the submit", effect="cost-change"),
    Fault("video", "task", "is Ready with a video", effect="video"),
    Fault("no-times", "task", "is Ready without times", effect="no-times"),
    Fault("no-seed", "task", "is Ready without a seed", effect="no-seed"),
    Fault("sample-list", "task", "is Ready with a list of samples", effect="sample-list"),
    Fault("samples", "task", "is Ready with three images", effect="samples"),
    Fault("sample-object", "task", "is Ready with a sample that is an object with a URL", effect="sample-object"),
    Fault("sample-base64", "task", "is Ready with a sample that is base64", effect="sample-base64"),
    Fault("no-sample", "task", "is Ready without a sample", effect="no-sample"),
    Fault("no-result", "task", "is Ready without a result", effect="no-result"),
    Fault("poll-403", "poll", "403", BAD_KEY),
    Fault("poll-429", "poll", "429 with Retry-After: 2", _detail(429, "Too many requests", "2")),
    Fault("poll-500", "poll", "500", _detail(500, "Internal Server Error")),
    Fault("poll-502", "poll", "502 with an HTML page", _html("502 Bad Gateway")),
    Fault("poll-503", "poll", "503", _detail(503, "Service Unavailable")),
    Fault("poll-503-wait", "poll", "503 with Retry-After: 2", _detail(503, "Service Unavailable", "2")),
    Fault("poll-garbled", "poll", "200 with an HTML page", _html("Please wait", 200)),
    Fault("poll-list", "poll", "200 with a list instead of an object", CannedResponse(200, [])),
    Fault("poll-no-status", "poll", "200 with an object without a status", CannedResponse(200, {"id": "{id}"})),
    Fault("poll-late", "poll", "the response takes 10 s", delivery="late"),
    Fault("poll-silent", "poll", "no response is sent", delivery="never"),
    Fault("poll-cut", "poll", "the response is cut off", delivery="cut"),
    Fault("sample-expired", "sample", "403: the signed URL has expired", EXPIRED),
    Fault("sample-gone", "sample", "404", _html("404 Not Found")),
    Fault("sample-503", "sample", "503", _html("503 Service Unavailable")),
    Fault("sample-not-image", "sample", "an HTML page with the content type of an image", _html("Oops", 200)),
    Fault("sample-cut", "sample", "the image is cut off in the middle", delivery="cut"),
    Fault("sample-trickle", "sample", "the image arrives at 1 KB a second", delivery="trickle"),
    Fault("sample-silent", "sample", "no response is sent", delivery="never"),
)
FAULT_BY_WORD = {fault.word: fault for fault in FAULTS}


@dataclass(frozen=True)
class FaultTrigger:
    """A requested fault, recurring or once."""

    fault: Fault
    once: bool

    @property
    def word(self) -> str:
        """The word as written, without its #."""
        return self.fault.word + (ONCE if self.once else "")


def find_triggers(*texts: str) -> tuple[FaultTrigger, ...]:
    """Return the triggers in texts, in order; unknown words are ignored."""
    words = [word for text in texts for word in TRIGGER.findall(text)]
    return parse_triggers(word for word in words if word.removesuffix(ONCE) in FAULT_BY_WORD)


def parse_triggers(words: Iterable[str]) -> tuple[FaultTrigger, ...]:
    """Return the triggers of words without a #; raises `ValueError` for an unknown word."""
    triggers = []
    for word in dict.fromkeys(words):
        fault = FAULT_BY_WORD.get(word.removesuffix(ONCE))
        if fault is None:
            raise ValueError(
                f"Unknown fault {word}. Choose from {', '.join(FAULT_BY_WORD)}, each optionally with {ONCE}."
            )
        triggers.append(FaultTrigger(fault, word.endswith(ONCE)))
    return tuple(triggers)


@dataclass
class OnceTracker:
    """Remembers which faults with `-once` have occurred; the oldest entries are forgotten."""

    limit: int = MAX_REMEMBERED_FAULTS
    _occurred: dict[str, None] = field(default_factory=dict)

    def is_due(self, trigger: FaultTrigger, place: str) -> bool:
        """Return whether the fault is to occur at a place now; this uses up a fault with `-once`."""
        if not trigger.once:
            return True
        key = f"{trigger.fault.word} {place}"
        if key in self._occurred:
            return False
        self._occurred[key] = None
        if len(self._occurred) > self.limit:
            del self._occurred[next(iter(self._occurred))]
        return True
