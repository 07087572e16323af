"""Every state and every error in words for people: what happened, whose doing it is, what it cost, what to do next.

The one place for them. Plain text only: whoever shows it escapes it. Knows the errors and the states, not gradio.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from ..errors import (
    APIError,
    APIUnreachable,
    BadSample,
    Busy,
    ContentModerated,
    FinetuneNotFound,
    InvalidRecipe,
    InvalidRequest,
    OutOfCredits,
    PlaygroundError,
    QuotaExceeded,
    RateLimited,
    RequestModerated,
    SampleExpired,
    SubmitUnknown,
    TaskFailed,
    TaskLost,
    TaskTimeout,
    Unauthorized,
)
from ..generation import Generation, State
from .quoting import plain

LONGEST = 600
"""Characters of the API's own words that are shown."""

FREE = "Nothing was charged."
UNSURE = "Whether it was charged is not known; your account at the API shows it."
PAID = "The API may have charged it already; collecting it costs nothing more."


@dataclass(frozen=True)
class Words:
    """What is said of one state: a short title, what happened, what it cost, what to do next.

    `offers` names the actions that help ("again", "collect", "key"), the best one first.
    """

    title: str
    happened: str
    cost: str = ""
    advice: str = ""
    offers: tuple[str, ...] = ()


ERRORS: dict[type[PlaygroundError], Words] = {
    InvalidRequest: Words(
        "These settings were refused",
        "At least one value is not what the API takes; each is marked at its field.",
        FREE,
        "Correct the marked fields and generate again. Your form is as you left it.",
    ),
    InvalidRecipe: Words(
        "This is no recipe that can be read",
        "What was given holds no settings of a picture, or damaged ones.",
        FREE,
        "Give it as it was saved. Your form is as you left it.",
    ),
    QuotaExceeded: Words(
        "The allowance is used up",
        "This page has a limit, and it has been reached.",
        FREE,
        "Wait until it comes back, or use a key of your own.",
        ("key",),
    ),
    Busy: Words(
        "Busy",
        "As many wait in line here as can be taken on.",
        FREE,
        "Generate again when some of them are done. Your form is as you left it.",
    ),
    Unauthorized: Words(
        "The API does not know this key",
        "The key is wrong, was withdrawn, or there is none.",
        FREE,
        "Check the key: it is sent exactly as it was entered.",
        ("key", "again"),
    ),
    OutOfCredits: Words(
        "No credits left",
        "The account behind this key has none left for this image.",
        FREE,
        "Add credits in your account at the API, then send it again.",
        ("again", "key"),
    ),
    RateLimited: Words(
        "Too much at once",
        "The API takes only so many requests from one key at a time, and it was asked again until patience ended.",
        FREE,
        "Wait until some of your images are done, then send it again.",
        ("again",),
    ),
    FinetuneNotFound: Words(
        "The API cannot find this finetune",
        "Either the id is mistyped, or it is still training, or it was trained in another region: "
        "a finetune is known only to the server of the region where it was trained.",
        FREE,
        "Check the id. For another region, whoever runs this page names its server in FLUX_PLAYGROUND_BASE_URL.",
        ("again",),
    ),
    APIError: Words(
        "The API answered with an error",
        "The request arrived and was turned down; nothing in your settings has to be wrong.",
        "Most likely nothing was charged.",
        "Try again in a moment.",
        ("again",),
    ),
    APIUnreachable: Words(
        "The API could not be reached",
        "The request never left this machine: the network, or the server, is down.",
        FREE,
        "Check the connection, then send it again.",
        ("again",),
    ),
    SubmitUnknown: Words(
        "Nobody knows whether it was accepted",
        "The request was sent, but its answer got lost on the way, so it is not repeated by itself.",
        UNSURE,
        "Sending it again may be charged a second time.",
        ("again",),
    ),
    RequestModerated: Words(
        "The request was refused by moderation",
        "The API judged that the prompt, or the image in it, asks for something it does not draw.",
        "The API decides whether it charges for this; no image was made.",
        "Word the prompt differently, or raise the safety tolerance.",
    ),
    ContentModerated: Words(
        "The image was withheld by moderation",
        "The API drew it and then judged that it must not be shown.",
        "The API decides whether it charges for this; the image cannot be had.",
        "Another seed often passes; or word the prompt differently, or raise the safety tolerance.",
        ("vary",),
    ),
    TaskLost: Words(
        "The API no longer knows this task",
        "It was accepted, but whoever is asked about it now says that there is no such task.",
        UNSURE,
        "Send it again: the same seed draws the same image.",
        ("again",),
    ),
    TaskFailed: Words(
        "The API could not make this image",
        "It accepted the request and then failed; this is not the doing of your settings, as far as it says.",
        UNSURE,
        "Send it again; if it keeps failing, change the prompt or the finetune.",
        ("again",),
    ),
    TaskTimeout: Words(
        "It takes longer than we waited",
        "The API is still at work on it, or has forgotten to say that it is done.",
        PAID,
        "Collect it later: the wait starts anew and costs nothing.",
        ("collect", "again"),
    ),
    SampleExpired: Words(
        "The link to the image ran out",
        "The image was made, but its link, which lives for ten minutes, no longer answers.",
        PAID,
        "Collect it: the API is asked for a fresh link.",
        ("collect", "again"),
    ),
    BadSample: Words(
        "What arrived is not a whole image",
        "The download was cut short, or is no image at all; nothing of it was kept.",
        PAID,
        "Collect it once more.",
        ("collect", "again"),
    ),
    PlaygroundError: Words(
        "Something went wrong here",
        "The fault is this program's, not yours.",
        UNSURE,
        "Send it again; if it keeps happening, the program's log has the details.",
        ("again",),
    ),
}

STATES: dict[State, Words] = {
    State.UNKNOWN: ERRORS[SubmitUnknown],
    State.UNCOLLECTED: Words(
        "Stopped waiting, not lost",
        "The API has accepted this image and cannot be told to stop: it is made all the same.",
        PAID,
        "Collect it whenever you like.",
        ("collect", "again"),
    ),
    State.UNSENT: Words(
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
    State.READY: "Ready",
    State.FAILED: "Failed",
    State.UNKNOWN: "Unsure",
    State.UNCOLLECTED: "To collect",
    State.UNSENT: "Not sent",
}

BRIEF: dict[type[PlaygroundError], str] = {
    InvalidRequest: "Refused",
    Unauthorized: "Wrong key",
    OutOfCredits: "No credits",
    RateLimited: "Too much",
    FinetuneNotFound: "No finetune",
    APIUnreachable: "Not reached",
    TaskLost: "Lost",
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
DRAWN_HERE = "Nothing is billed: the local demo answered, not the API."
TWICE_THERE = "At the API, sending it again may be charged a second time."


def of(error: PlaygroundError) -> Words:
    """The words for an error: its own kind's, else those of the nearest kind above it in the tree."""
    return next(ERRORS[kind] for kind in type(error).__mro__ if kind in ERRORS)


def ending(generation: Generation) -> Words:
    """The words for a generation that ended without an image; how it ended decides what can be done about it."""
    if generation.error is None:
        return STATES.get(generation.state, STATES[State.FAILED])
    words = of(generation.error)
    if generation.state is State.UNCOLLECTED and "collect" not in words.offers:
        # Whatever went wrong, the task was accepted: it can still be collected, and that costs nothing.
        advice = "Collect it once that is put right." if "key" in words.offers else "Collect it later."
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
    expected = f"usually about {usual:.0f} s" if usual is not None and usual >= 1 else ""
    return brief(generation), expected
