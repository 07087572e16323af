"""What was spent, by row and by minute."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from pathlib import Path

import pytest

from flux_playground.generation import Generation, State
from flux_playground.identity import Identity
from flux_playground.storage import usage
from flux_playground.storage.generation_store import GenerationStore

SPENDERS = (Identity("9f2c", "41ab"), Identity("9f2c", "7777"), Identity("aaaa", "41ab"))


def rows(now: float) -> list[Generation]:
    """Paid generations of the last 25 hours, some of unknown cost."""
    chance = random.Random(7)
    return [
        Generation(
            f"{number:032x}",
            "ann",
            now - chance.uniform(0, 90_000),
            "/v1/x",
            "https://api.bfl.ai",
            {},
            state=State.SUCCEEDED,
            cost=chance.choice([None, 4.0, 7.0]),
            spender=chance.choice(SPENDERS),
        )
        for number in range(300)
    ]


@pytest.mark.parametrize("seconds", [3600.0, 86400.0])
@pytest.mark.parametrize("spender", [None, "9f2c", SPENDERS[0]])
def test_minutes_have_the_sums_of_their_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, spender: usage.Spender
) -> None:
    """Spending by the minute is the same as by row, after rows changed and vanished, with reserved images once."""
    store, now = GenerationStore(tmp_path), time.time()
    generations = rows(now)
    for generation in generations:
        store.save(generation)
    store.usage.count(None, now - seconds, now)
    for generation in generations[:60]:
        store.save(replace(generation, cost=9.0, state=State.CANCELLED if generation.cost else State.SUCCEEDED))
    reserved = {"f" * 32: (now, None), generations[-1].id: (generations[-1].created_at, 1.0)}
    single = store.usage.spending_since(spender, now - seconds, now, reserved)
    monkeypatch.setattr(usage, "MAX_SINGLE_ROWS", 0)
    minutes = store.usage.spending_since(spender, now - seconds, now, reserved)
    assert len(minutes) < len(single) or len(single) < 100
    assert minutes == sorted(minutes)
    assert [sum(column) for column in list(zip(*single, strict=True))[1:]] == [
        sum(column) for column in list(zip(*minutes, strict=True))[1:]
    ]
    assert sum(spent.images for spent in single) == store.usage.count(spender, now - seconds, now, reserved)
    store.close()


def test_first_count_uses_the_index(tmp_path: Path) -> None:
    """The first count after a start reads only the rows of the index of spenders."""
    store, queries = GenerationStore(tmp_path), list[str]()
    database = store._reader.connection
    database.set_trace_callback(queries.append)
    store.usage.count(None, 0.0, time.time())
    database.set_trace_callback(None)
    (query,) = queries
    (plan,) = [step[3] for step in database.execute(f"EXPLAIN QUERY PLAN {query}")]
    assert plan == "SEARCH generations USING INDEX generations_by_spender (created_at>?)"
    store.close()
