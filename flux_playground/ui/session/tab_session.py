"""In-memory state of the browser tabs: visitor, selected generation, current update stream.

The state, and above all a key, goes neither to Gradio's state nor to the browser's storage nor to disk.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import sys
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from ...address_shares import AddressShares
from ...identity import Identity
from ...playground import OWNER, Visitor
from ...price_estimate import PriceEstimate

MAX_IDLE_SECONDS = 3600.0
"""Seconds after which a tab without a request is forgotten, with its key."""

MAX_SESSIONS = 10_000
MAX_SESSIONS_PER_ADDRESS = 500
MAX_REMEMBERED_PRESSES, MAX_REMEMBERED_PRESSES_PER_ADDRESS = 20_000, 2_000
MAX_KEPT_BYTES_PER_ADDRESS = 30_000_000
"""Of the values that the sessions of one address keep for Undo, for another endpoint or from a file."""

SMALL_SESSION_BYTES = 50_000
MAX_LOST_KEYS = 10_000
MAX_SESSION_HASH_CHARS = 64

TOKEN = re.compile(r"[0-9a-f]{32,64}")


@dataclass
class TabSession:
    """One tab. `stream_id` numbers the tab's update streams: a stream ends when a later one has started.

    `pending_import` are settings of a file or a text that wait to be applied.
    `undo` holds the contents of the form's inputs before they were replaced, by the inputs' keys; `undo_of_json` says
    that edits of the JSON replaced them, so that the next edit extends `undo`.
    `carried_values` follow the visitor to another endpoint; `rejected_values` names those that it cannot take.
    `balance` is the account's last known balance, in credits, and `finetunes` are its ids, none where they are unknown.
    `sized_prices` are the prices of images of the size in
    the form, by endpoint; `shown_endpoint` is the one in the form at the latest event. `lost_key` says that the program
    has forgotten the visitor's own key, which the visitor may not know. `history_pages` is how much of the history is
    shown. `kept_bytes` is the memory that the values take.
    """

    visitor: Visitor
    selected_id: str = ""
    stream_id: int = 0
    balance: float | None = None
    finetunes: frozenset[str] = frozenset()
    sized_prices: dict[str, PriceEstimate] = field(default_factory=dict)
    shown_endpoint: str = ""
    progress_by_id: dict[str, float] = field(default_factory=dict)
    last_seen: float = 0.0
    visit_token: str = field(default="", repr=False)
    pending_import: Any = None
    carried_values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    undo: Mapping[str, Any] = field(default_factory=dict, repr=False)
    undo_of_json: bool = False
    history_pages: int = 1
    rejected_values: frozenset[str] = frozenset()
    lost_key: bool = False
    kept_bytes: int = 0

    def start_stream(self) -> int:
        """Return the number of a new update stream; earlier streams of this tab end."""
        self.stream_id += 1
        return self.stream_id

    def select(self, generation_id: str) -> None:
        """Select another generation; the update streams of this tab end."""
        self.selected_id = generation_id
        self.stream_id += 1

    def use_key(self, key: str) -> None:
        """Use a visitor's own key from now on; "" removes it."""
        self.visitor = replace(self.visitor, api_key=key.strip())
        self.balance, self.finetunes = None, frozenset()
        self.lost_key = False

    def use_server(self, server: str) -> None:
        """Send later requests to another server of the document; "" is the default one."""
        if server != self.visitor.server:
            self.visitor = replace(self.visitor, server=server)
            self.balance, self.finetunes = None, frozenset()

    def clear_values(self) -> None:
        """Forget the values for Undo, for another endpoint and from a file."""
        self.undo, self.carried_values, self.pending_import, self.kept_bytes = {}, {}, None, 0

    def measure(self) -> int:
        """Set and return the memory that the values of the visitor take, in bytes."""
        self.kept_bytes = _memory_bytes([self.undo, self.carried_values, self.pending_import])
        return self.kept_bytes

    def progress(self, generation_id: str, progress: float | None) -> float | None:
        """Return the largest progress that the API has reported for a generation, between 0 and 1."""
        if progress is not None:
            self.progress_by_id[generation_id] = min(1.0, max(progress, self.progress_by_id.get(generation_id, 0.0)))
        return self.progress_by_id.get(generation_id)


