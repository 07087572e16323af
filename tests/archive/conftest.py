"""Two machines: a store that is exported and one that imports. Images are in a folder, or where a test says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from flux_playground.storage.generation_store import GenerationStore


@pytest.fixture
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[GenerationStore]:
    """The store of the machine where the images were made."""
    with closing(_open(tmp_path / "here", request)) as opened:
        yield opened


@pytest.fixture
def other(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[GenerationStore]:
    """The store of another machine."""
    with closing(_open(tmp_path / "there", request)) as opened:
        yield opened


def _open(folder: Path, request: pytest.FixtureRequest) -> GenerationStore:
    is_bucket = getattr(request, "param", "") == "bucket"
    return GenerationStore(folder, request.getfixturevalue("s3").new_bucket() if is_bucket else "")
