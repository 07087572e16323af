"""The accounts that are in use: one client and one line for each key at each server, dropped when nobody needs them.

A visitor's key lives here while something of theirs may travel with it, and not much longer. Knows neither visitors
nor the journal, and what a generation is only as far as the line does.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from ..client import Client, PrivateNames
from .fair_queue import ActiveRun, FairQueue

MAX_IDLE_SECONDS = 3600.0
"""Seconds after which an account that nobody has used is dropped, its key and its connections with it."""


@dataclass
class PooledClient:
    """One key at one server; `touched` is monotonic. The key is in the client only, which does not show it."""

    client: Client
    queue: FairQueue
    used_at: float = field(default_factory=time.monotonic)


class ClientPool:
    """All accounts in use. Safe to use from many threads.

    With `others`, image hosts that are not the API's may lead to a private address where the API's own name does.
    """

    def __init__(self, limit: int, *, others: bool = False) -> None:
        self._limit, self._names = limit, PrivateNames.ANY if others else PrivateNames.OWN
        self._accounts: dict[tuple[str, str], PooledClient] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._accounts)

    def get(self, server: str, key: str) -> PooledClient:
        """The account of a key at a server, opened if need be."""
        with self._lock:
            account = self._accounts.get((server, key))
            if account is None:
                account = self._accounts[server, key] = PooledClient(
                    Client(server, key, names=self._names), FairQueue(self._limit)
                )
            account.used_at = time.monotonic()
            return account

    def cancel(self, run: ActiveRun) -> bool:
        """Take a run out of whichever line it waits in; False when it waits in none."""
        return any(account.queue.cancel(run) for account in self._all())

    def queue_position(self, run: ActiveRun) -> int:
        """Where a run stands in its line, 1 being the next; 0 when it does not wait."""
        return max((account.queue.position(run) for account in self._all()), default=0)

    def count_queued(self) -> int:
        """How many runs wait, in all lines together."""
        return sum(len(account.queue) for account in self._all())

    def forget_key(self, key: str) -> None:
        """Drop a key that its visitor has taken back: now, or when nothing travels with it and `tidy` is called."""
        with self._lock:
            for (_, known), account in self._accounts.items():
                if known == key:
                    account.used_at = float("-inf")
        self.close_idle()

    def discard(self, account: PooledClient) -> None:
        """Drop an account whose key the API does not accept, unless something travels on it."""
        account.used_at = float("-inf")
        self.close_idle()

    def close_idle(self, idle: float = MAX_IDLE_SECONDS) -> None:
        """Drop every account that nothing travels on and that nobody has used for so many seconds."""
        before = time.monotonic() - idle
        with self._lock:
            old = {place: one for place, one in self._accounts.items() if one.used_at < before and one.queue.is_idle}
            for place in old:
                del self._accounts[place]
        for account in old.values():
            account.client.close()

    def close(self) -> None:
        """Let go of every connection."""
        for account in self._all():
            account.client.close()

    def _all(self) -> list[PooledClient]:
        with self._lock:
            return list(self._accounts.values())
