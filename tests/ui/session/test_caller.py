"""The caller of a request: trusted headers, limits of an address, and the end of a visit."""

from __future__ import annotations

import gc
import time
from ipaddress import ip_network
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_playground import Playground
from flux_playground.identity import Identity
from flux_playground.runs.client_pool import ClientPool
from flux_playground.ui.server.proxy_headers import FORWARDING_HEADERS, trust_proxy_headers
from flux_playground.ui.server.token_bucket import RateLimiter, RateLimits, TokenBucket
from flux_playground.ui.session import lifecycle
from flux_playground.ui.session.caller import GROUPS_PER_NETWORK, SIGNED_IN_HEADER, address_bucket, identity_of
from flux_playground.ui.session.tab_session import MAX_IDLE_SECONDS, TabSessions
from tests.waiting import wait_until

PROXIES = [ip_network("127.0.0.1"), ip_network("10.0.0.0/8")]
SALT = b"s" * 32
TOKEN, VISIT = "ab" * 16, "cd" * 16


def scope(peer: str, *forwarded: str) -> dict[str, object]:
    headers = [
        (b"host", b"x"),
        (b"x-forwarded-proto", b"https"),
        *((b"x-forwarded-for", f.encode()) for f in forwarded),
    ]
    return {"type": "http", "client": (peer, 1), "headers": headers}


def address(peer: str, *forwarded: str) -> str:
    return str(trust_proxy_headers(scope(peer, *forwarded), PROXIES)["client"][0])


def identity(host: str, browser: str = "Firefox", name: str = "") -> Identity:
    headers = {"user-agent": browser} | ({SIGNED_IN_HEADER: name} if name else {})
    return identity_of(SimpleNamespace(client=SimpleNamespace(host=host), headers=headers), SALT)


def signed_in(peer: str, *said: tuple[bytes, bytes], header: str = "X-Remote-User") -> str | None:
    """The signed-in user of a request from a peer."""
    heard = trust_proxy_headers({"type": "http", "client": (peer, 1), "headers": list(said)}, PROXIES, header)
    assert header.lower().encode() not in {name for name, _ in heard["headers"]}
    found = [value.decode() for name, value in heard["headers"] if name == SIGNED_IN_HEADER.encode()]
    assert len(found) <= 1
    return found[0] if found else None


def test_untrusted_peer() -> None:
    """Forwarding headers of an untrusted peer are removed."""
    heard = trust_proxy_headers(scope("203.0.113.9", "1.2.3.4"), PROXIES)
    assert heard["client"][0] == "203.0.113.9"
    assert [name for name, _ in heard["headers"]] == [b"host"]


@pytest.mark.parametrize(
    ("hop", "expected"),
    [("1.2.3.4:5678", "1.2.3.4"), ("[2001:db8::1]:5678", "2001:db8::1"), ("2001:db8::1", "2001:db8::1")],
)
def test_forwarded_address_with_a_port(hop: str, expected: str) -> None:
    """A port that a proxy writes behind an address is not part of the address."""
    assert address("10.1.2.3", hop) == expected


def test_no_trusted_proxy() -> None:
    """Without trusted proxies, loopback is not trusted either."""
    heard = trust_proxy_headers(scope("127.0.0.1", "1.2.3.4"), [])
    assert heard["client"][0] == "127.0.0.1"
    assert not FORWARDING_HEADERS & {name for name, _ in heard["headers"]}


