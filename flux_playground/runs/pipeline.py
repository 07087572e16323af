"""The one road of a generation: request → task → result → image, written down before each step that costs money.

`travel` is a generator of records and the only place where the client and the journal meet; whoever iterates it
moves the generation forward. It knows neither threads nor the page, and no key: the client holds that.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from ..client import Client, Result, Task
from ..client.poll_schedule import PollSchedule
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
) -> Iterator[Generation]:
    """Take a generation from where it stands to its end, yielding every record on the way; the last is finished.

    One that has no task yet is submitted with `request`, whose images are loaded while `place` is held; one that has
    a task is only collected. `patience` is in seconds. Setting `stop` ends the waiting, not the task; with `suspended`
    set as well, that end is not written down, so that the next start resumes the task. What goes wrong with the API,
    or with this program, is not raised: it is how the generation ends, in its `state` and `error`.
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
                values = request.load(store.load_input)
                generation = store.save(replace(generation, state=State.SUBMITTING, started_at=time.time()))
                yield generation
                task = client.submit(generation.endpoint, values, stop=stop, patience=patience)
                del values  # images take megabytes, and the task takes minutes
            generation = replace(generation, task_id=task.id, polling_url=task.polling_url, cost=task.cost)
        generation = store.save_with_retry(replace(generation, state=State.RUNNING, error=None, finished_at=None))
        yield generation
        result, accepted = None, time.monotonic()
        schedule = PollSchedule(store.usage.durations(generation.server, generation.endpoint))
        age = 0.0 if fresh else max(time.time() - (generation.started_at or 0.0), 0.001)
        for result in client.poll(_task(generation), schedule=schedule, patience=patience, age=age, stop=stop):
            generation = _apply_result(generation, result)
            yield generation
        if result is None or not result.sample:
            yield end(generation, None)
            return
        waited = time.monotonic() - accepted if fresh else None
        generation = store.save_image(generation, client.collect(_task(generation), result, stop=stop))
        yield store.save_with_retry(_succeeded(generation, waited))
    except PlaygroundError as error:
        yield end(generation, error)
    except Exception as error:  # a fault of ours must leave neither a spinner without end nor a paid image forgotten
        log.exception("generation %s: task %s", generation.id, generation.task_id or "none")
        yield end(generation, PlaygroundError(f"This program failed ({type(error).__name__})."))


def _task(generation: Generation) -> Task:
    return Task(generation.task_id, generation.polling_url, generation.cost)


def _apply_result(generation: Generation, result: Result) -> Generation:
    """The generation after one more answer; where the API does not name what it used, what was sent stands."""
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


def _succeeded(generation: Generation, waited: float | None) -> Generation:
    """The finished generation. One that was taken up again has no durations: much of its time nobody was waiting."""
    now = time.time()
    fresh = waited is not None and generation.started_at is not None
    seconds = max(now - (generation.started_at or now), 0.0) if fresh else None  # the clock may have been set back
    return replace(generation, state=State.SUCCEEDED, waited=waited, seconds=seconds, finished_at=now)


def _failed(generation: Generation, error: PlaygroundError | None) -> Generation:
    """The end of a generation without its image: whether it can still be had decides the state."""
    if generation.task_id:
        state = State.FAILED if isinstance(error, TaskFailed) else State.DETACHED
    else:
        # Of an error that is not one of the tree's own nobody can say whether it came before the request left.
        unknown = isinstance(error, SubmitUnknown) or type(error) is PlaygroundError
        state = State.SUBMIT_UNKNOWN if unknown else State.FAILED
    log.info("generation %s ends %s: %s", generation.id, state, type(error).__name__)
    return replace(generation, state=state, error=error, progress=None, finished_at=time.time())
