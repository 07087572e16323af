"""The key goes to the configured server and nowhere else: not to another host, not into a word that we write."""

from __future__ import annotations

import base64
import json
import logging
import re
import ssl
import subprocess
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from flux_playground.client import Client, Task
from flux_playground.client.connections import AddressBlocked
from flux_playground.client.poll_schedule import PollSchedule
from flux_playground.client.redact_key import find_forms, remove_forms
from flux_playground.client.transport import Transport
from flux_playground.errors import APIUnreachable, PlaygroundError
from flux_playground.url_policy import origin

from ..faulty_server import (
    IMPATIENT,
    QUICK,
    Act,
    Hostile,
    closed_port,
    hang_up,
    head,
    raw,
    redirect,
    reply,
    reset,
    trickle,
)
from ..waiting import wait_until
from .test_downloads import DATA

PATH = "/v1/flux-pro-1.1-ultra-finetuned"
BFL = "https://api.us1.bfl.ai"
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


def test_polling_url_of_another_host(server: Hostile, foreign: Hostile) -> None:
    """A polling URL of another host is polled without the key."""
    with client(server) as ours:
        list(ours.poll(Task("t", f"{foreign.url}/p?id=t"), schedule=PollSchedule(), age=1))
    [call] = foreign.seen
    assert KEY.encode() not in call.raw
    assert "x-key" not in call.headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_of_a_call_with_the_key(server: Hostile, foreign: Hostile, status: int) -> None:
    """No call with the key follows a redirect."""
    for path in (PATH, "/v1/get_result", "/v1/credits"):
        server.script(path, redirect(f"{foreign.url}/p", status))
    with client(server) as ours:
        for call in (lambda: ours.submit(PATH, REQUEST), lambda: ours.credits()):
            with pytest.raises(PlaygroundError):
                call()
        assert foreign.connections == 0
        foreign.script("/p", reply({"id": "t", "status": "Error"}))
        with pytest.raises(
            PlaygroundError
        ):  # a poll is followed to where its own address could have led, without the key
            list(ours.poll(Task("t", ""), schedule=PollSchedule(), age=1))
    assert foreign.connections == 1
    assert all(KEY.encode() not in call.raw for call in foreign.seen)


def test_name_of_this_machine(server: Hostile) -> None:
    """A host name that resolves to this machine is refused before a byte is sent."""
    wire = Transport(origin(BFL), QUICK, guarded=True)
    with pytest.raises(AddressBlocked):
        wire.call("GET", f"https://localhost:{server.port}/x", timeout=1, max_bytes=1_000)
    wire.close()
    assert server.seen == []


