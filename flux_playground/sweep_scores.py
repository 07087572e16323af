"""Scores the images of sweeps with the owner's command, one after the other."""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .access.visitor import OWNER, Visitor
from .errors import InvalidSweep, StorageError
from .images import media_types
from .playground import Playground
from .settings import environment_of_commands
from .sweep_control import Sweeps
from .sweeps.score_command import ScoreFailed, run_score_command
from .sweeps.sheet import CellState

MAX_FAILURES_IN_A_ROW = 3
MAX_SWEEPS_WITH_ERRORS = 100
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SheetScores:
    """The scores of a sweep and why there is none, by the id of the cell; `waiting` are still to be scored."""

    scores: Mapping[str, float]
    errors: Mapping[str, str]
    waiting: int


class SweepScores:
    """Scores images on one thread, those of several visitors by turns. Safe to use from many threads.

    The command gets a copy of the image. Its scores are stored with the sweep; those of another command do not count.
    After `MAX_FAILURES_IN_A_ROW` failures the rest of a sweep is left out until the next `start`.
    """

    def __init__(self, playground: Playground, sweeps: Sweeps) -> None:
        self._playground, self._sweeps = playground, sweeps
        self._command = playground.settings.score_command
        self._digest = hashlib.sha256(json.dumps(self._command).encode()).hexdigest()
        self._todo: dict[str, deque[tuple[str, str]]] = {}  # ids of a sweep and a generation, by visitor
        self._errors: dict[str, dict[str, str]] = {}  # by sweep, then by generation
        self._failures: dict[str, int] = {}  # in a row, by sweep
        self._current = ""  # the sweep whose image is being scored
        self._served = ""  # the visitor whose image was taken last
        self._closed = False
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def is_on(self) -> bool:
        """Whether the settings name a command."""
        return bool(self._command)

    def start(self, sweep_id: str, visitor: Visitor = OWNER) -> None:
        """Score the images of a sweep that have no score. Return at once; raises `KeyError`, `InvalidSweep`."""
        cells = self._sweeps.cells(sweep_id, visitor)
        if not self.is_on:
            raise InvalidSweep("Scores are off: the settings name no command for them.")
        known = self.by_generation(sweep_id)
        found = (one.generation for one in cells if one.state is CellState.SUCCEEDED and one.generation)
        todo = [one.id for one in found if one.id not in known and media_types.display_kind(one.format) == "image"]
        with self._lock:
            self._errors.pop(sweep_id, None)
            self._failures.pop(sweep_id, None)
            self._leave_out(sweep_id)
            if not todo or self._closed:
                return
            self._todo.setdefault(visitor.id, deque()).extend((sweep_id, one) for one in todo)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="scores", daemon=True)
                self._thread.start()

    def get(self, sweep_id: str, visitor: Visitor = OWNER) -> SheetScores:
        """Return the scores of a sweep so far; raises `KeyError`, `StorageError`."""
        cells = self._sweeps.cells(sweep_id, visitor)
        scores = self.by_generation(sweep_id)
        with self._lock:
            errors = dict(self._errors.get(sweep_id, {}))
            waiting = sum(sweep == sweep_id for sweep, _ in self._todo.get(visitor.id, ()))
            waiting += self._current == sweep_id
        ids = {one.cell.id: one.generation.id for one in cells if one.generation}
        return SheetScores(
            {cell: scores[one] for cell, one in ids.items() if one in scores},
            {cell: errors[one] for cell, one in ids.items() if one in errors and one not in scores},
            waiting,
        )

    def by_generation(self, sweep_id: str) -> dict[str, float]:
        """Return the scores of a sweep that the present command has given, by the id of the generation."""
        return self._playground.store.sweeps.scores(sweep_id, self._digest) if self.is_on else {}

    def close(self) -> None:
        """End the thread and the command."""
        with self._lock:
            self._closed, thread = True, self._thread
            self._todo.clear()
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            sweep_id, generation_id = taken
            try:
                score = self._score(generation_id)
                self._playground.store.sweeps.save_score(sweep_id, generation_id, self._digest, score)
                self._failures.pop(sweep_id, None)
            except (ScoreFailed, StorageError) as error:
                if not self._closed:
                    self._note(sweep_id, generation_id, error)

    def _take(self) -> tuple[str, str] | None:
        with self._lock:
            self._current = ""
            if not self._todo:
                self._thread = None
                return None
            if (served := self._todo.pop(self._served, None)) is not None:
                self._todo[self._served] = served  # behind visitors who came while the image was scored
            self._served, queue = next(iter(self._todo.items()))
            taken = queue.popleft()
            if not queue:
                del self._todo[self._served]
            self._current = taken[0]
            return taken

    def _leave_out(self, sweep_id: str) -> None:
        """Take the images of a sweep out of the queues, while the caller holds the lock."""
        left = {owner: deque(one for one in queue if one[0] != sweep_id) for owner, queue in self._todo.items()}
        self._todo = {owner: queue for owner, queue in left.items() if queue}

    def _score(self, generation_id: str) -> float:
        store = self._playground.store
        generation = store.get(generation_id)
        if generation is None:
            raise ScoreFailed("The image was deleted.")
        try:
            with tempfile.TemporaryDirectory(prefix="flux-score-") as folder:
                path = Path(folder) / (generation.image.name if generation.image else "image")
                path.write_bytes(store.read_image(generation))
                return run_score_command(
                    self._command, path, environment_of_commands(), is_cancelled=lambda: self._closed
                )
        except OSError as error:
            raise ScoreFailed(f"The image cannot be read: {error.strerror or error}.") from None

    def _note(self, sweep_id: str, generation_id: str, error: ScoreFailed | StorageError) -> None:
        detail = error.detail if isinstance(error, ScoreFailed) else ""
        log.warning("image %s has no score: %s %s", generation_id, error, detail)
        # On a hosted page, what a command of the owner prints is not for visitors.
        shown = f"{error} {detail}" if detail and not self._playground.settings.hosted else str(error)
        with self._lock:
            self._errors.setdefault(sweep_id, {})[generation_id] = shown
            self._failures[sweep_id] = self._failures.get(sweep_id, 0) + 1
            if self._failures[sweep_id] >= MAX_FAILURES_IN_A_ROW:
                self._leave_out(sweep_id)
            while len(self._errors) > MAX_SWEEPS_WITH_ERRORS:
                oldest = next(iter(self._errors))
                del self._errors[oldest]
                self._failures.pop(oldest, None)
