"""The errors of this program, all subclasses of `PlaygroundError`.

PlaygroundError
├── InvalidSettings       a setting in the environment is not usable; the program does not start
├── StorageError          the data folder, the bucket or the database cannot be used
│   └── StorageUnavailable  the same before a request was sent; nothing was charged
├── InvalidDocument       an OpenAPI document cannot be read
├── InvalidRecipe         a recipe, a link, a file or a pasted text has no settings that can be used
├── InvalidArchive        a ZIP file, or one of its files, cannot be imported
├── InvalidSweep          an axis or the plan of a sweep cannot be used
├── InvalidRequest        values that the schema or the API (422) refuses, by field
├── QuotaExceeded         the allowance of a visitor or the budget of the page is used up
├── QueueFull             the queue is full
├── APIError              the API responded with an error
│   ├── Unauthorized      401 or 403: the key is wrong, or there is none
│   ├── OutOfCredits      402
│   ├── RateLimited       429: too many tasks in flight, or too many requests
│   ├── Intercepted       a proxy or a firewall refused the request, not the API
│   ├── NoSuchAddress     404 or 410 at a submit: the base URL or the document is out of date
│   ├── DownloadFailed    the image exists, but its host did not deliver it
│   └── FinetuneNotFound  unknown id, another region, or still in training
├── APIUnreachable        the request did not reach the API; nothing was charged
├── SubmitUnknown         the response to a submit was lost: the request may have been charged
├── TaskFailed            the API accepted the task, and the task failed
│   ├── RequestModerated  refused because of the request
│   ├── ContentModerated  refused because of the image
│   └── TaskNotFound      the API no longer knows the task
├── TaskTimeout           the task took longer than the time limit; its image can be collected
│   └── StatusUnavailable the last poll failed, so the state of the task is not known
└── InvalidImage          the delivered file is not a complete image
    ├── SampleBlocked     the URL of the image must not be requested
    └── SampleExpired     the signed URL has expired: another poll returns a new one

An error carries its data as attributes; no code parses its message. The database stores an error as JSON
(`as_dict`, `from_dict`), so that a failure has the same message after a restart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FieldError:
    """One fault of a request, in the form of the API's `ValidationError`.

    `loc` is the path to the value, beginning with "body"; `type` is a word for programs, `msg` a sentence for people.
    """

    loc: tuple[str | int, ...]
    msg: str
    type: str

    @property
    def field(self) -> str:
        """The name of the request's field, or "" for a fault of the whole request."""
        names = [str(part) for part in self.loc if part != "body"]
        return names[0] if names else ""


