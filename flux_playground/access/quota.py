"""Limits what visitors spend of the owner's money, counted from stored generations, so a restart resets nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import QuotaExceeded
from ..generation import Generation
from ..rate_limits import Allowance
from ..storage.spending import Spender
from ..storage.usage import Usage

VISITORS_PER_ADDRESS = 4
"""How many visitors' allowances one address has: a family shares one, and a browser's name is soon forged."""

DEFAULT_CREDITS_PER_IMAGE = 10.0
"""Credits that an image counts for until the API has said what one costs."""


@dataclass(frozen=True)
class Quota:
    """What each visitor may spend, and all visitors together."""

    usage: Usage
    per_visitor: Allowance
    total: Allowance

    def check(self, generation: Generation) -> None:
        """Raise `QuotaExceeded` when the visitor, their address or all visitors have used up their allowance.

        `retry_after` is the number of seconds until the check would pass. A generation without a `spender` always
        passes.
        """
        if generation.spender is None:
            return
        price = self.usage.price(generation.server, generation.endpoint) or DEFAULT_CREDITS_PER_IMAGE
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
