"""The queue of a key: a maximum at once, the others in order, with a visible position."""

from __future__ import annotations

import threading
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from flux_playground.generation import Generation, State
from flux_playground.identity import UNKNOWN, Identity
from flux_playground.runs.active_runs import ActiveRun
from flux_playground.runs.fair_queue import FairQueue
from flux_playground.runs.queued_request import QueuedRequest
from tests.waiting import WAIT_SECONDS


def run(name: str = "a", identity: Identity = UNKNOWN) -> ActiveRun:
    return ActiveRun(Generation(name, "owner", 0.0, "/v1/flux", "https://api.bfl.ai", {}), identity=identity)


def left(line: FairQueue) -> list[str]:
    """Everybody who waits, in the order in which their turns come."""
    served = []
    while (active := line.release()) is not None:
        served.append(active.generation.id)
    return served


def test_what_is_over_the_limit_waits_in_the_order_it_came() -> None:
    line = FairQueue(2)
    runs = [run(name) for name in "abcd"]
    assert [line.acquire(active) for active in runs] == [True, True, False, False]
    assert [line.position(active) for active in runs] == [0, 0, 1, 2]
    assert line.release() is runs[2]
    assert line.position(runs[3]) == 1
    assert line.release() is runs[3]


def test_tasks_in_flight_do_not_wait() -> None:
    """A task that is in flight starts beyond the limit, and its place is not given to another run."""
    queue = FairQueue(1)
    assert queue.acquire(run("a"))
    assert not queue.acquire(run("b"))
    assert queue.acquire(run("c"), is_in_flight=True)
    assert queue.release() is None
    following = queue.release()
    assert following is not None
    assert following.generation.id == "b"
    assert queue.release() is None
    assert queue.is_idle


def test_the_line_is_idle_when_all_have_left() -> None:
    line = FairQueue(2)
    assert line.is_idle
    line.acquire(run())
    line.acquire(run())
    assert line.release() is None
    assert not line.is_idle
    assert line.release() is None
    assert line.is_idle


def test_one_that_waits_can_be_taken_out_and_one_that_travels_cannot() -> None:
    line = FairQueue(1)
    first, second, third = run("a"), run("b"), run("c")
    for active in (first, second, third):
        line.acquire(active)
    assert line.cancel(second)
    assert not line.cancel(second)
    assert not line.cancel(first)
    assert line.release() is third


def test_whoever_has_fifty_waiting_gets_no_more_turns_than_whoever_has_one() -> None:
    line = FairQueue(1)
    line.acquire(run("first"))
    for number in range(50):
        line.acquire(run(f"a{number}", Identity("1", "a")))
    line.acquire(run("b", Identity("2", "b")))
    line.acquire(run("c", Identity("3", "c")))
    assert left(line)[:5] == ["a0", "b", "c", "a1", "a2"]


@given(
    st.lists(
        st.sampled_from([Identity("1", "a"), Identity("2", "b"), Identity("3", "c"), Identity("4", "d")]), max_size=30
    ),
    st.integers(0, 30),
)
def test_the_place_in_the_line_is_the_turn_that_comes(identities: list[Identity], served: int) -> None:
    line = FairQueue(1)
    line.acquire(run("first"))
    runs = [run(str(number), identity) for number, identity in enumerate(identities)]
    for active in runs:
        line.acquire(active)
    for _ in range(min(served, len(runs))):
        line.release()
    places = {line.position(active): active.generation.id for active in runs if line.position(active)}
    assert len(line) == len(places)
    assert [places[place] for place in range(1, len(places) + 1)] == left(line)


@given(
    st.lists(st.sampled_from([Identity("1", "a"), Identity("2", "b"), Identity("3", "c")]), max_size=12),
    st.integers(0, 11),
)
def test_one_that_is_taken_out_moves_nobody_back(identities: list[Identity], out: int) -> None:
    line = FairQueue(1)
    line.acquire(run("first"))
    runs = [run(str(number), identity) for number, identity in enumerate(identities)]
    for active in runs:
        line.acquire(active)
    before = {active.generation.id: line.position(active) for active in runs}
    if out < len(runs):
        assert line.cancel(runs[out])
        assert all(line.position(active) <= before[active.generation.id] for active in runs)
    assert len(left(line)) == len(runs) - (out < len(runs))


def test_no_more_than_the_limit_travel_when_many_threads_enter_and_leave() -> None:
    line, lock = FairQueue(3), threading.Lock()
    at_once, most, done = 0, 0, 0

    def work(mine: ActiveRun | None) -> None:
        nonlocal at_once, most, done
        while mine is not None:
            with lock:
                at_once += 1
                most = max(most, at_once)
            with lock:
                at_once -= 1
                done += 1
            mine = line.release()

    def arrive() -> None:
        active = run()
        if line.acquire(active):
            work(active)

    threads = [threading.Thread(target=arrive) for _ in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == 200
    assert most <= 3
    assert line.is_idle


def test_a_watcher_sees_the_last_record_even_when_it_comes_late() -> None:
    active = run()
    active.publish(replace(active.generation, state=State.SUCCEEDED))
    assert [g.state for g in active.watch()] == [State.SUCCEEDED]


def test_every_watcher_is_woken_by_the_end() -> None:
    active, ends = run(), []

    def watch() -> None:
        ends.append(list(active.watch())[-1].state)

    threads = [threading.Thread(target=watch) for _ in range(5)]
    for thread in threads:
        thread.start()
    active.publish(replace(active.generation, state=State.RUNNING))
    active.publish(replace(active.generation, state=State.FAILED))
    for thread in threads:
        thread.join(WAIT_SECONDS)
    assert ends == [State.FAILED] * 5


def test_listener_is_called_for_each_record() -> None:
    """A listener is called after each record until it is removed."""
    active, states = run(), []

    def listen() -> None:
        states.append(active.generation.state)

    active.add_listener(listen)
    active.publish(replace(active.generation, state=State.RUNNING))
    active.publish(replace(active.generation, state=State.SUCCEEDED))
    active.remove_listener(listen)
    active.publish(replace(active.generation, cost=7.0))
    assert states == [State.RUNNING, State.SUCCEEDED]


def test_the_request_is_not_in_the_repr_of_a_run() -> None:
    assert "sesame" not in repr(ActiveRun(run().generation, QueuedRequest({"webhook_secret": "sesame"})))
