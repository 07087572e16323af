"""Limits what visitors spend of the owner's money, counted from stored generations, so a restart resets nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from ..errors import QuotaExceeded
from ..generation import Generation
from ..rate_limits import Allowance, Limit
from ..storage.generation_store import GenerationStore
from ..storage.usage import Spender

VISITORS_PER_ADDRESS = 4
"""How many visitors' allowances one address has: a family shares one, and a browser's name is soon forged."""

DEFAULT_CREDITS_PER_IMAGE = 10.0
"""Credits that an image counts for until the API has said what one costs."""


@dataclass(frozen=True)
class Quota:
    """What each visitor may spend, and all visitors together.

    `reserved` holds generations that passed the check and are not stored yet, by id; the caller removes them.
    """

    store: GenerationStore
    per_visitor: Allowance
    total: Allowance
    reserved: dict[str, Generation] = field(default_factory=dict)

    def reserve(self, generation: Generation) -> None:
        """Check a generation and count it from now on; not safe for concurrent calls."""
        self.check(generation)
        if generation.spender:
            self.reserved[generation.id] = generation

    def check(self, generation: Generation) -> None:
        """Raise `QuotaExceeded` when the visitor, their address or all visitors have used up their allowance.

        `retry_after` is the number of seconds until the check would pass. A generation without a `spender` always
        passes.
        """
        if not generation.spender:
            return
        in_credits = any(limit.credits for limit in (*self.per_visitor.limits, *self.total.limits))
        price = self.store.usage.price(generation.server, generation.endpoint) if in_credits else None
        price = price or DEFAULT_CREDITS_PER_IMAGE
        address = generation.spender.address
        refusals = [
            *self._refusals(self.per_visitor, 1, generation.spender, price, "Each visitor may"),
            *self._refusals(self.per_visitor, VISITORS_PER_ADDRESS, address, price, "Visitors from one address may"),
            *self._refusals(self.total, 1, None, price, "All visitors together may"),
        ]
        if refusals:
            raise max(refusals, key=lambda one: one.retry_after or 0.0)

    def _refusals(
        self, allowance: Allowance, times: int, spender: Spender, price: float, words: str
    ) -> list[QuotaExceeded]:
        found = []
        for limit in allowance.limits:
            wait = self._wait(limit, limit.amount * times, spender, price)
            if wait > 0:
                what = "credits" if limit.credits else "image" if limit.amount * times == 1 else "images"
                done = "spend" if limit.credits else "make"
                said = (
                    f"{words} {done} {limit.amount * times} {what} {'a' if limit.per == 'day' else 'an'} {limit.per}."
                )
                found.append(QuotaExceeded(said, retry_after=wait))
        return found

    def _wait(self, limit: Limit, amount: float, spender: Spender, price: float) -> float:
        """Seconds until one more image fits under a limit: until enough of what was spent is long enough ago."""
        now = time.time()
        # Read before the store: an image that is written meanwhile is then known twice and not missed.
        reserved = {
            one.id: (one.created_at, one.cost)
            for one in list(self.reserved.values())
            if spender in (one.spender, one.spender and one.spender.address, None)
        }
        since, usage = now - limit.seconds, self.store.usage
        if not limit.credits and usage.count(spender, since, now, reserved) + 1 <= amount:
            return 0.0
        spent = usage.spending_since(spender, since, now, reserved)
        takes = [(one.at, one.credits + one.unpriced * price if limit.credits else one.images) for one in spent]
        over = sum(take for _, take in takes) + (price if limit.credits else 1.0) - amount
        wait = 0.0
        for at, take in takes:
            if over <= 0:
                break
            over -= take
            wait = at + limit.seconds - now
        return wait if over <= 0 else limit.seconds
