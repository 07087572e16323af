"""Strangers at the door of a hosted page on its owner's key: each test is one attack, over raw HTTP, and its outcome.

One program for all of them. Each stranger comes from an address of its own, so that none uses up another's allowance.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from flux_playground.generation import State
from flux_playground.local import LocalServer
from tests.hosted_page import ALLOWANCE, OWNERS_KEY, HostedPage, kept, spent
from tests.http_visitor import Answer, Stranger
from tests.waiting import wait_until

EVIL = "https://evil.example"


@pytest.fixture
def api(hosted: HostedPage) -> LocalServer:
    """The API whose money is at stake."""
    return hosted.api


@pytest.fixture
def folder(hosted: HostedPage) -> Path:
    """Where the program keeps everything: its data, gradio's files, its log."""
    return hosted.folder


@pytest.fixture
def url(hosted: HostedPage) -> str:
    """The page under attack."""
    return hosted.url


@pytest.fixture(scope="module")
def addresses() -> Iterator[str]:
    """Addresses of this machine that nobody has come from yet."""
    return (f"127.0.{number // 200 + 1}.{number % 200 + 1}" for number in itertools.count())


@pytest.fixture
def stranger(url: str, addresses: Iterator[str]) -> Stranger:
    """Somebody new."""
    return Stranger(url, next(addresses))


@pytest.fixture
def victim(url: str, addresses: Iterator[str]) -> Stranger:
    """Somebody who has made one image here."""
    one = Stranger(url, next(addresses))
    one.hello()
    one.generate(prompt="a secret garden")
    return one


def address(heard: bytes, kind: str = "image") -> str:
    """The last address of this kind that a page was given."""
    found: list[bytes] = re.findall(rb"(?<=[\"/])%s/[0-9a-f]{32}/[0-9a-f]{32}" % kind.encode(), heard)
    assert found, heard[-2000:]
    return "/" + found[-1].decode()


def identity(heard: bytes) -> str:
    """The id of the image that a page was shown."""
    found = re.search(rb"image/([0-9a-f]{32})", heard)
    assert found, heard[-2000:]
    return found[1].decode()


def multipart(name: str, data: bytes) -> tuple[bytes, str]:
    head = f'--X\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: image/png\r\n\r\n'
    return head.encode() + data + b"\r\n--X--\r\n", "multipart/form-data; boundary=X"


