"""Measures the writes and reads of the two databases in one run: SQLite, and PostgreSQL with its usual settings.

    python benchmarks/bench_stores.py

Both write to the same disk, and each write is on it when the call returns. A generation is written five times, as in a
run: queued, submitting, running, downloading, ready. Two processes with PostgreSQL share one database. A turn writes
one of 200 waiting generations of 50 visitors as submitting; with SQLite the queue is in memory.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from flux_playground.generation import Generation, State  # noqa: E402
from flux_playground.identity import Identity  # noqa: E402
from flux_playground.storage.generation_store import GenerationStore  # noqa: E402
from flux_playground.storage.search_query import Query  # noqa: E402
from tests.postgres_server import running_postgres  # noqa: E402

STATES = (State.QUEUED, State.SUBMITTING, State.RUNNING, State.DOWNLOADING, State.SUCCEEDED)
GENERATIONS = 60
THREADS = 16
WAITING, VISITORS = 200, 50
MAX_RATIO = 40.0  # of the time of a write, PostgreSQL to SQLite


def generation(number: int) -> Generation:
    """A generation with a prompt and some fields."""
    request = {"prompt": f"a fox in the snow, variant {number % 7}", "width": 1024, "height": 768, "seed": number}
    return Generation(f"{number:032x}", "ann", time.time(), "/v1/flux", "https://api.example", request, seed=number)


def write(store: GenerationStore, number: int) -> None:
    """Write a generation in each of its states."""
    one = generation(number)
    for state in STATES:
        store.save(replace(one, state=state))


def milliseconds(call: Callable[[], object], times: int = 30) -> float:
    """The median time of a call."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        found.append(1000 * (time.perf_counter() - started))
    return median(found)


def writes_per_second(store: GenerationStore, first: int, threads: int) -> float:
    """The rows that a number of threads write in a second."""
    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda number: write(store, number), range(first, first + GENERATIONS)))
    return GENERATIONS * len(STATES) / (time.perf_counter() - started)


def milliseconds_of_a_turn(store: GenerationStore) -> float:
    """The median time from a free place to the record of the generation that takes it."""
    waiting = [
        replace(generation(number), account="account", spender=Identity(f"{number % VISITORS}", "browser"))
        for number in range(30_000, 30_000 + WAITING)
    ]
    queue = store.shared_queue(WAITING)
    for each in waiting:
        store.save(each)
        if queue is not None:
            queue.enter(each)
    left = iter(waiting)

    def take() -> None:
        submitting = replace(next(left), state=State.SUBMITTING, started_at=time.time())
        if queue is None:
            store.save(submitting)
        else:
            queue.refresh()
            assert queue.take(submitting)
            queue.leave(submitting)

    return milliseconds(take)


def measure(folder: Path, url: str = "") -> dict[str, float]:
    """The results of one database."""
    with closing(GenerationStore(folder, database_url=url)) as store:
        return {
            "writes per second, one thread": writes_per_second(store, 0, 1),
            f"writes per second, {THREADS} threads": writes_per_second(store, 1_000, THREADS),
            "milliseconds, turn": milliseconds_of_a_turn(store),
            "milliseconds, first page": milliseconds(lambda: store.search.page("ann", Query())),
            "milliseconds, search for a word": milliseconds(lambda: store.search.page("ann", Query("snow"))),
            "milliseconds, allowance": milliseconds(lambda: store.usage.spent(None, time.time() - 3600, time.time())),
        }


def measure_two_processes(folder: Path, url: str) -> float:
    """The rows that two processes write to one database in a second."""
    commands = [[sys.executable, __file__, str(folder), url, str(first)] for first in (10_000, 20_000)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    return sum(float(process.communicate()[0]) for process in processes)


def main() -> int:
    """Print the table; the exit code is 1 when PostgreSQL is too slow."""
    if len(sys.argv) > 1:
        with closing(GenerationStore(Path(sys.argv[1]), database_url=sys.argv[2])) as store:
            print(writes_per_second(store, int(sys.argv[3]), THREADS))
        return 0
    with tempfile.TemporaryDirectory() as name, running_postgres("-c listen_addresses=") as server:
        folder = Path(name)
        sqlite, postgres = measure(folder / "a"), measure(folder / "b", server.url)
        print(f"{'':36} {'SQLite':>10} {'PostgreSQL':>10}")
        for line, value in sqlite.items():
            print(f"{line:36} {value:10.1f} {postgres[line]:10.1f}")
        print(
            f"{'writes per second, two processes':36} {'':10} {measure_two_processes(folder / 'b', server.url):10.1f}"
        )
    line = next(iter(sqlite))
    return 0 if sqlite[line] / postgres[line] < MAX_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
