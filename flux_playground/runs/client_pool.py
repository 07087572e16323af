"""The accounts that are in use: one client and one line for each key at each server, dropped when nobody needs them.

A visitor's key lives here while something of theirs may travel with it, and not much longer. Knows neither visitors
nor the journal, and what a generation is only as far as the line does.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from ..client import Client, PrivateNames
from .fair_queue import Line, Run

IDLE = 3600.0
"""Seconds after which an account that nobody has used is dropped, its key and its connections with it."""


@dataclass
class Account:
    """One key at one server; `touched` is monotonic. The key is in the client only, which does not show it."""

    client: Client
    line: Line
    touched: float = field(default_factory=time.monotonic)


class Accounts:
    """All accounts in use. Safe to use from many threads.

    With `others`, image hosts that are not the API's may lead to a private address where the API's own name does.
    """

    def __init__(self, limit: int, *, others: bool = False) -> None:
        self._limit, self._names = limit, PrivateNames.ANY if others else PrivateNames.OWN
        self._accounts: dict[tuple[str, str], Account] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._accounts)

    def of(self, server: str, key: str) -> Account:
        """The account of a key at a server, opened if need be."""
        with self._lock:
            account = self._accounts.get((server, key))
            if account is None:
                account = self._accounts[server, key] = Account(
                    Client(server, key, names=self._names), Line(self._limit)
                )
            account.touched = time.monotonic()
            return account

    def withdraw(self, run: Run) -> bool:
        """Take a run out of whichever line it waits in; False when it waits in none."""
        return any(account.line.withdraw(run) for account in self._all())

    def place(self, run: Run) -> int:
        """Where a run stands in its line, 1 being the next; 0 when it does not wait."""
        return max((account.line.place(run) for account in self._all()), default=0)

    def waiting(self) -> int:
        """How many runs wait, in all lines together."""
        return sum(len(account.line) for account in self._all())

    def forget(self, key: str) -> None:
        """Drop a key that its visitor has taken back: now, or when nothing travels with it and `tidy` is called."""
        with self._lock:
            for (_, known), account in self._accounts.items():
                if known == key:
                    account.touched = float("-inf")
        self.tidy()

    def drop(self, account: Account) -> None:
        """Drop an account whose key the API does not accept, unless something travels on it."""
        account.touched = float("-inf")
        self.tidy()

    def tidy(self, idle: float = IDLE) -> None:
        """Drop every account that nothing travels on and that nobody has used for so many seconds."""
        before = time.monotonic() - idle
        with self._lock:
            old = {place: one for place, one in self._accounts.items() if one.touched < before and one.line.idle}
            for place in old:
                del self._accounts[place]
        for account in old.values():
            account.client.close()

    def close(self) -> None:
        """Let go of every connection."""
        for account in self._all():
            account.client.close()

    def _all(self) -> list[Account]:
        with self._lock:
            return list(self._accounts.values())
