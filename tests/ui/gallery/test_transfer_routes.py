"""A full disk and a damaged index: an export or import says what failed, loses nothing and leaves no file."""

from __future__ import annotations

import io
import json
import random
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from flux_playground import Playground, Settings
from flux_playground.ui.gallery.transfer_routes import ROUTES
from tests.archive.gallery import describe, draw, draw_noise, keep
from tests.limited_files import limited_files
from tests.ui.page_parts import Page


def draw_large() -> bytes:
    """An image of 3 MB, which takes a tenth of it in a ZIP file."""
    file = io.BytesIO()
    Image.frombytes("RGB", (1000, 1000), random.Random(1).randbytes(300_000).ljust(3_000_000)).save(file, "BMP")
    return file.getvalue()


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[Playground]:
    """A playground with two images."""
    with Playground(Settings(data=tmp_path)) as opened:
        for number in range(2):
            keep(opened.store, describe(number, owner="owner"), draw(number))
        yield opened


@pytest.fixture
def client(playground: Playground) -> Iterator[TestClient]:
    """A client of the routes."""
    app, blocks = Starlette(routes=list(ROUTES)), SimpleNamespace(binding=Page(playground).binding)
    app.get_blocks = lambda: blocks  # type: ignore[attr-defined]
    with TestClient(app) as client:
        yield client


def test_export_needs_no_disk(client: TestClient, playground: Playground) -> None:
    """An export is complete although nothing can be written: its list of images is packed in memory."""
    for number in (2, 3):
        keep(playground.store, describe(number, owner="owner", request={"prompt": f"{number} {'x' * 2_100_000}"}))
    with limited_files(0):
        answers = {name: client.post("/gallery/export", data={"format": name}) for name in ("zip", "csv", "jsonl")}
    assert [answer.status_code for answer in answers.values()] == [200, 200, 200]
    with zipfile.ZipFile(io.BytesIO(answers["zip"].content)) as archive:
        assert len(json.loads(archive.read("manifest.json"))["entries"]) == 4
        assert archive.testzip() is None
    assert len(answers["csv"].text.splitlines()) == 5
    assert len(answers["jsonl"].text.splitlines()) == 4


def test_import_on_a_full_disk(client: TestClient, playground: Playground) -> None:
    """A file that cannot be received is refused with the reason; nothing of it stays, and it can be sent again."""
    data = draw_noise(300)
    with limited_files(100_000):
        refused = client.post("/gallery/import?name=a.png", content=data)
    assert (refused.status_code, refused.text) == (507, "The file cannot be stored: File too large.")
    assert list((playground.store.folder / "imports").iterdir()) == []
    assert playground.store.count("owner") == 2
    assert client.post("/gallery/import?name=a.png", content=data).json() == {"added": 1, "known": 0, "rejected": []}


def test_image_that_cannot_be_kept(client: TestClient, playground: Playground) -> None:
    """An import ends at the image that the disk has no room for; what came before is kept, and no half file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("small.png", draw(7, "PNG"))
        archive.writestr("large.bmp", draw_large())
    with limited_files(2_500_000):
        report = client.post("/gallery/import?name=a.zip", content=file.getvalue()).json()
    sentence = "The image could not be written: File too large. What was imported before is kept."
    assert report == {"added": 1, "known": 0, "rejected": [["a.zip", sentence]]}
    assert len(list((playground.store.folder / "images").iterdir())) == 3 == playground.store.count("owner")


def test_export_with_a_damaged_index(client: TestClient, playground: Playground) -> None:
    """An export that cannot be found is a sentence instead of half a file; the next one is complete."""
    with closing(sqlite3.connect(playground.store.folder / "journal.sqlite")) as database, database:
        database.execute("DELETE FROM entry_words_data")
    answer = client.post("/gallery/export", data={"format": "zip"})
    assert answer.status_code == 503
    assert answer.text == "The search index was damaged and is being rebuilt. Try again in a minute."
    playground.store.backlog.wait()
    assert len(client.post("/gallery/export", data={"format": "jsonl"}).text.splitlines()) == 2
