"""What an endpoint of the API does beyond its document: price, limits, statuses, contents of its responses.

Read from `endpoint_behavior.json`, where each key is a pattern of paths. All matching entries count, later ones win.
Sources: recorded responses, changelogs and the code of other clients.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from .image_size import DefaultSize

BEHAVIOR_FILE = Path(__file__).with_suffix(".json")


@dataclass(frozen=True)
class EndpointBehavior:
    """The behavior of one endpoint.

    `credits` is the price of an image where the price list has none, `active_tasks` the limit of one key. `statuses`
    has each status of a running task with the share of its time at which it begins. `cost_in` says which responses
    have the cost: "submit", "poll". `times` are the names of times in a result. `formats` are those of its files, the
    default first.
    """

    credits: float
    active_tasks: int
    statuses: Mapping[str, float]
    has_preview: bool
    cost_in: tuple[str, ...]
    reports_megapixels: bool
    times: tuple[str, ...]
    formats: tuple[str, ...]
    default_size: DefaultSize

    def status_at(self, share: float) -> str:
        """Return the status of a running task after a share of its time."""
        return [status for status, start in self.statuses.items() if start <= share][-1]


@cache
def endpoint_behavior(path: str) -> EndpointBehavior:
    """Return the behavior of the endpoint at a path."""
    entries: dict[str, dict[str, Any]] = json.loads(BEHAVIOR_FILE.read_text("utf-8"))
    values: dict[str, Any] = {}
    for pattern, entry in entries.items():
        values |= entry if fnmatchcase(path, pattern) else {}
    size = values["default_size"]
    values["default_size"] = DefaultSize(size["pixels"], tuple(size["ratio"]))
    values |= {name: tuple(values[name]) for name in ("cost_in", "times", "formats")}
    return EndpointBehavior(**values)
