"""The line before a key: so many at once, the others in the order they came, each of them visible."""

from __future__ import annotations

import threading
from dataclasses import replace

from flux_playground.generation import Generation, State
from flux_playground.line import Line, Run


def run(name: str = "a") -> Run:
    return Run(Generation(name, "owner", 0.0, "/v1/flux", "https://api.bfl.ai", {}), {})


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


def test_the_request_is_not_in_the_repr_of_a_run() -> None:
    assert "sesame" not in repr(Run(run().generation, {"webhook_secret": "sesame"}))
