"""The generations that run in this process, at most one run for each generation."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ..errors import StorageUnavailable
from ..generation import Generation
from ..identity import UNKNOWN, Identity
from .queued_request import QueuedRequest


@dataclass(eq=False)
class ActiveRun:
    """A generation that runs in this process: its latest record and its request, whose secrets are never stored.

    A worker calls `publish`; any number of watchers read. Setting `stop` ends the waiting for the task. With
    `suspended` set as well, an accepted task stays unfinished on disk, so that the next start resumes it. `identity`
    is the visitor whose turns in a queue the run takes. `preview` is the latest preview of the image as a small WebP;
    `preview_count` counts them.
    """

    generation: Generation
    request: QueuedRequest = field(default_factory=QueuedRequest, repr=False)
    identity: Identity = UNKNOWN
    stop: threading.Event = field(default_factory=threading.Event)
    suspended: threading.Event = field(default_factory=threading.Event)
    preview: bytes | None = field(default=None, repr=False)
    preview_count: int = 0
    _listeners: list[Callable[[], object]] = field(default_factory=list, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def publish(self, generation: Generation) -> None:
        """Replace the record and call every listener."""
        with self._lock:
            self.generation = generation
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def show_preview(self, preview: bytes) -> None:
        """Replace the preview, which ends with the run."""
        with self._lock:
            self.preview, self.preview_count = preview, self.preview_count + 1

    def add_listener(self, listener: Callable[[], object]) -> None:
        """Call `listener` after each later record, on the worker's thread; the listener must not block."""
        with self._lock:
            self._listeners.append(listener)

    def remove_listener(self, listener: Callable[[], object]) -> None:
        """Stop calling a listener; one that was not added is ignored."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def watch(self) -> Iterator[Generation]:
        """Yield the present record and later ones. A slow watcher misses some, but never the last, finished one."""
        changed = threading.Event()
        self.add_listener(changed.set)
        try:
            last: Generation | None = None
            while last is None or not last.finished:
                changed.clear()
                generation = self.generation
                if generation is last:
                    changed.wait()
                    continue
                last = generation
                yield generation
        finally:
            self.remove_listener(changed.set)


class ActiveRuns:
    """All runs of this process by the id of their generation. Safe to use from many threads."""

    def __init__(self) -> None:
        self._runs: dict[str, ActiveRun] = {}
        self._closed = False
        self._lock = threading.Lock()

    def close(self) -> None:
        """Refuse every run that is added from now on."""
        with self._lock:
            self._closed = True

    def get(self, generation_id: str) -> ActiveRun | None:
        """Return the run of a generation, or None."""
        return self._runs.get(generation_id)

    def list(self) -> list[ActiveRun]:
        """Return all runs."""
        with self._lock:
            return list(self._runs.values())

    def add(self, run: ActiveRun) -> ActiveRun:
        """Add a run and return it; where its generation runs already, return that run and add nothing.

        Raises `StorageError` after `close`.
        """
        with self._lock:
            if self._closed:
                raise StorageUnavailable("The program is ending. Nothing was sent.")
            active = self._runs.get(run.generation.id)
            if active is None or active.generation.finished:  # a finished run is about to be removed
                self._runs[run.generation.id] = active = run
            return active

    def remove(self, run: ActiveRun) -> None:
        """Remove a run; one that was not added is ignored."""
        with self._lock:
            if self._runs.get(run.generation.id) is run:
                del self._runs[run.generation.id]

    def find(self, owner: str, fingerprint: str) -> ActiveRun | None:
        """Return an unfinished run of an owner's request, or None."""
        for run in self.list():
            generation = run.generation
            if (generation.owner, generation.fingerprint) == (owner, fingerprint) and not generation.finished:
                return run
        return None
