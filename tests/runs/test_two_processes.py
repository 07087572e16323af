"""Two processes of a database share a queue: what ends in one of them is seen in the other, and gives it a place."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from flux_playground import Playground, Settings
from flux_playground.generation import State
from flux_playground.local import LocalServer
from flux_playground.runs import changes
from flux_playground.storage import postgres_listener
from flux_playground.storage.postgres_listener import PostgresListener
from tests.conftest import FAST_POLLS
from tests.waiting import WAIT_SECONDS, wait_until

VALUES = {"finetune_id": "my-finetune", "prompt": "a mill"}


def count_listening(url: str) -> int:
    """The number of processes that hear of changes."""
    with closing(psycopg.connect(url)) as database:
        query = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND state = 'idle'"
        row = database.execute(query).fetchone()
        return row[0] if row else 0


def hear_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a process see changes only when it is notified of them."""
    next_ids = PostgresListener._next_ids

    def wait_for_ids(self: PostgresListener) -> frozenset[str]:
        while not (ids := next_ids(self)) and not self._closed.is_set():
            pass
        return ids

    monkeypatch.setattr(PostgresListener, "_next_ids", wait_for_ids)
    monkeypatch.setattr(changes, "CHECK_INTERVAL_SECONDS", 2 * WAIT_SECONDS)


def look_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no notification arrive, as with a pooler in transaction mode."""
    monkeypatch.setattr(postgres_listener, "CHANNEL", "of_somebody_else")


@pytest.mark.parametrize("restrict", [hear_only, look_only])
def test_end_in_another_process(
    server: LocalServer,
    tmp_path: Path,
    empty_database: str,
    released: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
    restrict: Callable[[pytest.MonkeyPatch], None],
) -> None:
    """A request waits for a task of another process with a position, is sent when that ends, and its end is shown."""
    restrict(monkeypatch)
    settings = Settings(
        data=tmp_path, base_url=server.url, api_key="owners-key", database=empty_database, max_in_flight=1
    )
    with Playground(settings, limits=FAST_POLLS) as one, Playground(settings, limits=FAST_POLLS) as two:
        wait_until(lambda: count_listening(empty_database) == 2)
        first = one.start(VALUES)
        wait_until(lambda: one.get(first.id).state is State.RUNNING)
        waiting = [two.start(VALUES) for _ in range(2)]
        wait_until(lambda: [two.queue_position(each.id) for each in waiting] == [1, 2])

        async def watch() -> list[State]:
            states = []
            async for record in two.changes(first.id):
                states.append(record.state)
                released.set()
            return states

        assert asyncio.run(asyncio.wait_for(watch(), WAIT_SECONDS)) == [State.RUNNING, State.SUCCEEDED]
        wait_until(lambda: all(two.get(each.id).finished for each in waiting))
        ended = [two.get(each.id) for each in waiting]
        assert [each.state for each in ended] == [State.SUCCEEDED] * 2
        assert (ended[0].finished_at or 0.0) <= (ended[1].started_at or 0.0)
        assert [two.queue_position(each.id) for each in waiting] == [0, 0]


@pytest.mark.parametrize("restrict", [hear_only, look_only])
def test_stop_from_another_process(
    server: LocalServer,
    tmp_path: Path,
    empty_database: str,
    monkeypatch: pytest.MonkeyPatch,
    restrict: Callable[[pytest.MonkeyPatch], None],
) -> None:
    """A process stops what another one has sent or has in its queue; nothing more is sent."""
    restrict(monkeypatch)
    settings = Settings(
        data=tmp_path, base_url=server.url, api_key="owners-key", database=empty_database, max_in_flight=1
    )
    with Playground(settings, limits=FAST_POLLS) as one, Playground(settings, limits=FAST_POLLS) as two:
        wait_until(lambda: count_listening(empty_database) == 2)
        running = one.start({**VALUES, "prompt": "a mill #stuck"})
        wait_until(lambda: one.get(running.id).state is State.RUNNING)
        waiting = one.start(VALUES)
        for each, state in ((waiting, State.QUEUED), (running, State.RUNNING)):
            assert two.stop(each.id).state is state
        wait_until(lambda: all(two.get(each.id).finished for each in (running, waiting)))
        assert [two.get(each.id).state for each in (running, waiting)] == [State.DETACHED, State.CANCELLED]
        assert two.stop(running.id).state is State.DETACHED
        assert two.get(waiting.id).started_at is None


def test_end_of_a_process(server: LocalServer, tmp_path: Path, empty_database: str) -> None:
    """When a process ends, another one finishes its task and sends what waited, in its place in the queue."""
    settings = Settings(
        data=tmp_path, base_url=server.url, api_key="owners-key", database=empty_database, max_in_flight=1
    )
    with Playground(settings, limits=FAST_POLLS) as two:
        with Playground(settings, limits=FAST_POLLS) as one:
            running = one.start({**VALUES, "prompt": "a mill #stuck"})
            wait_until(lambda: one.get(running.id).state is State.RUNNING)
            waiting = one.start(VALUES)
            wait_until(lambda: one.queue_position(waiting.id) == 1)
        assert {found.id: found.state for found in two.resume()} == {
            running.id: State.RUNNING,
            waiting.id: State.QUEUED,
        }
        assert two.stop(running.id).id == running.id
        wait_until(lambda: two.get(waiting.id).finished)
        assert [two.get(each.id).state for each in (running, waiting)] == [State.DETACHED, State.SUCCEEDED]