class TabSessions:
    """The sessions of all tabs, by Gradio's session hash. Safe to use from many threads."""

    def __init__(self, *, hosted: bool, forget: Callable[[str], None] = lambda key: None) -> None:
        self._hosted = hosted
        self._forget = forget  # called with each key that no tab uses any more
        self._sessions: OrderedDict[str, TabSession] = OrderedDict()
        self._lost_keys: OrderedDict[str, None] = OrderedDict()  # session hashes
        self._presses: AddressShares[tuple[str, str]] = AddressShares(
            MAX_REMEMBERED_PRESSES, MAX_REMEMBERED_PRESSES_PER_ADDRESS
        )
        self._lock = threading.Lock()

    def get(self, session_hash: str | None) -> TabSession:
        """Return the session of a session hash, a new one where there is none; without a hash, one that is not kept."""
        self.expire_idle()
        now = time.monotonic()
        name = _bounded(session_hash or "")
        with self._lock:
            session = self._sessions.get(name)
            if session is None:
                session = TabSession(self._new_visitor(name), lost_key=self._take_lost_key(name))
            session.last_seen = now
            if name:
                self._sessions[name] = session
                self._sessions.move_to_end(name)
        return session

    def identify(self, session_hash: str | None, token_pair: str, identity: Identity | None = None) -> TabSession:
        """Return the session of a request, identified by the tab's own token.

        `token` is a random token of the tab, with which a reload finds its images, and after a dot one of this visit,
        which ends the session. For a signed-in visitor the token finds only images made under the same
        name.
        """
        session = self.get(session_hash)
        token, _, visit = (token_pair or "").partition(".")
        session.visit_token = visit if TOKEN.fullmatch(visit) else ""
        if identity and identity != session.visitor.identity:
            session.visitor = replace(session.visitor, identity=identity)
            self._limit_address(identity.address)
        if self._hosted and TOKEN.fullmatch(token):
            owner = f"{token} {identity}" if identity and identity.is_signed_in else token
            digest = hashlib.sha256(owner.encode()).hexdigest()[:32]
            session.visitor = replace(session.visitor, id=f"visitor-{digest}")
        return session

    def identify_visit(self, token_pair: str, identity: Identity) -> TabSession:
        """Return the session of a request that has a tab's token but no session hash: the one of the same visit.

        A visit without a session gets one that is not kept.
        """
        _, _, visit = token_pair.partition(".")
        with self._lock:
            names = [name for name, session in self._sessions.items() if _is_visit(session, visit)]
        return self.identify(names[0] if names else None, token_pair, identity)

    def claim_press(self, visitor: Visitor, press: str) -> bool:
        """Return whether a press of this number may act; each number counts once for its visitor."""
        if not press:
            return True
        with self._lock:
            if (visitor.id, press) in self._presses:
                return False
            self._presses.add((visitor.id, press), visitor.identity.address)
        return True

    def limit_memory(self, session: TabSession) -> None:
        """Clear the values of the longest idle other sessions of an address whose sessions keep too many."""
        if session.measure() < SMALL_SESSION_BYTES:
            return
        address = session.visitor.identity.address
        with self._lock:
            own = [one for one in self._sessions.values() if one.visitor.identity.address == address]
        excess = sum(one.kept_bytes for one in own) - MAX_KEPT_BYTES_PER_ADDRESS
        for one in own:
            if excess > 0 and one is not session:
                excess -= one.kept_bytes
                one.clear_values()

    def use_key(self, session: TabSession, key: str) -> None:
        """Use a key of the visitor's own from now on; "" forgets it."""
        before = session.visitor.api_key
        session.use_key(key)
        self._forget_keys({before} - {session.visitor.api_key})

    def end(self, visit_token: str) -> None:
        """End the session of a closed tab and forget its key."""
        with self._lock:
            names = [name for name, session in self._sessions.items() if _is_visit(session, visit_token)]
            keys = self._drop(names)
        self._forget_keys(keys)

    def expire_idle(self) -> None:
        """End sessions that were idle for an hour, and the longest idle ones where there are too many."""
        before = time.monotonic() - MAX_IDLE_SECONDS
        keys: set[str] = set()
        with self._lock:
            while self._sessions and next(iter(self._sessions.values())).last_seen < before:
                keys |= self._drop([next(iter(self._sessions))])
            while len(self._sessions) > MAX_SESSIONS:
                keys |= self._drop([self._longest_idle_of_largest_address()])
        self._forget_keys(keys)

    def _longest_idle_of_largest_address(self) -> str:
        """Return the longest idle session of the address with the most sessions."""
        addresses = Counter(session.visitor.identity.address for session in self._sessions.values())
        crowd = max(addresses, key=addresses.__getitem__)
        return next(name for name, session in self._sessions.items() if session.visitor.identity.address == crowd)

    def _limit_address(self, address: str) -> None:
        """End the longest idle sessions of an address that has too many."""
        with self._lock:
            own = [name for name, session in self._sessions.items() if session.visitor.identity.address == address]
            keys = self._drop(own[:-MAX_SESSIONS_PER_ADDRESS])
        self._forget_keys(keys)

    def _take_lost_key(self, name: str) -> bool:
        """Return whether an earlier session of this name had a key, and forget that."""
        if name not in self._lost_keys:
            return False
        del self._lost_keys[name]
        return True

    def _drop(self, names: Iterable[str]) -> set[str]:
        """Remove sessions and return their keys, while the caller holds the lock; remember which had a key."""
        keys = set()
        for name in names:
            session = self._sessions.pop(name)
            keys.add(session.visitor.api_key)
            if session.visitor.api_key or session.lost_key:
                self._lost_keys[name] = None
        while len(self._lost_keys) > MAX_LOST_KEYS:
            self._lost_keys.popitem(last=False)
        return keys

    def _forget_keys(self, keys: set[str]) -> None:
        with self._lock:
            used = {session.visitor.api_key for session in self._sessions.values()} if keys - {""} else set()
        for key in keys - used - {""}:
            self._forget(key)

    def _new_visitor(self, name: str) -> Visitor:
        """Return the visitor of a session without a token: the same one also after the session was forgotten."""
        digest = hashlib.sha256(f"session {name}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return Visitor(id=f"visitor-{digest if name else secrets.token_hex(16)}") if self._hosted else OWNER


def _memory_bytes(value: Any) -> int:
    """Return about how much memory the texts and files in a value take."""
    if isinstance(value, str | bytes):
        return sys.getsizeof(value)
    if isinstance(value, Mapping):
        return sum(map(_memory_bytes, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(_memory_bytes, value))
    if is_dataclass(value):
        return sum(_memory_bytes(getattr(value, one.name)) for one in fields(value))
    return sys.getsizeof(0)


def _is_visit(session: TabSession, visit_token: str) -> bool:
    # As bytes: text with other characters than ASCII would raise an error.
    return bool(session.visit_token) and hmac.compare_digest(session.visit_token.encode(), visit_token.encode())


def _bounded(session_hash: str) -> str:
    """Return a session hash, or a digest of one that is longer than Gradio's: a client chooses it."""
    if len(session_hash) <= MAX_SESSION_HASH_CHARS:
        return session_hash
    return hashlib.sha256(session_hash.encode("utf-8", "surrogatepass")).hexdigest()