@pytest.mark.parametrize(
    ("forwarded", "found"),
    [
        (["198.51.100.7"], "198.51.100.7"),
        (["1.2.3.4, 198.51.100.7"], "198.51.100.7"),
        (["1.2.3.4", "198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        (["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        (["garbage"], "garbage"),
        ([], "127.0.0.1"),
    ],
)
def test_last_untrusted_hop(forwarded: list[str], found: str) -> None:
    """The client is the last hop that is not a trusted proxy."""
    assert address("127.0.0.1", *forwarded) == found


@given(st.text(alphabet="0123456789abcdef.:,%[] x", max_size=40))
def test_forged_header_has_an_identity(text: str) -> None:
    """Each forged header leads to an identity."""
    host = address("10.0.0.1", text)
    assert address_bucket(host)
    assert [len(identity(host).address), len(identity(host).browser)] == [16, 8]


def test_identity() -> None:
    """An identity depends on address and browser and contains neither."""
    first, other = identity("198.51.100.7"), identity("198.51.100.7", "Chromium")
    assert first == identity("198.51.100.7")
    assert first != other
    assert first.address == other.address != identity("198.51.100.8").address
    assert not first.is_signed_in
    assert len(str(first)) == 25
    assert identity("2001:db8::1") == identity("2001:db8::ffff:1") != identity("2001:db8:1::1")
    assert identity("::ffff:198.51.100.7") == first


def test_ipv6_network_counts_as_few_addresses() -> None:
    """All addresses of a /48 network count as eight; two of its subscribers need not count as one."""
    networks = [f"2001:db8:5:{number:x}::{number:x}" for number in range(65_536)]
    assert len({address_bucket(one) for one in networks}) == GROUPS_PER_NETWORK
    assert {address_bucket(one) for one in networks}.isdisjoint({address_bucket("2001:db8:6::1")})
    homes = {address_bucket(f"2001:db8:5:{number:x}00::1") for number in range(256)}
    assert len(homes) == GROUPS_PER_NETWORK


def test_identity_of_signed_in_user() -> None:
    """The identity of a signed-in user is the same from each address."""
    assert (
        identity("198.51.100.7", name="ann")
        == identity("203.0.113.9", "Chromium", "ann")
        != identity("203.0.113.9", name="bob")
    )


def test_user_header_of_trusted_proxy() -> None:
    """Only a trusted proxy may name the user."""
    ann = (b"x-remote-user", b"ann")
    assert signed_in("127.0.0.1", ann) == signed_in("10.1.2.3", (b"x-remote-user", b" ann ")) == "ann"
    assert signed_in("203.0.113.9", ann) is None
    assert signed_in("127.0.0.1", (b"x-flux-playground-signed-in", b"ann")) is None
    assert signed_in("203.0.113.9", (b"x-flux-playground-signed-in", b"ann")) is None
    assert signed_in("127.0.0.1", ann, header="X-Auth-Request-Email") is None


def test_invalid_user_header() -> None:
    """A user name that is repeated, blank or too long is ignored."""
    ann, bob = (b"x-remote-user", b"ann"), (b"X-Remote-User", b"bob")
    assert signed_in("127.0.0.1", ann, bob) is None
    assert signed_in("127.0.0.1", ann, ann) is None
    assert signed_in("127.0.0.1", (b"x-remote-user", b" ")) is None
    assert signed_in("127.0.0.1", (b"x-remote-user", b"a" * 321)) is None
    assert signed_in("127.0.0.1") is None


def test_no_user_header_setting() -> None:
    """Without the setting, nobody is signed in."""
    said = [(b"x-remote-user", b"ann"), (SIGNED_IN_HEADER.encode(), b"ann"), (b"", b"ann")]
    heard = trust_proxy_headers({"type": "http", "client": ("127.0.0.1", 1), "headers": said}, PROXIES)
    assert SIGNED_IN_HEADER.encode() not in {name for name, _ in heard["headers"]}


def test_sign_in_changes_the_visitor() -> None:
    """Another user who signs in within the same tab is another visitor."""
    sessions = TabSessions(hosted=True)
    token = f"{TOKEN}.{VISIT}"
    ann, bob = identity("198.51.100.7", name="ann"), identity("198.51.100.7", name="bob")
    ids = [
        sessions.identify(str(n), token, one).visitor.id
        for n, one in enumerate((ann, bob, ann, identity("198.51.100.7")))
    ]
    assert ids[0] == ids[2]
    assert len(set(ids)) == 3
    assert sessions.identify("x", "ef" * 16, ann).visitor.id not in ids


def test_token_bucket() -> None:
    """A bucket gives its tokens and refills at its rate."""
    bucket = TokenBucket(capacity=2, rate=1, tokens=2, updated_at=0.0)
    assert [bucket.take(1, 0.0) for _ in range(3)] == [True, True, False]
    assert not bucket.take(1, 0.5)
    assert bucket.take(1, 1.0)
    assert [bucket.take(1, 100.0) for _ in range(3)] == [True, True, False]


def test_open_requests() -> None:
    """Open requests are limited per address and in total."""
    limiter = RateLimiter(RateLimits(open_per_address=2, open_total=3))
    assert [limiter.start_request("a") for _ in range(3)] == [True, True, False]
    assert [limiter.start_request("b") for _ in range(2)] == [True, False]
    limiter.end_request("a")
    assert limiter.start_request("b")


def test_uploaded_bytes() -> None:
    """Uploaded bytes are limited per address and in total."""
    limiter = RateLimiter(RateLimits(bytes_per_address=(10, 0), bytes_total=(15, 0)))
    assert [
        limiter.take_bytes("a", 6),
        limiter.take_bytes("a", 6),
        limiter.take_bytes("b", 6),
        limiter.take_bytes("c", 6),
    ] == [
        True,
        False,
        True,
        False,
    ]


def test_max_addresses() -> None:
    """The limiter remembers a bounded number of addresses."""
    limiter = RateLimiter()
    for number in range(10_050):
        limiter.start_request(str(number))
        limiter.end_request(str(number))
    assert len(limiter._addresses) == 10_000


def test_closed_tab_drops_its_key() -> None:
    """A closed tab drops its own key only."""
    gone: list[str] = []
    sessions = TabSessions(hosted=True, forget=gone.append)
    for session, token, key in (("one", VISIT, "key-one"), ("two", "ef" * 16, "key-two")):
        sessions.use_key(sessions.identify(session, f"{TOKEN}.{token}", Identity("m", "m")), key)
    sessions.end("")
    sessions.end("no such visit")
    sessions.end(VISIT)
    assert gone == ["key-one"]
    assert sessions.get("one").visitor.api_key == ""
    assert sessions.get("two").visitor.api_key == "key-two"


def test_shared_key_stays() -> None:
    """A key is dropped with the last tab that uses it."""
    gone: list[str] = []
    sessions = TabSessions(hosted=False, forget=gone.append)
    for session, token in (("one", VISIT), ("two", "ef" * 16)):
        sessions.use_key(sessions.identify(session, f"{TOKEN}.{token}"), "the-key")
    sessions.end(VISIT)
    assert gone == []
    sessions.use_key(sessions.get("two"), "")
    assert gone == ["the-key"]


def test_idle_tab_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """An idle tab and its key are dropped without a request."""
    gone: list[str] = []
    sessions, accounts = TabSessions(hosted=True, forget=gone.append), ClientPool(1)
    sessions.use_key(sessions.get("one"), "the-key")
    accounts.get("http://127.0.0.1:9", "the-key")
    later = time.monotonic() + MAX_IDLE_SECONDS + 1
    for room in ("ui.session.tab_session", "runs.client_pool"):
        monkeypatch.setattr(f"flux_playground.{room}.time", SimpleNamespace(monotonic=lambda: later))
    lifecycle.expire_idle(sessions, accounts, interval_seconds=0.01)
    wait_until(lambda: gone and not len(accounts))
    assert gone == ["the-key"]
    del sessions
    gc.collect()


def test_busy_account_is_kept(playground: Playground) -> None:
    """The client of a dropped key is closed when its requests have ended."""
    accounts = ClientPool(1)
    account = accounts.get("http://127.0.0.1:9", "the-key")
    started = playground.start({"finetune_id": "my-finetune"})
    run = playground.run(started.id)
    assert run is not None
    account.queue.acquire(run)
    accounts.forget_key("the-key")
    assert len(accounts) == 1
    account.queue.release()
    accounts.close_idle()
    assert len(accounts) == 0
    list(playground.watch(started.id))
