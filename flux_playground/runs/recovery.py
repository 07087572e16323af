"""Decides what becomes of the unfinished generations of an ended process."""

from __future__ import annotations

import time
from dataclasses import replace

from ..errors import PlaygroundError, TaskNotFound, Unauthorized
from ..generation import Generation, State
from ..url_policy import origin


def end_if_lost(generation: Generation, server: str, account: str, *, may_be_sent: bool = False) -> Generation:
    """Return the finished record of a generation that cannot be resumed, or the same record of one that can.

    `server` and `account` (a digest of the API key) are those of today. Nothing is ever submitted again. With
    `may_be_sent`, what waited to be sent with this account goes on waiting.
    """
    state: State | None = None
    error: PlaygroundError | None = None
    task_id = generation.task_id
    if generation.state is State.QUEUED:
        is_own = (generation.server, generation.account) == (server, account)
        if may_be_sent and not is_own:
            error = Unauthorized("The API key of this request was on a server that has ended. Nothing was sent.")
        state = None if may_be_sent and is_own else State.CANCELLED
    elif generation.state is State.SUBMITTING:
        state = State.SUBMIT_UNKNOWN
    elif generation.server != server and _is_loopback(generation.server):
        state, task_id = State.FAILED, ""
        error = TaskNotFound("The local server that generated this image has ended.")
    elif generation.account and generation.account != account:
        state = State.DETACHED
        error = Unauthorized("The API key of this image is not available after the restart.")
    if state is None:
        return generation
    return replace(generation, state=state, error=error or generation.error, task_id=task_id, finished_at=time.time())


def can_be_collected(generation: Generation) -> bool:
    """Return whether a generation has ended without the image of its accepted task, which may still be there."""
    lost = generation.state is State.FAILED and isinstance(generation.error, TaskNotFound)
    return bool(generation.task_id) and (generation.state is State.DETACHED or lost)


def _is_loopback(server: str) -> bool:
    try:
        return origin(server).loopback
    except ValueError:
        return False
