"""A paid image is fetched until it is in hand, whole; what is not that image never passes for one."""

from __future__ import annotations

import gzip
import io
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PIL import Image

from flux_playground.client import Client, Result, Task
from flux_playground.client.steps import finish_steps
from flux_playground.errors import (
    APIError,
    DownloadFailed,
    InvalidImage,
    PlaygroundError,
    SampleBlocked,
    SampleExpired,
    TaskNotFound,
)

from ..faulty_server import (
    QUICK,
    Act,
    Hostile,
    closed_port,
    cut,
    endless,
    hang_up,
    head,
    later,
    limits_for,
    raw,
    redirect,
    reply,
    reset,
    silence,
    trickle,
)
from ..waiting import WAIT_SECONDS

KEY = "0d9f5cf1-1111-2222-3333-444455556666"
SAMPLE = "/results/sample.jpeg"


def image(seed: int = 0, kind: str = "JPEG", edge: int = 64) -> bytes:
    image = Image.effect_mandelbrot((edge, edge), (-2 + seed / 100, -1.5, 1, 1.5), 50).convert("RGB")
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


DATA, PNG = image(), image(kind="PNG")
WHOLE = reply(DATA, Content_Type="image/jpeg")


@pytest.fixture
def server() -> Iterator[Hostile]:
    with Hostile({SAMPLE: WHOLE}) as running:
        yield running


def download(server: Hostile, *acts: Act, path: str = SAMPLE + "?se=1&sig=top%2Bsecret%3D") -> bytes:
    if acts:
        server.script(SAMPLE, *acts)
    with Client(server.url, KEY, limits=limits_for(*acts)) as client:
        return client.download(server.url + path, task_id="t")


def failure(server: Hostile, *acts: Act) -> PlaygroundError:
    with pytest.raises(PlaygroundError) as caught:
        download(server, *acts)
    assert caught.value.task_id == "t"
    return caught.value


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_bytes_as_delivered(server: Hostile, kind: str) -> None:
    """The bytes are those that were delivered, and the key is not sent."""
    data = image(kind=kind)
    assert download(server, reply(data)) == data
    [call] = server.seen
    assert call.path == SAMPLE + "?se=1&sig=top%2Bsecret%3D"
    assert KEY.encode() not in call.raw
    assert not {"x-key", "authorization", "cookie"} & set(call.headers)


