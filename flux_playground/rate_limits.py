"""How much may be spent in how long, as an owner writes it: `10/hour, 30/day, 200 credits/day`. Knows nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass

SECONDS = {"hour": 3600.0, "day": 86400.0}
LIMIT = re.compile(r"([1-9]\d{0,8}) ?(?:(images?)|(credits?))?/(hour|day)")
NONE = "unlimited"


@dataclass(frozen=True)
class Limit:
    """A number of images, or of credits (0.01 USD each), in any period of an hour or a day."""

    amount: int
    credits: bool
    per: str

    @property
    def seconds(self) -> float:
        """The length of the period."""
        return SECONDS[self.per]

    def __str__(self) -> str:
        return f"{self.amount}{' credits' if self.credits else ''}/{self.per}"


@dataclass(frozen=True)
class Allowance:
    """All limits that hold together; none of them means that there is no limit."""

    limits: tuple[Limit, ...] = ()

    @classmethod
    def read(cls, text: str) -> Allowance:
        """The allowance that a text says, the word `unlimited` included; raises `ValueError`."""
        if text.strip().lower() == NONE:
            return cls()
        found = [LIMIT.fullmatch(part.strip().lower()) for part in text.split(",")]
        if None in found:
            raise ValueError(text)
        return cls(tuple(Limit(int(one[1]), bool(one[3]), one[4]) for one in found if one))

    def __str__(self) -> str:
        return ", ".join(map(str, self.limits)) or NONE
