"""One visitor's large or strange input costs little, and is refused before work is done for it."""

from __future__ import annotations

import asyncio
import threading
import zlib
from dataclasses import replace
from typing import Any

import pytest

from flux_playground import Playground, Settings
from flux_playground.allowance import Allowance
from flux_playground.errors import InvalidRequest, QuotaExceeded
from flux_playground.images.metadata import MAX_TEXTS_LENGTH, png, texts
from flux_playground.local import LocalServer
from flux_playground.playground import Visitor
from flux_playground.recipe.a1111 import PAIR, read_parameters
from flux_playground.ui.account.finetune_list import AccountCalls

VALUES = {"finetune_id": "my-finetune", "prompt": "a mill"}


def test_blanks_are_no_settings() -> None:
    """A last line of blanks holds no place where a setting can begin."""
    text = "a prompt\n" + " " * 1_000_000
    assert read_parameters(text, sure=True) == {"prompt": "a prompt"}
    assert PAIR.match(" Steps: 20") is None
    assert list(PAIR.finditer(" " * 1_000_000)) == []


def test_texts_of_a_file_are_bounded_together() -> None:
    """Packed texts that grow to more than the bound together are left out."""
    packed = zlib.compress(b"x" * 3_900_000)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = chunk(b"IHDR", bytes([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]))
    file = png.BEGINNING + head + b"".join(chunk(b"zTXt", b"key\x00\x00" + packed) for _ in range(32))
    assert sum(len(one.text) for one in texts(file + chunk(b"IEND", b""))) <= MAX_TEXTS_LENGTH


def test_long_text_is_refused(playground: Playground) -> None:
    """A text of more than 100,000 characters is refused at its field."""
    with pytest.raises(InvalidRequest, match=r"prompt: is too long: 100,001 of 100,000 characters"):
        playground.start({**VALUES, "prompt": "x" * 100_001})


def test_allowance_before_images(settings: Settings, server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A press over the allowance is refused before its images are encoded."""
    hosted = replace(settings, demo_url="", base_url=server.url, api_key="owners-key", hosted=True)
    hosted = replace(hosted, allowance=Allowance.read("1/hour"))
    with Playground(hosted) as playground:
        ann = Visitor("ann", mark="1111.aaaa")
        list(playground.generate(VALUES, ann))
        encoded: list[Any] = []
        monkeypatch.setattr("flux_playground.playground.complete", lambda *values: encoded.append(values))
        with pytest.raises(QuotaExceeded):
            playground.start({**VALUES, "image_prompt": b"an image"}, ann)
        assert encoded == []


def test_made_up_key_keeps_no_connection(settings: Settings, server: LocalServer) -> None:
    """A key that the API does not accept leaves no client behind."""
    with LocalServer(speed=60, key="the-only-key") as strict:
        keyed = replace(settings, demo_url="", base_url=strict.url, api_key="the-only-key")
        with Playground(keyed) as playground:
            for number in range(3):
                visitor = Visitor(f"visitor-{number}", api_key=f"made-up-{number}")
                list(playground.generate(VALUES, visitor))
                with pytest.raises(Exception, match=r"."):
                    playground.credits(visitor)
            assert len(playground.accounts) == 0


def test_slow_account_delays_no_other_call(playground: Playground) -> None:
    """Account calls that hang hold their own threads only, and all who share a key wait for one answer."""
    release, calls = threading.Event(), []

    def hang(_: Playground, visitor: Visitor) -> str:
        calls.append(visitor)
        release.wait(20)
        return "answer"

    async def ask() -> list[str]:
        account = AccountCalls()
        waiting = [asyncio.create_task(account(hang, playground, Visitor(), 60.0)) for _ in range(48)]
        await asyncio.sleep(0.05)
        page = await asyncio.wait_for(asyncio.to_thread(lambda: "page"), 5)
        release.set()
        return [page, *await asyncio.gather(*waiting)]

    assert asyncio.run(ask()) == ["page", *["answer"] * 48]
    assert len(calls) == 1
