"""A value of the API that the database refuses costs nobody the image."""

from __future__ import annotations

import io
import threading
from dataclasses import replace

import pytest
from PIL import Image

from flux_playground import Playground, Settings
from flux_playground.generation import Generation, State
from flux_playground.storage.pending_records import PendingRecords
from tests.faulty_server import QUICK, Hostile, reply
from tests.waiting import WAIT_SECONDS, wait_until

VALUES = {"finetune_id": "my-finetune", "prompt": "a mill"}
SUBMIT = "/v1/flux-pro-1.1-ultra-finetuned"


def jpeg() -> bytes:
    """A small image."""
    file = io.BytesIO()
    Image.new("RGB", (32, 32)).save(file, "JPEG")
    return file.getvalue()


def test_prompt_with_half_an_emoji(settings: Settings) -> None:
    """A rewritten prompt that ends in half of an emoji is stored with U+FFFD, and the image arrives."""
    with Hostile({"/image": reply(jpeg())}) as api:
        result = {"sample": f"{api.url}/image", "prompt": "a mill \ud83d"}
        api.script(SUBMIT, reply({"id": "t1", "polling_url": f"{api.url}/poll"}))
        api.script("/poll", reply({"id": "t1", "status": "Ready", "result": result}))
        owned = settings.replace(demo_url="", base_url=api.url, api_key="owners-key-1234")
        with Playground(owned, limits=QUICK) as playground:
            ended = list(playground.generate(VALUES))[-1]
            assert (ended.state, ended.prompt) == (State.SUCCEEDED, "a mill \ufffd")
            assert playground.store.get(ended.id) == ended


@pytest.mark.parametrize("fault", [UnicodeEncodeError("utf-8", "\ud800", 0, 1, "x"), OverflowError("too large")])
def test_record_that_cannot_be_written_blocks_no_other(fault: Exception) -> None:
    """A record that the database never takes is kept in memory; later records of others are written."""
    written: list[str] = []

    def write(generation: Generation) -> Generation:
        if generation.prompt:
            raise fault
        written.append(generation.id)
        return generation

    pending = PendingRecords(write)
    good = Generation("b" * 32, "owner", 0.0, "/v1/x", "https://api.bfl.ai", {})
    bad = replace(good, id="a" * 32, prompt="refused")
    assert pending.save(bad) is bad
    assert pending.save(good) is good
    assert pending.get(bad.id) is bad
    assert written == [good.id]
    pending.close()


def test_records_are_written_at_the_same_time() -> None:
    """The record of one generation does not wait until that of another is on disk."""
    both = threading.Barrier(2)

    def write(generation: Generation) -> Generation:
        both.wait(timeout=WAIT_SECONDS)
        return generation

    pending = PendingRecords(write)
    record = Generation("a" * 32, "owner", 0.0, "/v1/x", "https://api.bfl.ai", {})
    threads = [threading.Thread(target=pending.save, args=(replace(record, id=name * 32),)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not both.broken
    assert pending.get("a" * 32) is pending.get("b" * 32) is None
    pending.close()


def test_older_record_is_not_written_over_a_newer_one() -> None:
    """Writes of one generation wait for each other, and the newest record is written last."""
    written: list[str | None] = []
    first_is_writing, first_may_end = threading.Event(), threading.Event()

    def write(generation: Generation) -> Generation:
        if generation.prompt == "older":
            first_is_writing.set()
            assert first_may_end.wait(WAIT_SECONDS)
        written.append(generation.prompt)
        return generation

    pending = PendingRecords(write)
    older = Generation("a" * 32, "owner", 0.0, "/v1/x", "https://api.bfl.ai", {}, prompt="older")
    threads = [threading.Thread(target=pending.save, args=(older,))]
    threads[0].start()
    assert first_is_writing.wait(WAIT_SECONDS)
    threads.append(threading.Thread(target=pending.save, args=(replace(older, prompt="newer"),)))
    threads[1].start()
    wait_until(lambda: pending.get(older.id) is not older)
    first_may_end.set()
    for thread in threads:
        thread.join()
    assert written == ["older", "newer"]
    pending.close()
