"""Waiting for a condition that other threads or processes bring about."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

WAIT_SECONDS = 120.0
"""Longer than anything takes on a busy machine; only a fault reaches it."""

Result = TypeVar("Result")


def wait_until(condition: Callable[[], Result], seconds: float = WAIT_SECONDS) -> Result:
    """Return what the condition returns once that is true; fail after some seconds with its last value."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"after {seconds:.0f} s: {result!r}"
        time.sleep(0.01)
    return result
