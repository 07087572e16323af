"""What visitors spent: counts, credits, reservations."""

from __future__ import annotations

import random
import sqlite3
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flux_playground.generation import Generation, State
from flux_playground.identity import Identity
from flux_playground.storage.generation_store import GenerationStore
from flux_playground.storage.spending import PaidImage, Spender, Spending
from flux_playground.storage.usage import WINDOW_SECONDS

VISITORS = (Identity("9f2c", "41ab"), Identity("9f2c", "7777"), Identity("aaaa", "41ab"))
SPENDERS = (*VISITORS, "9f2c", "aaaa", None)
NOW = time.time()


def generation(number: int, **values: Any) -> Generation:
    """A generation that a visitor made with the owner's money."""
    values = {"created_at": NOW - 10, "state": State.SUCCEEDED, "spender": VISITORS[0], **values}
    return Generation(f"{number:032x}", "ann", endpoint="/v1/x", server="https://api.bfl.ai", request={}, **values)


def images_of(generations: list[Generation], spender: Spender, since: float) -> list[Generation]:
    """The generations that count for a spender, oldest first."""
    return [
        each
        for each in sorted(generations, key=lambda each: each.created_at)
        if each.spender is not None
        and spender in (each.spender, each.spender.address, None)
        and since < each.created_at
        and each.state is not State.CANCELLED
    ]


@pytest.mark.parametrize("seconds", [20_000.0, 86_400.0])
def test_spent_is_the_sum_of_the_rows(store: GenerationStore, seconds: float) -> None:
    """Counts and credits are those of the rows, after rows were added, changed, cancelled and reserved."""
    chance, since = random.Random(7), NOW - seconds
    generations = [
        generation(
            number,
            created_at=NOW - chance.uniform(0, 90_000),
            cost=chance.choice([None, 4.0, 7.0]),
            spender=chance.choice([*VISITORS, None]),
        )
        for number in range(200)
    ]
    for each in generations:
        store.save(each)
    for place in range(0, 120, 2):
        store.usage.spent(None, since, NOW, price=1.0)
        state = State.CANCELLED if generations[place].cost else State.SUCCEEDED
        generations[place] = store.save(replace(generations[place], cost=9.0, state=state))
    reserved = generation(200, spender=VISITORS[1])
    store.usage.reserve(reserved)
    for spender in SPENDERS:
        images = images_of([*generations, reserved], spender, since)
        costs = [10.0 if image.cost is None else image.cost for image in images]
        assert store.usage.spent(spender, since, NOW) == len(images)
        assert store.usage.spent(spender, since, NOW, price=10.0) == pytest.approx(sum(costs))
        assert store.usage.last_excess(spender, since, NOW, None, len(images) - 3) == images[2].created_at
        assert store.usage.last_excess(spender, since, NOW, 10.0, sum(costs[3:])) == images[2].created_at
        assert store.usage.last_excess(spender, since, NOW, None, len(images)) == since
        assert store.usage.last_excess(spender, since, NOW, None, -1) > NOW


@pytest.mark.parametrize("is_counted_before", [False, True])
@pytest.mark.parametrize(("saved", "images"), [(None, 0), (State.QUEUED, 1), (State.CANCELLED, 0)])
def test_reserved_image_counts_once(
    store: GenerationStore, saved: State | None, images: int, is_counted_before: bool
) -> None:
    """A reserved image counts once, and after its release only if it was stored and may be charged."""
    reserved = generation(1, state=State.QUEUED)
    store.usage.reserve(reserved)
    assert store.usage.spent(None, NOW - 60, NOW) == 1
    if saved:
        store.save(replace(reserved, state=saved))
    if is_counted_before:
        assert store.usage.spent(None, NOW - 60, NOW) == (images if saved else 1)
    store.usage.release(reserved)
    assert store.usage.spent(None, NOW - 60, NOW) == images


def test_old_images_are_forgotten(store: GenerationStore) -> None:
    """Images older than a day leave memory, and their spenders with them."""
    for number, visitor in enumerate(VISITORS):
        store.save(generation(number, created_at=NOW - number * 10_000, spender=visitor))
    assert store.usage.spent(None, 0.0, NOW) == 3
    later = NOW + WINDOW_SECONDS - 5_000
    assert store.usage.spent(None, 0.0, later) == 1
    assert set(store.usage._spending) == {VISITORS[0], "9f2c", None}
    assert len(store.usage._images) == 1


@given(st.lists(st.tuples(st.sampled_from(["add", "remove", "expire", "ask"]), st.integers(0, 20)), max_size=40))
@example([("add", 1), ("add", 2), ("expire", 1), ("ask", 0), ("add", 4), ("expire", 2), ("ask", 0)])
@example([("add", 1), ("ask", 0), ("add", 2), ("add", 4), ("expire", 3), ("ask", 0), ("add", 5), ("ask", 0)])
@example([("add", 1), ("add", 5), ("ask", 0), ("remove", 0), ("ask", 0), ("add", 2), ("ask", 0)])
def test_running_totals(operations: list[tuple[str, int]]) -> None:
    """The credits are those of the images, in whatever order images come and go."""
    spending, images = Spending(), list[PaidImage]()
    for number, (operation, value) in enumerate(operations):
        if operation == "add":
            images.append(PaidImage(value, str(number), VISITORS[0], None if value % 3 == 0 else value))
            spending.add(images[-1])
        elif operation == "remove" and images:
            spending.remove(images.pop(value % len(images)))
        elif operation == "expire":
            assert spending.remove_until(value) == sorted(image for image in images if image.created_at <= value)
            images = [image for image in images if image.created_at > value]
        else:
            costs = [100.0 if image.cost is None else image.cost for image in images if value < image.created_at]
            assert spending.amount(value, 99, price=100.0) == sum(costs)
            assert spending.amount(value, 99) == len(costs)


def test_load_uses_the_index(tmp_path: Path) -> None:
    """The read at the start touches only the rows of the last day that have a spender."""
    queries: list[str] = []
    store = GenerationStore(tmp_path)
    database = store._reader.connection
    assert isinstance(database, sqlite3.Connection)
    database.set_trace_callback(queries.append)
    store.usage.load()
    database.set_trace_callback(None)
    (query,) = queries
    (plan,) = [step[3] for step in database.execute(f"EXPLAIN QUERY PLAN {query}")]
    assert plan == "SEARCH generations USING INDEX generations_by_spender (created_at>?)"
    store.close()
