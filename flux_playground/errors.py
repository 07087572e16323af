"""The errors of this program, as one tree.

PlaygroundError
├── InvalidSettings       a setting in the environment is not usable; the start ends here
├── StorageError          the data folder cannot be read or written
├── InvalidDocument       an OpenAPI document cannot be read as one
├── InvalidRecipe         what was dropped, pasted or opened is no recipe, or none that can be used
├── InvalidRequest        values that the schema refuses, ours and the API's 422 alike, by field
├── QuotaExceeded         this visitor, or everybody together, has used up what is allowed
├── QueueFull             the queue is full
├── APIError              the API answered with an error: the call failed
│   ├── Unauthorized      401 or 403: the key is wrong, or there is none
│   ├── OutOfCredits      402
│   ├── RateLimited       429: too many tasks in flight, or too many requests
│   ├── Intercepted       a proxy or a firewall refused the request, not the API
│   ├── NoSuchAddress     404 or 410 at a submit: the base URL or the document is out of date
│   ├── DownloadFailed    the image exists, but its host did not deliver it
│   └── FinetuneNotFound  wrong id, wrong region, or still training
├── APIUnreachable        the request certainly never reached the API; nothing was charged
├── SubmitUnknown         the answer to a submit was lost: it may have been accepted and charged
├── TaskFailed            the call went well, the task did not
│   ├── RequestModerated  refused because of what was asked for
│   ├── ContentModerated  refused because of what came out
│   └── TaskNotFound      the API no longer knows the task
├── TaskTimeout           our patience ended first: the image may yet be made, and collected
│   └── StatusUnavailable the last poll failed, so the state of the task is not known
└── InvalidImage          what was delivered is not the whole image that it should be
    ├── SampleBlocked     the image's address is one that is never requested
    └── SampleExpired     the signed URL no longer answers: polling again gives a fresh one

An error carries its data as attributes; nothing is ever parsed from its message. It survives the database
as JSON (`as_dict`, `from_dict`), so that a failure reads the same after a restart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FieldError:
    """One thing that is wrong with a request, in the form of the API's own `ValidationError`.

    `loc` is the path to the value, beginning with "body"; `type` is a word for programs, `msg` a sentence for people.
    """

    loc: tuple[str | int, ...]
    msg: str
    type: str

    @property
    def field(self) -> str:
        """The name of the request's field, or "" where the fault is not one field's."""
        names = [str(part) for part in self.loc if part != "body"]
        return names[0] if names else ""


class PlaygroundError(Exception):
    """The root of the tree: whatever this program raises on purpose.

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
        """The error as plain JSON values, for a stored record."""
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
    """The data folder cannot be read or written; the message says why."""


class InvalidDocument(PlaygroundError):
    """An OpenAPI document cannot be read as one; the message is one sentence that says why."""


class InvalidRecipe(PlaygroundError):
    """A recipe, a link or an image's metadata cannot be read as one; the message is one sentence that says why."""


class InvalidRequest(PlaygroundError):
    """Values that the schema refuses; `details` holds all that is wrong, by field."""

    def __init__(self, details: Sequence[FieldError], **data: Any) -> None:
        self.details = tuple(details)
        data.setdefault("message", "; ".join(f"{d.field or 'request'}: {d.msg}" for d in self.details))
        super().__init__(**data)

    def as_dict(self) -> dict[str, Any]:
        """The error as plain JSON values, its details as the API writes them."""
        details = [{"loc": list(d.loc), "msg": d.msg, "type": d.type} for d in self.details]
        return {**super().as_dict(), "details": details}


class QuotaExceeded(PlaygroundError):
    """What this visitor, or everybody together, may still spend is used up; `retry_after` says until when."""


class QueueFull(PlaygroundError):
    """The queue is full, or a visitor's share of the queue; nothing was stored or sent."""


class APIError(PlaygroundError):
    """The API answered a call with an error; `status_code` and `detail` are its own."""


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
    """The finetune's id is wrong, it lives in another region, or it is still training."""


class APIUnreachable(PlaygroundError):
    """The request certainly never reached the API: nothing was done and nothing charged."""


class SubmitUnknown(PlaygroundError):
    """The answer to a submit was lost or unreadable: it may have been accepted and charged, so it is not repeated."""


class TaskFailed(PlaygroundError):
    """The task was accepted and then failed; `detail` has what the API says of it."""


class RequestModerated(TaskFailed):
    """The API refused the task because of what was asked for."""


class ContentModerated(TaskFailed):
    """The API withheld the image because of what came out."""


class TaskNotFound(TaskFailed):
    """The API does not know the task, or no longer."""


class TaskTimeout(PlaygroundError):
    """Our patience ended before the task did: it may yet finish, and its image can be collected."""


class StatusUnavailable(TaskTimeout):
    """The patience ended while polls failed; the message names the last failure."""


class InvalidImage(PlaygroundError):
    """What was delivered is not the whole image that it claims to be; nothing of it is kept as an image."""


class SampleBlocked(InvalidImage):
    """The image's address must not be requested; the message names the host and the address."""


class SampleExpired(InvalidImage):
    """The signed URL of a sample no longer answers (403, 404): polling again gives a fresh one."""


FORMER_NAMES = {"Busy": "QueueFull", "TaskLost": "TaskNotFound", "BadSample": "InvalidImage"}
"""Names of errors in records that were written before the error was renamed."""


def from_dict(data: Mapping[str, Any]) -> PlaygroundError:
    """The error that `as_dict` wrote, rebuilt; a kind that is unknown here becomes a plain `PlaygroundError`."""
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