# Doors


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/deep_link?session_hash=x",
        "/?deep_link=x",
        "/config?deep_link=x",
        "/gradio_api/file=https://example.com/",
        "/gradio_api/file=HTTP://127.0.0.1:1/",
        "/gradio_api/file=%68ttp://127.0.0.1/",
        "/gradio_api/file=//example.com/x",
        "/gradio_api/file=%2f%2fexample.com/x",
        "/gradio_api/file=%5c%5cexample.com%5cx",
        "/gradio_api/file=file:///etc/passwd",
        "/gradio_api/file=ftp://127.0.0.1/",
        "/gradio_api/proxy=https://example.com/",
        "/gradio_api/proxy=http://169.254.169.254/latest/meta-data",
        "/gradio_api/file/etc/passwd",
        "/monitoring",
        "/monitoring/summary",
        "/login",
        "/logout",
        "/docs",
        "/openapi.json",
        "/gradio_api/openapi.json",
        "/gradio_api/info",
        "/gradio_api/runs",
        "/gradio_api/run-history/buckets",
        "/gradio_api/call/generate/x",
        "/gradio_api/mcp/",
        "/gradio_api/mcp/sse",
        "/gradio_api/mcp/schema",
        "/gradio_api/dev/reload",
        "/gradio_api/queue/status",
        "/gradio_api/token",
        "/gradio_api/user",
        "/gradio_api/vibe-code",
        "/gradio_api/profiling/traces",
        "/gradio_api/stream/x/1/1/playlist.m3u8",
        "/custom_component/x/client/y/z.js",
        "/.env",
        "/image/../../journal.sqlite",
        "/image/" + "0" * 32,
        "/image/%2e%2e%2fjournal.sqlite",
        "/image/" + "0" * 32 + "/" + "0" * 32,
        "/thumbnail/" + "0" * 32,
        "/recipe/" + "0" * 32 + "/x",
    ],
)
def test_unused_routes_are_closed(stranger: Stranger, path: str) -> None:
    """Routes of Gradio that the page does not use answer 403 or 404."""
    assert stranger.get(path).status in (403, 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize(
    "path", ["/gradio_api/call/generate", "/gradio_api/call/v2/generate", "/gradio_api/run/generate"]
)
def test_no_function_has_a_route(stranger: Stranger, method: str, path: str) -> None:
    """No function of the page can be called by its name."""
    assert stranger.call(method, path, "{}", content_type="application/json").status in (404, 405)


def test_events_are_private_and_queued(stranger: Stranger) -> None:
    """Events are not in the public API, and none runs outside the queue."""
    assert {one["api_visibility"] for one in stranger.config["dependencies"]} <= {"private", "undocumented"}
    body = {"data": stranger.pressed(), "fn_index": stranger.number("click"), "session_hash": stranger.session}
    assert stranger.post("/gradio_api/run/predict", body).status == 404


@pytest.mark.parametrize(
    "named",
    [
        "/etc/passwd",
        "{folder}/data/journal.sqlite",
        "{folder}/data/salt",
        "{folder}/log",
        "app.py",
        "{folder}/gradio/../data/salt",
    ],
)
def test_files_of_the_machine_are_refused(stranger: Stranger, folder: Path, named: str) -> None:
    """Gradio's file route gives out no file of the machine, however its path is written."""
    path = named.format(folder=folder)
    for way in (path, path.replace("/", "%2f"), f"./{path}", f"{folder}/gradio/../../..{path}"):
        answer = stranger.get(f"/gradio_api/file={way}")
        assert answer.status in (403, 404), way
        assert b"SQLite" not in answer.body


def test_responses_have_security_headers(stranger: Stranger) -> None:
    """Each response has the headers of the content policy, and no cookie is set."""
    for path in ("/", "/config", "/nothing", "/image/x"):
        headers = stranger.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy or "default-src 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    policy = stranger.get("/").headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy
    assert "set-cookie" not in stranger.get("/").headers


@pytest.mark.parametrize("headers", [{"origin": EVIL}, {"origin": "null"}, {"sec_fetch_site": "cross-site"}])
def test_other_sites_cannot_send_actions(stranger: Stranger, headers: dict[str, str]) -> None:
    """An event whose origin is another site is refused."""
    stranger.hello()
    assert stranger.join(stranger.number("click"), stranger.pressed(), **headers).status == 403


def test_forged_host_is_not_repeated(stranger: Stranger) -> None:
    """A host from a forwarded header appears in no page."""
    forged = {"x_forwarded_host": "evil.example", "x_forwarded_proto": "https", "x_gradio_server": EVIL}
    for path in ("/config", "/"):
        assert b"evil.example" not in stranger.get(path, **forged).body


# Others' things


@pytest.mark.parametrize("act", ["show", "stop", "collect", "again", "vary", "reproduce"])
def test_actions_on_generations_of_others(victim: Stranger, url: str, addresses: Iterator[str], act: str) -> None:
    """An action with the id of another visitor's generation shows nothing of it."""
    taken, thief = identity(victim.heard), Stranger(url, next(addresses))
    thief.hello()
    heard = thief.act(act, id=taken, what="recipe")
    assert taken not in heard
    assert "secret garden" not in heard


def test_recall_of_another_generation(victim: Stranger, stranger: Stranger) -> None:
    """ "Reuse" with the id of another visitor's generation fills in nothing of it."""
    stranger.hello()
    recall = {"act": "recall", "what": "all", "id": identity(victim.heard)}
    assert b"secret garden" not in stranger.ask("act_write", stranger.form(), **recall).body


def test_panels_of_another_generation(victim: Stranger, stranger: Stranger) -> None:
    """Panels show nothing of another visitor's generation."""
    stranger.hello()
    for what in ("recipe", "code", "outcome"):
        answer = stranger.ask("act_ask", [], act="panel", what=what, id=identity(victim.heard))
        assert identity(victim.heard).encode() not in answer.body
        assert b"secret garden" not in answer.body


@pytest.mark.parametrize("event", ["act_read", "act_write", "act_ask"])
@pytest.mark.parametrize(
    "data", [{}, {"act": "show"}, {"act": ["x"]}, {"act": "__class__", "form": -1}, {"form": 2**70}]
)
def test_unknown_action_does_nothing(stranger: Stranger, event: str, data: dict[str, Any]) -> None:
    """An unknown action, or one under a wrong event, is answered without a traceback."""
    answer = stranger.ask(event, [] if event == "act_ask" else stranger.form(), **data)
    assert answer.status == 200
    assert b"site-packages" not in answer.body


KINDS = ("image", "thumbnail", "recipe", "copy", "difference")


@pytest.mark.parametrize("kind", KINDS)
def test_an_id_alone_opens_no_address(victim: Stranger, stranger: Stranger, folder: Path, kind: str) -> None:
    """The address of an image needs its signature, which the id does not reveal."""
    taken = identity(victim.heard)
    wait_until(lambda: taken in (folder / "log").read_text())  # its line is written after the image is shown
    salt = hashlib.sha256(f"visitor:{taken}".encode()).hexdigest()[:32]
    assert stranger.get(f"/{kind}/{taken}").status == 404
    for mark in ("", "x", "0" * 16, "0" * 32, "0" * 64, taken, salt, "../../" + taken, "%00", "%ff%fe", "*"):
        assert stranger.get(f"/{kind}/{taken}/{mark}").status == 404


def test_signature_opens_one_image(victim: Stranger, stranger: Stranger) -> None:
    """The signature of one image opens no other image."""
    stranger.hello()
    stranger.generate()
    mine, taken = address(stranger.heard).split("/")[-1], address(victim.heard)
    assert stranger.get(address(stranger.heard)).status == 200
    assert stranger.get(address(stranger.heard, "thumbnail")).status == 200
    for kind in KINDS:
        assert stranger.get(f"/{kind}/{identity(victim.heard)}/{mine}").status == 404
    for changed in (taken[:-1], taken + "0", taken.upper(), taken[:-1] + ("0" if taken[-1] != "0" else "1")):
        assert stranger.get(changed).status == 404


def test_image_address_does_not_reveal_settings(victim: Stranger, stranger: Stranger) -> None:
    """The address of an image opens neither its recipe nor its copy."""
    given = address(victim.heard)
    assert stranger.get(given).headers["content-type"] == "image/jpeg"
    for kind in ("recipe", "copy", "difference"):
        assert stranger.get(given.replace("image", kind)).status == 404
    copied = address(victim.heard, "copy")
    assert b"secret garden" in victim.get(copied.replace("copy", "recipe")).body
    assert victim.get(copied).status == 200


def test_stream_of_another_session_is_empty(victim: Stranger, stranger: Stranger) -> None:
    """The event stream of another session shows none of its messages."""
    path = f"/gradio_api/queue/data?session_hash={victim.session}"
    heard = stranger.raw(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode(), 1)
    assert b"secret garden" not in heard
    assert b"image/" not in heard


def test_visitor_id_is_not_the_token(victim: Stranger, stranger: Stranger) -> None:
    """A token with one other digit finds none of a visitor's images."""
    stranger.token = victim.token[:-1] + ("0" if victim.token[-1] != "0" else "1")
    assert identity(victim.heard) not in stranger.hello()


# Values


@pytest.mark.parametrize(
    "values",
    [
        {"finetune_strength": 99},
        {"finetune_strength": "NaN"},
        {"finetune_strength": {"a": 1}},
        {"seed": "1e400"},
        {"seed": "-1" * 5000},
        {"seed": [1]},
        {"aspect_ratio": "1:0"},
        {"aspect_ratio": "99:1"},
        {"safety_tolerance": 6.5},
        {"safety_tolerance": -1},
        {"output_format": "exe"},
        {"image_prompt": "/etc/passwd"},
        {"image_prompt": {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}},
        {"image_prompt": {"path": "../data/journal.sqlite", "meta": {"_type": "gradio.FileData"}}},
        {"image_prompt": "sha256:" + "0" * 64},
        {"image_prompt_strength": -0.1},
        {"prompt_upsampling": "maybe"},
        {"prompt": 7 * [{"x": [[]]}]},
        {"finetune_id": ""},
    ],
)
def test_refused_value_makes_nothing(stranger: Stranger, folder: Path, values: dict[str, Any]) -> None:
    """A value that the schema refuses starts no generation and shows no traceback."""
    stranger.hello()
    before = len(kept(folder))
    stranger.generate(**values)
    assert len(kept(folder)) == before
    assert b"Traceback" not in stranger.heard
    assert b"site-packages" not in stranger.heard


@pytest.mark.parametrize("data", [[], [None], ["x"] * 500, {"a": 1}, "x", None, [[[[[]]]]]])
def test_malformed_form_makes_nothing(stranger: Stranger, folder: Path, data: Any) -> None:
    """A form of another shape starts no generation and shows no traceback."""
    before = len(kept(folder))
    answer = stranger.join(stranger.number("click"), data)
    assert answer.status in (200, 422)
    if answer.status == 200:
        stranger.listen()
    assert len(kept(folder)) == before
    assert b"Traceback" not in stranger.heard


@pytest.mark.parametrize("number", [-1, 10**6, 2**70, "x", None, [1], 1.5])
def test_unknown_event_is_refused(stranger: Stranger, number: Any) -> None:
    """An event number that the page does not have is refused."""
    answer = stranger.join(number, [])
    assert answer.status in (400, 422, 500)
    assert b"site-packages" not in answer.body


@pytest.mark.parametrize(
    "event", [None, "x", [], 7, {"id": {"a": 1}}, {"id": "../../etc"}, {"id": "'; DROP TABLE generations"}]
)
@pytest.mark.parametrize("act", ["show", "key", "again"])
def test_malformed_action_does_nothing(stranger: Stranger, folder: Path, act: str, event: Any) -> None:
    """An action with malformed data changes nothing and shows no traceback."""
    before = len(kept(folder))
    shaped = {**event, "act": act, "form": event} if isinstance(event, dict) else event
    stranger.join(stranger.number("act_watch"), [], shaped)
    stranger.listen()
    assert len(kept(folder)) == before
    assert b"Traceback" not in stranger.heard


def test_values_of_hidden_fields_are_dropped(stranger: Stranger, folder: Path) -> None:
    """A visitor cannot send a webhook, which the hosted page does not offer."""
    stranger.hello()
    assert b"webhook" not in stranger.get("/config").body
    form = {"webhook_url": "http://127.0.0.1:9/", "webhook_secret": "x"}
    body = [*stranger.pressed(), *form.values()]
    stranger.join(stranger.number("click"), body)
    stranger.listen()
    assert not any("webhook_url" in one.request for one in kept(folder))


def test_owner_actions_have_no_event(stranger: Stranger) -> None:
    """A hosted page has no events for the owner's actions."""
    names = {target[1] for one in stranger.config["dependencies"] for target in one["targets"]}
    assert not names & {"act_adopt", "act_call"}


def test_image_url_is_not_fetched(stranger: Stranger, folder: Path) -> None:
    """The program does not fetch an image from a URL in the form."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.5)
        there = f"http://127.0.0.1:{listener.getsockname()[1]}/x.png"
        stranger.hello()
        before = len(kept(folder))
        for path in (there, "x.png"):
            stranger.generate(image_prompt={"path": path, "url": there, "meta": {"_type": "gradio.FileData"}})
        with pytest.raises(TimeoutError):
            listener.accept()
        assert len(kept(folder)) == before


def test_markup_in_values_is_escaped(stranger: Stranger) -> None:
    """Markup in a prompt or an id is shown as text."""
    stranger.hello()
    heard = stranger.generate(
        prompt='<img src=x onerror=alert(1)> ${alert(2)} "></a>', finetune_id="<script>x</script>"
    )
    assert "<img src=x" not in heard
    assert "<script>x" not in heard


# Files


@pytest.mark.parametrize(
    "name", ["../../../../../../tmp/evil.png", "/etc/evil.png", "..\\..\\evil.png", "a" * 300 + ".png"]
)
def test_upload_name_cannot_leave_the_folder(stranger: Stranger, folder: Path, name: str) -> None:
    """An uploaded file stays in the upload folder, whatever its name is."""
    body, kind = multipart(name, b"not an image")
    answer = stranger.call("POST", "/gradio_api/upload", body, content_type=kind)
    assert answer.status in (200, 400, 500)
    if answer.status == 200:
        (path,) = json.loads(answer.body)
        assert Path(path).resolve().is_relative_to((folder / "gradio").resolve())
    assert not Path("/etc/evil.png").exists()
    assert not Path("/tmp/evil.png").exists()


@pytest.mark.parametrize("name", ["x.html", "x.svg", "x.js", "x.xml"])
def test_uploaded_html_is_not_run(stranger: Stranger, name: str) -> None:
    """An uploaded page is given out as a download."""
    body, kind = multipart(name, b"<script>alert(1)</script>")
    (path,) = json.loads(stranger.call("POST", "/gradio_api/upload", body, content_type=kind).body)
    answer = stranger.get(f"/gradio_api/file={path}")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_bomb_as_image_is_refused_at_its_field(stranger: Stranger, folder: Path) -> None:
    """A file with a huge image size, or without an image, is refused at its field."""
    header = (
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (60_000).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00" + b"\x00" * 4
    )
    stranger.hello()
    before = len(kept(folder))
    for data in (header, b"GIF89a" + b"\x00" * 100, b"plain text"):
        body, kind = multipart("image.png", data)
        (path,) = json.loads(stranger.call("POST", "/gradio_api/upload", body, content_type=kind).body)
        heard = stranger.generate(image_prompt={"path": path, "meta": {"_type": "gradio.FileData"}})
        assert "input-image_prompt" in heard or '"success":false' in heard
    assert len(kept(folder)) == before


# Bodies and connections


@pytest.mark.parametrize(("path", "size"), [("/gradio_api/queue/join", 4_000_001), ("/gradio_api/upload", 100_000_001)])
def test_huge_content_length_is_refused(stranger: Stranger, path: str, size: int) -> None:
    """A request that announces a huge body is refused before the body is read."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {size}\r\n\r\n"
    assert stranger.raw(head.encode(), 2).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("length", ["-1", "abc", "1e9"])
def test_invalid_content_length_is_refused(stranger: Stranger, length: str) -> None:
    """A content length that is no number is refused."""
    head = f"POST /gradio_api/queue/join HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n"
    assert stranger.raw(head.encode(), 2).split()[1] in (b"400", b"413")


def test_endless_body_is_cut_off(stranger: Stranger) -> None:
    """A chunked body is read up to its limit; the page still answers."""
    head = b"POST /gradio_api/queue/join HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    heard = stranger.raw(head + chunk * 200, 5)
    assert heard == b"" or heard.startswith(b"HTTP/1.1 413")
    assert stranger.get("/config").status == 200


@pytest.mark.parametrize(
    "noise", [b"\x00" * 1000, b"GET  /  HTTP/x\r\n", b"GET " + b"/x" * 100_000, b"\x16\x03\x01\x02\x00"]
)
def test_non_http_ends_its_own_connection(stranger: Stranger, noise: bytes) -> None:
    """Bytes that are not HTTP end their connection; the page still answers."""
    heard = stranger.raw(noise + b"\r\n\r\n", 2)
    assert heard == b"" or heard.split()[1] in (b"400", b"404", b"414", b"431", b"505")
    assert stranger.get("/config").status == 200


def test_silent_connections_delay_no_page(stranger: Stranger, url: str, addresses: Iterator[str]) -> None:
    """1,000 silent connections of one address do not delay another visitor's page."""
    other = Stranger(url, next(addresses))
    with ExitStack() as open_ones:
        for _ in range(1000):
            connection = other.connect()
            connection.connect()
            open_ones.callback(connection.close)
        assert stranger.get("/config").status == 200
        assert "connection" in stranger.hello()


def test_streams_per_address_are_limited(stranger: Stranger, url: str, addresses: Iterator[str]) -> None:
    """One address can open 150 streams; other visitors still get the page."""
    greedy, statuses = Stranger(url, next(addresses)), []
    with ExitStack() as open_ones:
        for number in range(200):
            connection = greedy.connect(10)
            open_ones.callback(connection.close)
            connection.request("GET", f"/gradio_api/heartbeat/x{number}")
            statuses.append(connection.getresponse().status)
        assert statuses.count(200) <= 150
        assert set(statuses) == {200, 429}
        assert stranger.get("/config").status == 200


# Money


def test_forged_address_has_no_other_allowance(stranger: Stranger, folder: Path, api: LocalServer) -> None:
    """A forwarded address or user name that no proxy set gives no other allowance."""
    before, paid = len(kept(folder)), spent(api)
    for number in range(ALLOWANCE + 4):
        fresh = Stranger(stranger.url, stranger.address)
        forged = f"198.51.100.{number}"
        named = {"x-forwarded-for": forged, "x-real-ip": forged, "forwarded": f"for={forged}", "x-client-ip": forged}
        fresh.headers.update(named)
        fresh.headers.update({"x-remote-user": forged, "x-flux-playground-signed-in": forged})
        fresh.hello()
        heard = fresh.generate()
    assert "Limit reached" in heard
    assert "add your own API key" in heard
    assert (len(kept(folder)) - before, spent(api) - paid) == (ALLOWANCE, ALLOWANCE)


def test_allowances_per_address_are_limited(stranger: Stranger, folder: Path) -> None:
    """New browsers at one address share four allowances."""
    before = len(kept(folder))
    for number in range(4 * ALLOWANCE + 3):
        fresh = Stranger(stranger.url, stranger.address, {"user-agent": f"browser {number}"})
        fresh.hello()
        fresh.generate()
    assert len(kept(folder)) - before == 4 * ALLOWANCE


def test_visitors_without_a_session_share_an_allowance(stranger: Stranger, folder: Path) -> None:
    """Requests without a session count together."""
    before = len(kept(folder))
    for _ in range(ALLOWANCE + 2):
        Stranger(stranger.url, stranger.address).generate()
    assert len(kept(folder)) - before <= ALLOWANCE


def test_repeated_requests_stay_within_the_allowance(stranger: Stranger, folder: Path, api: LocalServer) -> None:
    """20 replays of one press at once make and pay for no more than the allowance."""
    stranger.hello()
    before, paid = len(kept(folder)), spent(api)
    number, form, answers = stranger.number("click"), stranger.pressed(press=""), []

    def replay() -> None:
        answers.append(stranger.join(number, form))

    threads = [threading.Thread(target=replay) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stranger.listen()
    assert {answer.status for answer in answers} == {200}
    wait_until(lambda: all(one.finished for one in kept(folder)))
    assert (len(kept(folder)) - before, spent(api) - paid) == (ALLOWANCE, ALLOWANCE)


# Keys


def test_visitor_key_is_never_stored(stranger: Stranger, folder: Path, api: LocalServer) -> None:
    """A visitor's key pays for the image and is in no response and no file."""
    key = "visitors-key-c0ffee-31337"
    stranger.hello()
    assert "Your key" in stranger.act("key", key=key)
    heard = stranger.generate(prompt="a mill of my own")
    assert "image/" in heard
    stranger.generate(prompt="#no-credits a mill")
    stranger.generate(seed="abc")
    stranger.act("key", key=f"{key} {key}")
    for path in ("/", "/config", f"/gradio_api/deep_link?session_hash={stranger.session}", "/gradio_api/info"):
        stranger.get(path)
    mine = [one for one in kept(folder) if one.request.get("prompt") == "a mill of my own"]
    assert [(one.state, one.spender) for one in mine] == [(State.SUCCEEDED, None)]
    secrets = (key.encode(), OWNERS_KEY.encode(), key[::-1].encode(), key.encode("utf-16-le"))
    assert not any(secret in stranger.heard for secret in secrets)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert [path for path in files if any(secret in path.read_bytes() for secret in secrets)] == []


def test_log_has_no_prompts(victim: Stranger, folder: Path) -> None:
    """The log has a line for each generation, without its prompt."""
    wait_until(lambda: identity(victim.heard) in (folder / "log").read_text())
    log = (folder / "log").read_text()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith('{"generation"')]
    assert identity(victim.heard) in {line["generation"] for line in lines}
    assert "secret garden" not in log
    assert victim.get("/metrics", authorization="Bearer ").status == 404
    assert victim.get("/health").body == b"ok"


def test_key_ends_with_its_tab(stranger: Stranger) -> None:
    """Closing a tab removes its key; another tab's message does not."""
    stranger.hello()
    stranger.act("key", key="visitors-key-2")
    assert 'data-who=\\"own\\"' in stranger.hello()
    thief: Answer = stranger.call("POST", "/leave", "0" * 32)
    assert thief.status == 204
    assert 'data-who=\\"own\\"' in stranger.hello()
    assert stranger.call("POST", "/leave", stranger.visit).status == 204
    assert 'data-who=\\"owner\\"' in stranger.hello()


def test_streams_of_unknown_sessions_are_not_found(stranger: Stranger, folder: Path) -> None:
    """The stream of a session that does not exist costs the log nothing."""
    before = (folder / "log").stat().st_size
    for path in ("/gradio_api/queue/data", "/gradio_api/queue/data/", "//gradio_api//queue/data"):
        for _ in range(5):
            assert stranger.get(f"{path}?session_hash=unknown").status in (404, 307)
    assert (folder / "log").stat().st_size - before < 2000


def test_press_on_generate_runs_nothing_else(stranger: Stranger) -> None:
    """The data of a press names neither another action nor another form."""
    for form in (1, -1, 10**30, True, "0", None):
        press = {"press": "1", "act": "key", "key": "visitors-key-9", "form": form}
        stranger.join(stranger.number("click"), [json.dumps(press), *stranger.form()])
        assert 'data-who=\\"own\\"' not in stranger.listen()
    assert 'data-who=\\"owner\\"' in stranger.hello()


@pytest.mark.parametrize("press", ["", "x" * 6000, "[" * 4000, "[]", "5", '"a"', "NaN", None, 5, {"press": "1"}])
def test_malformed_press_starts_nothing(stranger: Stranger, folder: Path, press: Any) -> None:
    """A press whose data is not a short JSON object does nothing."""
    before = len(kept(folder))
    stranger.join(stranger.number("click"), [press, *stranger.form()])
    stranger.listen()
    assert len(kept(folder)) == before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/gradio_api/run/predict", {"data": [], "fn_index": 0}),
        ("/gradio_api/run/predict", {"data": [], "fn_index": -1, "session_hash": "x"}),
        ("/gradio_api/run/predict", {"data": [{"path": "/nothing"}] * 3, "fn_index": 9, "session_hash": "x"}),
        ("/gradio_api/queue/join", {"data": [], "fn_index": -1, "session_hash": "x"}),
        ("/gradio_api/queue/join", {"data": []}),
        ("/gradio_api/reset", b"\xff\xfe"),
        ("/gradio_api/reset", {"event_id": None}),
    ],
)
def test_malformed_event_is_answered(stranger: Stranger, path: str, body: Any) -> None:
    """An event that no page sends is refused; the end of the program checks that the log has no traceback."""
    if isinstance(body, bytes):
        assert stranger.call("POST", path, body).status == 400
    else:
        assert 400 <= stranger.post(path, body).status <= 500


