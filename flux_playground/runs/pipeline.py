"""Runs one generation: submit, poll, download, save. Each state is saved before the next step that may cost money."""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..client import Client, Result, Task
from ..client.steps import Call, Pause, pause_for
from ..errors import PlaygroundError, SubmitUnknown, TaskFailed
from ..generation import Generation, State
from ..storage.database_connection import ConnectionLost
from ..storage.generation_store import GenerationStore
from ..storage.shared_queue import SharedQueue
from .active_runs import ActiveRun
from .poll_schedules import PollSchedules
from .previews import Previews
from .queued_request import LoadedRequests

PLACE_CHECK_SECONDS, TURN_LOOK_SECONDS = 0.2, 60.0

FIRST_ONLY: Mapping[str, Any] = {
    **dict.fromkeys(("seed", "cost", "submit_cost", "input_mp", "output_mp", "reported_seconds", "spender")),
    **dict.fromkeys(("fingerprint", "sweep", "reproduces"), ""),
}
"""What only the first of several images of a task has: the seed of the others is unknown."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Surroundings:
    """What the generations of a program share: where they are stored and how they are waited for.

    `patience` returns for how many seconds the submit of an endpoint is tried, and for how many its task is waited for.
    `shared_queue` is the one that the processes of a database share.
    `add_image_facts` completes the record of a delivered image.
    """

    store: GenerationStore
    schedules: PollSchedules
    patience: Callable[[str], float]
    shared_queue: SharedQueue | None = None
    add_image_facts: Callable[[Generation, bytes], Generation] = lambda generation, data: generation
    loaded: LoadedRequests = field(default_factory=LoadedRequests)
    previews: Previews = field(default_factory=Previews)


def run_generation(run: ActiveRun, client: Client, around: Surroundings) -> Iterator[Pause]:
    """Run a generation from its present state to its end; yield the pause before each call but the first.

    `run` publishes each record; the last one is finished. A generation without a task is submitted with its request;
    one with a task is only polled and downloaded. Setting `run.stop` ends the waiting, not the task. With
    `run.suspended` set as well, that end is not saved, so that the next start resumes the task. Errors are not raised:
    they are the `state` and `error` of the last record.
    """
    try:
        is_fresh = not run.generation.task_id
        if is_fresh:
            yield from _submit(run, client, around)
        if not run.generation.finished or not is_fresh:
            yield from _fetch(run, client, around, is_fresh)
    except PlaygroundError as error:
        _end(run, around.store, error)
    except Exception as error:  # a fault of this program must still end the generation
        log.exception("generation %s: task %s", run.generation.id, run.generation.task_id or "none")
        _end(run, around.store, PlaygroundError(f"This program failed ({type(error).__name__})."))


def _submit(run: ActiveRun, client: Client, around: Surroundings) -> Iterator[Pause]:
    """Submit a request when its turn has come; one with images only with a place of its address, until it is sent."""
    queue, call = around.shared_queue, Call.UPLOAD if run.request.has_images else Call.SUBMIT
    if queue is not None:
        queue.enter(run.generation)
    try:
        while not run.stop.is_set():
            if queue is not None and not queue.has_come(run.generation):
                yield _pause_for_turn(queue, run, call)
            elif run.request.has_images and not around.loaded.acquire(run.identity.address):
                yield pause_for(PLACE_CHECK_SECONDS, call)
            else:
                try:
                    if (yield from _send(run, client, around, call)):
                        return
                finally:
                    if run.request.has_images:
                        around.loaded.release(run.identity.address)
        _cancel(run, around)
    finally:
        if queue is not None:
            queue.leave(run.generation)


def _pause_for_turn(queue: SharedQueue, run: ActiveRun, call: Call) -> Pause:
    return Pause(call, lambda: 0.0 if queue.has_come(run.generation) else time.monotonic() + TURN_LOOK_SECONDS)


def _send(run: ActiveRun, client: Client, around: Surroundings, call: Call) -> Generator[Pause, None, bool]:
    """Submit a request and return True, or return False when its turn has not come, as in an outage of the database."""
    store = around.store
    submitting = replace(run.generation, state=State.SUBMITTING, started_at=time.time())
    try:
        store.check_writable()
        values = run.request.load(store.inputs.load)
        if around.shared_queue is None:
            store.save(submitting)
        elif not around.shared_queue.take(submitting):
            return False
        else:
            around.shared_queue.leave(submitting)
    except ConnectionLost:
        if around.shared_queue is None:
            raise
        around.shared_queue.postpone(submitting)
        return False
    run.publish(submitting)
    endpoint = run.generation.endpoint
    task = yield from client.submit_steps(endpoint, values, run.stop, around.patience(endpoint), call)
    accepted = replace(
        run.generation,
        state=State.RUNNING,
        task_id=task.id,
        polling_url=task.polling_url,
        cost=task.cost,
        submit_cost=task.cost,
        input_mp=task.input_mp,
        output_mp=task.output_mp,
    )
    run.publish(store.save_with_retry(accepted))
    return True


def _fetch(run: ActiveRun, client: Client, around: Surroundings, is_fresh: bool) -> Iterator[Pause]:
    """Poll an accepted task and save its image."""
    store, accepted = around.store, time.monotonic()
    deadline = accepted + around.patience(run.generation.endpoint)
    age = 0.0 if is_fresh else max(time.time() - (run.generation.started_at or 0.0), 0.001)
    if not is_fresh:
        resumed = replace(run.generation, state=State.RUNNING, error=None, finished_at=None)
        run.publish(store.save_with_retry(resumed))
    schedule = around.schedules.get(client, run.generation.server, run.generation.endpoint)
    task, result = _task(run.generation), None
    for step in client.poll_steps(task, run.stop, deadline, schedule=schedule, age=age):
        if isinstance(step, Pause):
            yield step
        else:
            result = step
            run.publish(_apply_result(run.generation, result))
            around.previews.show(run, client, "" if result.sample else result.preview)
    if result is None or not result.sample:
        _end(run, store, None)
        return
    api_seconds = time.monotonic() - accepted if is_fresh else None
    data = yield from client.collect_steps(task, result, run.stop, deadline)
    generation = _succeeded(store.save_image(run.generation, data), api_seconds)
    if result.others:
        yield from _fetch_others(run, client, around, task, result, deadline)
        generation = replace(generation, status=_numbered(result, 1))
    run.publish(store.save_with_retry(_with_facts(generation, data, around.add_image_facts)))


def _fetch_others(
    run: ActiveRun, client: Client, around: Surroundings, task: Task, result: Result, deadline: float
) -> Iterator[Pause]:
    """Save the further images of a task as generations of their own; the first one has the cost and the durations."""
    for index in range(1, len(result.others) + 1):
        other = replace(
            run.generation,
            id=hashlib.sha256(f"{run.generation.id} {index}".encode()).hexdigest()[:32],  # the same after a restart
            secret=secrets.token_hex(16),
            created_at=run.generation.created_at - index / 1000,
            status=_numbered(result, index + 1),
            **FIRST_ONLY,
        )
        try:
            data = yield from client.collect_steps(task, result, run.stop, deadline, index)
            other = _with_facts(_succeeded(around.store.save_image(other, data), None), data, around.add_image_facts)
        except PlaygroundError as error:
            other = replace(other, state=State.FAILED, error=error, finished_at=time.time())
        around.store.save_with_retry(other)


def _numbered(result: Result, number: int) -> str:
    return f"{result.status}, image {number} of {len(result.others) + 1}"


def _cancel(run: ActiveRun, around: Surroundings) -> None:
    """End a run that was not sent; when the program ends, another process of a shared database may send it."""
    ended = replace(run.generation, state=State.CANCELLED, finished_at=time.time())
    is_left = run.suspended.is_set() and around.shared_queue is not None
    run.publish(ended if is_left else around.store.save_with_retry(ended))


def _end(run: ActiveRun, store: GenerationStore, error: PlaygroundError | None) -> None:
    ended = _failed(run.generation, error)
    is_resumable = run.suspended.is_set() and ended.state is State.DETACHED
    run.publish(ended if is_resumable else store.save_with_retry(ended))


def _task(generation: Generation) -> Task:
    billed = generation.cost, generation.input_mp, generation.output_mp
    return Task(generation.task_id, generation.polling_url, *billed)


def _apply_result(generation: Generation, result: Result) -> Generation:
    """Return the generation after a response to a poll.

    The seed stays where the response has none. Without a seed in the request the endpoint takes none, so that the one
    of the response cannot be used again.
    """
    polled = replace(
        generation,
        status=result.status,
        progress=result.progress,
        cost=result.cost,
        input_mp=result.input_mp,
        output_mp=result.output_mp,
    )
    if not result.sample:
        return polled
    return replace(
        polled,
        state=State.DOWNLOADING,
        progress=None,
        seed=None if generation.seed is None else result.seed if result.seed is not None else generation.seed,
        prompt=result.prompt,
        reported_seconds=result.duration,
        link_expires_at=result.link_expires_at,
    )


def _succeeded(generation: Generation, api_seconds: float | None) -> Generation:
    """Return the generation with its image; a resumed one has no durations, as the program did not run all the time."""
    now = time.time()
    fresh = api_seconds is not None and generation.started_at is not None
    seconds = max(now - (generation.started_at or now), 0.0) if fresh else None  # the clock may have been set back
    return replace(generation, state=State.SUCCEEDED, api_seconds=api_seconds, total_seconds=seconds, finished_at=now)


def _with_facts(
    generation: Generation, data: bytes, add_image_facts: Callable[[Generation, bytes], Generation]
) -> Generation:
    try:
        return add_image_facts(generation, data)
    except Exception:  # the image is saved: a fault here must not end the generation as failed
        log.exception("generation %s: facts of the image", generation.id)
        return generation


def _failed(generation: Generation, error: PlaygroundError | None) -> Generation:
    """Return the generation that ends without an image; the state tells whether the image can still be fetched."""
    if generation.task_id:
        state = State.FAILED if isinstance(error, TaskFailed) else State.DETACHED
    else:
        # A plain PlaygroundError is a fault of this program: the request may have been sent before it.
        unknown = isinstance(error, SubmitUnknown) or type(error) is PlaygroundError
        state = State.SUBMIT_UNKNOWN if unknown else State.FAILED
    log.info("generation %s ends %s: %s", generation.id, state, type(error).__name__)
    return replace(generation, state=state, error=error, progress=None, finished_at=time.time())
