"""The images that visitors made with the owner's money, with running totals of their costs."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from operator import attrgetter
from typing import NamedTuple

from ..identity import Identity

Spender = Identity | str | None
"""A visitor, all visitors of an address, or all visitors."""


class PaidImage(NamedTuple):
    """An image: when it was ordered (Unix seconds), the id of its generation, the visitor, the cost in credits."""

    created_at: float
    id: str
    identity: Identity
    cost: float | None

    @property
    def spenders(self) -> tuple[Spender, ...]:
        """The spenders that the image counts for."""
        return self.identity, self.identity.address, None


class Spending:
    """The images of one spender, oldest first.

    `price` is the number of credits that an image of unknown cost counts for; without a price, images are counted and
    not credits.
    """

    def __init__(self) -> None:
        self.images: list[PaidImage] = []
        self._credits, self._unpriced = [0.0], [0]  # totals before each image, computed on demand

    def add(self, image: PaidImage) -> None:
        """Insert an image at its place."""
        if not self.images or image > self.images[-1]:
            self.images.append(image)
            return
        place = bisect_left(self.images, image)
        self.images.insert(place, image)
        del self._credits[place + 1 :], self._unpriced[place + 1 :]

    def remove(self, image: PaidImage) -> None:
        """Remove an image."""
        place = bisect_left(self.images, image)
        del self.images[place], self._credits[place + 1 :], self._unpriced[place + 1 :]

    def remove_until(self, moment: float) -> list[PaidImage]:
        """Remove and return the images up to a moment."""
        end = self._place_after(moment)
        removed = self.images[:end]
        del self.images[:end]
        if end < len(self._credits):
            del self._credits[:end], self._unpriced[:end]
        else:
            self._credits, self._unpriced = [0.0], [0]
        return removed

    def amount(self, since: float, until: float, price: float | None = None) -> float:
        """Return the images or credits after `since`, up to `until`."""
        return self._amount(self._place_after(since), self._place_after(until), price)

    def last_excess(self, since: float, until: float, price: float | None, allowed: float) -> float:
        """Return when the last image was ordered that must be left out so that the later ones are at most `allowed`.

        Where no image must be left out, return `since`; where all of them are not enough, return `until`.
        """
        start, end = self._place_after(since), self._place_after(until)
        excess = self._amount(start, end, price) - allowed
        if excess <= 0:
            return since
        last = bisect_left(range(start, end), excess, key=lambda place: self._amount(start, place + 1, price))
        return self.images[start + last].created_at if start + last < end else until

    def _amount(self, start: int, end: int, price: float | None) -> float:
        if price is None:
            return end - start
        for image in self.images[len(self._credits) - 1 :]:
            self._credits.append(self._credits[-1] + (image.cost or 0.0))
            self._unpriced.append(self._unpriced[-1] + (image.cost is None))
        unpriced = self._unpriced[end] - self._unpriced[start]
        return self._credits[end] - self._credits[start] + price * unpriced

    def _place_after(self, moment: float) -> int:
        return bisect_right(self.images, moment, key=attrgetter("created_at"))
