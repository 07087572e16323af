"""The journal: what is written is there after a restart, whole, and nothing secret or double."""

from __future__ import annotations

import hashlib
import io
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from flux_playground import reproduce
from flux_playground.errors import ContentModerated, InvalidImage
from flux_playground.generation import UNFINISHED, Generation, State
from flux_playground.identity import UNKNOWN, Identity
from flux_playground.storage.blob_store import IMAGES, THUMBNAILS
from flux_playground.storage.generation_store import GenerationStore
from flux_playground.storage.rows import to_row
from flux_playground.storage.sqlite_migrations import MIGRATIONS
from tests.storage.conftest import OpenStore
from tests.stored_files import IN_BOTH


def generation(number: int = 1, **values: object) -> Generation:
    plain = Generation(
        id=f"{number:032x}",
        owner="owner",
        created_at=1000.0 + number,
        endpoint="/v1/flux",
        server="https://api.bfl.ai",
        request={"prompt": "a fox 🦊", "seed": 2**64 - 1},
        seed=2**64 - 1,
    )
    return replace(plain, **values)  # type: ignore[arg-type]


def jpeg(width: int = 64, height: int = 48) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, "JPEG")
    return file.getvalue()


def test_records_survive_a_restart(tmp_path: Path, open_store: OpenStore) -> None:
    """A record with its error, costs and times is equal after the store is opened again."""
    first = open_store(tmp_path)
    error = ContentModerated("Withheld.", detail="said the API", task_id="t")
    billed: dict[str, Any] = {"cost": 7.000000000000001, "submit_cost": 6.0, "input_mp": 1.5, "output_mp": 4.0}
    timed: dict[str, Any] = {"reported_seconds": 6.5, "link_expires_at": 2e9}
    written = first.save(generation(state=State.FAILED, error=error, task_id="t", **billed, **timed))
    first.close()
    second = open_store(tmp_path)
    read = second.get(written.id)
    second.close()
    assert read is not None
    assert read.error is not None
    assert read.error.as_dict() == error.as_dict()
    assert replace(read, error=None) == replace(written, error=None)
    assert read.secret == written.secret


@pytest.mark.parametrize("seed", [0, -1, 2**53 + 1, 2**64 - 1, 10**300, None])
def test_seed_is_exact(store: GenerationStore, seed: int | None) -> None:
    """A seed beyond 64 bits is stored without rounding."""
    store.save(generation(seed=seed, request={"seed": seed}))
    read = store.get(generation().id)
    assert read is not None
    assert read.seed == seed
    assert read.request == {"seed": seed}


def test_record_is_replaced(store: GenerationStore) -> None:
    """A later record of the same id replaces the earlier one."""
    store.save(generation())
    store.save(generation(state=State.RUNNING, task_id="t"))
    assert [g.state for g in store.recent("owner")] == [State.RUNNING]


def test_recent_is_per_owner_newest_first(store: GenerationStore) -> None:
    """`recent` gives the newest records of one owner."""
    for number in (1, 3, 2):
        store.save(generation(number))
    store.save(generation(4, owner="somebody else"))
    assert [g.created_at for g in store.recent("owner", limit=2)] == [1003.0, 1002.0]


def test_take_over_finds_unfinished(store: GenerationStore) -> None:
    """`take_over` gives the ids of all records that are not finished."""
    for number, state in enumerate(State):
        store.save(generation(number, state=state))
    unfinished = [store.get(generation_id) for generation_id in store.take_over()]
    assert [one.state for one in unfinished if one] == list(UNFINISHED)


@IN_BOTH
def test_delivered_bytes_are_stored_unchanged(store: GenerationStore) -> None:
    """The delivered bytes are stored unchanged and found by their hash, by their owner only."""
    data = jpeg(80, 60)
    kept = store.save(store.save_image(generation(state=State.SUCCEEDED), data))
    assert kept.image is not None
    assert store.read_image(kept) == data
    assert kept.image.name == f"flux-seed-18446744073709551615-{kept.id}.jpg"
    assert (kept.width, kept.height, kept.size, kept.format) == (80, 60, len(data), "jpeg")
    assert kept.sha256 == hashlib.sha256(data).hexdigest()
    assert store.find_by_sha256("owner", kept.sha256) == kept
    assert store.find_by_sha256("owner", "0" * 64) is None
    assert store.find_by_sha256("somebody else", kept.sha256) is None


def test_invalid_image_is_not_stored(store: GenerationStore, tmp_path: Path) -> None:
    """Bytes that are no image raise InvalidImage and leave no file."""
    with pytest.raises(InvalidImage):
        store.save_image(generation(), b"<html>Sorry</html>")
    assert list((tmp_path / "images").iterdir()) == []


