"""One worker for each generation, no lost queue places, nothing paid that is lost."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flux_playground import Playground, Settings
from flux_playground.client import Client
from flux_playground.errors import StorageError, TaskNotFound, Unauthorized
from flux_playground.generation import Generation, State
from flux_playground.identity import Identity
from flux_playground.local import LocalServer
from flux_playground.playground import Visitor
from flux_playground.storage.blob_store import IMAGES
from flux_playground.storage.generation_store import GenerationStore
from flux_playground.storage.pending_records import PendingRecords
from tests.conftest import FAST_POLLS
from tests.waiting import wait_until

VALUES = {"finetune_id": "my-finetune", "prompt": "a mill"}
KEY = "owners-key-1234"


@pytest.fixture
def keyed(settings: Settings, server: LocalServer) -> Settings:
    """Settings of an owner with a key, at the local server."""
    return settings.replace(demo_url="", base_url=server.url, api_key=KEY)


@pytest.fixture
def playground(keyed: Settings) -> Iterator[Playground]:
    """A playground with a key."""
    with Playground(keyed, limits=FAST_POLLS) as opened:
        yield opened


def credits_left(server: LocalServer) -> float:
    """The credits of the owner's account at the local server."""
    with Client(server.url, KEY) as client:
        return client.credits()


def stopped(playground: Playground) -> Generation:
    """A generation that the API has accepted and that is waited for no more."""
    started = playground.start(VALUES)
    wait_until(lambda: playground.get(started.id).state is State.RUNNING)
    playground.stop(started.id)
    return list(playground.watch(started.id))[-1]


def finish(playground: Playground, started: Generation) -> Generation:
    """The last record of a generation."""
    return list(playground.watch(started.id))[-1]


