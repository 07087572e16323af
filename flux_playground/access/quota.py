"""Limits what visitors spend of the owner's money, counted from stored generations, so a restart resets nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..errors import QuotaExceeded
from ..generation import Generation
from ..rate_limits import Allowance
from ..storage.spending import Spender
from ..storage.usage import Usage

VISITORS_PER_ADDRESS = 4
"""How many visitors' allowances one address has: a family shares one, and a browser's name is soon forged."""

DEFAULT_CREDITS_PER_IMAGE = 10.0
"""Credits that an image of unknown price counts for until the API has reported its cost."""


@dataclass(frozen=True)
class Quota:
    """What each visitor may spend, and all visitors together; `estimate` returns the expected credits, or None."""

    usage: Usage
    per_visitor: Allowance
    total: Allowance
    estimate: Callable[[Generation], float | None]

    def expect(self, generation: Generation) -> float:
        """Return the credits that a generation counts for until its cost is known."""
        return self.estimate(generation) or DEFAULT_CREDITS_PER_IMAGE

    def check(self, generation: Generation) -> None:
        """Raise `QuotaExceeded` when the visitor, their address or all visitors have used up their allowance.

        `retry_after` is the number of seconds until the check would pass. A generation without a `spender` always
        passes.
        """
        if generation.spender is None:
            return
        price = self.expect(generation)
        identity, address = generation.spender, generation.spender.address
        refusals = [
            *self._refusals(self.per_visitor, 1, identity, price, "Each visitor may"),
            *self._refusals(self.per_visitor, VISITORS_PER_ADDRESS, address, price, "Visitors from one address may"),
            *self._refusals(self.total, 1, None, price, "All visitors together may"),
        ]
        if refusals:
            raise max(refusals, key=lambda refusal: refusal.retry_after or 0.0)

    def _refusals(
        self, allowance: Allowance, times: int, spender: Spender, price: float, subject: str
    ) -> Iterator[QuotaExceeded]:
        """Yield a refusal for each limit that one more image exceeds."""
        now = time.time()
        for limit in allowance.limits:
            amount, since = limit.amount * times, now - limit.seconds
            if limit.credits:
                last_excess = self.usage.last_excess(spender, since, now, price, amount - price)
            else:
                last_excess = self.usage.last_excess(spender, since, now, None, amount - 1)
            if last_excess > since:
                verb, noun = ("spend", "credits") if limit.credits else ("make", "image" if amount == 1 else "images")
                message = f"{subject} {verb} {amount} {noun} {'a' if limit.per == 'day' else 'an'} {limit.per}."
                yield QuotaExceeded(message, retry_after=min(last_excess - since, limit.seconds))
