"""Every state and every error in words for people: what happened, whose doing it is, what it cost, what to do next.

The one place for them. Plain text only: whoever shows it escapes it. Knows the errors and the states, not gradio.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace

from ...errors import (
    APIUnreachable,
    ContentModerated,
    FinetuneNotFound,
    InvalidRequest,
    OutOfCredits,
    PlaygroundError,
    QuotaExceeded,
    RateLimited,
    RequestModerated,
    SampleExpired,
    SubmitUnknown,
    TaskNotFound,
    Unauthorized,
)
from ...generation import Generation, State
from .error_messages import ERRORS, FREE, PAID, Words
from .quote import plain

LONGEST = 600
"""Characters of the API's own words that are shown."""

STATES: dict[State, Words] = {
    State.SUBMIT_UNKNOWN: ERRORS[SubmitUnknown],
    State.DETACHED: Words(
        "Stopped waiting, not lost",
        "The API has accepted this image and cannot be told to stop: it is made all the same.",
        PAID,
        "Collect it whenever you like.",
        ("collect", "again"),
    ),
    State.CANCELLED: Words(
        "Never sent",
        "It was still in line when it was stopped, or when the program ended.",
        FREE,
        "Send it now if you still want it.",
        ("again",),
    ),
    State.FAILED: ERRORS[PlaygroundError],
}

SHORT = {
    State.QUEUED: "In line",
    State.SUBMITTING: "Sending",
    State.RUNNING: "Pending",
    State.DOWNLOADING: "Fetching",
    State.SUCCEEDED: "Ready",
    State.FAILED: "Failed",
    State.SUBMIT_UNKNOWN: "Unsure",
    State.DETACHED: "To collect",
    State.CANCELLED: "Not sent",
}

BRIEF: dict[type[PlaygroundError], str] = {
    InvalidRequest: "Refused",
    Unauthorized: "Wrong key",
    OutOfCredits: "No credits",
    RateLimited: "Too much",
    FinetuneNotFound: "No finetune",
    APIUnreachable: "Not reached",
    TaskNotFound: "Lost",
}
"""What a card says of a failure that a person can do something about."""

OFFERS = {
    "again": "Send it again",
    "collect": "Collect it",
    "vary": "Try another seed",
    "key": "Enter a key",
}

STOPPING = "The API cannot be told to stop: the image may still be made, and can then be collected."
LEAVING = "It has not been sent yet, so nothing is charged."
NOT_BILLED = "Nothing is billed: the local demo answered, not the API."
TWICE_THERE = "At the API, sending it again may be charged a second time."


def of(error: PlaygroundError) -> Words:
    """The words for an error: its own kind's, else those of the nearest kind above it in the tree."""
    said = next(ERRORS[kind] for kind in type(error).__mro__ if kind in ERRORS)
    if isinstance(error, InvalidRequest) and error.status_code is None:
        return replace(said, title="Some settings are invalid")
    if isinstance(error, SubmitUnknown) and error.status_code is not None and error.status_code >= 500:
        happened = (
            f"The API returned an error ({error.status_code}) after we sent the request. It may still be running."
        )
        return replace(said, title=f"API error {error.status_code}", happened=happened)
    return said


def ending(generation: Generation) -> Words:
    """The words for a generation that ended without an image; how it ended decides what can be done about it."""
    if generation.error is None:
        return STATES.get(generation.state, STATES[State.FAILED])
    words = of(generation.error)
    if generation.state is State.DETACHED and "collect" not in words.offers:
        # Whatever went wrong, the task was accepted: it can still be collected, and that costs nothing.
        advice = "Fix this, then download the image." if "key" in words.offers else "Collect it later."
        offers = ("collect", *(one for one in words.offers if one != "again"))
        return replace(words, cost=PAID, advice=advice, offers=offers)
    return words


def quoted(error: PlaygroundError) -> str:
    """The API's own words for an error, cut to a length that can be read; "" where they are said already."""
    ours = isinstance(error, SampleExpired) or (isinstance(error, InvalidRequest) and error.details)
    said = "" if ours else plain(error.detail or error.message).strip()
    return said if len(said) <= LONGEST else said[:LONGEST].rstrip() + " …"


def returns(error: PlaygroundError) -> str:
    """When an allowance comes back, as a sentence; "" for every other error."""
    if not isinstance(error, QuotaExceeded) or error.retry_after is None:
        return ""
    hours, minutes = divmod(max(1, math.ceil(error.retry_after / 60)), 60)
    when = " ".join([*([f"{hours} h"] if hours else []), *([f"{minutes} min"] if minutes else [])])
    return f"The next one can be made in {when}; with a key of your own, at once."


def brief(generation: Generation) -> str:
    """One or two words for a card: the API's own while it works, ours otherwise."""
    if generation.state is State.RUNNING and generation.status:
        return generation.status
    if isinstance(generation.error, RequestModerated | ContentModerated):
        return "Moderated"
    named = BRIEF.get(type(generation.error)) if generation.state is State.FAILED and generation.error else None
    return named or SHORT[generation.state]


def waiting(generation: Generation, place: int, usual: float | None) -> tuple[str, str]:
    """What is happening now, and how long it usually takes, for the line below the picture."""
    if generation.state is State.QUEUED:
        return f"In line, number {place}" if place else "In line", ""
    expected = f"about {usual:.0f} s" if usual is not None and usual >= 1 else ""
    if usual is not None and time.time() - generation.created_at > usual + 1:
        expected = "longer than usual"
    return brief(generation), expected
