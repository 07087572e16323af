"""Client of the API: submits a request, polls its task, downloads its image, reads the account."""

from __future__ import annotations

import json
import logging
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from math import inf
from threading import Event
from time import monotonic, sleep
from types import TracebackType
from typing import Any
from urllib.parse import quote

from ..errors import (
    APIError,
    APIUnreachable,
    InvalidRequest,
    InvalidSettings,
    NoSuchAddress,
    PlaygroundError,
    RateLimited,
    SampleExpired,
    SubmitUnknown,
    Unauthorized,
)
from ..url_policy import PrivateNames, endpoint, is_allowed_url, may_receive_key, origin, polling_url
from .connections import NotConnected
from .downloads import Downloads
from .fetch_preview import fetch_preview
from .limits import Limits
from .poll_schedule import PollSchedule, backoff
from .polling import Polling
from .responses import Result, Task, parse_error, parse_task
from .steps import Call, Pause, finish_steps, make_steps, pause_for
from .transport import BadRedirect, Response, ResponseLost, Transport, redirect_target

MAX_URL_RENEWALS = 3
log = logging.getLogger(__name__)


class Client:
    """A client for one server and one key, which may be empty. Safe to use from many threads.

    `base_url` must be https, or http on this machine, else `InvalidSettings` is raised. `names` says which image
    hosts may have a private address. It keeps connections open: close it, or use it as a context manager.
    """

    def __init__(
        self, base_url: str, api_key: str = "", *, limits: Limits | None = None, names: PrivateNames = PrivateNames.OWN
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._key, self._limits = api_key, limits or Limits()
        try:
            self._base = origin(self.base_url)
        except ValueError as error:
            raise InvalidSettings(f"The API's address is {error}.") from None
        if not may_receive_key(self._base, self._base):
            raise InvalidSettings("The API's address must be https (http only on this machine).")
        self._api = Transport(self._base, self._limits)
        self._guarded = Transport(self._base, self._limits, guarded=True, names=names)
        self._downloads = Downloads(self._guarded, self._base, self._limits)

    def __repr__(self) -> str:
        return f"Client({self.base_url!r})"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the idle connections."""
        self._api.close()
        self._guarded.close()

    def submit(
        self, path: str, request: Mapping[str, Any], *, stop: Event | None = None, patience: float | None = None
    ) -> Task:
        """Submit a request and return its task; `stop` ends the waiting between attempts.

        It is repeated only when it certainly had no effect: no connection was open, or the API sent 429, or 503 with
        `Retry-After`. A 429 is retried for `limits.rate_limit_timeout` seconds, at most `patience`. Raises
        `APIUnreachable`, the error of the API, or `SubmitUnknown` when the request may have been accepted.
        """
        stop = stop or Event()
        return finish_steps(self.submit_steps(path, request, stop, inf if patience is None else patience), stop)

    def submit_steps(
        self, path: str, request: Mapping[str, Any], stop: Event, patience: float = inf, call: Call = Call.SUBMIT
    ) -> Generator[Pause, None, Task]:
        """Do what `submit` does, in steps; each pause is one before a `call`."""
        body = json.dumps(request).encode()
        deadline, attempt = monotonic() + patience, 0
        retries_end = min(monotonic() + self._limits.rate_limit_timeout, deadline)
        while True:
            attempt += 1
            try:
                # Its own timeout, also beyond the patience: a submit that is given up may have been accepted.
                response = self._call("POST", path, timeout=self._limits.submit_timeout, body=body)
            except NotConnected as error:
                failure: PlaygroundError = APIUnreachable(f"No connection to the API: {error}.")
            except ResponseLost as error:
                raise self._unknown(f"No response to a request that was sent: {error}.") from None
            else:
                if 200 <= response.status < 300:
                    return self._accepted(response)
                failure = self._refused(response, path)
            is_limited = isinstance(failure, RateLimited)
            more = monotonic() < retries_end if is_limited else attempt < self._limits.submit_attempts
            pause = self._pause_after(failure, attempt) if more else None
            if pause is None or stop.is_set():
                break
            yield pause_for(min(pause, deadline - monotonic()), call)
            if stop.is_set() or monotonic() >= deadline:
                break
        said = "the API rejected the values" if isinstance(failure, InvalidRequest) else failure.message
        log.warning("submit to %s failed: %s", path, said)
        raise failure

    def poll_schedule(self, durations: Sequence[float] = (), usual: tuple[float, float] | None = None) -> PollSchedule:
        """Return the schedule for tasks that took these durations, in seconds from submit to ready, latest last.

        `usual` are those of a fast and of a slow image, by experience. Tasks of one schedule learn from each other.
        """
        limits = self._limits
        return PollSchedule(durations, limits.max_poll_step, usual=usual, max_start=limits.max_poll_start)

    def poll(
        self,
        task: Task,
        *,
        schedule: PollSchedule | None = None,
        patience: float = 300.0,
        age: float = 0.0,
        stop: Event | None = None,
    ) -> Iterator[Result]:
        """Poll a task and yield each response; the last one is Ready with a sample, unless an error follows.

        Setting `stop` ends the polling. `age` is how many seconds ago the task was submitted: above 0 the first poll
        is made at once. Raises `TaskFailed` (or a subclass), `TaskTimeout` after `patience` seconds, `Unauthorized`,
        `InvalidImage` for Ready without an image, `APIError` for a response that no waiting changes.
        """
        stop = stop or Event()
        steps = self.poll_steps(task, stop, monotonic() + patience, schedule=schedule, age=age)
        return make_steps(steps, stop)

    def poll_steps(
        self, task: Task, stop: Event, deadline: float, *, schedule: PollSchedule | None = None, age: float = 0.0
    ) -> Iterator[Result | Pause]:
        """Do what `poll` does, in steps, until `deadline` in monotonic seconds."""
        url = polling_url(self.base_url, task.id, task.polling_url)
        self._usable_key()
        polling = Polling(partial(self._poll_once, url), task, schedule or self.poll_schedule(), self._limits, age)
        return polling.steps(deadline, stop)

    def _poll_once(self, url: str, seconds: float) -> Response:
        """Poll once within `seconds` and follow allowed redirects; the key is sent only where it may be received."""
        end = monotonic() + min(self._limits.poll_timeout, seconds)
        for _ in range(self._limits.max_redirects + 1):
            transport = self._api if may_receive_key(origin(url), self._base) else self._guarded
            max_bytes = self._limits.max_response_bytes
            response = transport.call("GET", url, key=self._key, timeout=end - monotonic(), max_bytes=max_bytes)
            try:
                target = redirect_target(url, response)
            except BadRedirect:
                break
            if target is None or not is_allowed_url(target, self._base):
                break
            url = target
        return response

    def download(self, url: str, *, task_id: str = "", stop: Event | None = None) -> bytes:
        """Return the bytes of a sample as delivered, verified to be a complete image; the key is not sent.

        Raises `SampleExpired`, `InvalidImage` for anything else, and an `APIError` when nothing arrives after several
        attempts; `stop` ends the waiting between them.
        """
        stop = stop or Event()
        return finish_steps(self._downloads.steps(url, task_id, inf, stop), stop)

    def collect(self, task: Task, result: Result, *, stop: Event | None = None) -> bytes:
        """Return the image of a Ready result; when its URL has expired, the task is polled for a fresh one.

        Raises what `download` and `poll` raise.
        """
        stop = stop or Event()
        return finish_steps(self.collect_steps(task, result, stop), stop)

    def collect_steps(
        self, task: Task, result: Result, stop: Event, deadline: float = inf, image: int = 0
    ) -> Generator[Pause, None, bytes]:
        """Do what `collect` does, in steps, until `deadline` in monotonic seconds; `image` is an index."""
        for _ in range(MAX_URL_RENEWALS):
            try:
                return (yield from self._downloads.steps(result.image(image), task.id, deadline, stop))
            except SampleExpired:
                log.info("task %s: the sample has expired, asking for a fresh one", task.id)
            until = min(monotonic() + self._limits.resign_timeout, deadline)
            for step in self.poll_steps(task, stop, until, age=self._limits.not_found_grace):
                if isinstance(step, Pause):
                    yield step
                else:
                    result = step
        return (yield from self._downloads.steps(result.image(image), task.id, deadline, stop))

    def fetch_preview(self, source: str) -> bytes:
        """Return a preview of a running task as a small WebP; `source` is that of a `Result`."""
        return fetch_preview(self._guarded, source, self._limits)

    def credits(self) -> float:
        """Return the credits that are left in the account."""
        found = self._ask("/v1/credits", "credits")
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise APIError("The API does not say how many credits are left.")
        return float(found)

    def finetunes(self) -> list[Any]:
        """Return the account's finetunes as the API lists them: ids, or objects with an id."""
        found = self._ask("/v1/my_finetunes", "finetunes")
        if not isinstance(found, list):
            raise APIError("The API does not list the finetunes.")
        return found

    def finetune(self, finetune_id: str) -> dict[str, Any]:
        """Return what the API knows of a finetune; raises `FinetuneNotFound`."""
        found = self._ask(f"/v1/finetune_details?finetune_id={quote(finetune_id, safe='')}", "finetune_details")
        if not isinstance(found, dict):
            raise APIError("The API does not describe this finetune.")
        return found

    def _call(self, method: str, path: str, *, timeout: float, body: bytes | None = None) -> Response:
        url, max_bytes = endpoint(self.base_url, path), self._limits.max_response_bytes
        return self._api.call(method, url, key=self._usable_key(), timeout=timeout, max_bytes=max_bytes, body=body)

    def _usable_key(self) -> str:
        """Return the key if it can be a header. A library that cannot send it would quote the key in its error."""
        if not (self._key.isascii() and self._key.isprintable()) or " " in self._key:
            raise Unauthorized("The key is not one line of plain characters.")
        return self._key

    def _accepted(self, response: Response) -> Task:
        task = parse_task(response.json())
        if task is None:
            raise self._unknown(
                f"The response to the request cannot be read: {response.fault or 'no task in it'}.", response
            )
        log.info("task %s: submitted, cost %s", task.id, task.cost)
        return replace(task, polling_url=polling_url(self.base_url, task.id, task.polling_url))

    def _refused(self, response: Response, path: str) -> PlaygroundError:
        """Return the error of a rejected submit; raise `SubmitUnknown` when the request may have been accepted."""
        error = parse_error(response)
        busy = response.status == 503 and error.retry_after is not None
        doubtful = response.status < 400 or response.status == 408 or (response.status >= 500 and not busy)
        if type(error) is APIError and response.status in (404, 410):
            url = endpoint(self.base_url, path)
            return NoSuchAddress(f"The API has no such address: {url}.", status_code=response.status)
        if type(error) is APIError and doubtful:
            raise self._unknown(f"The API answered with status {response.status}.", response, error.detail)
        return error

    def _unknown(self, message: str, response: Response | None = None, detail: str = "") -> SubmitUnknown:
        log.warning("submit in doubt, not repeated: %s", message)
        return SubmitUnknown(message, detail=detail, status_code=response.status if response else None)

    def _pause_after(self, failure: PlaygroundError, attempt: int) -> float | None:
        """Return the seconds to wait before another attempt; None when there must be none."""
        if not isinstance(failure, APIUnreachable | RateLimited) and failure.status_code != 503:
            return None
        asked = failure.retry_after or 0.0
        if asked > self._limits.max_retry_after:
            return None
        pause = max(backoff(self._limits, attempt), asked)
        log.info("submit did nothing (%s), again in %.2f s", failure.message, pause)
        return pause

    def _ask(self, path: str, name: str) -> Any:
        """Return one value of the account. Such a call may be repeated."""
        for attempt in range(1, self._limits.account_attempts + 1):
            try:
                response = self._call("GET", path, timeout=self._limits.poll_timeout)
            except NotConnected as error:
                failure: PlaygroundError = APIUnreachable(f"No connection to the API: {error}.")
            except ResponseLost as error:
                failure = APIError(f"The API does not response: {error}.")
            else:
                values = response.json()
                if response.status == 200 and isinstance(values, dict):
                    return values.get(name)
                failure = parse_error(response)
                if response.status != 429 and 300 <= response.status < 500:
                    break
            if attempt == self._limits.account_attempts:
                break
            sleep(max(backoff(self._limits, attempt), min(failure.retry_after or 0.0, self._limits.max_pause)))
        raise failure
