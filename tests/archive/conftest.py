"""Two machines: a store that is exported and one that imports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flux_playground.storage.generation_store import GenerationStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[GenerationStore]:
    """The store of the machine where the images were made."""
    opened = GenerationStore(tmp_path / "here")
    yield opened
    opened.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[GenerationStore]:
    """The store of another machine."""
    opened = GenerationStore(tmp_path / "there")
    yield opened
    opened.close()
