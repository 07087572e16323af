"""Measures the search of the store with 1,000, 10,000 and 100,000 generations of one owner.

    python benchmarks/bench_gallery.py [--postgres] [rows ...]

The generations are written as an older version wrote them, so that the start has to index all of them; with
`--postgres` into a PostgreSQL server with its usual settings. Times are milliseconds. The memory is what the process
grew by from the first query to the last one. A save is measured with and without the index, in turns; the start with
all generations and with none.
"""

from __future__ import annotations

import os
import random
import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path, PurePosixPath
from statistics import median, quantiles
from unittest.mock import patch

import psycopg

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from flux_playground.generation import Generation, State  # noqa: E402
from flux_playground.storage import row_writer  # noqa: E402
from flux_playground.storage.generation_store import GenerationStore  # noqa: E402
from flux_playground.storage.rows import to_row  # noqa: E402
from flux_playground.storage.search_query import FieldChoice, FieldRange, Query  # noqa: E402
from flux_playground.storage.sqlite_migrations import MIGRATIONS  # noqa: E402
from tests.postgres_server import running_postgres  # noqa: E402

ROWS = (1_000, 10_000, 100_000)
REPEATS = 40
MAX_P95_MILLISECONDS = 50.0
OWNER, SMALL_OWNER = "owner", "visitor"
YEAR_SECONDS = 31_536_000
COMMON = re.findall(
    r"\w+",
    "a the of in on with at and light portrait photograph detailed cinematic soft golden background style color view"
    " woman man city mountain forest sea sky night morning street old young red blue green black white wooden",
)
SYLLABLES = [consonant + vowel for consonant in "bcdfghklmnpqrst" for vowel in "aei"]


def vocabulary() -> list[str]:
    """12,000 words, most common first."""
    chance = random.Random(1)
    rare = {"".join(chance.choices(SYLLABLES, k=chance.randint(2, 5))) for _ in range(20_000)}
    return [*COMMON, *sorted(rare)[:12_000]]


def prompts(count: int) -> Iterator[str]:
    """Prompts of 8 to 60 words, most of them used several times in a row, as in a sweep."""
    chance, words = random.Random(2), vocabulary()
    prompt, left = "", 0
    for number in range(count):
        if left == 0:
            places = (int(chance.paretovariate(0.55)) - 1 for _ in range(chance.randint(8, 60)))
            prompt = " ".join(words[place] if place < len(words) else chance.choice(words) for place in places)
            prompt += " 山水画,远山" if number % 50 == 0 else ""
            left = chance.choice([1, 1, 2, 4, 12])
        left -= 1
        yield prompt


def generations(count: int) -> Iterator[Generation]:
    """The generations of a year with eight fields; one in 500 belongs to another visitor."""
    chance, now = random.Random(3), time.time()
    for number, prompt in enumerate(prompts(count)):
        request = {
            "prompt": prompt,
            "seed": chance.randrange(2**32),
            "finetune_id": f"finetune-{chance.randrange(20)}",
            "finetune_strength": round(chance.uniform(0, 2), 2),
            "steps": chance.choice([20, 28, 40, 50]),
            "guidance": round(chance.uniform(1.5, 5), 1),
            "aspect_ratio": chance.choice(["1:1", "16:9", "9:16", "4:3"]),
            "raw": chance.random() < 0.2,
        }
        yield Generation(
            id=f"{chance.getrandbits(128):032x}",
            owner=SMALL_OWNER if number % 500 == 0 else OWNER,
            created_at=now - YEAR_SECONDS * (1 - number / count),
            endpoint=chance.choice(["/v1/flux-pro-1.1-ultra-finetuned", "/v1/flux-dev"]),
            server="https://api.example",
            request=request,
            seed=int(str(request["seed"])),
            state=State.FAILED if chance.random() < 0.02 else State.SUCCEEDED,
            image=PurePosixPath("images/x.jpg"),
        )


