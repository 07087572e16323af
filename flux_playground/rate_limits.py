"""Spending limits as an owner writes them: `10/hour, 30/day, 200 credits/day`."""

from __future__ import annotations

import re
from dataclasses import dataclass

SECONDS = {"hour": 3600.0, "day": 86400.0}
LIMIT = re.compile(r"([1-9]\d{0,8}) ?(?:(images?)|(credits?))?/(hour|day)")
NONE = "unlimited"


@dataclass(frozen=True)
class Limit:
    """A number of images, or of credits (0.01 USD each), in any hour or day."""

    amount: int
    credits: bool
    per: str

    @property
    def seconds(self) -> float:
        """The length of the window."""
        return SECONDS[self.per]

    def __str__(self) -> str:
        return f"{self.amount}{' credits' if self.credits else ''}/{self.per}"


@dataclass(frozen=True)
class Allowance:
    """Limits that all apply; without any, spending is unlimited."""

    limits: tuple[Limit, ...] = ()

    @classmethod
    def read(cls, text: str) -> Allowance:
        """Parse an allowance, or `unlimited`; raises `ValueError`."""
        if text.strip().lower() == NONE:
            return cls()
        found = [LIMIT.fullmatch(part.strip().lower()) for part in text.split(",")]
        if None in found:
            raise ValueError(text)
        return cls(tuple(Limit(int(one[1]), bool(one[3]), one[4]) for one in found if one))

    def __str__(self) -> str:
        return ", ".join(map(str, self.limits)) or NONE
