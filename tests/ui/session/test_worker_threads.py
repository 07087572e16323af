"""The threads of the page: one address has a share of them, whatever it asks."""

from __future__ import annotations

import asyncio
import threading

from flux_playground.ui.session.worker_threads import WorkerThreads
from tests.waiting import WAIT_SECONDS


def test_one_address_leaves_threads() -> None:
    """While the calls of one address block, those of another are answered."""
    end = threading.Event()

    async def attack() -> str:
        threads = WorkerThreads(max_threads=3, per_address=2)
        blocked = [asyncio.ensure_future(threads("attacker", end.wait, WAIT_SECONDS)) for _ in range(20)]
        await asyncio.sleep(0)
        answer = await asyncio.wait_for(threads("other", str, "answered"), WAIT_SECONDS)
        end.set()
        assert all(await asyncio.gather(*blocked))
        return answer

    assert asyncio.run(attack()) == "answered"


def test_canceled_calls_count_until_they_end() -> None:
    """A call that nobody waits for any more still takes a place of its address, and gives it back at its end."""
    end = threading.Event()

    async def attack() -> None:
        threads = WorkerThreads(max_threads=3, per_address=1)
        first = asyncio.ensure_future(threads("attacker", end.wait, WAIT_SECONDS))
        await asyncio.sleep(0)
        first.cancel()
        second = asyncio.ensure_future(threads("attacker", str, "answered"))
        assert not (await asyncio.wait([second], timeout=0.2))[0]
        end.set()
        assert await asyncio.wait_for(second, WAIT_SECONDS) == "answered"

    asyncio.run(attack())
