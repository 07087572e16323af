"""The queue that the processes of a PostgreSQL database share: whose turn it is, and never more than the limit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from flux_playground.generation import Generation, State
from flux_playground.identity import Identity
from flux_playground.storage.database_connection import TakenOver
from flux_playground.storage.generation_store import GenerationStore
from flux_playground.storage.shared_queue import SharedQueue
from tests.storage.test_generation_store import generation

ANN, BEN, CLEO = Identity("1", "a"), Identity("2", "b"), Identity("3", "c")


@pytest.fixture
def stores(tmp_path: Path, empty_database: str) -> Iterator[tuple[GenerationStore, GenerationStore]]:
    """Two stores of one database, each like a process of its own."""
    with (
        closing(GenerationStore(tmp_path, database_url=empty_database)) as one,
        closing(GenerationStore(tmp_path, database_url=empty_database)) as two,
    ):
        yield one, two


def queue_of(store: GenerationStore, limit: int) -> SharedQueue:
    """The queue, as one process sees it."""
    queue = store.shared_queue(limit)
    assert queue is not None
    return queue


def row(number: int, visitor: Identity, state: State = State.QUEUED, started_at: float | None = None) -> Generation:
    """A record of an account; a higher number is younger."""
    return generation(number, account="account", spender=visitor, state=state, started_at=started_at)


def submitting(waiting: Generation, at: float = 5.0) -> Generation:
    """The record of a request that is being sent."""
    return replace(waiting, state=State.SUBMITTING, started_at=at)


def order(stores: tuple[GenerationStore, GenerationStore], limit: int) -> list[int]:
    """The numbers of the waiting rows in the order in which two processes send them, one task at a time each."""
    both = [queue_of(store, limit) for store in stores]
    waiting = {
        number: (queue, found)
        for number in range(1, 40)
        for queue, store in [(both[number % 2], stores[number % 2])]
        if (found := store.get(f"{number:032x}")) and found.state is State.QUEUED
    }
    for queue, found in waiting.values():
        queue.enter(found)
    sent = list[int]()
    while len(sent) < len(waiting):
        for number, (queue, found) in waiting.items():
            if number not in sent and queue.take(submitting(found, 100.0 + len(sent))):
                sent.append(number)
                stores[number % 2].save(replace(found, state=State.SUCCEEDED, started_at=100.0 + len(sent)))
    return sent


def test_visitors_take_turns(stores: tuple[GenerationStore, GenerationStore]) -> None:
    """With one place, a visitor with many rows in both processes gets no more turns than a visitor with one."""
    for number in (1, 2, 3, 4, 5):
        stores[number % 2].save(row(number, ANN))
    for number, visitor in ((6, BEN), (7, CLEO), (8, BEN)):
        stores[number % 2].save(row(number, visitor))
    assert order(stores, 1) == [1, 6, 7, 2, 8, 3, 4, 5]


def test_fewest_in_flight_is_next(stores: tuple[GenerationStore, GenerationStore]) -> None:
    """A visitor with fewer tasks in all processes comes before older rows of another one."""
    one, two = stores
    for number in (1, 2):
        one.save(row(number, ANN, State.RUNNING, started_at=1.0))
    one.save(row(3, BEN, State.SUBMITTING, started_at=2.0))
    for number, visitor in ((11, ANN), (12, BEN), (13, BEN), (14, CLEO)):
        two.save(row(number, visitor))
    queue = queue_of(two, 4)
    rows = {number: row(number, visitor) for number, visitor in ((11, ANN), (12, BEN), (13, BEN), (14, CLEO))}
    for each in rows.values():
        queue.enter(each)
    queue.refresh()
    assert {number: queue.position(each) for number, each in rows.items()} == {14: 1, 12: 1, 13: 3, 11: 2}
    assert [number for number, each in rows.items() if queue.has_come(each)] == [14]
    assert not queue.take(submitting(rows[12]))
    assert queue.take(submitting(rows[14]))
    assert not queue.take(submitting(rows[12]))
    queue.leave(rows[14])
    one.save(row(1, ANN, State.SUCCEEDED, started_at=1.0))
    queue.refresh()
    assert [number for number, each in rows.items() if queue.has_come(each)] == [11]  # its last turn is longer ago


def test_row_of_another_process_is_not_sent(stores: tuple[GenerationStore, GenerationStore]) -> None:
    """Neither a request that another process has taken over is sent nor one that waits no more."""
    one, _ = stores
    queue, waiting = queue_of(one, 4), one.save(row(1, ANN))
    queue.enter(waiting)
    one._writer.run(lambda database: database.execute("UPDATE generations SET holder = -1"))
    with pytest.raises(TakenOver):
        queue.take(submitting(waiting))
    one._writer.run(lambda database: database.execute("UPDATE generations SET state = 'running'"))
    queue.refresh()
    assert queue.has_come(waiting)
    with pytest.raises(TakenOver):
        queue.take(submitting(waiting))


def test_request_that_is_to_stop_is_not_sent(stores: tuple[GenerationStore, GenerationStore]) -> None:
    """From the moment at which another process asks to stop a request, it is not sent; its end ends the asking."""
    one, two = stores
    queue, other = queue_of(one, 4), queue_of(two, 4)
    waiting, ended = one.save(row(1, ANN)), one.save(row(2, ANN, State.SUCCEEDED))
    queue.enter(waiting)
    for each in (waiting, waiting, ended):
        other.ask_to_stop(each)
    queue.refresh()
    assert queue.has_come(waiting)
    assert not queue.take(submitting(waiting))
    assert not queue.has_come(waiting)
    assert queue.find_to_stop() == {waiting.id}
    one.save(replace(waiting, state=State.CANCELLED))
    assert queue.find_to_stop() == frozenset()


def test_accounts_do_not_wait_for_each_other(stores: tuple[GenerationStore, GenerationStore]) -> None:
    """Each key has places of its own, and so has each server."""
    one, two = stores
    for number, other in ((1, {"account": "b"}), (2, {"server": "https://other.example"})):
        one.save(replace(row(number, ANN, State.RUNNING, started_at=1.0), **other))  # type: ignore[arg-type]
    queue, waiting = queue_of(two, 1), two.save(row(3, ANN))
    queue.enter(waiting)
    assert queue.take(submitting(waiting))