def fill(folder: Path, rows: int) -> None:
    """Write a journal of the version before the search."""
    before = [migration.name for migration in MIGRATIONS].index("add_gallery")
    folder.mkdir()
    with closing(sqlite3.connect(folder / "journal.sqlite")) as database, database:
        script = "; ".join(migration.sql for migration in MIGRATIONS[:before])
        database.executescript(f"{script}; PRAGMA user_version = {before};")
        names = {name for _, name, *_ in database.execute("PRAGMA table_info(generations)")}
        written = [{k: v for k, v in to_row(one).items() if k in names} for one in generations(rows)]
        columns, marks = ", ".join(written[0]), ", ".join("?" * len(written[0]))
        query = f"INSERT INTO generations ({columns}) VALUES ({marks})"
        database.executemany(query, [list(row.values()) for row in written])


def fill_postgres(folder: Path, url: str, rows: int) -> None:
    """Write the generations into an empty database, none of them indexed."""
    GenerationStore(folder, database_url=url).close()
    with closing(psycopg.connect(url)) as database, database.transaction():
        names = list(to_row(next(generations(1))))
        columns = f"COPY generations ({', '.join(names)}, holder) FROM STDIN"
        with database.cursor().copy(columns.encode()) as copied:
            for one in generations(rows):
                copied.write_row((*to_row(one).values(), 0))
        database.execute("INSERT INTO unindexed (id) SELECT id FROM generations ORDER BY created_at")


def database_bytes(folder: Path, url: str) -> int:
    """The size of the database."""
    if not url:
        return (folder / "journal.sqlite").stat().st_size
    with closing(psycopg.connect(url, autocommit=True)) as database:
        database.execute("VACUUM ANALYZE")  # as the server does after some minutes
        row = database.execute("SELECT pg_database_size(current_database())").fetchone()
    return int(row[0]) if row else 0


def milliseconds(call: Callable[[], object]) -> float:
    """The time of a call."""
    started = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - started)


