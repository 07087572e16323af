"""The queue of a key: a maximum at once, the others in order, with a visible position."""

from __future__ import annotations

import threading
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from flux_playground.generation import Generation, State
from flux_playground.identity import UNKNOWN, Identity
from flux_playground.runs.account_queue import AccountQueue
from flux_playground.runs.active_runs import ActiveRun
from flux_playground.runs.queued_request import QueuedRequest
from tests.waiting import WAIT_SECONDS


def run(name: str = "a", identity: Identity = UNKNOWN) -> ActiveRun:
    return ActiveRun(Generation(name, "owner", 0.0, "/v1/flux", "https://api.bfl.ai", {}), identity=identity)


def left(line: AccountQueue) -> list[str]:
    """Everybody who waits, in the order in which their turns come."""
    served = []
    while (active := line.release()) is not None:
        served.append(active.generation.id)
    return served


def test_runs_wait_in_order() -> None:
    """Runs over the limit wait in the order of their arrival."""
    line = AccountQueue(2)
    runs = [run(name) for name in "abcd"]
    assert [line.acquire(active) for active in runs] == [True, True, False, False]
    assert [line.position(active) for active in runs] == [0, 0, 1, 2]
    assert line.release() is runs[2]
    assert line.position(runs[3]) == 1
    assert line.release() is runs[3]


def test_tasks_in_flight_do_not_wait() -> None:
    """A task that is in flight starts beyond the limit, and its place is not given to another run."""
    queue = AccountQueue(1)
    assert queue.acquire(run("a"))
    assert not queue.acquire(run("b"))
    assert queue.acquire(run("c"), is_in_flight=True)
    assert queue.release() is None
    following = queue.release()
    assert following is not None
    assert following.generation.id == "b"
    assert queue.release() is None
    assert queue.is_idle


def test_idle_queue() -> None:
    """A queue is idle once its last run has ended."""
    line = AccountQueue(2)
    assert line.is_idle
    line.acquire(run())
    line.acquire(run())
    assert line.release() is None
    assert not line.is_idle
    assert line.release() is None
    assert line.is_idle


def test_cancel() -> None:
    """A waiting run can be canceled, a started one cannot."""
    line = AccountQueue(1)
    first, second, third = run("a"), run("b"), run("c")
    for active in (first, second, third):
        line.acquire(active)
    assert line.cancel(second)
    assert not line.cancel(second)
    assert not line.cancel(first)
    assert line.release() is third


def test_visitors_take_turns() -> None:
    """A visitor with fifty waiting runs gets no more turns than one with a single run."""
    line = AccountQueue(1)
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
def test_positions(identities: list[Identity], served: int) -> None:
    """The positions of waiting runs are the order of their turns."""
    line = AccountQueue(1)
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
def test_cancel_moves_nobody_back(identities: list[Identity], out: int) -> None:
    """A canceled run moves no other run back."""
    line = AccountQueue(1)
    line.acquire(run("first"))
    runs = [run(str(number), identity) for number, identity in enumerate(identities)]
    for active in runs:
        line.acquire(active)
    before = {active.generation.id: line.position(active) for active in runs}
    if out < len(runs):
        assert line.cancel(runs[out])
        assert all(line.position(active) <= before[active.generation.id] for active in runs)
    assert len(left(line)) == len(runs) - (out < len(runs))


def test_limit_holds_for_threads() -> None:
    """200 threads never start more runs at once than the limit."""
    line, lock = AccountQueue(3), threading.Lock()
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


def test_late_watcher() -> None:
    """A watcher that comes late gets the last record."""
    active = run()
    active.publish(replace(active.generation, state=State.SUCCEEDED))
    assert [g.state for g in active.watch()] == [State.SUCCEEDED]


def test_watchers_get_the_end() -> None:
    """Each watcher gets the end of a run."""
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


def test_repr_has_no_request() -> None:
    """The repr of a run does not contain its request."""
    assert "sesame" not in repr(ActiveRun(run().generation, QueuedRequest({"webhook_secret": "sesame"})))
