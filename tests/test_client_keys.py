"""The key goes to the configured server and nowhere else: not to another host, not into a word that we write."""

from __future__ import annotations

import logging
import shutil
import ssl
import subprocess
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flux_playground.client import Client, Task
from flux_playground.client.hosts import Origin, may_see_key, origin, permitted, polling_url, usable
from flux_playground.client.wire import Refused, Wire
from flux_playground.errors import APIUnreachable, PlaygroundError
from flux_playground.pacing import Pace

from .hostile import QUICK, Act, Hostile, closed_port, hang_up, head, raw, redirect, reply, reset, trickle
from .test_client_download import DATA

PATH = "/v1/flux-pro-1.1-ultra-finetuned"
KEY = "0d9f5cf1-1111-2222-3333-444455556666"
REQUEST = {"finetune_id": "mine"}


@pytest.fixture
def server() -> Iterator[Hostile]:
    with Hostile({PATH: reply({"id": "t"})}) as running:
        yield running


@pytest.fixture
def foreign() -> Iterator[Hostile]:
    """Another host that the key must never reach."""
    ready = {"id": "t", "status": "Ready", "result": {"sample": "https://delivery.bfl.ai/x"}}
    with Hostile({"/": reply(ready), "/p": reply(ready), PATH: reply({"id": "t"})}, host="127.0.0.2") as running:
        yield running


def client(server: Hostile) -> Client:
    return Client(server.url, KEY, limits=QUICK)


BFL = "https://api.us1.bfl.ai"
SEEN = [
    (BFL, "https://api.us1.bfl.ai/v1/x", True),
    (BFL, "https://api.eu4.bfl.ai/v1/x", True),
    (BFL, "https://API.ICE.BFL.AI/v1/x", True),
    (BFL, "https://bfl.ai/v1/x", True),
    (BFL, "http://api.us1.bfl.ai/v1/x", False),
    (BFL, "https://api.us1.bfl.ai:8443/v1/x", False),
    (BFL, "https://api.us1.bfl.ai.evil.test/v1/x", False),
    (BFL, "https://evilbfl.ai/v1/x", False),
    (BFL, "https://evil.test/.bfl.ai", False),
    (BFL, "https://evil.test?.bfl.ai", False),
    (BFL, "https://evil.test#.bfl.ai", False),
    (BFL, "https://x.blob.core.windows.net/v1/x", False),
    ("https://gateway.test:8443", "https://gateway.test:8443/x", True),
    ("https://gateway.test:8443", "https://gateway.test/x", False),
    ("https://gateway.test", "https://api.us1.bfl.ai/x", False),
    ("http://127.0.0.1:5000", "http://127.0.0.1:5000/x", True),
    ("http://127.0.0.1:5000", "http://127.0.0.1:5001/x", False),
    ("http://127.0.0.1:5000", "https://api.bfl.ai/x", False),
    ("http://[::1]:5000", "http://[::1]:5000/x", True),
]


@pytest.mark.parametrize(("base", "url", "seen"), SEEN)
def test_the_key_is_for_the_configured_server_and_its_sisters(base: str, url: str, seen: bool) -> None:
    assert may_see_key(origin(url), origin(base)) is seen


NO_ADDRESS = """
https://api.bfl.ai@evil.test/ https://user:pw@api.bfl.ai/ https://api.bfl.ai\\@evil.test/ //evil.test x https://[::1
https://a:port/ https://a:99999/ javascript:alert(1) file:///etc/passwd https:///x
"""


