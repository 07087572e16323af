"""A queued request keeps references to its images, and is sent as it was checked or not at all."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from flux_playground import Playground, Settings
from flux_playground.client import Client
from flux_playground.errors import StorageError
from flux_playground.generation import State
from flux_playground.image_ref import image_ref
from flux_playground.local import LocalServer
from flux_playground.playground import OWNER
from flux_playground.runs.queued_request import LoadedRequests, QueuedRequest
from tests.conftest import FAST_POLLS
from tests.stored_files import input_paths

from ..waiting import wait_until

VALUES = {"finetune_id": "my-finetune", "prompt": "a mill", "seed": 5}
KEY = "owners-key-5151"


def png(color: str = "crimson") -> bytes:
    """A small PNG."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64), color).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def busy(settings: Settings, server: LocalServer) -> Iterator[Playground]:
    """A playground whose only queue place is taken."""
    keyed = settings.replace(demo_url="", base_url=server.url, api_key=KEY, max_in_flight=1)
    with Playground(keyed, limits=FAST_POLLS) as opened:
        blocking = opened.start({**VALUES, "prompt": "a mill #stuck", "seed": 1})
        wait_until(lambda: opened.get(blocking.id).state is State.RUNNING)  # and has been paid for
        yield opened


def queue_image(playground: Playground, **values: Any) -> str:
    """Queue a request with an image and return its id."""
    return playground.start({**VALUES, "image_prompt": png(), **values}).id


def release(playground: Playground) -> None:
    """Free the queue place of `busy`."""
    blocking = playground.recent()[-1]
    playground.stop(blocking.id)


def test_queued_request_keeps_no_image(busy: Playground) -> None:
    """A queued run refers to its image by the hash."""
    run = busy.run(queue_image(busy))
    assert run is not None
    assert run.request.values["image_prompt"] == image_ref(base64.b64encode(png()).decode())


def test_queued_request_is_sent_with_its_image(busy: Playground, settings: Settings) -> None:
    """The image of a queued request reaches the API: it changes the image."""
    made = queue_image(busy, image_prompt_strength=0.8)
    release(busy)
    with_image = list(busy.watch(made))[-1]
    without = list(busy.generate(VALUES))[-1]
    assert with_image.state is without.state is State.SUCCEEDED
    assert with_image.sha256 != without.sha256


@pytest.mark.parametrize("damage", ["removed", "replaced"])
def test_changed_image_is_not_sent(busy: Playground, server: LocalServer, damage: str) -> None:
    """A request whose image on disk was removed or replaced is not sent and costs nothing."""
    made = queue_image(busy)
    (path,) = input_paths(busy.store)
    path.unlink() if damage == "removed" else path.write_text(base64.b64encode(png("blue")).decode())
    with Client(server.url, KEY) as client:
        before = client.credits()
        release(busy)
        ended = list(busy.watch(made))[-1]
        assert client.credits() == before
    assert ended.state is State.FAILED
    assert isinstance(ended.error, StorageError)
    assert "Nothing was sent" in ended.error.message


def test_damaged_input_is_written_again(playground: Playground) -> None:
    """An image whose kept file is damaged is kept again when it is used again."""
    reference = playground.store.inputs.save("QUJD")
    (path,) = input_paths(playground.store)
    path.write_bytes(b"\xff")
    assert playground.store.inputs.load(reference) is None
    assert playground.store.inputs.save("QUJD") == reference
    assert playground.store.inputs.load(reference) == "QUJD"


def test_text_like_a_reference_stays_text() -> None:
    """Only fields for images are loaded: a prompt may look like a reference."""
    text = image_ref("QUJD")
    request = QueuedRequest({"prompt": text, "images": [text, "https://example.org/a.png"]}, frozenset({("images", 0)}))
    assert request.load({text: "QUJD"}.get) == {"prompt": text, "images": ["QUJD", "https://example.org/a.png"]}


def test_loaded_requests_wait_for_own_address_only() -> None:
    """A second request of one address has to wait until the first is sent; another address goes on."""
    loaded = LoadedRequests(1)
    assert [loaded.acquire(address) for address in ("a", "a", "b")] == [True, False, True]
    loaded.release("a")
    assert loaded.acquire("a")


def test_image_waits_for_a_place(playground: Playground) -> None:
    """A request with an image waits while its address has no place, others do not; a stop ends the wait unsent."""
    loaded = playground._runner._around.loaded
    while loaded.acquire(OWNER.identity.address):
        pass
    waiting, second = queue_image(playground), queue_image(playground, seed=6)
    assert list(playground.generate(VALUES))[-1].state is State.SUCCEEDED
    assert playground.get(waiting).state is State.QUEUED
    playground.stop(waiting)
    assert list(playground.watch(waiting))[-1].state is State.CANCELLED
    loaded.release(OWNER.identity.address)
    assert list(playground.watch(second))[-1].state is State.SUCCEEDED