PASSING = {
    "cut": cut(DATA[:500], len(DATA)),
    "cut with no length to tell": raw(head(None) + DATA[: len(DATA) // 2]),
    "cut in a chunk": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n" + DATA[:20]),
    "a reset": reset(),
    "a closed connection": hang_up(),
    "silence": silence(),
    "silence in the middle": raw(head(len(DATA)) + DATA[:100]),
    "a trickle": trickle(head(len(DATA)) + DATA, every=0.1),
    "429": reply(b"", 429),
    "500": reply(b"oops", 500),
    "502": reply(b"<html>502</html>", 502),
    "503": reply(b"", 503, Retry_After="0"),
}


@pytest.mark.parametrize("act", PASSING.values(), ids=PASSING.keys())
def test_broken_download(server: Hostile, act: Act) -> None:
    """A download that breaks is repeated from its start."""
    assert download(server, act, WHOLE) == DATA
    assert len(server.seen) == 2


@pytest.mark.parametrize("act", [PASSING[name] for name in ("cut", "cut with no length to tell", "a reset", "500")])
def test_download_that_always_breaks(server: Hostile, act: Act) -> None:
    """A download that breaks each time ends with an error."""
    assert type(failure(server, act)) in (DownloadFailed, InvalidImage)
    assert len(server.seen) == QUICK.download_attempts


WRONG = {
    "an HTML page": reply(b"<html>Please sign in</html>", Content_Type="image/jpeg"),
    "JSON": reply({"detail": "no"}),
    "nothing": reply(b""),
    "too short a length": raw(head(len(DATA) - 200) + DATA),
    "half an image in full length": reply(DATA[: len(DATA) // 2]),
    "an image with a hole": reply(PNG[:700] + bytes(200) + PNG[900:]),
    "a length beyond any image": raw(head(10**12)),
    "an endless image": endless(b"\xff" * 65_536, head(None) + DATA),
    "a compressed bomb": reply(gzip.compress(b"\0" * 50_000_000), Content_Encoding="gzip"),
    "204": raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "206": reply(DATA, 206),
    "400": reply(b"", 400),
    "a redirect to nowhere": reply(b"", 302),
    "a redirect to no address": redirect("https://[::1"),
    "a redirect loop": redirect(SAMPLE),
    "a redirect to a file": redirect("file:///etc/passwd"),
    "a redirect to plain http elsewhere": redirect("http://example.com/x.jpeg"),
    "a redirect with a password": redirect("https://user:pass@example.com/x.jpeg"),
    "a redirect to the metadata of a cloud": redirect("https://169.254.169.254/latest/meta-data"),
    "a redirect to a private address": redirect("https://10.0.0.1/x.jpeg"),
    "a redirect to a private address in disguise": redirect("https://[::ffff:10.0.0.1]/x.jpeg"),
}


@pytest.mark.parametrize("act", WRONG.values(), ids=WRONG.keys())
def test_no_image(server: Hostile, act: Act) -> None:
    """A response that is not the image is an error."""
    assert type(failure(server, act)) in (InvalidImage, SampleBlocked)
    assert len(server.seen) <= QUICK.max_redirects + 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "banana",
        "/results/x.jpeg",
        "data:image/png;base64,AAAA",
        "ftp://a/b",
        "http://example.com/x.jpeg",
        "https://",
    ],
)
def test_invalid_url(server: Hostile, url: str) -> None:
    """An invalid URL is not fetched."""
    with Client(server.url, KEY, limits=QUICK) as client, pytest.raises(InvalidImage):
        client.download(url)


@pytest.mark.parametrize("status", [403, 404, 410])
def test_expired_url(server: Hostile, status: int) -> None:
    """An expired URL has an error of its own."""
    error = failure(server, reply(b"<Error>AuthenticationFailed</Error>", status))
    assert type(error) is SampleExpired
    assert error.status_code == status
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect(server: Hostile, status: int) -> None:
    """A redirect is followed, and its target is checked."""
    with Hostile({"/moved.jpeg": WHOLE}, host="127.0.0.2") as other:
        assert download(server, redirect(f"{other.url}/moved.jpeg", status)) == DATA
        assert KEY.encode() not in b"".join(call.raw for call in [*server.seen, *other.seen])


def test_refused_connection(server: Hostile) -> None:
    """A refused connection is an error of the call, not of the image."""
    with Client(server.url, KEY, limits=QUICK) as client, pytest.raises(APIError):
        client.download(closed_port() + SAMPLE)


def test_expired_sample_is_renewed(server: Hostile) -> None:
    """Another poll renews the URL of an expired sample."""
    fresh = {"id": "t", "status": "Ready", "result": {"sample": f"{server.url}/fresh.jpeg"}}
    server.script(SAMPLE, reply(b"", 403))
    server.script("/v1/get_result", reply({}, 502), reply(fresh))
    server.script("/fresh.jpeg", WHOLE)
    with Client(server.url, KEY, limits=QUICK) as client:
        task = Task("t", f"{server.url}/v1/get_result?id=t")
        assert client.collect(task, Result("t", "Ready", server.url + SAMPLE)) == DATA
    assert [call.method for call in server.seen] == ["GET"] * 4


def test_sample_that_stays_expired(server: Hostile) -> None:
    """A sample that stays expired is given up."""
    same = {"id": "t", "status": "Ready", "result": {"sample": server.url + SAMPLE}}
    server.script(SAMPLE, reply(b"", 404))
    server.script("/v1/get_result", reply(same))
    with Client(server.url, KEY, limits=QUICK) as client, pytest.raises(SampleExpired):
        client.collect(Task("t", f"{server.url}/v1/get_result?id=t"), Result("t", "Ready", server.url + SAMPLE))
    assert len(server.calls(SAMPLE)) == 4


def test_sample_of_an_unknown_task(server: Hostile) -> None:
    """The sample of a task that the API no longer knows is lost."""
    server.script(SAMPLE, reply(b"", 403))
    server.script("/v1/get_result", reply({"id": "t", "status": "Task not found"}, 404))
    with Client(server.url, KEY, limits=QUICK) as client, pytest.raises(TaskNotFound):
        client.collect(Task("t", f"{server.url}/v1/get_result?id=t"), Result("t", "Ready", server.url + SAMPLE))


def test_stop(server: Hostile) -> None:
    """Stop ends the waiting between two attempts."""
    stop = threading.Event()
    stop.set()
    server.script(SAMPLE, reply(b"", 500))
    with Client(server.url, KEY, limits=QUICK) as client, pytest.raises(APIError):
        client.download(server.url + SAMPLE, stop=stop)
    assert len(server.seen) == 1


def test_download_begins_at_once(server: Hostile) -> None:
    """The download begins without a pause, and connections are kept."""
    ready = {"id": "t", "status": "Ready", "result": {"sample": server.url + SAMPLE}}
    server.script("/v1/get_result", reply(ready))
    with Client(server.url, KEY, limits=QUICK) as client:
        for _ in range(10):
            task = Task("t", f"{server.url}/v1/get_result?id=t")
            [result] = client.poll(task, age=1)
            first = next(client.collect_steps(task, result, threading.Event()))
            assert first.until() <= time.monotonic()
            assert client.collect(task, result) == DATA
    assert server.connections == 2


@pytest.mark.parametrize("act", [silence(3600), trickle(head(99) + DATA, every=0.1)], ids=["silence", "a trickle"])
def test_patience_ends_a_download_that_hangs(server: Hostile, act: Act) -> None:
    """A host that sends nothing, or hardly anything, is given up at the deadline, whatever the timeouts allow."""
    server.script(SAMPLE, act)
    stop, began = threading.Event(), time.monotonic()
    task, result = Task("t", f"{server.url}/p"), Result("t", "Ready", server.url + SAMPLE)
    limits = replace(QUICK, read_timeout=3600, download_timeout=3600)
    with Client(server.url, KEY, limits=limits) as client, pytest.raises(DownloadFailed):
        finish_steps(client.collect_steps(task, result, stop, began + 0.4), stop)
    assert 0.4 <= time.monotonic() - began < WAIT_SECONDS


def test_patience_ends_a_chain_of_redirects(server: Hostile) -> None:
    """All redirects of a download together take no longer than the download may."""
    server.script(SAMPLE, later(0.3, redirect(SAMPLE)))
    stop, began = threading.Event(), time.monotonic()
    task, result = Task("t", f"{server.url}/p"), Result("t", "Ready", server.url + SAMPLE)
    with Client(server.url, KEY, limits=QUICK) as client, pytest.raises(DownloadFailed):
        finish_steps(client.collect_steps(task, result, stop, began + 0.4), stop)
    assert len(server.seen) <= 2


def test_many_downloads(server: Hostile) -> None:
    """Many downloads at once are not mixed up."""
    data = {number: image(number) for number in range(40)}
    found: dict[int, bytes] = {}
    server.script(SAMPLE, lambda sock, seen: reply(data[int(seen.path.partition("=")[2])])(sock, seen))
    with Client(server.url, KEY, limits=QUICK) as client:

        def fetch(number: int) -> None:
            found[number] = client.download(f"{server.url}{SAMPLE}?n={number}")

        threads = [threading.Thread(target=fetch, args=(number,)) for number in data]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == data


def test_log(server: Hostile, caplog: pytest.LogCaptureFixture) -> None:
    """The log has the host but not the signature of a URL."""
    caplog.set_level(logging.DEBUG, "flux_playground")
    download(server, reset(), WHOLE)
    failure(server, reply(b"no image"))
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("flux_playground")]
    assert len(lines) == 3
    assert all(line.startswith("task t: ") for line in lines)
    assert "secret" not in "".join(lines)
