"""The line before a key: so many at once, the others in the order they came, each of them visible."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_playground.errors import Busy
from flux_playground.generation import Generation, State
from flux_playground.runs.fair_queue import EACH, HOUSEHOLD, MOST, Line, Run, room


def run(name: str = "a", mark: str = "") -> Run:
    return Run(Generation(name, "owner", 0.0, "/v1/flux", "https://api.bfl.ai", {}), {}, mark)


def left(line: Line) -> list[str]:
    """Everybody who waits, in the order in which their turns come."""
    served = []
    while (one := line.leave()) is not None:
        served.append(one.generation.id)
    return served


def test_what_is_over_the_limit_waits_in_the_order_it_came() -> None:
    line = Line(2)
    runs = [run(name) for name in "abcd"]
    assert [line.enter(one) for one in runs] == [True, True, False, False]
    assert [line.place(one) for one in runs] == [0, 0, 1, 2]
    assert line.leave() is runs[2]
    assert line.place(runs[3]) == 1
    assert line.leave() is runs[3]


def test_the_line_is_idle_when_all_have_left() -> None:
    line = Line(2)
    assert line.idle
    line.enter(run())
    line.enter(run())
    assert line.leave() is None
    assert not line.idle
    assert line.leave() is None
    assert line.idle


def test_one_that_waits_can_be_taken_out_and_one_that_travels_cannot() -> None:
    line = Line(1)
    first, second, third = run("a"), run("b"), run("c")
    for one in (first, second, third):
        line.enter(one)
    assert line.withdraw(second)
    assert not line.withdraw(second)
    assert not line.withdraw(first)
    assert line.leave() is third


def test_whoever_has_fifty_waiting_gets_no_more_turns_than_whoever_has_one() -> None:
    line = Line(1)
    line.enter(run("first"))
    for number in range(50):
        line.enter(run(f"a{number}", "1.a"))
    line.enter(run("b", "2.b"))
    line.enter(run("c", "3.c"))
    assert left(line)[:5] == ["a0", "b", "c", "a1", "a2"]


@given(st.lists(st.sampled_from(["1.a", "2.b", "3.c", "4.d"]), max_size=30), st.integers(0, 30))
def test_the_place_in_the_line_is_the_turn_that_comes(marks: list[str], served: int) -> None:
    line = Line(1)
    line.enter(run("first"))
    runs = [run(str(number), mark) for number, mark in enumerate(marks)]
    for one in runs:
        line.enter(one)
    for _ in range(min(served, len(runs))):
        line.leave()
    places = {line.place(one): one.generation.id for one in runs if line.place(one)}
    assert len(line) == len(places)
    assert [places[place] for place in range(1, len(places) + 1)] == left(line)


@given(st.lists(st.sampled_from(["1.a", "2.b", "3.c"]), max_size=12), st.integers(0, 11))
def test_one_that_is_taken_out_moves_nobody_back(marks: list[str], out: int) -> None:
    line = Line(1)
    line.enter(run("first"))
    runs = [run(str(number), mark) for number, mark in enumerate(marks)]
    for one in runs:
        line.enter(one)
    before = {one.generation.id: line.place(one) for one in runs}
    if out < len(runs):
        assert line.withdraw(runs[out])
        assert all(line.place(one) <= before[one.generation.id] for one in runs)
    assert len(left(line)) == len(runs) - (out < len(runs))


def test_nobody_and_no_address_can_fill_the_line() -> None:
    mine = [run(str(number), "1.a") for number in range(EACH)]
    with pytest.raises(Busy, match=f"{EACH} of your images"):
        room(mine, "1.a")
    room(mine, "1.b")
    household = [run(str(number), f"1.{number}") for number in range(HOUSEHOLD)]
    with pytest.raises(Busy, match="your address"):
        room(household, "1.fresh")
    room(household, "11.a")
    crowd = [run(str(number), f"{number}.a") for number in range(MOST)]
    with pytest.raises(Busy, match=f"{MOST} images"):
        room(crowd, "fresh.a")


def test_no_more_than_the_limit_travel_when_many_threads_enter_and_leave() -> None:
    line, lock = Line(3), threading.Lock()
    at_once, most, done = 0, 0, 0

    def work(mine: Run | None) -> None:
        nonlocal at_once, most, done
        while mine is not None:
            with lock:
                at_once += 1
                most = max(most, at_once)
            with lock:
                at_once -= 1
                done += 1
            mine = line.leave()

    def arrive() -> None:
        one = run()
        if line.enter(one):
            work(one)

    threads = [threading.Thread(target=arrive) for _ in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == 200
    assert most <= 3
    assert line.idle


def test_a_watcher_sees_the_last_record_even_when_it_comes_late() -> None:
    one = run()
    one.report(replace(one.generation, state=State.READY))
    assert [g.state for g in one.watch()] == [State.READY]


def test_every_watcher_is_woken_by_the_end() -> None:
    one, ends = run(), []

    def watch() -> None:
        ends.append(list(one.watch())[-1].state)

    threads = [threading.Thread(target=watch) for _ in range(5)]
    for thread in threads:
        thread.start()
    one.report(replace(one.generation, state=State.RUNNING))
    one.report(replace(one.generation, state=State.FAILED))
    for thread in threads:
        thread.join(timeout=5)
    assert ends == [State.FAILED] * 5


def test_whoever_must_not_block_is_told_of_the_end_once_and_of_nothing_before() -> None:
    one, rings = run(), []
    one.at_the_end(lambda: rings.append("early"))
    one.report(replace(one.generation, state=State.RUNNING))
    assert rings == []
    one.report(replace(one.generation, state=State.READY))
    one.at_the_end(lambda: rings.append("late"))
    one.report(replace(one.generation, cost=7.0))
    assert rings == ["early", "late"]


def test_the_request_is_not_in_the_repr_of_a_run() -> None:
    assert "sesame" not in repr(Run(run().generation, {"webhook_secret": "sesame"}))
