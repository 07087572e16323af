"""Parses responses of the API into a `Task`, a `Result` or an error.

A missing, null or mistyped field becomes None; unknown fields are ignored. Quoted text is shortened, without images.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..errors import (
    APIError,
    FieldError,
    FinetuneNotFound,
    Intercepted,
    InvalidRequest,
    OutOfCredits,
    PlaygroundError,
    RateLimited,
    Unauthorized,
)
from .transport import Response

READY = "Ready"
NOT_FOUND = "Task not found"
SOURCE_NAMES = ("url", "image_url", "base64", "b64_json")
"""Members of an object that hold an image."""
MAX_IMAGES = 16  # of one task
MAX_PREVIEW_CHARACTERS = 12_000_000
"""Of the base64 of a preview; a longer one is left out."""
MAX_DETAIL_LENGTH = 2_000
MAX_MESSAGE_LENGTH = 300
MAX_QUOTED_CHARACTERS = 8_000
"""What is kept of an error text before any regular expression reads it."""
MAX_QUOTED_DEPTH = 20
MAX_QUOTED_ITEMS = 100


@dataclass(frozen=True)
class Task:
    """An accepted generation: where to poll it, and what it is billed for.

    `cost` is in credits, `input_mp` and `output_mp` are the megapixels of the images sent and made. None: unknown.
    """

    id: str
    polling_url: str
    cost: float | None = None
    input_mp: float | None = None
    output_mp: float | None = None


@dataclass(frozen=True)
class Result:
    """A response to a poll. `status` is the API's, `sample` the URL or the base64 of the image, "" until Ready.

    `others` are those of further images of the task.

    `progress` is 0 to 1, `duration` in the API's seconds; `seed` and `prompt` are those used. `cost`, `input_mp` and
    `output_mp` are the latest known (see `Task`). All of them may be None. `preview` is the URL or the base64 of an
    image, "" for none. `details` are unchanged.
    """

    id: str
    status: str
    sample: str = ""
    others: tuple[str, ...] = ()
    seed: int | None = None
    prompt: str | None = None
    progress: float | None = None
    details: Any = None
    preview: str = ""
    cost: float | None = None
    input_mp: float | None = None
    output_mp: float | None = None
    duration: float | None = None

    def image(self, index: int) -> str:
        """Return the URL or the base64 of an image of the task, "" for one that it does not have."""
        return "".join((self.sample, *self.others)[index : index + 1])

    @property
    def ready(self) -> bool:
        """Whether the API has made the image."""
        return self.status == READY

    @property
    def link_expires_at(self) -> float | None:
        """When the URL of the image stops to work, in Unix seconds, by its `se`; None where it does not say."""
        try:
            moment = datetime.fromisoformat(parse_qs(urlsplit(self.sample).query)["se"][-1])
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (KeyError, ValueError, OverflowError):
            return None


def parse_task(values: Any) -> Task | None:
    """The task in the response to a submit, or None when there is none to be found in it."""
    if not isinstance(values, dict) or not isinstance(values.get("id"), str) or not values["id"].strip():
        return None
    return Task(values["id"], _text(values.get("polling_url")) or "", **_billed(values))


def parse_result(values: Any, task: Task) -> Result | None:
    """One poll's response, or None when it has no status to go by."""
    if not isinstance(values, dict) or not isinstance(values.get("status"), str) or not values["status"].strip():
        return None
    status, made = values["status"].strip()[:MAX_MESSAGE_LENGTH], values.get("result")
    made = made if isinstance(made, dict) else {}
    sample, *others = _image_sources(made) if status == READY else [""]
    billed = {name: getattr(task, name) if amount is None else amount for name, amount in _billed(values).items()}
    return Result(
        id=task.id,
        status=status,
        sample=sample,
        others=tuple(others),
        seed=_integer(made.get("seed")),
        prompt=_text(made.get("prompt")),
        progress=_fraction(values.get("progress")),
        details=values.get("details"),
        preview=_preview_source(values.get("preview")),
        duration=_duration(made),
        **billed,
    )


def parse_error(response: Response) -> PlaygroundError:
    """Return the error of a response, from its status and its `detail` in any form."""
    body = response.json()
    detail = body.get("detail", body) if isinstance(body, dict) else body
    if body is None:
        detail = response.body[:MAX_QUOTED_CHARACTERS].decode("utf-8", "replace")
    said = error_text(detail)
    data: dict[str, Any] = {
        "detail": said,
        "status_code": response.status,
        "retry_after": retry_after(response.headers),
    }
    if response.status == 407:
        return Intercepted("A proxy asks for a user name and password.", **data)
    if response.status in (401, 403) and body is None and is_page(response):
        return Intercepted("Something between this program and the API refused the request.", **data)
    if "finetune not found" in said.lower():
        return FinetuneNotFound("The API does not find this finetune.", **data)
    if response.status == 422:
        return _refused(detail, data)
    kinds = {401: Unauthorized, 403: Unauthorized, 402: OutOfCredits, 429: RateLimited}
    return kinds.get(response.status, APIError)(f"The API answered with status {response.status}.", **data)


