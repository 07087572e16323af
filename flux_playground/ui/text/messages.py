"""Messages for states and errors: what happened, what it cost, what to do next. Plain text; the templates escape it."""

from __future__ import annotations

import math
import time
from dataclasses import replace

from ...bounded_json import InvalidJson, parse_json
from ...errors import (
    APIError,
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
    StatusUnavailable,
    SubmitUnknown,
    TaskFailed,
    TaskNotFound,
    TaskTimeout,
    Unauthorized,
)
from ...generation import Generation, State
from .error_messages import ERRORS, FREE, PAID, Words

MAX_QUOTE_CHARS = 600
MAX_STATUS_CHARS = 40
PENDING = "Pending"
"""The status of a task that waits or runs, as most endpoints report it."""

STATES: dict[State, Words] = {
    State.SUBMIT_UNKNOWN: ERRORS[SubmitUnknown],
    State.DETACHED: Words(
        "Stopped waiting",
        "This API can't cancel, so the image will still be made.",
        PAID,
        "Download it any time.",
        ("collect", "again"),
    ),
    State.CANCELLED: Words(
        "Not sent",
        "It was still queued when it was stopped or the app closed.",
        FREE,
        "Retry if you still want it.",
        ("again",),
    ),
    State.FAILED: ERRORS[PlaygroundError],
}

STATE_LABELS = {
    State.QUEUED: "Queued",
    State.SUBMITTING: "Sending",
    State.RUNNING: "Generating",
    State.DOWNLOADING: "Downloading",
    State.SUCCEEDED: "Ready",
    State.FAILED: "Failed",
    State.SUBMIT_UNKNOWN: "Unconfirmed",
    State.DETACHED: "Not downloaded",
    State.CANCELLED: "Not sent",
}

SHORT_ERRORS: dict[type[PlaygroundError], str] = {
    InvalidRequest: "Rejected",
    Unauthorized: "Invalid key",
    OutOfCredits: "No credits",
    RateLimited: "Rate limited",
    FinetuneNotFound: "Finetune not found",
    APIUnreachable: "Unreachable",
    TaskNotFound: "Lost",
}
"""Labels of a card whose failure a person can do something about."""

ACTION_LABELS = {
    "again": "Retry",
    "collect": "Download image",
    "vary": "Try another seed",
    "key": "Add API key",
    "regions": "Look on other servers (free)",
}

NOT_BILLED = "Demo: no charge."
MAY_CHARGE_TWICE = "With a real key, retrying may charge twice."


def for_error(error: PlaygroundError) -> Words:
    """Return the words for an error: those of its class, else of the nearest base class."""
    words = next(ERRORS[kind] for kind in type(error).__mro__ if kind in ERRORS)
    if isinstance(error, InvalidRequest) and error.status_code is None:
        return replace(words, title="Some settings are invalid")
    if isinstance(error, SubmitUnknown) and error.status_code is not None and error.status_code >= 500:
        happened = (
            f"The API returned an error ({error.status_code}) after we sent the request. It may still be running."
        )
        return replace(words, title=f"API error {error.status_code}", happened=happened)
    return words


def action_labels(generation: Generation) -> dict[str, str]:
    """Return the labels of the actions that a generation offers."""
    labels = dict(ACTION_LABELS)
    if isinstance(generation.error, TaskNotFound | TaskTimeout | StatusUnavailable):
        labels["collect"] = "Check again"  # nothing says that there is an image
    if generation.seed is None:
        labels["vary"] = "Generate again"
    return labels


def ending(generation: Generation) -> Words:
    """Return the words for a generation that ended without an image."""
    if generation.error is None:
        return STATES.get(generation.state, STATES[State.FAILED])
    words = for_error(generation.error)
    if generation.seed is None and words.advice_without_seed:
        words = replace(words, advice=words.advice_without_seed)
    if generation.state is State.DETACHED and "collect" not in words.offers:
        # The API accepted the task, so the image can still be downloaded, for free.
        advice = "Fix this, then download the image." if "key" in words.offers else "Download the image later."
        offers = ("collect", *(offer for offer in words.offers if offer != "again"))
        return replace(words, cost=PAID, advice=advice, offers=offers)
    return words


def link_seconds(generation: Generation) -> float:
    """Return for how many seconds the link of an image works that was not downloaded; 0 without a link."""
    if generation.state is not State.DETACHED or isinstance(generation.error, SampleExpired):
        return 0.0
    return max(0.0, (generation.link_expires_at or 0.0) - time.time())


def describe_life(seconds: float) -> str:
    """Return how long a link works, in words; the page's script does the same each second."""
    minutes = round(seconds / 60)
    return "less than a minute" if minutes < 1 else f"about {minutes} minute{'' if minutes == 1 else 's'}"


def quoted(error: PlaygroundError) -> str:
    """Return the API's own words for an error, shortened; "" where our message says the same."""
    ours = isinstance(error, SampleExpired) or (isinstance(error, InvalidRequest) and error.details)
    text = "" if ours else _readable(error.detail or error.message).strip()
    return text if len(text) <= MAX_QUOTE_CHARS else text[:MAX_QUOTE_CHARS].rstrip() + " …"


def reason(error: PlaygroundError) -> str:
    """Return in a line why an image is missing: our words for errors of the API, with its own where it gave any."""
    if error.message and not isinstance(error, APIError | TaskFailed):
        return error.message
    title, own = for_error(error).title, _readable(error.detail).strip()[:MAX_QUOTE_CHARS]
    return f"{title}: {own}" if own else f"{title}."


def retry_hint(error: PlaygroundError) -> str:
    """Return when a used-up limit allows the next image; "" for other errors."""
    if not isinstance(error, QuotaExceeded) or error.retry_after is None:
        return ""
    hours, minutes = divmod(max(1, math.ceil(error.retry_after / 60)), 60)
    when = " ".join([*([f"{hours} h"] if hours else []), *([f"{minutes} min"] if minutes else [])])
    return f"Try again in {when}, or add your own API key."


def brief(generation: Generation) -> str:
    """Return the label of a card: the API's own status while it runs, ours otherwise."""
    if generation.imported and generation.state is State.SUCCEEDED:
        return "Imported"
    if generation.state is State.RUNNING and generation.status not in ("", PENDING):
        return generation.status[:MAX_STATUS_CHARS]
    if isinstance(generation.error, RequestModerated | ContentModerated):
        return "Moderated"
    if generation.state is State.FAILED and type(generation.error) in SHORT_ERRORS:
        return SHORT_ERRORS[type(generation.error)]  # type: ignore[index]
    return STATE_LABELS[generation.state]


def waiting(generation: Generation, position: int, usual_seconds: float | None) -> tuple[str, str]:
    """Return what a running generation does and how long it usually takes, for the line below the image."""
    if generation.state is State.QUEUED:
        return f"Queued (#{position})" if position else "Queued", ""
    expected = f"about {usual_seconds:.0f} s" if usual_seconds is not None and usual_seconds >= 1 else ""
    if usual_seconds is not None and time.time() - generation.created_at > usual_seconds + 1:
        expected = "longer than usual"
    return brief(generation), expected


def _readable(text: str) -> str:
    """Return a JSON object of the API without the JSON: {"Reasons": ["a", "b"]} becomes "Reasons: a, b"."""
    try:
        parsed = parse_json(text)
    except InvalidJson:
        return text
    if not isinstance(parsed, dict) or any(isinstance(value, dict) for value in parsed.values()):
        return text
    listed = {key: value if isinstance(value, list) else [value] for key, value in parsed.items()}
    return "; ".join(f"{key}: {', '.join(str(item) for item in values)}" for key, values in listed.items())
