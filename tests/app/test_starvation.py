"""One visitor's large or strange input costs little, and is refused before work is done for it."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image

from flux_playground import Playground, Settings
from flux_playground.build_request import build
from flux_playground.errors import InvalidRequest, QuotaExceeded
from flux_playground.identity import Identity
from flux_playground.images import decode, image_file
from flux_playground.images.metadata import MAX_TEXTS_CHARACTERS, png, read_texts
from flux_playground.local import LocalServer
from flux_playground.playground import Visitor
from flux_playground.rate_limits import Allowance
from flux_playground.recipe.a1111 import parse_parameters
from flux_playground.schema import Operation, load_text
from flux_playground.ui.session.shared_calls import SharedCalls
from tests.waiting import WAIT_SECONDS

VALUES = {"finetune_id": "my-finetune", "prompt": "a mill"}


def test_blanks_are_no_settings() -> None:
    """A last line of blanks holds no place where a setting can begin."""
    text = "a prompt\n" + " " * 1_000_000
    settings = parse_parameters(text, is_parameters=True)
    assert settings is not None
    assert settings.values == {"prompt": "a prompt"}


def test_texts_of_a_file_are_bounded_together() -> None:
    """Packed texts that grow to more than the bound together are left out."""
    packed = zlib.compress(b"x" * 3_900_000)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = chunk(b"IHDR", bytes([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]))
    file = png.SIGNATURE + head + b"".join(chunk(b"zTXt", b"key\x00\x00" + packed) for _ in range(32))
    assert sum(len(one.text) for one in read_texts(file + chunk(b"IEND", b""))) <= MAX_TEXTS_CHARACTERS


def test_long_text_is_refused(playground: Playground) -> None:
    """A text of more than 100,000 characters is refused at its field."""
    with pytest.raises(InvalidRequest, match=r"prompt: is too long: 100,001 of 100,000 characters"):
        playground.start({**VALUES, "prompt": "x" * 100_001})


def with_object() -> Operation:
    """An endpoint with a free object and a free list."""
    answer = {"type": "object", "properties": {"id": {"type": "string"}, "polling_url": {"type": "string"}}}
    body = {"type": "object", "properties": {"options": {"type": "object"}, "items": {"type": "array"}}}
    post = {
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"200": {"content": {"application/json": {"schema": answer}}}},
    }
    return load_text(json.dumps({"openapi": "3.1.0", "paths": {"/v1/x": {"post": post}}})).operation("/v1/x")


@pytest.mark.parametrize(
    "values",
    [
        {"options": {"a": {"b": ["x" * 60_000, "y" * 60_000]}}},
        {"options": {"x" * 100_001: 1}},
        {"items": [{}] * 100_001},
    ],
    ids=["texts", "name", "empty objects"],
)
def test_nested_text_is_refused(values: dict[str, Any]) -> None:
    """Texts, names and values inside lists and objects count against the limit of a text."""
    with pytest.raises(InvalidRequest, match="is too long"):
        build(with_object(), values)


def test_decodes_share_one_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decodes, whatever they are for, run two at once at most and never take more memory than the budget."""
    budget, active, peaks = decode.DecodeBudget(), [], []
    monkeypatch.setattr(decode, "BUDGET", budget)
    load, two_run, third_runs = decode._load, threading.Event(), threading.Event()

    def slow(image: Any, data: bytes) -> None:
        active.append(data)
        peaks.append((len(active), budget.free))
        if len(active) == decode.MAX_CONCURRENT_DECODES:
            two_run.set()
        two_run.wait(WAIT_SECONDS)
        third_runs.wait(0.02)
        load(image, data)
        active.remove(data)

    monkeypatch.setattr(decode, "_load", slow)
    file = io.BytesIO()
    Image.new("RGB", (64, 64)).save(file, "PNG")
    works: list[Callable[[], object]] = [
        lambda: image_file.verify(file.getvalue()),
        lambda: image_file.thumbnail(file.getvalue()),
        lambda: image_file.encode(file.getvalue(), "image_prompt"),
    ]
    with ThreadPoolExecutor(12) as pool:
        for result in [pool.submit(work) for work in works * 4]:
            result.result(WAIT_SECONDS)
    assert max(number for number, _ in peaks) == decode.MAX_CONCURRENT_DECODES
    assert min(free for _, free in peaks) >= 0
    assert (budget.free, budget.places) == (decode.MAX_DECODE_BYTES, decode.MAX_CONCURRENT_DECODES)