@IN_BOTH
def test_image_that_is_delivered_again(store: GenerationStore) -> None:
    """The same bytes are one file; other bytes of the same generation do not replace the first ones."""
    first = store.save_image(generation(), jpeg(80, 60))
    assert store.save_image(generation(), jpeg(80, 60)) == first
    second = store.save_image(generation(), jpeg(90, 60))
    assert [store.read_image(one) for one in (first, second)] == [jpeg(80, 60), jpeg(90, 60)]
    assert len(list(store.files.list(IMAGES))) == 2


def test_moved_folder_keeps_its_images(tmp_path: Path) -> None:
    """A data folder can be moved with its images."""
    before = GenerationStore(tmp_path / "before")
    before.save(before.save_image(generation(state=State.SUCCEEDED), jpeg()))
    before.close()
    (tmp_path / "before").rename(tmp_path / "after")
    after = GenerationStore(tmp_path / "after")
    read = after.get(generation().id)
    after.close()
    assert read is not None
    assert reproduce.image_exists(read)


@IN_BOTH
def test_thumbnail_is_made_once(store: GenerationStore) -> None:
    """A thumbnail has at most 512 pixels a side and is made once."""
    kept = store.save(store.save_image(generation(state=State.SUCCEEDED), jpeg(2048, 1024)))
    first = store.thumbnail(kept)
    assert first is not None
    (made,) = store.files.list(THUMBNAILS)
    with Image.open(io.BytesIO(first)) as image:
        assert max(image.size) <= 512
    assert store.thumbnail(kept) == first
    assert list(store.files.list(THUMBNAILS)) == [made]


def test_no_thumbnail_without_image(store: GenerationStore) -> None:
    """A generation without a file has no thumbnail."""
    assert store.thumbnail(generation()) is None
    kept = store.save_image(generation(), jpeg())
    assert kept.image is not None
    store.files.remove(kept.image)
    assert store.thumbnail(kept) is None


def test_finished_request_is_found_by_fingerprint(store: GenerationStore) -> None:
    """The newest image of the same request is found, for its owner only."""
    store.save(generation(1, fingerprint="f", state=State.FAILED))
    assert store.find_by_fingerprint("owner", "f") is None
    made = [store.save(generation(number, fingerprint="f", state=State.SUCCEEDED)) for number in (2, 3)]
    assert store.find_by_fingerprint("owner", "f") == made[1]
    assert store.find_by_fingerprint("somebody else", "f") is None


def test_input_belongs_to_its_sender(store: GenerationStore) -> None:
    """An image prompt is found by the visitor that sent it only."""
    reference = store.inputs.save("aGVsbG8=")
    store.save(generation(request={"image_prompt": reference}))
    assert store.inputs.find_requests("owner", reference)
    assert not store.inputs.find_requests("somebody else", reference)


def test_input_is_stored_once(store: GenerationStore, tmp_path: Path) -> None:
    """The same image prompt is stored in one file."""
    reference = store.inputs.save("aGVsbG8=")
    assert store.inputs.save("aGVsbG8=") == reference
    assert len(list((tmp_path / "inputs").iterdir())) == 1
    assert store.inputs.load(reference) == "aGVsbG8="


@pytest.mark.parametrize(
    "reference", ["", "sha256:", "sha256:../../journal.sqlite", "sha256:" + "0" * 64, "../" * 21 + "x"]
)
def test_unknown_reference_gives_nothing(store: GenerationStore, reference: str) -> None:
    """A malformed or unknown reference loads nothing."""
    assert store.inputs.load(reference) is None


def test_durations_are_per_endpoint_and_server(store: GenerationStore) -> None:
    """Durations are the last 64 of one endpoint at one server."""
    for number in range(70):
        store.save(generation(number, state=State.SUCCEEDED, api_seconds=float(number), finished_at=2000.0 + number))
    store.save(generation(100, state=State.SUCCEEDED, api_seconds=None, finished_at=9000.0))
    store.save(generation(101, state=State.SUCCEEDED, api_seconds=99.0, finished_at=9000.0, endpoint="/v1/other"))
    store.save(
        generation(102, state=State.SUCCEEDED, api_seconds=99.0, finished_at=9000.0, server="http://127.0.0.1:1")
    )
    assert store.usage.durations("https://api.bfl.ai", "/v1/flux") == tuple(float(n) for n in range(6, 70))