class PlaygroundError(Exception):
    """The base class of all errors that this program raises.

    `detail` holds the API's own words where it gave any (text of at most 2,000 characters);
    `status_code` is the HTTP status, `retry_after` is in seconds, `task_id` names the task where there is one.
    """

    def __init__(
        self,
        message: str = "",
        *,
        detail: str = "",
        status_code: int | None = None,
        retry_after: float | None = None,
        task_id: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.status_code = status_code
        self.retry_after = retry_after
        self.task_id = task_id

    def as_dict(self) -> dict[str, Any]:
        """Return the error as JSON values, for a stored record."""
        values = {
            "kind": type(self).__name__,
            "message": self.message,
            "detail": self.detail,
            "status_code": self.status_code,
            "retry_after": self.retry_after,
            "task_id": self.task_id,
        }
        return {name: value for name, value in values.items() if value not in ("", None)}


class InvalidSettings(PlaygroundError):
    """A setting in the environment is not usable; the message is one sentence that names it."""


class StorageError(PlaygroundError):
    """The data folder, the bucket or the database cannot be read or written; the message names the reason."""


class StorageUnavailable(StorageError):
    """An image could not be stored, so that its request was not sent and nothing was charged."""


class InvalidDocument(PlaygroundError):
    """An OpenAPI document cannot be read; the message is one sentence with the reason."""


class InvalidRecipe(PlaygroundError):
    """A recipe, a link or the metadata of an image cannot be read; the message is one sentence with the reason."""


class InvalidArchive(PlaygroundError):
    """A ZIP file, or one of the files in it, cannot be imported; the message is one sentence with the reason."""


class InvalidSweep(PlaygroundError):
    """An axis or the plan of a sweep cannot be used; the message is one sentence that names the place."""


class InvalidRequest(PlaygroundError):
    """Values that the schema refuses; `details` has every fault, by field."""

    def __init__(self, details: Sequence[FieldError], **data: Any) -> None:
        self.details = tuple(details)
        data.setdefault("message", "; ".join(f"{d.field or 'request'}: {d.msg}" for d in self.details))
        super().__init__(**data)

    def as_dict(self) -> dict[str, Any]:
        """Return the error as JSON values, with the details in the form of the API."""
        details = [{"loc": list(d.loc), "msg": d.msg, "type": d.type} for d in self.details]
        return {**super().as_dict(), "details": details}


class QuotaExceeded(PlaygroundError):
    """The allowance of a visitor or the budget of the page is used up; `retry_after` is the wait in seconds."""


class QueueFull(PlaygroundError):
    """The queue is full, or a visitor's share of the queue; nothing was stored or sent."""


class APIError(PlaygroundError):
    """The API responded with an error; `status_code` and `detail` are those of the response."""


class Unauthorized(APIError):
    """The key is wrong, malformed, or missing (401, 403)."""


class OutOfCredits(APIError):
    """The account has no credits left (402)."""


class RateLimited(APIError):
    """Too many tasks in flight, or too many requests (429)."""


class Intercepted(APIError):
    """A proxy or a firewall between this program and the API refused the request (HTML with 401 or 403, or a 407)."""


class NoSuchAddress(APIError):
    """The API has no endpoint at this URL (404, 410)."""


class DownloadFailed(APIError):
    """The image is ready, but its host did not deliver it."""


class FinetuneNotFound(APIError):
    """The id of the finetune is unknown, the finetune is in another region, or it is still in training."""


class APIUnreachable(PlaygroundError):
    """The request did not reach the API; nothing was charged."""


class SubmitUnknown(PlaygroundError):
    """The response to a submit was lost or unreadable. The request may have been charged, so it is not repeated."""


class TaskFailed(PlaygroundError):
    """The task was accepted and then failed; `detail` is that of the API."""


class RequestModerated(TaskFailed):
    """The API refused the task because of its prompt or its images."""


class ContentModerated(TaskFailed):
    """The API withheld the image because of its content."""


class TaskNotFound(TaskFailed):
    """The API does not know the task, or has forgotten it."""


class TaskTimeout(PlaygroundError):
    """The task took longer than the time limit. It may still finish, and its image can be collected."""


class StatusUnavailable(TaskTimeout):
    """The time limit was reached while polls failed; the message names the last failure."""


class InvalidImage(PlaygroundError):
    """The delivered file is not a complete image; it is not stored."""


class SampleBlocked(InvalidImage):
    """The URL of the image must not be requested; the message names the host and its IP address."""


class SampleExpired(InvalidImage):
    """The signed URL of a sample has expired (403, 404); another poll returns a new one."""


FORMER_NAMES = {"Busy": "QueueFull", "TaskLost": "TaskNotFound", "BadSample": "InvalidImage"}
"""Names of errors in records that were written before the error was renamed."""


def from_dict(data: Mapping[str, Any]) -> PlaygroundError:
    """Return the error that `as_dict` wrote; an unknown kind becomes a `PlaygroundError`."""
    values = dict(data)
    name = str(values.pop("kind", ""))
    kind = _kinds(PlaygroundError).get(FORMER_NAMES.get(name, name), PlaygroundError)
    if kind is InvalidRequest:
        details = [FieldError(tuple(d["loc"]), d["msg"], d["type"]) for d in values.pop("details", ())]
        return InvalidRequest(details, **values)
    return kind(**values)


def _kinds(root: type[PlaygroundError]) -> dict[str, type[PlaygroundError]]:
    kinds = {root.__name__: root}
    for child in root.__subclasses__():
        kinds.update(_kinds(child))
    return kinds
