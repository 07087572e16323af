"""Measures the allowance check of a press with 1,000 and with 100,000 generations of one day in the store.

    python benchmarks/bench_allowance.py

Allowed presses are written to the store, so the next check reads them. Refused presses are over the budget of all
visitors together. The day's generations are read once at each start of the program.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from flux_playground.access.quota import Quota  # noqa: E402
from flux_playground.errors import QuotaExceeded  # noqa: E402
from flux_playground.generation import Generation, State  # noqa: E402
from flux_playground.identity import Identity  # noqa: E402
from flux_playground.rate_limits import Allowance  # noqa: E402
from flux_playground.storage.generation_store import GenerationStore  # noqa: E402
from flux_playground.storage.rows import to_row  # noqa: E402

ROWS = (1_000, 100_000)
PRESSES = 50
VISITORS = 500
MAX_CHECK_MILLISECONDS = 20.0


def generation(number: int, created_at: float) -> Generation:
    """A generation that the owner paid for."""
    visitor = number % VISITORS
    return Generation(
        id=f"{number:032x}",
        owner=f"visitor-{visitor}",
        created_at=created_at,
        endpoint="/v1/flux",
        server="https://api.example",
        request={"prompt": "a mill", "seed": number},
        state=State.SUCCEEDED,
        cost=6.0,
        spender=Identity(f"{visitor:016x}", f"{visitor:08x}"),
    )


def fill(folder: Path, rows: int) -> None:
    """Write the generations of the last 20 hours."""
    GenerationStore(folder).close()
    now = time.time()
    written = [to_row(generation(number, now - 72_000 * (1 - number / rows))) for number in range(rows)]
    with closing(sqlite3.connect(folder / "journal.sqlite")) as database, database:
        columns, marks = ", ".join(written[0]), ", ".join("?" * len(written[0]))
        query = f"INSERT INTO generations ({columns}) VALUES ({marks})"
        database.executemany(query, [list(row.values()) for row in written])


def milliseconds(call: Callable[[], object]) -> float:
    """The time of a call."""
    started = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - started)


def _price(_: Generation) -> float:
    return 6.0


def measure(rows: int) -> dict[str, float]:
    """The times of checks in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), rows)
        store = GenerationStore(Path(folder))
        generous = Quota(
            store.usage, Allowance.read("900/day, 90000 credits/day"), Allowance.read("900000/day"), _price
        )
        spent = Quota(
            store.usage, Allowance.read("900/day"), Allowance.read(f"{rows}/day, {rows * 6} credits/day"), _price
        )
        times: dict[str, float] = {}
        times["load at the start"] = milliseconds(store.usage.load)
        times["first check"] = milliseconds(lambda: generous.check(generation(0, time.time())))
        allowed, refused = [], []
        for number in range(rows, rows + PRESSES):
            press = generation(number, time.time())
            allowed.append(milliseconds(lambda press=press: generous.check(press)))  # type: ignore[misc]
            store.save(press)
            refused.append(milliseconds(lambda press=press: refuse(spent, press)))  # type: ignore[misc]
        times |= {"allowed press, median": median(allowed), "allowed press, slowest": max(allowed)}
        times |= {"refused press, median": median(refused), "refused press, slowest": max(refused)}
        store.close()
        return times


def refuse(quota: Quota, press: Generation) -> None:
    """Check a press that must be refused."""
    try:
        quota.check(press)
    except QuotaExceeded:
        return
    raise AssertionError("the press was allowed")


def main() -> int:
    """Print the times and their ratio; the exit code is 1 when a press takes too long."""
    few, many = (measure(rows) for rows in ROWS)
    print(f"{'milliseconds':28}{ROWS[0]:>12,}{ROWS[1]:>12,}{'ratio':>9}")
    for name in few:
        print(f"{name:28}{few[name]:12.2f}{many[name]:12.2f}{many[name] / few[name]:9.1f}")
    slow = max(many["allowed press, median"], many["refused press, median"]) > MAX_CHECK_MILLISECONDS
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
