"""The pool of render processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from flux_playground.local.renderer import RenderPool
from tests.waiting import WAIT_SECONDS


def test_dead_worker(tmp_path: Path) -> None:
    """A process that dies fails its task, and the next task starts another process."""
    pool = RenderPool(workers=1)
    missing = tmp_path / "none.json", tmp_path / "none.image"
    try:
        with pytest.raises(RuntimeError, match="No such file"):
            pool.render(*missing).result(WAIT_SECONDS)
        worker = pool._idle.get()
        worker.kill()
        worker.wait()
        pool._idle.put(worker)
        with pytest.raises(RuntimeError, match="ended before"):
            pool.render(*missing).result(WAIT_SECONDS)
        with pytest.raises(RuntimeError, match="No such file"):
            pool.render(*missing).result(WAIT_SECONDS)
    finally:
        pool.close()
