"""Images in a bucket: nothing is lost while it cannot be reached, and what is wrong with it is said in one sentence."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import logging
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image

from flux_playground import Playground, Settings
from flux_playground.errors import StorageError, StorageUnavailable
from flux_playground.generation import Generation, State
from flux_playground.local import LocalServer
from flux_playground.storage import blob_bucket, input_store
from flux_playground.storage.blob_store import IMAGES, INPUTS, THUMBNAILS
from flux_playground.storage.generation_store import GenerationStore
from tests.s3_server import S3Server
from tests.storage.test_generation_store import generation, jpeg
from tests.waiting import wait_until

VALUES = {"finetune_id": "my-finetune", "prompt": "a mill"}


@pytest.fixture
def url(s3: S3Server) -> str:
    return s3.new_bucket()


@pytest.fixture
def store(tmp_path: Path, url: str) -> Iterator[GenerationStore]:
    with closing(GenerationStore(tmp_path, url)) as opened:
        yield opened


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bucket is asked again at once."""
    monkeypatch.setattr(blob_bucket, "FAILURE_SECONDS", 0.0)
    monkeypatch.setattr(blob_bucket, "CHECK_SECONDS", 0.0)


def ready(number: int = 1) -> Generation:
    return generation(number, state=State.SUCCEEDED)


def wait_for(store: GenerationStore, generation_id: str) -> None:
    """Wait until a record is written."""
    wait_until(lambda: store._pending.get(generation_id) is None)


def test_bucket_has_the_files(store: GenerationStore, tmp_path: Path, url: str) -> None:
    """Image, thumbnail and input are in the bucket alone; another machine reads the same bytes."""
    data, text = jpeg(800, 600), base64.b64encode(jpeg()).decode()
    one = store.save(store.save_image(ready(), data))
    small, reference = store.thumbnail(one), store.inputs.save(text)
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".jpg", ".webp")]
    assert [len(list(store.files.list(folder))) for folder in (IMAGES, INPUTS, THUMBNAILS)] == [1, 1, 1]
    assert one.image is not None
    with closing(GenerationStore(tmp_path, url)) as other:
        assert hashlib.sha256(other.read_image(one)).hexdigest() == one.sha256
        assert other.files.size == store.files.size
    assert store.thumbnail(one) == small
    with Image.open(io.BytesIO(small or b"")) as image:
        assert max(image.size) <= 512
    assert store.inputs.load(store.inputs.save(text)) == store.inputs.load(reference) == text


def test_folder_before_the_bucket(tmp_path: Path, url: str) -> None:
    """The images of a folder stay readable after a bucket is set, and are deleted as before."""
    with closing(GenerationStore(tmp_path)) as before:
        one = before.save(before.save_image(ready(), jpeg()))
        reference = before.inputs.save("QUJD")
    with closing(GenerationStore(tmp_path, url)) as store:
        read = store.get(one.id)
        assert read is not None
        assert store.read_image(read) == b"".join(store.stream_image(read)) == jpeg()
        assert store.inputs.load(reference) == "QUJD"
        assert read.image is not None
        store.files.remove(read.image)
        assert store.find_image(read) is None


@pytest.mark.usefixtures("quick")
def test_outage_loses_no_image(store: GenerationStore, s3: S3Server, tmp_path: Path, url: str) -> None:
    """An image that cannot be uploaded is shown from this machine; its record is written after its upload."""
    s3.remove_everything()
    running = store.save(replace(ready(), state=State.RUNNING, task_id="t"))
    one = store.save_with_retry(replace(store.save_image(running, jpeg()), state=State.SUCCEEDED))
    assert store.get(one.id) == one
    assert store.read_image(one) == jpeg()
    assert [stored.state for stored in store._select("1", [])] == [State.RUNNING]
    with pytest.raises(StorageError, match="the bucket does not exist"):
        store.check_writable()
    store.check_folder()
    s3.create(urlsplit(url).netloc)
    wait_for(store, one.id)
    store.check_writable()
    assert [stored.state for stored in store._select("1", [])] == [State.SUCCEEDED]
    assert not (tmp_path / str(one.image)).exists()
    assert not list((tmp_path / "records").iterdir())
    assert store.read_image(one) == jpeg()


@pytest.mark.usefixtures("quick")
def test_two_machines(tmp_path: Path, s3: S3Server, url: str, empty_database: str) -> None:
    """Machines with one database and one bucket read each other's images, and no record before its image is there."""
    with ExitStack() as opened:
        here, there = (
            opened.enter_context(closing(GenerationStore(tmp_path / name, url, empty_database)))
            for name in ("here", "there")
        )
        one = here.save(here.save_image(ready(), jpeg()))
        assert there.get(one.id) == one
        assert there.read_image(one) == jpeg()
        s3.remove_everything()
        two = here.save_with_retry(here.save_image(ready(2), jpeg()))
        assert here.get(two.id) == two
        assert there.get(two.id) is None
        s3.create(urlsplit(url).netloc)
        wait_for(here, two.id)
        assert there.get(two.id) == two
        assert there.read_image(two) == jpeg()