def memory_megabytes() -> float:
    """The resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * 4096 / 1e6


def annotate(store: GenerationStore, rows: int) -> None:
    """Rate a tenth of the images, star and tag some."""
    chance = random.Random(4)
    entries = store.search.page(OWNER, Query(), limit=500).entries
    cursor = store.search.page(OWNER, Query(), limit=500).next
    while cursor and len(entries) < rows / 10:
        page = store.search.page(OWNER, Query(), cursor, limit=500)
        entries, cursor = (*entries, *page.entries), page.next
    by_rating: dict[int, list[str]] = {}
    for entry in entries:
        by_rating.setdefault(chance.randint(1, 5), []).append(entry.generation.id)
    for rating, ids in by_rating.items():
        store.annotations.update(OWNER, ids, rating=rating, starred=rating == 5, add_tags=[f"tag {rating}", "all"])


def deep_cursor(store: GenerationStore, query: Query, pages: int = 500) -> str:
    """The cursor after up to 500 pages of 60."""
    cursor = ""
    for _ in range(pages * 60 // 480):
        cursor = store.search.page(OWNER, query, cursor, limit=480).next or cursor
    return cursor


def cases(store: GenerationStore) -> dict[str, Callable[[], object]]:
    """The measured calls by name."""
    chance, words, search = random.Random(5), vocabulary(), store.search
    letters = "abcdefghilmnop"

    def page(query: Query, after: str = "") -> None:
        search.page(OWNER, query, after)

    deep, deep_words, deep_field = (
        (query, deep_cursor(store, query)) for query in (Query(), Query("the"), Query(sort="guidance"))
    )
    strength = {"finetune_strength": FieldRange(0.5, 0.7)}
    two = {**strength, "guidance": FieldRange(2, 2.5)}
    wide = {"guidance": FieldRange(1.5, 5)}
    choice = {"finetune_id": FieldChoice(("finetune-3", "finetune-4")), "raw": FieldChoice((True,))}
    middle = search.page(OWNER, *deep).entries or search.page(OWNER, Query()).entries
    return {
        "first page": lambda: page(Query()),
        "search: common word": lambda: page(Query(chance.choice(COMMON))),
        "search: rare word": lambda: page(Query(chance.choice(words[-3000:]))),
        "search: three words": lambda: page(Query(" ".join(chance.sample(COMMON, 3)))),
        "search: 1 letter": lambda: page(Query(chance.choice(letters))),
        "search: 2 letters": lambda: page(Query(chance.choice(SYLLABLES))),
        "search: 3 letters": lambda: page(Query(chance.choice(words[-3000:])[:3])),
        "search: 4 letters": lambda: page(Query(chance.choice(words[-3000:])[:4])),
        "search: letter and common word": lambda: page(Query(f"the {chance.choice(letters)}")),
        "search: Chinese": lambda: page(Query("山水")),
        "search: nothing found": lambda: page(Query("zzzyx")),
        "search: two words, nothing found": lambda: page(Query("the of zzzyx")),
        "search: 10,000 characters": lambda: page(Query("the of in " * 1000)),
        "search: a visitor with few": lambda: search.page(SMALL_OWNER, Query("the p")),
        "filter: range": lambda: page(Query(fields=strength)),
        "filter: range of all": lambda: page(Query(fields=wide)),
        "filter: range, nothing found": lambda: page(Query(fields={"guidance": FieldRange(9, 10)})),
        "filter: two ranges": lambda: page(Query(fields=two)),
        "filter: choices": lambda: page(Query(fields=choice)),
        "filter: failed": lambda: page(Query(states=(State.FAILED,))),
        "filter: rating, star, tag": lambda: page(Query(min_rating=3, starred=True, tags=("all",))),
        "filter: range and word": lambda: page(Query("portrait", fields=strength)),
        "sort: oldest": lambda: page(Query(sort="oldest")),
        "sort: field": lambda: page(Query(sort="finetune_strength")),
        "sort: seed, descending": lambda: page(Query(sort="seed", descending=True)),
        "sort: rating": lambda: page(Query(sort="rating")),
        "sort: field, common word": lambda: page(Query("portrait", sort="guidance")),
        "sort: field, most common word": lambda: page(Query("a", sort="guidance")),
        "sort: field, rare word": lambda: page(Query(chance.choice(words[-3000:]), sort="guidance")),
        "sort: rating, common word": lambda: page(Query("portrait", sort="rating")),
        "page 500": lambda: page(*deep),
        "page 500: common word": lambda: page(*deep_words),
        "page 500: sorted by field": lambda: page(*deep_field),
        "count: all": lambda: search.count(OWNER, Query()),
        "count: common word": lambda: search.count(OWNER, Query("the")),
        "count: range": lambda: search.count(OWNER, Query(fields=strength)),
        "count: range of all": lambda: search.count(OWNER, Query(fields=wide)),
        "count: 1 letter": lambda: search.count(OWNER, Query(chance.choice(letters))),
        "neighbors": lambda: search.neighbors(OWNER, Query(), chance.choice(middle).generation.id),
        "neighbors: sorted, common word": lambda: search.neighbors(
            OWNER, Query("portrait", sort="guidance"), chance.choice(middle).generation.id
        ),
        "values of a field": lambda: search.values(OWNER, chance.choice(["guidance", "aspect_ratio", "seed"])),
        "tags": lambda: store.annotations.tags(OWNER),
        "prompts": lambda: search.prompts(OWNER),
        "prompts: common word": lambda: search.prompts(OWNER, "the"),
        "prompts: 1 letter": lambda: search.prompts(OWNER, chance.choice(letters)),
        "history strip": lambda: store.recent(OWNER),
    }


def saves(store: GenerationStore) -> dict[str, float]:
    """The median times of a save with and without the index: the first record of a generation, and a later one."""
    times: dict[str, list[float]] = {}
    for number, one in enumerate(generations(200)):
        queued = replace(one, id=f"{number:032x}", state=State.QUEUED, image=None, created_at=time.time())
        for name, record in (("first", queued), ("later", replace(queued, state=State.RUNNING))):
            if number % 2:
                with patch.object(row_writer, "index_row", lambda *_: None):
                    times.setdefault(f"{name}, no index", []).append(milliseconds(lambda r=record: store.save(r)))  # type: ignore[misc]
            else:
                times.setdefault(name, []).append(milliseconds(lambda r=record: store.save(r)))  # type: ignore[misc]
    return {name: median(values) for name, values in times.items()}


def measure(rows: int, *, postgres: bool) -> float:
    """Print the times for a number of generations; return the slowest p95."""
    server = running_postgres("-c listen_addresses=") if postgres else nullcontext()
    with tempfile.TemporaryDirectory() as name, server as running:
        folder, url = Path(name) / "full", running.url if running else ""
        if url:
            fill_postgres(folder, url, rows)
        else:
            fill(folder, rows)
        size = database_bytes(folder, url)
        started = time.perf_counter()
        store = GenerationStore(folder, database_url=url)
        opened = time.perf_counter() - started
        store.backlog.wait()
        indexed = time.perf_counter() - started
        annotate(store, rows)
        store.close()
        full_size = database_bytes(folder, url)
        print(f"\n{rows:,} generations; load {os.getloadavg()[0]:.1f} of {os.cpu_count()} processors")
        print(f"  database {size / 1e6:.1f} MB, with index {full_size / 1e6:.1f} MB, ratio {full_size / size:.2f}")
        print(f"  start that indexes: open after {opened:.2f} s, all indexed after {indexed:.1f} s")
        if not url:
            measure_start(folder, Path(name) / "empty")
        store = GenerationStore(folder, database_url=url)
        worst = measure_cases(store)
        measure_saves(store)
        store.close()
        return worst


def measure_start(folder: Path, empty: Path) -> None:
    """Print the time of a start, compared with one of an empty journal."""
    GenerationStore(empty).close()
    starts: dict[Path, list[float]] = {folder: [], empty: []}
    for path in (folder, empty) * 5:
        starts[path].append(milliseconds(lambda path=path: GenerationStore(path).close()))  # type: ignore[misc]
    print(f"  start / start of an empty journal: {median(starts[folder]) / median(starts[empty]):.2f}")


def measure_cases(store: GenerationStore) -> float:
    """Print the times of all calls; return the slowest p95."""
    print("  p50, p95 and p95 of this process's CPU time in milliseconds")
    worst = 0.0
    before = 0.0
    for label, call in cases(store).items():
        call()
        before = before or memory_megabytes()
        times, cpu = [], []
        for _ in range(REPEATS):
            started = time.thread_time()
            times.append(milliseconds(call))
            cpu.append(1000 * (time.thread_time() - started))
        slowest = quantiles(times, n=20)[-1]
        worst = max(worst, slowest)
        mark = "  too slow" if slowest > MAX_P95_MILLISECONDS else ""
        print(f"  {label:36}{median(times):9.2f}{slowest:9.2f}{quantiles(cpu, n=20)[-1]:9.2f}{mark}", flush=True)
    print(f"  memory grew by {memory_megabytes() - before:.1f} MB; load {os.getloadavg()[0]:.1f}")
    return worst


def measure_saves(store: GenerationStore) -> None:
    """Print what the index costs a save."""
    found = saves(store)
    for record in ("first", "later"):
        with_index, without = found[record], found[f"{record}, no index"]
        print(f"  save of the {record} record: {with_index:.2f} ms, without index {without:.2f} ms,", end="")
        print(f" ratio {with_index / without:.2f}")


def main() -> int:
    """Print all times; the exit code is 1 when one p95 is above the limit."""
    arguments = sys.argv[1:]
    postgres = "--postgres" in arguments
    rows = [int(text) for text in arguments if text != "--postgres"] or ROWS
    return 1 if max(measure(number, postgres=postgres) for number in rows) > MAX_P95_MILLISECONDS else 0


if __name__ == "__main__":
    sys.exit(main())
