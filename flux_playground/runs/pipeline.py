"""Runs one generation: submit, poll, download, save. Each state is saved before the next step that may cost money."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from ..client import Client, Result, Task
from ..errors import PlaygroundError, SubmitUnknown, TaskFailed
from ..generation import Generation, State
from ..storage.generation_store import GenerationStore
from .queued_request import QueuedRequest

log = logging.getLogger(__name__)


def run_generation(
    generation: Generation,
    request: QueuedRequest,
    client: Client,
    store: GenerationStore,
    patience: float,
    stop: threading.Event,
    suspended: threading.Event | None = None,
    place: AbstractContextManager[None] | None = None,
    add_image_facts: Callable[[Generation, bytes], Generation] = lambda generation, data: generation,
) -> Iterator[Generation]:
    """Run a generation from its present state to its end and yield each record; the last one is finished.

    A generation without a task is submitted with `request`, whose images are loaded while `place` is held; one with a
    task is only polled and downloaded. `patience` is in seconds. Setting `stop` ends the waiting, not the task. With
    `suspended` set as well, that end is not saved, so that the next start resumes the task. `add_image_facts` completes
    the record of a delivered image. Errors are not raised: they are the `state` and `error` of the last record.
    """

    def end(generation: Generation, error: PlaygroundError | None) -> Generation:
        ended = _failed(generation, error)
        resumable = suspended is not None and suspended.is_set() and ended.state is State.DETACHED
        return ended if resumable else store.save_with_retry(ended)

    try:
        fresh = not generation.task_id
        if fresh:
            with place or nullcontext():
                if stop.is_set():
                    yield store.save_with_retry(replace(generation, state=State.CANCELLED, finished_at=time.time()))
                    return
                store.check_writable()
                values = request.load(store.inputs.load)
                generation = store.save(replace(generation, state=State.SUBMITTING, started_at=time.time()))
                yield generation
                task = client.submit(generation.endpoint, values, stop=stop, patience=patience)
                del values  # images take megabytes, and the task takes minutes
            generation = replace(generation, task_id=task.id, polling_url=task.polling_url, cost=task.cost)
        generation = store.save_with_retry(replace(generation, state=State.RUNNING, error=None, finished_at=None))
        yield generation
        result, accepted = None, time.monotonic()
        schedule = client.poll_schedule(store.usage.durations(generation.server, generation.endpoint))
        age = 0.0 if fresh else max(time.time() - (generation.started_at or 0.0), 0.001)
        for result in client.poll(_task(generation), schedule=schedule, patience=patience, age=age, stop=stop):
            generation = _apply_result(generation, result)
            yield generation
        if result is None or not result.sample:
            yield end(generation, None)
            return
        api_seconds = time.monotonic() - accepted if fresh else None
        data = client.collect(_task(generation), result, stop=stop)
        generation = _succeeded(store.save_image(generation, data), api_seconds)
        yield store.save_with_retry(_with_facts(generation, data, add_image_facts))
    except PlaygroundError as error:
        yield end(generation, error)
    except Exception as error:  # a fault of this program must still end the generation
        log.exception("generation %s: task %s", generation.id, generation.task_id or "none")
        yield end(generation, PlaygroundError(f"This program failed ({type(error).__name__})."))


def _task(generation: Generation) -> Task:
    return Task(generation.task_id, generation.polling_url, generation.cost)


def _apply_result(generation: Generation, result: Result) -> Generation:
    """Return the generation after a response to a poll; seed and cost stay where the response has none."""
    if not result.sample:
        return replace(generation, status=result.status, progress=result.progress)
    return replace(
        generation,
        state=State.DOWNLOADING,
        status=result.status,
        progress=None,
        seed=generation.seed if result.seed is None else result.seed,
        prompt=result.prompt,
        cost=generation.cost if result.cost is None else result.cost,
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
