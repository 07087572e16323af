"""The API clients in use: one client and one queue for each key at each server, closed when idle."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass, field

from ..client import Client, Limits, PrivateNames
from ..storage.shared_queue import SharedQueue
from .account_queue import AccountQueue
from .active_runs import ActiveRun

MAX_IDLE_SECONDS = 3600.0  # then a client is closed and its key forgotten


@dataclass
class PooledClient:
    """One key at one server; `used_at` is monotonic. Only the client holds the key."""

    client: Client
    queue: AccountQueue
    used_at: float = field(default_factory=time.monotonic)


class ClientPool:
    """All clients in use, at most `limit` runs at once for each. Safe to use from many threads.

    Where several processes share a database, the limit is theirs together, and runs wait in `shared_queue` there.
    With `others`, image hosts other than the API's may have a private address when the API's own host has one.
    """

    def __init__(
        self, limit: int, shared_queue: SharedQueue | None = None, *, others: bool = False, limits: Limits | None = None
    ) -> None:
        self.shared_queue, self._limits = shared_queue, limits
        self._limit = limit if shared_queue is None else math.inf
        self._names = PrivateNames.ANY if others else PrivateNames.OWN
        self._clients: dict[tuple[str, str], PooledClient] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._clients)

    def get(self, server: str, key: str) -> PooledClient:
        """Return the client of a key at a server, created on first use."""
        with self._lock:
            pooled = self._clients.get((server, key))
            if pooled is None:
                client = Client(server, key, limits=self._limits, names=self._names)
                pooled = self._clients[server, key] = PooledClient(client, AccountQueue(self._limit))
            pooled.used_at = time.monotonic()
            return pooled

    def cancel(self, run: ActiveRun) -> bool:
        """Remove a run from the queue in which it waits; return False for a run that does not wait."""
        return any(pooled.queue.cancel(run) for pooled in self._all())

    def queue_position(self, run: ActiveRun) -> int:
        """Return the position of a run in its queue, 1 for the next one; 0 for a run that does not wait."""
        if self.shared_queue is not None:
            return self.shared_queue.position(run.generation)
        return max((pooled.queue.position(run) for pooled in self._all()), default=0)

    def count_queued(self) -> int:
        """Return how many runs wait in all queues."""
        return sum(len(pooled.queue) for pooled in self._all())

    def forget_key(self, key: str) -> None:
        """Close the clients of a key that its visitor removed: now, or at a later `close_idle` if they are in use."""
        with self._lock:
            for (_, pooled_key), pooled in self._clients.items():
                if pooled_key == key:
                    pooled.used_at = float("-inf")
        self.close_idle()

    def discard(self, pooled: PooledClient) -> None:
        """Close a client whose key the API rejected, unless the client is in use."""
        pooled.used_at = float("-inf")
        self.close_idle()

    def close_idle(self, idle_seconds: float = MAX_IDLE_SECONDS) -> None:
        """Close every client that has no run and was not used for `idle_seconds`."""
        before = time.monotonic() - idle_seconds
        with self._lock:
            idle = [item for item in self._clients.items() if item[1].used_at < before and item[1].queue.is_idle]
            for key, _ in idle:
                del self._clients[key]
        for _, pooled in idle:
            pooled.client.close()

    def close(self) -> None:
        """Close every client's connections."""
        for pooled in self._all():
            pooled.client.close()

    def _all(self) -> list[PooledClient]:
        with self._lock:
            return list(self._clients.values())
