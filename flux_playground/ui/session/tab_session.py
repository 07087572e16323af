"""What a browser tab is doing: whose it is, which generation it looks at, which of its watchers is the present one.

Kept in this program's memory only, for as long as the tab is in use and an hour more: nothing of it, and above all
no key, goes to gradio's state, to the browser's storage or to disk. Knows visitors, neither gradio nor HTML.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...playground import OWNER, Visitor
from ..recipes.import_preview import Opened
from .caller import named

IDLE = 3600.0
"""Seconds after which a tab that says nothing is forgotten, its key with it."""

MOST = 10_000
MAX_SESSIONS_PER_ADDRESS = 500
MAX_REMEMBERED_PRESSES = 10_000

TOKEN = re.compile(r"[0-9a-f]{32,64}")


@dataclass
class Desk:
    """One tab. `turn` numbers its watchers: one that is no longer the latest stops. `dropped` is a
    file that was given and not looked at yet; what was found in it, `opened`, waits to be applied.

    `undo` holds what the form's inputs held before settings were put into them, by their keys; `undo_of_json` says
    that edits of the JSON put them in, so that the next edit extends it.
    `carried` goes along when another endpoint is chosen; `unfit` names what of it the present one cannot take.
    `balance` is what its account was last said to have, in credits.
    """

    visitor: Visitor
    shown: str = ""
    turn: int = 0
    balance: float | None = None
    reached: dict[str, float] = field(default_factory=dict)
    touched: float = 0.0
    visit: str = field(default="", repr=False)
    dropped: Path | None = None
    opened: Opened | None = None
    carried: Mapping[str, Any] = field(default_factory=dict, repr=False)
    undo: Mapping[str, Any] = field(default_factory=dict, repr=False)
    undo_of_json: bool = False
    unfit: frozenset[str] = frozenset()

    def take_turn(self) -> int:
        """Become the watcher of this tab; whoever was it before will see that the number has changed."""
        self.turn += 1
        return self.turn

    def look_at(self, generation_id: str) -> None:
        """Look at another generation; a watcher of what was looked at before has nothing more to tell."""
        self.shown = generation_id
        self.turn += 1

    def use_key(self, key: str) -> None:
        """Use a key of the visitor's own from now on; "" forgets it."""
        self.visitor = replace(self.visitor, api_key=key.strip())
        self.balance = None

    def progress(self, generation_id: str, progress: float | None) -> float | None:
        """The furthest that a generation was said to be, between 0 and 1; what the API takes back is not taken back."""
        if progress is not None:
            self.reached[generation_id] = min(1.0, max(progress, self.reached.get(generation_id, 0.0)))
        return self.reached.get(generation_id)


class Desks:
    """The desks of all tabs, by gradio's session. Safe to use from many threads."""

    def __init__(self, *, hosted: bool, forget: Callable[[str], None] = lambda key: None) -> None:
        self._hosted = hosted
        self._forget = forget  # is told each key that nobody uses any more
        self._desks: OrderedDict[str, Desk] = OrderedDict()
        self._presses: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, session: str | None) -> Desk:
        """The desk of a session, a new one if need be; without a session, one that nobody finds again."""
        self.tidy()
        now = time.monotonic()
        with self._lock:
            desk = self._desks.get(session or "") or Desk(self._newcomer())
            desk.touched = now
            if session:
                self._desks[session] = desk
                self._desks.move_to_end(session)
        return desk

    def welcome(self, session: str | None, told: str, mark: str = "") -> Desk:
        """The desk of a session whose browser has said hello.

        It shows a token of its own making, so that a reload finds its images, and after a dot one of this visit, which
        ends it. `mark` is whom the allowance counts. Where that is a signed-in name, the token finds only what was made
        under it: who signs out leaves nothing to whoever signs in after them in the same tab.
        """
        desk = self.of(session)
        token, _, visit = (told or "").partition(".")
        desk.visit = visit if TOKEN.fullmatch(visit) else ""
        if mark:
            new = desk.visitor.mark != mark
            desk.visitor = replace(desk.visitor, mark=mark)
            if new:
                self._bound(_address(desk))
        if self._hosted and TOKEN.fullmatch(token):
            whose = f"{token} {mark}" if named(mark) else token
            digest = hashlib.sha256(whose.encode()).hexdigest()[:32]
            desk.visitor = replace(desk.visitor, id=f"visitor-{digest}")
        return desk

    def claim_press(self, owner: str, press: str) -> bool:
        """Return whether a press of this number may act: each counts once for its owner, also when it is replayed."""
        if not press:
            return True
        with self._lock:
            if (owner, press) in self._presses:
                return False
            self._presses[owner, press] = ""
            while len(self._presses) > MAX_REMEMBERED_PRESSES:
                self._presses.popitem(last=False)
        return True

    def use_key(self, desk: Desk, key: str) -> None:
        """Use a key of the visitor's own from now on; "" forgets it."""
        before = desk.visitor.api_key
        desk.use_key(key)
        self._let_go({before} - {desk.visitor.api_key})

    def leave(self, visit: str) -> None:
        """A tab was closed: forget what it was doing, its key with it."""
        with self._lock:
            gone = [name for name, desk in self._desks.items() if desk.visit and hmac.compare_digest(desk.visit, visit)]
            keys = {self._desks.pop(name).visitor.api_key for name in gone}
        self._let_go(keys)

    def tidy(self) -> None:
        """Forget every tab that has said nothing for an hour, and the most silent ones when there are too many."""
        before = time.monotonic() - IDLE
        keys = set()
        with self._lock:
            while self._desks and next(iter(self._desks.values())).touched < before:
                keys.add(self._desks.popitem(last=False)[1].visitor.api_key)
            while len(self._desks) > MOST:
                keys.add(self._desks.pop(self._crowded()).visitor.api_key)
        self._let_go(keys)

    def _crowded(self) -> str:
        """The longest silent session of the address that has the most: one address never displaces another's."""
        addresses = Counter(_address(desk) for desk in self._desks.values())
        crowd = max(addresses, key=addresses.__getitem__)
        return next(name for name, desk in self._desks.items() if _address(desk) == crowd)

    def _bound(self, address: str) -> None:
        """Forget the longest silent sessions of an address that has too many."""
        with self._lock:
            own = [name for name, desk in self._desks.items() if _address(desk) == address]
            keys = {self._desks.pop(name).visitor.api_key for name in own[:-MAX_SESSIONS_PER_ADDRESS]}
        self._let_go(keys)

    def _let_go(self, keys: set[str]) -> None:
        with self._lock:
            used = {desk.visitor.api_key for desk in self._desks.values()} if keys - {""} else set()
        for key in keys - used - {""}:
            self._forget(key)

    def _newcomer(self) -> Visitor:
        return Visitor(id=f"visitor-{secrets.token_hex(16)}") if self._hosted else OWNER


def _address(desk: Desk) -> str:
    return desk.visitor.mark.partition(".")[0]