@pytest.mark.parametrize("url", NO_ADDRESS.split())
def test_an_address_that_two_readers_may_understand_differently_is_no_address(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        origin(url)
    assert not usable(url, origin(BFL))


PRIVATE = """
127.0.0.1 127.9.9.9 ::1 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255
fe80::1%eth0 fd00::1 :: ff02::1 ::ffff:10.0.0.1 ::ffff:127.0.0.1 198.18.0.1 192.0.2.1 240.0.0.1
"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_a_private_address_is_not_asked_for_somebody_else(address: str) -> None:
    assert not permitted(address, origin(BFL))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_a_public_address_is(address: str) -> None:
    assert permitted(address, origin(BFL))


def test_the_local_machine_is_asked_only_when_the_server_is_there_too() -> None:
    assert permitted("127.0.0.1", origin("http://localhost:1"))
    assert not permitted("10.0.0.1", origin("http://localhost:1"))
    assert usable("http://localhost:2/x", origin("http://127.0.0.1:1"))
    assert not usable("http://localhost:2/x", origin(BFL))
    assert not usable("http://example.com/x", origin("http://127.0.0.1:1"))


ASKED = [
    ("https://api.eu4.bfl.ai/v1/get_result?id=t", "https://api.eu4.bfl.ai/v1/get_result?id=t"),
    ("http://api.eu4.bfl.ai/v1/get_result?id=t", "https://api.eu4.bfl.ai/v1/get_result?id=t"),
    ("/v1/other?id=t", f"{BFL}/v1/other?id=t"),
    ("https://169.254.169.254/latest", f"{BFL}/v1/get_result?id=t"),
    ("https://api.bfl.ai@evil.test/", f"{BFL}/v1/get_result?id=t"),
    ("//evil.test/x", f"{BFL}/v1/get_result?id=t"),
    ("", f"{BFL}/v1/get_result?id=t"),
    (None, f"{BFL}/v1/get_result?id=t"),
]


@pytest.mark.parametrize(("given", "asked"), ASKED)
def test_a_task_is_asked_after_over_https_where_its_polling_url_says(given: Any, asked: str) -> None:
    assert polling_url(BFL, "t", given) == asked
    assert polling_url(BFL, "t", asked) == asked


def test_a_polling_url_on_a_foreign_host_is_asked_without_the_key(server: Hostile, foreign: Hostile) -> None:
    with client(server) as ours:
        list(ours.poll(Task("t", f"{foreign.url}/p?id=t"), pace=Pace(), age=1))
    [call] = foreign.seen
    assert KEY.encode() not in call.raw
    assert "x-key" not in call.headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_call_with_the_key_follows_a_redirect(server: Hostile, foreign: Hostile, status: int) -> None:
    for path in (PATH, "/v1/get_result", "/v1/credits"):
        server.script(path, redirect(f"{foreign.url}/p", status))
    with client(server) as ours:
        for call in (
            lambda: ours.submit(PATH, REQUEST),
            lambda: list(ours.poll(Task("t", ""), pace=Pace(), age=1)),
            lambda: ours.credits(),
        ):
            with pytest.raises(PlaygroundError):
                call()
    assert foreign.connections == 0


def test_a_name_that_leads_to_this_machine_is_found_out_before_a_byte_is_sent(server: Hostile) -> None:
    wire = Wire(origin(BFL), QUICK, guarded=True)
    with pytest.raises(Refused):
        wire.call("GET", f"https://localhost:{server.port}/x", whole=1, largest=1_000)
    wire.close()
    assert server.seen == []


def test_cookies_and_passwords_of_the_machine_are_not_sent(
    server: Hostile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\ndefault login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.script("/v1/credits", reply({"credits": 1}, Set_Cookie="session=abc; Path=/"))
    with client(server) as ours:
        ours.credits()
        ours.credits()
    for call in server.seen:
        assert not {"authorization", "cookie"} & set(call.headers)
        assert call.headers["x-key"] == KEY


def test_a_proxy_of_the_environment_is_used_for_https_and_never_for_this_machine(
    server: Hostile, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.script("/v1/credits", reply({"credits": 1}))
    server.script("api.bfl.ai:443", reply(b"", 403))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with client(server) as ours:
        assert ours.credits() == 1
    with Client("https://api.bfl.ai", KEY, limits=QUICK) as abroad, pytest.raises(APIUnreachable):
        abroad.submit(PATH, REQUEST)
    assert server.seen[0].path == "/v1/credits"
    assert {call.path for call in server.seen[1:]} == {"api.bfl.ai:443"}
    assert all(KEY.encode() not in call.raw for call in server.seen[1:])


ECHO = f"your key is {KEY}, said the server to {KEY}"
FAULTS: dict[str, Act] = {
    "text": reply({"detail": ECHO}, 400),
    "a field": reply({"detail": [{"loc": ["body", KEY], "msg": ECHO, "type": KEY, "input": KEY}]}, 422),
    "HTML": reply(f"<html>{ECHO}</html>".encode(), 500),
    "a refusal": reply({"detail": ECHO}, 403),
    "no JSON": reply(ECHO.encode()),
    "a task": reply({"id": "t", "polling_url": f"/p?{KEY}", "status": KEY}),
    "a reset": reset(),
    "nothing": hang_up(),
    "no HTTP": raw(f"{ECHO}\r\n\r\n".encode()),
    "a strange header": raw(f"HTTP/1.1 200 OK\r\n{KEY}\r\n: {KEY}\r\n\r\n".encode()),
    "a redirect": redirect(f"https://evil.test/{KEY}"),
    "a strange Retry-After": reply({}, 429, Retry_After=KEY),
    "an error in the task": reply({"id": "t", "status": "Error", "details": ECHO}),
    "a strange status": reply({"id": "t", "status": KEY}),
    "Ready": reply({"id": "t", "status": "Ready", "result": {"sample": f"https://x.test/{KEY}", "prompt": ECHO}}),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("act", FAULTS.values(), ids=FAULTS.keys())
def test_the_key_is_in_nothing_that_we_say_whatever_the_server_does(
    server: Hostile, act: Act, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    for path in (PATH, "/v1/get_result", "/v1/credits"):
        server.script(path, act)
    said = []
    with client(server) as ours:
        calls: list[Callable[[], Any]] = [
            lambda: ours.submit(PATH, REQUEST),
            lambda: list(ours.poll(Task("t", ""), pace=Pace(), age=1, patience=0.2)),
            lambda: ours.credits(),
        ]
        for call in calls:
            try:
                said.append(repr(call()))
            except PlaygroundError as error:
                said += ["".join(traceback.format_exception(error)), repr(error), repr(error.as_dict())]
        said += [repr(ours), str(ours)]
    said += [caplog.text, *capfd.readouterr()]
    assert said
    assert all(KEY not in text for text in said)
    assert all(call.headers.get("x-key") == KEY for call in server.seen)


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for this machine, trusted by the environment."""
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("needs openssl to make a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    wanted = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    made = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        *wanted,
    ]
    subprocess.run([openssl, *made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def test_over_https_everything_is_as_over_http(tls: ssl.SSLContext) -> None:
    with Hostile({PATH: reply({"id": "t"}), "/x.jpeg": [reset(), reply(DATA)]}, tls=tls) as server:
        with client(server) as ours:
            assert ours.submit(PATH, {"image_prompt": "A" * 3_000_000}).id == "t"
            assert ours.submit(PATH, REQUEST).id == "t"
            assert ours.download(f"{server.url}/x.jpeg") == DATA
        assert [call.headers.get("x-key") for call in server.seen] == [KEY, KEY, None, None]
        assert server.connections == 3


def test_a_trickle_over_https_ends_too(tls: ssl.SSLContext) -> None:
    with Hostile({"/v1/credits": trickle(head(50) + b" " * 50, every=0.1)}, tls=tls) as server:
        limits = replace(QUICK, attempts=1)
        with Client(server.url, KEY, limits=limits) as ours, pytest.raises(PlaygroundError):
            ours.credits()
        assert len(server.seen) == 1


def test_a_certificate_that_nobody_trusts_means_that_nothing_was_sent(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with Hostile({PATH: reply({"id": "t"})}, tls=tls) as server:
        with client(server) as ours, pytest.raises(APIUnreachable):
            ours.submit(PATH, REQUEST)
        assert server.seen == []


def test_a_client_does_not_show_its_key() -> None:
    with Client(closed_port(), KEY) as ours:
        assert KEY not in repr(ours) + str(ours)


def test_an_origin_is_the_same_however_it_is_written() -> None:
    assert origin("HTTPS://API.BFL.AI/x") == origin("https://api.bfl.ai:443") == Origin("https", "api.bfl.ai", 443)
