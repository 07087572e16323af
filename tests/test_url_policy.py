"""Which address may be asked, and which may see the key: each rule shown by the addresses that try to bend it."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from flux_playground.url_policy import (
    Origin,
    PrivateNames,
    endpoint,
    is_allowed_peer,
    is_allowed_url,
    may_be_named_by_document,
    may_receive_key,
    origin,
    polling_url,
)

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
def test_hosts_that_may_receive_the_key(base: str, url: str, seen: bool) -> None:
    """The key goes to the configured server and the API's other hosts."""
    assert may_receive_key(origin(url), origin(base)) is seen


NO_ADDRESS = """
https://api.bfl.ai@evil.test/ https://user:pw@api.bfl.ai/ https://api.bfl.ai\\@evil.test/ //evil.test x https://[::1
https://a:port/ https://a:99999/ javascript:alert(1) file:///etc/passwd https:///x
"""


@pytest.mark.parametrize("url", NO_ADDRESS.split())
def test_ambiguous_address_is_refused(url: str) -> None:
    """An address that programs read in different ways is refused."""
    with pytest.raises(ValueError, match=r"."):
        origin(url)
    assert not is_allowed_url(url, origin(BFL))


PRIVATE = """
127.0.0.1 127.9.9.9 ::1 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255
64:ff9b:1::10.0.0.1 64:ff9b:1:fffe::127.0.0.1 ::ffff:0:10.0.0.1 ::ffff:0:127.0.0.1
64:ff9b::10.0.0.1 64:ff9b::127.0.0.1 2002:a00:1::1 2002:7f00:1::1 ::10.0.0.1 ::127.0.0.1 fec0::1
fe80::1%eth0 fd00::1 :: ff02::1 ::ffff:10.0.0.1 ::ffff:127.0.0.1 198.18.0.1 192.0.2.1 240.0.0.1
"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_private_address_is_refused(address: str) -> None:
    """A host of the API must not resolve to a private address."""
    assert not is_allowed_peer(address, origin(BFL))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "::ffff:0:8.8.8.8"]
)
def test_public_address_is_allowed(address: str) -> None:
    """A host of the API may resolve to a public address."""
    assert is_allowed_peer(address, origin(BFL))


def test_loopback_needs_a_loopback_server() -> None:
    """Loopback addresses are allowed for a local server only."""
    assert is_allowed_peer("127.0.0.1", origin("http://localhost:1"))
    assert not is_allowed_peer("10.0.0.1", origin("http://localhost:1"))
    assert is_allowed_url("http://localhost:2/x", origin("http://127.0.0.1:1"))
    assert not is_allowed_url("http://localhost:2/x", origin(BFL))
    assert not is_allowed_url("http://example.com/x", origin("http://127.0.0.1:1"))


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
def test_polling_url_needs_https(given: Any, asked: str) -> None:
    """A polling URL must use HTTPS and a host of the API; else the usual one is used."""
    assert polling_url(BFL, "t", given) == asked
    assert polling_url(BFL, "t", asked) == asked


def test_origin_is_normalized() -> None:
    """Case and the default port do not change an origin."""
    assert origin("HTTPS://API.BFL.AI/x") == origin("https://api.bfl.ai:443") == Origin("https", "api.bfl.ai", 443)


FAKE = ["198.18.0.10", "100.64.3.4", "10.9.8.7", "192.168.1.1", "fc00::1", "::ffff:198.18.0.1"]


@pytest.mark.parametrize("address", FAKE)
def test_own_names_may_lead_to_a_private_address(address: str) -> None:
    """Behind a fake-IP proxy or a split DNS, names of the API resolve to private addresses."""
    assert is_allowed_peer(address, origin(BFL), "delivery-eu1.bfl.ai", PrivateNames.OWN)
    assert not is_allowed_peer(address, origin(BFL), "x.blob.core.windows.net", PrivateNames.OWN)
    assert not is_allowed_peer(address, origin(BFL), "evilbfl.ai", PrivateNames.OWN)
    assert not is_allowed_peer(address, origin(BFL), "delivery-eu1.bfl.ai")
    assert not is_allowed_peer(address, origin(BFL), "", PrivateNames.ANY)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1"])
def test_no_name_may_lead_to_this_machine_or_link(address: str) -> None:
    """The exception covers local networks only."""
    assert not is_allowed_peer(address, origin(BFL), "delivery-eu1.bfl.ai", PrivateNames.ANY)


@pytest.mark.parametrize(("resolved", "allowed"), [("198.18.0.5", True), ("8.8.8.8", False), ("127.0.0.1", False)])
def test_private_names_follow_the_api(resolved: str, allowed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another image host may be private only where the API's own name is."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (resolved, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert is_allowed_peer("198.18.0.10", origin(BFL), "x.blob.core.windows.net", PrivateNames.ANY) is allowed
    assert not is_allowed_peer("198.18.0.10", origin(BFL), "x.blob.core.windows.net", PrivateNames.OWN)


@pytest.mark.parametrize("base", ["https://a.test", "https://a.test/", "https://a.test/v1", "https://a.test/v1/"])
def test_version_in_the_base_url_is_not_doubled(base: str) -> None:
    """A base URL that ends in /v1 asks the same endpoints."""
    assert endpoint(base, "/v1/credits") == "https://a.test/v1/credits"


def test_document_host_may_not_be_private() -> None:
    """A visitor chooses a document's URL, so its own host name earns no exception."""
    assert not is_allowed_peer("10.0.0.5", origin("https://wiki.corp.test/openapi.json"), "wiki.corp.test")


@pytest.mark.parametrize(
    ("server", "allowed"),
    [
        ("https://api.bfl.ai", True),
        ("https://api.us1.bfl.ai", True),
        ("http://localhost:8000", True),
        ("http://127.0.0.1:8000", True),
        ("https://bfl.ai.example", False),
        ("https://notbfl.ai", False),
        ("http://127.0.0.2:8000", False),
        ("", False),
    ],
)
def test_servers_that_a_document_may_name(server: str, allowed: bool) -> None:
    """A document names only hosts of the API and this machine as servers for a key."""
    assert may_be_named_by_document(server) is allowed