def test_cookies_and_passwords(server: Hostile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cookies and passwords of the machine are not sent."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\ndefault login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.script("/v1/credits", reply({"credits": 1}, Set_Cookie="session=abc; Path=/"))
    with client(server) as ours:
        ours.credits()
        ours.credits()
    for call in server.seen:
        assert not {"authorization", "cookie"} & set(call.headers)
        assert call.headers["x-key"] == KEY


def test_proxy(server: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment is used for https and never for this machine."""
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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem"),
        ("HTTPS_PROXY", "http://"),
        ("HTTPS_PROXY", "odd://x:1"),
        ("HTTPS_PROXY", "socks5://x:1"),
    ],
)
def test_broken_environment(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken environment means that nothing was sent."""
    monkeypatch.delenv("https_proxy", raising=False)
    monkeypatch.setenv(name, value)
    with Client("https://api.bfl.ai", KEY, limits=QUICK) as ours, pytest.raises(APIUnreachable):
        ours.submit(PATH, REQUEST)


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
def test_key_is_in_no_text(
    server: Hostile, act: Act, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """The key is in no error, log line or output."""
    caplog.set_level(logging.DEBUG)
    for path in (PATH, "/v1/get_result", "/v1/credits"):
        server.script(path, act)
    said = []
    with client(server) as ours:
        calls: list[Callable[[], Any]] = [
            lambda: ours.submit(PATH, REQUEST),
            lambda: list(ours.poll(Task("t", ""), schedule=PollSchedule(), age=1, patience=0.2)),
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


FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper case": str.upper,
    "escaped for JSON": lambda key: "".join(f"\\u{ord(char):04x}" for char in key),
    "JSON inside of JSON": lambda key: "".join(f"\\\\u{ord(char):04X}" for char in key),
    "for a URL": lambda key: "".join(f"%{ord(char):02X}" for char in key),
    "for a URL in a URL": lambda key: quote(quote(key.replace("-", "/"), safe="")).replace("%252F", "%252D"),
    "for HTML": lambda key: "".join(f"&#x{ord(char):x};" for char in key),
    "hex": lambda key: key.encode().hex().upper(),
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64 of a header": lambda key: base64.urlsafe_b64encode(f"x:{key}".encode()).decode(),
    "base64 in lines": lambda key: base64.encodebytes(f"{'name' * 9}:{key}".encode()).decode(),
    "lines": lambda key: f"{key[:9]}\n    {key[9:20]}\r\n\t{key[20:]}",
    "lines inside of JSON": lambda key: json.dumps(f"{key[:9]}\n  {key[9:]}"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_written_forms_of_a_key(form: Callable[[str], str]) -> None:
    """A key that the API repeats in another form is hidden, the words around it are not."""
    written = form(KEY)
    left = remove_forms(f"before {written} behind".encode(), find_forms(KEY))
    assert b"(key)" in left
    assert (left[:7], left[-7:]) == (b"before ", b" behind")
    assert len(left) - len("(key)") < len(written)
    longest = max(re.findall(r"\w+", written), key=len)
    assert longest.encode() not in left


def test_response_of_backslashes() -> None:
    """A response that nearly is a key millions of times is searched in linear time: else this test never ends."""
    for part in (b"\\", b"%25", b"0\\", b"&#x0", b"0 "):
        data = part * 1_000_000
        assert remove_forms(data, find_forms(KEY)) == data


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for this machine, trusted by the environment."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    command = [*made.split(), *names, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def test_https(tls: ssl.SSLContext) -> None:
    """Calls over https are as over http."""
    with Hostile({PATH: reply({"id": "t"}), "/x.jpeg": [reset(), reply(DATA)]}, tls=tls) as server:
        with client(server) as ours:
            assert ours.submit(PATH, {"image_prompt": "A" * 3_000_000}).id == "t"
            assert ours.submit(PATH, REQUEST).id == "t"
            assert ours.download(f"{server.url}/x.jpeg") == DATA
        assert [call.headers.get("x-key") for call in server.seen] == [KEY, KEY, None, None]
        assert server.connections == 3


def test_trickle_over_https(tls: ssl.SSLContext) -> None:
    """A trickle over https ends too."""
    with Hostile({"/v1/credits": trickle(head(50) + b" " * 50, every=0.1)}, tls=tls) as server:
        limits = replace(IMPATIENT, account_attempts=1)
        with Client(server.url, KEY, limits=limits) as ours, pytest.raises(PlaygroundError):
            ours.credits()
        assert len(server.seen) == 1


def test_untrusted_certificate(tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """An untrusted certificate means that nothing was sent."""
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with Hostile({PATH: reply({"id": "t"})}, tls=tls) as server:
        with client(server) as ours, pytest.raises(APIUnreachable):
            ours.submit(PATH, REQUEST)
        assert server.seen == []


def test_repr() -> None:
    """The text of a client does not contain its key."""
    with Client(closed_port(), KEY) as ours:
        assert KEY not in repr(ours) + str(ours)


def test_idle_connections_are_closed(server: Hostile) -> None:
    """A client that is kept but not used holds no connection after `limits.idle_timeout`."""
    server.script("/v1/credits", reply({"credits": 1}))
    with Client(server.url, KEY, limits=replace(QUICK, idle_timeout=0.1)) as ours:
        ours.credits()
        assert server.connections == 1
        wait_until(lambda: not server.open)