@pytest.mark.usefixtures("quick")
def test_crash_in_an_outage(tmp_path: Path, s3: S3Server, url: str) -> None:
    """After a crash the next start uploads the image and writes the record, and polls no task for it."""
    crashed = GenerationStore(tmp_path, url)
    s3.remove_everything()
    crashed.save(replace(ready(), state=State.RUNNING, task_id="t"))
    one = crashed.save_with_retry(replace(crashed.save_image(ready(), jpeg()), task_id="t", cost=7.0))
    crashed._pending._closed.set()
    crashed.database.close()
    s3.create(urlsplit(url).netloc)
    with closing(GenerationStore(tmp_path, url)) as store:
        assert store.take_over() == {}
        assert store.get(one.id) == one
        assert store.read_image(one) == jpeg()
        assert not (tmp_path / str(one.image)).exists()
    crashed._writer.close()


@pytest.mark.usefixtures("quick")
def test_import_needs_the_bucket(store: GenerationStore, s3: S3Server, tmp_path: Path) -> None:
    """A record is not written without the upload of its image, and not kept for later either."""
    s3.remove_everything()
    with pytest.raises(StorageError, match="could not be uploaded: the bucket does not exist"):
        store.save(store.save_image(ready(), jpeg()))
    assert store._select("1", []) == []
    assert not (tmp_path / "records").exists()


def test_input_needs_the_bucket(store: GenerationStore, s3: S3Server) -> None:
    """An input that cannot be uploaded is an error before anything is sent."""
    s3.remove_everything()
    with pytest.raises(StorageUnavailable, match=r"the bucket does not exist\. Nothing was sent"):
        store.inputs.save("QUJD")


def test_nothing_is_sent_without_the_bucket(server: LocalServer, s3: S3Server, url: str, tmp_path: Path) -> None:
    """A press while the bucket is gone stores and sends nothing."""
    settings = Settings(data=tmp_path / "data", demo_url=server.url, files=url)
    with Playground(settings) as playground:
        s3.remove_everything()
        playground.store.files._checked = (0.0, "")  # type: ignore[attr-defined]
        with pytest.raises(StorageError, match="Nothing was sent"):
            playground.start(VALUES)
        assert playground.recent() == []
        s3.create(urlsplit(url).netloc)
        playground.store.files._checked = (0.0, "")  # type: ignore[attr-defined]
        last = list(playground.generate(VALUES))[-1]
        assert last.state is State.SUCCEEDED
        assert hashlib.sha256(playground.store.read_image(last)).hexdigest() == last.sha256


def test_orphans_are_removed(store: GenerationStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inputs that no record names are removed from the bucket, others are not."""
    orphan, named = store.inputs.save("o" * 400), store.inputs.save("n" * 400)
    store.save(replace(ready(), request={"image": named}))
    store.inputs.remove_unreferenced()
    assert store.inputs.load(orphan) is not None
    monkeypatch.setattr(input_store, "MIN_ORPHAN_AGE_SECONDS", -60.0)
    store.inputs.remove_unreferenced()
    assert [store.inputs.load(one) is not None for one in (orphan, named)] == [False, True]
    assert [store.inputs.is_missing(one) for one in (orphan, f"data:image/png;base64,{named}")] == [True, False]


def test_large_file_in_parts(store: GenerationStore) -> None:
    """A large file is read in parts, none of them larger than the limit."""
    data = bytes(range(256)) * 40_000
    key = IMAGES / "large.zip"
    store.files.create(key, data)
    parts = list(store.files.stream(key))
    assert b"".join(parts) == data
    assert max(map(len, parts)) == blob_bucket.PART_BYTES
    assert b"".join(store.files.stream(key, 4_000_000, 9_000_001)) == data[4_000_000:9_000_001]


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "the bucket cannot be reached"),
        ({"AWS_ACCESS_KEY_ID": "wrong"}, "the bucket refuses the credentials (InvalidAccessKeyId)"),
    ],
)
def test_unusable_bucket(
    tmp_path: Path, s3: S3Server, url: str, variables: dict[str, str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bucket that cannot be used is reported at the start, without the credentials."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    s3.check_credentials(every=True)
    try:
        with pytest.raises(StorageError) as caught:
            GenerationStore(tmp_path, url)
    finally:
        s3.check_credentials(every=False)
    assert caught.value.message == f"FLUX_PLAYGROUND_FILES cannot be used: {sentence}."


def test_bucket_of_another_folder(store: GenerationStore, tmp_path: Path, url: str) -> None:
    """A second journal would take the inputs of the first one for orphans."""
    with pytest.raises(StorageError, match="the bucket has the images of another journal at this path"):
        GenerationStore(tmp_path / "other", url)
    GenerationStore(tmp_path / "other", f"{url}/other").close()


def test_missing_bucket(tmp_path: Path, s3: S3Server) -> None:
    """A bucket that does not exist raises StorageError."""
    with pytest.raises(StorageError, match="cannot be used: the bucket does not exist"):
        GenerationStore(tmp_path, "s3://no-such-bucket")


@pytest.mark.usefixtures("quick")
def test_credentials_are_not_logged(
    store: GenerationStore, s3: S3Server, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """No credentials are in the log, in an error or on the disk."""
    caplog.set_level(logging.DEBUG)
    s3.remove_everything()
    one = store.save_with_retry(store.save_image(ready(), jpeg()))
    with pytest.raises(StorageError) as caught:
        store.check_writable()
    (record,) = (tmp_path / "records").iterdir()
    assert json.loads(record.read_text())["id"] == one.id
    for secret in ("an-access-key", "a-secret-key"):
        for text in (caplog.text, repr(caught.value), record.read_text()):
            assert secret not in text
    store.files.remove(one.image or IMAGES)
