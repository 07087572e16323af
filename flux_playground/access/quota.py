"""Limits what visitors spend of the owner's money, counted from stored generations, so a restart resets nothing."""

from __future__ import annotations

import math
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
class _Wanted:
    """Images that are about to be made: `price` is that of one in credits, `total` that of all."""

    count: int
    price: float
    total: float


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

    def check(self, generation: Generation, count: int = 1, total: float | None = None) -> None:
        """Raise `QuotaExceeded` when the visitor, their address or all visitors have used up their allowance.

        `count` is how many such generations will follow, 0 if this one is counted already; `total` is their expected
        price in credits. `retry_after` is the number of seconds until the check would pass, None if it never will. A
        generation without a `spender` passes.
        """
        if generation.spender is None:
            return
        price = self.expect(generation)
        wanted = _Wanted(count, price, price * count if total is None else total)
        identity, address = generation.spender, generation.spender.address
        refusals = [
            *self._refusals(self.per_visitor, 1, identity, wanted, "Each visitor may"),
            *self._refusals(self.per_visitor, VISITORS_PER_ADDRESS, address, wanted, "Visitors from one address may"),
            *self._refusals(self.total, 1, None, wanted, "All visitors together may"),
        ]
        if refusals:
            raise max(refusals, key=lambda refusal: math.inf if refusal.retry_after is None else refusal.retry_after)

    def _refusals(
        self, allowance: Allowance, times: int, spender: Spender, wanted: _Wanted, subject: str
    ) -> Iterator[QuotaExceeded]:
        """Yield a refusal for each limit that the wanted images exceed."""
        now = time.time()
        for limit in allowance.limits:
            amount, since = limit.amount * times, now - limit.seconds
            price, needed = (wanted.price, wanted.total) if limit.credits else (None, wanted.count)
            last_excess = self.usage.last_excess(spender, since, now, price, amount - needed)
            if last_excess > since:
                verb, noun = ("spend", "credits") if limit.credits else ("make", "image" if amount == 1 else "images")
                message = f"{subject} {verb} {amount} {noun} {'a' if limit.per == 'day' else 'an'} {limit.per}."
                if wanted.count > 1:
                    message += f" {wanted.count} more images are too many."
                never = wanted.count > 1 and needed > amount
                yield QuotaExceeded(message, retry_after=None if never else min(last_excess - since, limit.seconds))