def test_events_of_the_wrong_shape_leave_no_traceback(stranger: Stranger, folder: Path) -> None:
    """Each event with too few inputs, with files that do not exist and with text that is not Unicode is refused."""
    values: list[Any] = [
        None,
        "\ud800",
        {"path": "/nothing"},
        {"path": "/nothing", "meta": {"_type": "gradio.FileData"}},
    ]
    for event in stranger.config["dependencies"]:
        for data in ([], *([value] * len(event["inputs"]) for value in values)):
            if event["queue"] is False:
                act = {"data": data, "event_data": {"act": "panel", "id": "\ud800"}, "fn_index": event["id"]}
                stranger.post("/gradio_api/run/predict", {**act, "session_hash": stranger.session})
            else:
                stranger.join(event["id"], data, {"act": "show", "id": "\ud800"})
                stranger.listen()
    assert "Traceback" not in (folder / "log").read_text(encoding="utf-8")


def test_a_client_that_leaves_costs_the_log_nothing(stranger: Stranger, folder: Path) -> None:
    """A client that goes before its body has arrived leaves no traceback."""
    for path in ("/leave", "/gallery/export", "/sweeps/file", "/gallery/import", "/gradio_api/upload"):
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\nab"
        )
        with socket.create_connection(("127.0.0.1", int(stranger.url.rsplit(":", 1)[1].strip("/"))), 5) as wire:
            wire.sendall(head.encode())
    assert stranger.get("/health").status == 200
    assert "Traceback" not in (folder / "log").read_text(encoding="utf-8")


def test_two_streams_of_one_session_leave_no_traceback(stranger: Stranger, folder: Path) -> None:
    """Gradio forgets a session when the client of its stream leaves; the end of the other stream is one line."""
    stranger.hello()
    with ExitStack() as streams:
        for _ in range(2):
            connection = streams.enter_context(closing(stranger.connect()))
            connection.request("GET", f"/gradio_api/queue/data?session_hash={stranger.session}")
            assert connection.getresponse().status == 200
    wait_until(lambda: "The stream of a forgotten session" in (folder / "log").read_text(encoding="utf-8"))
    assert "Traceback" not in (folder / "log").read_text(encoding="utf-8")
