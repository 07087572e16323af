"""The stores of the tests: a test with `open_store` runs with SQLite, with and without a WAL, and with PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Protocol

import pytest

from flux_playground.storage import sqlite
from flux_playground.storage.generation_store import GenerationStore


class OpenStore(Protocol):
    """Opens the store of a folder, whose records are in the folder or in one database."""

    def __call__(self, folder: Path, files_url: str = "") -> GenerationStore: ...


@pytest.fixture(params=["sqlite", "sqlite without WAL", "postgresql"])
def open_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> OpenStore:
    """Opens stores with one of the two databases, SQLite also as on a network file system."""
    if request.param == "sqlite without WAL":
        monkeypatch.setattr(sqlite, "remote_type", lambda _: "nfs4")
    url = request.getfixturevalue("empty_database") if request.param == "postgresql" else ""
    return lambda folder, files_url="": GenerationStore(folder, files_url, url)


@pytest.fixture
def store(open_store: OpenStore, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GenerationStore]:
    """An empty store; see `IN_BOTH`."""
    is_bucket = getattr(request, "param", "") == "bucket"
    with closing(open_store(tmp_path, request.getfixturevalue("s3").new_bucket() if is_bucket else "")) as opened:
        yield opened