def test_cached_usage_equals_the_database(tmp_path: Path, open_store: OpenStore) -> None:
    """Durations and price in memory equal those that a new store reads."""
    place = ("https://api.bfl.ai", "/v1/flux")
    store = open_store(tmp_path)
    assert (store.usage.durations(*place), store.usage.price(*place)) == ((), None)
    for number in range(70):
        one = generation(number, state=State.RUNNING, cost=float(number % 7))
        store.save(one)
        store.save(replace(one, state=State.SUCCEEDED, api_seconds=float(number), finished_at=2000.0 + number))
    store.save(generation(99, state=State.FAILED, finished_at=9000.0))
    known = store.usage.durations(*place), store.usage.price(*place)
    store.close()
    reopened = open_store(tmp_path)
    assert known == (reopened.usage.durations(*place), reopened.usage.price(*place))
    assert (len(known[0]), known[1]) == (64, 69 % 7)
    reopened.close()


def test_concurrent_writes_lose_no_record(store: GenerationStore) -> None:
    """Eight threads write 200 records, and all are there."""

    def write(start: int) -> None:
        for number in range(start, start + 25):
            store.save(generation(number))

    threads = [threading.Thread(target=write, args=(start,)) for start in range(0, 200, 25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.recent("owner", limit=1000)) == 200


def test_only_the_first_program_resumes(tmp_path: Path) -> None:
    """One program at a time is the primary one of a folder."""
    code = (
        "import sys; from pathlib import Path; from flux_playground.storage.generation_store import GenerationStore; "
    )
    code += "print(GenerationStore(Path(sys.argv[1])).database.is_primary)"
    first = GenerationStore(tmp_path)
    second = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    first.close()
    third = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert first.database.is_primary
    assert (second.stdout.strip(), third.stdout.strip()) == ("False", "True")


def test_journal_of_the_first_version_opens(tmp_path: Path) -> None:
    """A journal of the first version is upgraded with its rows."""
    database = sqlite3.connect(tmp_path / "journal.sqlite")
    database.executescript(MIGRATIONS[0].sql + "; PRAGMA user_version = 1;")
    row = ("00", "owner", 1.0, "/v1/flux", "https://api.bfl.ai", "{}", "ready", "Ready", "7", None, "t", *[""] * 7)
    names = "id, owner, created_at, endpoint, server, request, state, status, seed, prompt, task_id, polling_url, "
    names += "sha256, format, sweep,"
    database.execute(
        f"INSERT INTO generations ({names} document, fingerprint, origin) VALUES ({', '.join('?' * 18)})",
        row,
    )
    database.commit()
    database.close()
    store = GenerationStore(tmp_path)
    (read,) = store.recent("owner")
    assert (read.id, read.seed, read.task_id) == ("00", 7, "t")
    assert len(read.secret) == 32
    assert store.recent("owner")[0].secret == read.secret
    store.close()


@pytest.mark.parametrize(
    ("spender", "identity"),
    [
        ("", None),
        ("nobody.", UNKNOWN),
        ("9f2c.41ab", Identity("9f2c", "41ab")),
        ("9f2c.", Identity("9f2c")),
        ("9f2c", Identity("9f2c")),
    ],
)
def test_spender_of_an_older_database(tmp_path: Path, spender: str, identity: Identity | None) -> None:
    """The spender that an older version stored as one text is read as an identity and counted."""
    before = [migration.name for migration in MIGRATIONS].index("split_spender")
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as database, database:
        script = "; ".join(migration.sql for migration in MIGRATIONS[:before])
        database.executescript(f"{script}; PRAGMA user_version = {before};")
        names = {name for _, name, *_ in database.execute("PRAGMA table_info(generations)")}
        written = to_row(generation(created_at=time.time(), state=State.SUCCEEDED))
        row = {name: value for name, value in written.items() if name in names}
        marks = ", ".join("?" * (len(row) + 1))
        database.execute(
            f"INSERT INTO generations ({', '.join(row)}, spender) VALUES ({marks})", [*row.values(), spender]
        )
    store = GenerationStore(tmp_path)
    (read,) = store.recent("owner")
    assert read.spender == identity
    assert store.usage.spent(identity, 0.0, time.time()) == (identity is not None)
    assert store.get(store.save(read).id) == read
    store.close()


def test_folder_is_private(tmp_path: Path) -> None:
    """Other users of the machine cannot read the data folder."""
    GenerationStore(tmp_path / "data").close()
    assert (tmp_path / "data" / "journal.sqlite").stat().st_mode & 0o077 == 0
    assert (tmp_path / "data" / "images").stat().st_mode & 0o077 == 0
