"""The routes of images: the delivered bytes, whole and in part, and what is answered when they cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from flux_playground import Playground, Settings
from flux_playground.generation import Generation, State
from flux_playground.storage.blob_store import IMAGES
from flux_playground.ui.server import image_routes
from flux_playground.ui.server.byte_ranges import read_range
from flux_playground.ui.text import image_urls
from tests.storage.test_generation_store import generation, jpeg


@pytest.fixture(params=["folder", "bucket"])
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Settings with the images in the data folder, and in a bucket."""
    is_bucket = request.param == "bucket"
    return settings.replace(files=request.getfixturevalue("s3").new_bucket()) if is_bucket else settings


@pytest.fixture
def client(playground: Playground) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=image_routes.routes(playground))) as client:
        yield client


@pytest.fixture
def one(playground: Playground) -> Generation:
    """A stored image that no server has made."""
    store = playground.store
    return store.save(store.save_image(generation(state=State.SUCCEEDED), jpeg()))


def test_whole_image(playground: Playground, client: TestClient, one: Generation) -> None:
    """The bytes are those that were delivered; the browser may keep them."""
    answer, data = client.get(image_urls.image(one)), playground.store.read_image(one)
    assert (answer.status_code, answer.content) == (200, data)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-length"] == str(len(data))
    assert answer.headers["etag"] == f'"{one.sha256}"'
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-disposition"] == f'inline; filename="flux-seed-{one.seed}-{one.id}.jpg"'
    saved = client.get(f"{image_urls.image(one)}?download")
    assert saved.headers["content-disposition"].startswith("attachment")


def test_damaged_file(playground: Playground, client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    """An image that cannot be decoded has no thumbnail and no copy; the log names it."""
    store, damaged = playground.store, generation(state=State.SUCCEEDED, format="jpeg", image=IMAGES / "damaged.jpg")
    store.files.create(IMAGES / "damaged.jpg", b"no image")
    store.save(damaged)
    for address in (image_urls.thumbnail(damaged), image_urls.copy(damaged)):
        assert client.get(address).status_code == 404
    assert f"the file of image {damaged.id} is damaged" in caplog.text
    assert client.get(image_urls.image(damaged)).content == b"no image"


@pytest.mark.parametrize(
    ("asked", "start", "stop"), [("bytes=0-0", 0, 1), ("bytes=100-", 100, None), ("bytes=-5", -5, None)]
)
def test_part_of_an_image(
    playground: Playground, client: TestClient, one: Generation, asked: str, start: int, stop: int | None
) -> None:
    """A range is answered with its bytes alone."""
    data = playground.store.read_image(one)
    answer = client.get(image_urls.image(one), headers={"range": asked})
    assert (answer.status_code, answer.content) == (206, data[start:stop])
    first = start % len(data)
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(data)}"


def test_range_of_another_version(client: TestClient, one: Generation) -> None:
    """A range of other bytes than those that are here is answered with the whole image."""
    asked = {"range": "bytes=0-0"}
    for version, status in ((f'"{one.sha256}"', 206), ('"0"', 200)):
        answer = client.get(image_urls.image(one), headers={**asked, "if-range": version})
        assert answer.status_code == status


def test_range_behind_the_end(client: TestClient, one: Generation) -> None:
    """A range after the end of the file has status 416."""
    answer = client.get(image_urls.image(one), headers={"range": "bytes=99999999-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{one.size}")


def test_head_of_an_image(client: TestClient, one: Generation) -> None:
    """HEAD gives the length of the image without its bytes."""
    answer = client.head(image_urls.image(one))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(one.size)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bytes=0-9", (0, 10)),
        ("bytes=2-", (2, 50)),
        ("bytes=-7", (43, 50)),
        ("bytes=-99", (0, 50)),
        ("bytes=10-99", (10, 50)),
        ("bytes=50-", (50, 50)),
        ("bytes=-0", (50, 50)),
        *(
            (text, None)
            for text in (
                "",
                "bytes=",
                "bytes=-",
                "bytes=5-2",
                "bytes=0-1,3-4",
                "items=0-1",
                "bytes=٣-",
                f"bytes=0-{'9' * 5000}",
            )
        ),
    ],
)
def test_ranges(text: str, found: tuple[int, int] | None) -> None:
    """Valid ranges are read; all others are ignored."""
    assert read_range(text, 50) == found


def test_wrong_signature(client: TestClient, one: Generation) -> None:
    """Each address is answered with 404 for another secret than that of the image."""
    other = replace(one, secret="0" * 32)
    for address in (image_urls.image(other), image_urls.thumbnail(other), image_urls.recipe(other)):
        assert client.get(address).status_code == 404


def test_removed_image(playground: Playground, client: TestClient, one: Generation) -> None:
    """An image whose file is gone has status 404, as has its thumbnail."""
    assert one.image is not None
    playground.store.files.remove(one.image)
    assert client.get(image_urls.image(one)).status_code == 404
    assert client.get(image_urls.thumbnail(one)).status_code == 404


def test_unreadable_image(
    playground: Playground, client: TestClient, one: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An image that cannot be read now is not called missing."""

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(playground.store.files, "find", fail)
    answer = client.get(image_urls.image(one))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "cache-control" not in answer.headers
