"""Counts the submits of a sweep that failed in a row, after which the next ones would fail, or be paid for in vain."""

from __future__ import annotations

from ..generation import Generation, State
from .sheet import OBSTACLES

MAX_UNKNOWN_SUBMITS = 3
"""Submits of unknown outcome in a row, after which a sweep pauses: each of them may have been charged."""

MAX_REFUSED_SUBMITS = 10
"""Submits in a row that the API refused, after which a sweep pauses."""


class FailureCount:
    """The failures since the last submit that went well."""

    def __init__(self) -> None:
        self._unknown = self._refused = 0

    def add(self, generation: Generation) -> bool:
        """Count a finished generation; return whether its sweep must pause."""
        is_unknown = generation.state is State.SUBMIT_UNKNOWN
        is_refused = generation.state is State.FAILED and not generation.task_id
        self._unknown = self._unknown + 1 if is_unknown else 0
        self._refused = self._refused + 1 if is_refused else 0
        is_obstacle = is_refused and isinstance(generation.error, OBSTACLES)
        return is_obstacle or self._unknown >= MAX_UNKNOWN_SUBMITS or self._refused >= MAX_REFUSED_SUBMITS
