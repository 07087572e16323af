"""What a sweep will cost and how long it will take, before anything is sent."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..price_estimate import Basis, PriceEstimate, estimate_price, price_fields
from ..schema import Operation, usual_seconds
from ..schema.known_fields import FINETUNE
from ..storage.usage import Usage
from .plan import Cell

BASES = (Basis.KNOWN, Basis.LEARNED, Basis.ESTIMATED, Basis.UNKNOWN)
"""From the most to the least certain."""


@dataclass(frozen=True)
class Estimate:
    """`images` are to be made, `existing` are there already and free. `price` is that of all images to be made.

    `finetunes` has how many of them use which finetune.
    """

    images: int
    existing: int
    price: PriceEstimate
    seconds: float
    finetunes: Mapping[str, int] = field(default_factory=dict)


def estimate_sweep(
    usage: Usage, server: str, operation: Operation, missing: Sequence[Cell], existing: int, concurrency: int
) -> Estimate:
    """Return the estimate for the cells that are missing, `concurrency` of which run at once."""
    if price_fields(operation):
        prices = [estimate_price(usage, server, operation, cell.request) for cell in missing]
    else:
        prices = [estimate_price(usage, server, operation, cell.request) for cell in missing[:1]] * len(missing)
    median = usage.median_seconds(server, operation.path)
    seconds = sum(usual_seconds(operation.path)) / 2 if median is None else median
    total = _add(prices)
    rounds = math.ceil(len(missing) / max(concurrency, 1))
    finetunes = Counter(str(cell.request[FINETUNE]) for cell in missing if FINETUNE in cell.request)
    return Estimate(len(missing), existing, total, rounds * seconds, finetunes)


def _add(prices: Sequence[PriceEstimate]) -> PriceEstimate:
    """Return the sum, which is as certain as the least certain price."""
    if not prices:
        return PriceEstimate(0.0, Basis.KNOWN)
    basis = max((price.basis for price in prices), key=BASES.index)
    known = [price.credits for price in prices if price.credits is not None]
    total = sum(known) if len(known) == len(prices) else None
    return PriceEstimate(total, basis, max(price.date for price in prices))