@pytest.mark.usefixtures("released")
def test_collect_twice_runs_once(playground: Playground) -> None:
    """Collects at the same moment start one worker, and the queue has all its places afterwards."""
    one = stopped(playground)
    threads = [threading.Thread(target=playground.collect, args=(one.id,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [run.generation.id for run in playground._runs.list()] == [one.id]
    assert len(playground._runner._started) == 1
    playground.stop(one.id)
    finish(playground, one)
    wait_until(lambda: playground.clients.get(one.server, KEY).queue.is_idle)


@pytest.mark.parametrize("method", ["enforce", "save_image"])
def test_failing_worker_returns_its_place(playground: Playground, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that fails after the image returns its place in the queue, and its generation has an end."""

    def fail(*_: object) -> None:
        raise FileNotFoundError("images")

    owner = playground._runner._retention if method == "enforce" else playground.store
    monkeypatch.setattr(type(owner), method, fail)
    ended = finish(playground, playground.start(VALUES))
    assert ended.state is (State.SUCCEEDED if method == "enforce" else State.DETACHED)
    wait_until(lambda: playground.clients.get(ended.server, KEY).queue.is_idle)
    assert playground._runs.list() == []


def test_deleted_images_folder_is_made_again(playground: Playground) -> None:
    """An images folder that was deleted while the program runs is made again."""
    shutil.rmtree(playground.store.folder / IMAGES)
    assert finish(playground, playground.start(VALUES)).state is State.SUCCEEDED


def test_full_disk_after_acceptance(playground: Playground, server: LocalServer) -> None:
    """A journal that is full after the submit loses nothing: the image arrives, and the record is written later."""
    before = credits_left(server)
    database = playground.store._writer._database
    write = playground.store.save

    def fill(generation: Generation) -> Generation:
        if generation.state is State.RUNNING:
            (pages,) = database.execute("PRAGMA page_count").fetchone()
            database.execute(f"PRAGMA max_page_count = {pages}")
        return write(replace(generation, prompt="x" * 40_000) if generation.state is State.RUNNING else generation)

    playground.store.save = fill  # type: ignore[method-assign]
    playground.store._pending._write = fill
    ended = finish(playground, playground.start(VALUES))
    assert ended.state is State.SUCCEEDED
    assert playground.store.find_image(ended) is not None
    assert playground.get(ended.id).state is State.SUCCEEDED
    database.execute("PRAGMA max_page_count = 1000000")
    playground.store.save = write  # type: ignore[method-assign]
    playground.store._pending._write = write
    wait_until(lambda: playground.store._pending.get(ended.id) is None)
    with closing(sqlite3.connect(playground.settings.data / "journal.sqlite")) as reader:
        assert reader.execute("SELECT state FROM generations WHERE id = ?", [ended.id]).fetchone() == ("ready",)
    assert before - credits_left(server) == pytest.approx(7.0)


def test_pending_records_are_retried() -> None:
    """A record that cannot be written is known meanwhile and written as soon as that works."""
    fails, written = [True], []

    def write(generation: Generation) -> Generation:
        if fails[0]:
            raise StorageError("The data folder cannot be written to.")
        written.append(generation)
        return generation

    pending = PendingRecords(write)
    one = Generation("a" * 32, "owner", 0.0, "/v1/x", "https://api.bfl.ai", {}, task_id="task-1")
    assert pending.save(one) is one
    assert pending.get(one.id) is one
    fails[0] = False
    wait_until(lambda: written == [one])
    wait_until(lambda: pending.get(one.id) is None)
    pending.close()


@pytest.mark.parametrize("cause", ["no space", "journal removed"])
def test_nothing_is_sent_without_room(
    playground: Playground, server: LocalServer, cause: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without space or without its journal, nothing is sent; the error says so."""
    before = credits_left(server)
    if cause == "no space":
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    else:
        (playground.settings.data / "journal.sqlite").rename(playground.settings.data / "elsewhere")
    with pytest.raises(StorageError, match="Nothing was sent"):
        playground.start(VALUES)
    assert credits_left(server) == before
    assert playground._runs.list() == []


def test_close_is_resumed(keyed: Settings, server: LocalServer, released: threading.Event) -> None:
    """What runs when a playground closes is resumed by the next one, and is paid for once."""
    before = credits_left(server)
    with Playground(keyed, limits=FAST_POLLS) as first:
        started = first.start(VALUES)
        wait_until(lambda: first.get(started.id).state is State.RUNNING)
    with Playground(keyed, limits=FAST_POLLS) as second:
        assert [one.id for one in second.resume()] == [started.id]
        assert second.resume()[0].id == started.id  # twice is one run
        released.set()
        assert finish(second, started).state is State.SUCCEEDED
    assert before - credits_left(server) == pytest.approx(7.0)


def test_task_waits_for_its_key(keyed: Settings, released: threading.Event) -> None:
    """A task of a visitor's own key is not polled with the owner's key after a restart, but with its own."""
    ann = Visitor("ann", api_key="anns-key-5678")
    with Playground(keyed, limits=FAST_POLLS) as first:
        started = first.start(VALUES, ann)
        wait_until(lambda: first.get(started.id).state is State.RUNNING)
    released.set()
    with Playground(keyed, limits=FAST_POLLS) as second:
        second.resume()
        waiting = second.get(started.id)
        assert (waiting.state, type(waiting.error)) == (State.DETACHED, Unauthorized)
        assert second._runs.list() == []
        with pytest.raises(Unauthorized, match="another API key"):
            second.collect(started.id, Visitor("ann"))
        second.collect(started.id, ann)
        assert finish(second, started).state is State.SUCCEEDED
    assert "anns-key" not in (keyed.data / "journal.sqlite").read_bytes().decode("latin-1")


def test_lost_task_can_be_collected(playground: Playground, released: threading.Event) -> None:
    """A task that the API did not find can be asked for again."""
    one = stopped(playground)
    released.set()
    lost = playground.store.save(replace(one, state=State.FAILED, error=TaskNotFound("Task not found")))
    playground.collect(lost.id)
    assert finish(playground, lost).state is State.SUCCEEDED


@pytest.mark.parametrize("column", ["state = 'paused'", "request = '{'", "error = '5'"])
def test_unreadable_row_hides_only_itself(playground: Playground, column: str) -> None:
    """A row that cannot be read is left out; the others and new generations are not affected."""
    first, second = (finish(playground, playground.start(VALUES)) for _ in range(2))
    with closing(sqlite3.connect(playground.settings.data / "journal.sqlite")) as database, database:
        database.execute(f"UPDATE generations SET {column} WHERE id = ?", [first.id])
    assert [one.id for one in playground.recent()] == [second.id]
    with pytest.raises(KeyError):
        playground.get(first.id)
    assert finish(playground, playground.start(VALUES)).state is State.SUCCEEDED
    assert sum(number for number, _ in playground.store.usage.counts().values()) >= 2


def test_running_request_is_reused(playground: Playground) -> None:
    """The same request with a given seed is returned while it runs, also for presses at the same moment."""
    values = {**VALUES, "prompt": "a mill #stuck", "seed": 5}
    started: list[Generation] = []
    threads = [
        threading.Thread(target=lambda: started.append(playground.start(values, reuse_running=True))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.id for one in started}) == 1
    assert playground.start(values).id != started[0].id
    assert playground.start({**values, "seed": ""}, reuse_running=True).id != started[0].id


def test_clock_set_back_locks_nobody_out(tmp_path: Path) -> None:
    """Rows of a time that lies far ahead are not counted against an allowance."""
    store = GenerationStore(tmp_path)
    now = time.time()
    values: dict[str, Any] = {"state": State.SUCCEEDED, "spender": Identity("9f2c", "41ab")}
    store.save(Generation("a" * 32, "ann", now + 90_000, "/v1/x", "https://api.bfl.ai", {}, **values))
    store.save(Generation("b" * 32, "ann", now - 10, "/v1/x", "https://api.bfl.ai", {}, **values))
    assert store.usage.spent(Identity("9f2c", "41ab"), now - 3600, now) == 1
    assert store.usage.last_excess(None, now - 3600, now, None, 0) == now - 10
    store.close()


def test_retry_never_writes_an_older_record() -> None:
    """A retry that comes late does not write an older record over a newer one."""
    written: list[Generation] = []
    gate, older = threading.Event(), Generation("a" * 32, "owner", 0.0, "/v1/x", "https://api.bfl.ai", {})

    def write(generation: Generation) -> Generation:
        if not gate.is_set():
            raise StorageError("full")
        written.append(generation)
        return generation

    pending = PendingRecords(write)
    pending.save(older)
    newer = replace(older, state=State.SUCCEEDED)
    gate.set()
    pending.save(newer)
    pending._try(older)
    wait_until(lambda: pending.get(older.id) is None)
    assert written[-1] is newer
    pending.close()


def test_resume_leaves_active_runs_alone(keyed: Settings) -> None:
    """Resuming while generations are queued and run changes none of them."""
    with Playground(keyed.replace(max_in_flight=1)) as playground:
        first = playground.start({**VALUES, "prompt": "a mill #stuck"})
        queued = playground.start(VALUES)
        playground.resume()
        assert playground.get(queued.id).state is State.QUEUED
        wait_until(lambda: playground.get(first.id).state is State.RUNNING)
        playground.stop(first.id)
        assert finish(playground, queued).state is State.SUCCEEDED


def test_start_that_fails_has_an_end(playground: Playground, monkeypatch: pytest.MonkeyPatch) -> None:
    """A generation whose worker cannot be started is written as not sent, and its queue place is free."""

    start = threading.Thread.start

    def no_threads(thread: threading.Thread) -> None:
        if thread.name == "generation":  # the local server runs in this process too
            raise RuntimeError("can't start new thread")
        start(thread)

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_threads)
        with pytest.raises(RuntimeError):
            playground.start(VALUES)
    assert [one.state for one in playground.recent()] == [State.CANCELLED]
    assert playground._runs.list() == []
    assert finish(playground, playground.start(VALUES)).state is State.SUCCEEDED
