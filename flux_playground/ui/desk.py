"""What a browser tab is doing: whose it is, which generation it looks at, which of its watchers is the present one.

Kept in this program's memory only, for as long as the tab is in use and an hour more: nothing of it, and above all
no key, goes to gradio's state, to the browser's storage or to disk. Knows visitors, neither gradio nor HTML.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field, replace

from ..playground import OWNER, Visitor
from .opening import Opened

IDLE = 3600.0
"""Seconds after which a tab that says nothing is forgotten, its key with it."""

MOST = 10_000


@dataclass
class Desk:
    """One tab. `turn` numbers its watchers: one that is no longer the latest stops; `opened` waits to be applied."""

    visitor: Visitor
    shown: str = ""
    turn: int = 0
    reached: dict[str, float] = field(default_factory=dict)
    touched: float = 0.0
    opened: Opened | None = None

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

    def progress(self, generation_id: str, progress: float | None) -> float | None:
        """The furthest that a generation was said to be, between 0 and 1; what the API takes back is not taken back."""
        if progress is not None:
            self.reached[generation_id] = min(1.0, max(progress, self.reached.get(generation_id, 0.0)))
        return self.reached.get(generation_id)


class Desks:
    """The desks of all tabs, by gradio's session. Safe to use from many threads."""

    def __init__(self, *, hosted: bool) -> None:
        self._hosted = hosted
        self._desks: OrderedDict[str, Desk] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, session: str | None) -> Desk:
        """The desk of a session, a new one if need be; without a session, one that nobody finds again."""
        now = time.monotonic()
        with self._lock:
            while self._desks and (len(self._desks) > MOST or next(iter(self._desks.values())).touched < now - IDLE):
                self._desks.popitem(last=False)
            desk = self._desks.get(session or "") or Desk(self._newcomer())
            desk.touched = now
            if session:
                self._desks[session] = desk
                self._desks.move_to_end(session)
        return desk

    def welcome(self, session: str | None, token: str) -> Desk:
        """The desk of a session whose browser shows a token of its own making, so that a reload finds its images."""
        desk = self.of(session)
        if self._hosted and re.fullmatch(r"[0-9a-f]{32,64}", token or ""):
            digest = hashlib.sha256(token.encode()).hexdigest()[:32]
            desk.visitor = replace(desk.visitor, id=f"visitor-{digest}")
        return desk

    def leave(self, session: str | None) -> None:
        """The tab was closed: forget it at once, its key with it."""
        with self._lock:
            self._desks.pop(session or "", None)

    def _newcomer(self) -> Visitor:
        return Visitor(id=f"visitor-{secrets.token_hex(16)}") if self._hosted else OWNER