def _refused(detail: Any, data: dict[str, Any]) -> PlaygroundError:
    """A 422: fields that are wrong, or a key that is malformed or missing."""
    items = [item for item in detail if isinstance(item, dict)] if isinstance(detail, list) else []
    fields = [_field_error(item) for item in items[:MAX_QUOTED_ITEMS]]
    missing_key = any(field.loc[:1] == ("header",) for field in fields)
    if missing_key or (not fields and "api key" in data["detail"].lower()):
        return Unauthorized("The API does not accept the key's form.", **data)
    words = data["detail"][:MAX_MESSAGE_LENGTH] or "the API refuses this request"
    return InvalidRequest(fields or [FieldError(("body",), words, "refused")], **data)


def _field_error(item: Mapping[str, Any]) -> FieldError:
    loc = item.get("loc")
    path = [part if isinstance(part, int) else str(part) for part in loc] if isinstance(loc, list) else []
    if path[:1] not in (["body"], ["query"], ["path"], ["header"]):
        path.insert(0, "body")
    message = error_text(item.get("msg"))[:MAX_MESSAGE_LENGTH] or "not accepted by the API"
    return FieldError(tuple(path), message, error_text(item.get("type"))[:MAX_MESSAGE_LENGTH])


def error_text(value: Any) -> str:
    """Return a value of the API as text for an error: at most 2,000 characters, without markup or images."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(_without_echo(value), ensure_ascii=False)
    text = text[:MAX_QUOTED_CHARACTERS]
    text = re.sub(r"[A-Za-z0-9+/=_-]{256,}", "…", text)
    if re.match(r"\s*<[!?a-zA-Z]", text):
        text = _page_text(text)
    return re.sub(r"\s+", " ", text).strip()[:MAX_DETAIL_LENGTH]


def is_page(response: Response) -> bool:
    """Return whether the body is an HTML page."""
    stated = response.headers.get("Content-Type", "").lower()
    return "text/html" in stated or re.match(rb"\s*<[!?a-zA-Z]", response.body[:1_000]) is not None


def _page_text(page: str) -> str:
    """The text of an HTML page, its title first; a heading that repeats the title is left out."""
    titled = re.search(r"<title[^<>]*>([^<>]*)</title>", page, re.IGNORECASE)
    title = " ".join(titled[1].split()) if titled else ""
    rest = page if titled is None else page[: titled.start()] + page[titled.end() :]
    rest = re.sub(r"<(script|style)\b.*?</\1>|<[^<>]*>", " ", rest, flags=re.DOTALL | re.IGNORECASE)
    rest = " ".join(rest.split())
    return rest if rest.startswith(title) else f"{title} {rest}"


def _without_echo(value: Any, depth: int = 0) -> Any:
    """A bounded copy of a value without what we sent: a 422 repeats the request as `input`, images included."""
    if depth > MAX_QUOTED_DEPTH:
        return "…"
    if isinstance(value, dict):
        kept = [name for name in value if name not in ("input", "ctx")][:MAX_QUOTED_ITEMS]
        return {name[:MAX_MESSAGE_LENGTH]: _without_echo(value[name], depth + 1) for name in kept}
    if isinstance(value, list):
        return [_without_echo(part, depth + 1) for part in value[:MAX_QUOTED_ITEMS]]
    return value[:MAX_QUOTED_CHARACTERS] if isinstance(value, str) else value


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that a `Retry-After` asks for, written as a number or as a date; None when it says nothing clear."""
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
        return float(text)
    try:
        date = parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None
    try:  # the server's own clock, where it shows it: ours may be wrong
        now = parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except (ValueError, OverflowError):
        now = time.time()
    return max(date - now, 0.0)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    """A finite number of any size, or None."""
    try:
        number = None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)
    except OverflowError:
        return None
    return number if number is not None and math.isfinite(number) else None


def _amount(value: Any) -> float | None:
    number = _number(value)
    return number if number is not None and number >= 0 else None


def _billed(values: Mapping[str, Any]) -> dict[str, float | None]:
    return {name: _amount(values.get(name)) for name in ("cost", "input_mp", "output_mp")}


def _duration(made: Mapping[str, Any]) -> float | None:
    """Return the seconds that the API took by its own clock; FLUX.2 endpoints leave out the end."""
    stated, start, end = (_number(made.get(name)) for name in ("duration", "start_time", "end_time"))
    if stated is None and start is not None and end is not None:
        stated = end - start
    return _amount(stated)


def _image_sources(made: Mapping[str, Any]) -> list[str]:
    """Return the URLs or the base64 of the images of a result, at least one; "" stands for no image."""
    for name in ("sample", "samples", "image", "images"):
        value = made.get(name)
        sources = [_image_source(item) for item in (value if isinstance(value, list) else [value])]
        if any(sources):
            return [source for source in sources if source][:MAX_IMAGES]
    return [""]


def _image_source(value: Any) -> str:
    """Return the URL or the base64 of an image, which may be the first one of a list, and in an object; else ""."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = next((value[name] for name in SOURCE_NAMES if value.get(name)), None)
    return (_text(value) or "").strip()


def _preview_source(value: Any) -> str:
    text = _image_source(value)
    return text if len(text) <= MAX_PREVIEW_CHARACTERS else ""


def _fraction(value: Any) -> float | None:
    number = _number(value)
    return None if number is None else min(max(number, 0.0), 1.0)


def _integer(value: Any) -> int | None:
    """A whole number, kept exactly; it may come as text, as browsers lose digits above 2^53."""
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d{1,400}\s*", value, re.ASCII):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