def test_large_decode_runs_alone() -> None:
    """A decode that takes the whole budget waits for the others, and the others for it."""
    budget, entered = decode.DecodeBudget(), threading.Event()

    def enter() -> None:
        with budget.reserve(1):
            entered.set()

    with budget.reserve(10 * decode.MAX_DECODE_BYTES):
        assert budget.free == 0
        waiting = threading.Thread(target=enter)
        waiting.start()
        assert not entered.wait(0.1)
    waiting.join(WAIT_SECONDS)
    assert entered.is_set()


@pytest.mark.parametrize(("name", "mode"), [("WEBP", "RGB"), ("TIFF", "RGBA"), ("PNG", "RGBA")])
def test_pixels_times_bytes_are_bounded(name: str, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An image is refused before its decode when its decoder would take too much memory."""
    file = io.BytesIO()
    Image.new(mode, (100, 100)).save(file, name)
    monkeypatch.setattr(decode, "MAX_DECODE_BYTES", 100 * 100 * 8 - 1)
    monkeypatch.setattr(decode, "_load", lambda *_: pytest.fail("decoded"))
    with pytest.raises(InvalidRequest, match="takes too much memory to decode"):
        image_file.encode(file.getvalue(), "image_prompt")


def test_progressive_jpeg_counts_its_coefficients() -> None:
    """A progressive JPEG counts with all its coefficients, a sequential one with its draft only."""
    sizes = []
    for progressive in (False, True):
        file = io.BytesIO()
        Image.new("RGB", (800, 800)).save(file, "JPEG", progressive=progressive)
        image = decode.open_header(file.getvalue())
        image.draft("RGB", (100, 100))
        sizes.append(decode.decode_bytes(image, file.getvalue()))
    assert sizes == [4 * 100 * 100, 4 * 100 * 100 + 2 * 3 * 800 * 800]


def test_allowance_before_images(settings: Settings, server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A press over the allowance is refused before its images are encoded."""
    hosted = settings.replace(demo_url="", base_url=server.url, api_key="owners-key", hosted=True)
    hosted = hosted.replace(allowance=Allowance.read("1/hour"))
    with Playground(hosted) as playground:
        ann = Visitor("ann", identity=Identity("1111", "aaaa"))
        list(playground.generate(VALUES, ann))
        encoded: list[Any] = []
        monkeypatch.setattr("flux_playground.playground.prepare_request", lambda *values: encoded.append(values))
        for act in (playground.start, playground.prepare, playground.preview_request):
            with pytest.raises(QuotaExceeded):
                act({**VALUES, "seed": 5, "image_prompt": b"an image"}, ann)
        assert encoded == []


def test_made_up_key_keeps_no_connection(settings: Settings, server: LocalServer) -> None:
    """A key that the API does not accept leaves no client behind."""
    with LocalServer(speed=60, key="the-only-key") as strict:
        keyed = settings.replace(demo_url="", base_url=strict.url, api_key="the-only-key")
        with Playground(keyed) as playground:
            for number in range(3):
                visitor = Visitor(f"visitor-{number}", api_key=f"made-up-{number}")
                list(playground.generate(VALUES, visitor))
                with pytest.raises(Exception, match=r"."):
                    playground.credits(visitor)
            assert len(playground.clients) == 0


def test_slow_account_delays_no_other_call(playground: Playground) -> None:
    """Account calls that hang hold their own threads only, and all who share a key wait for one answer."""
    release, calls = threading.Event(), []

    def hang(_: Playground, visitor: Visitor) -> str:
        calls.append(visitor)
        release.wait(WAIT_SECONDS)
        return "answer"

    async def ask() -> list[str]:
        account = SharedCalls()
        waiting = [asyncio.create_task(account("key", 60.0, lambda: hang(playground, Visitor()))) for _ in range(48)]
        await asyncio.sleep(0.05)
        page = await asyncio.wait_for(asyncio.to_thread(lambda: "page"), WAIT_SECONDS)
        release.set()
        return [page, *await asyncio.gather(*waiting)]

    assert asyncio.run(ask()) == ["page", *["answer"] * 48]
    assert len(calls) == 1
