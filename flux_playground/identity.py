"""The identity that quotas and queues count a visitor by."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """Keyed digests of a visitor's network address and browser, from which neither can be computed.

    A signed-in visitor has the digest of the name as `address`, and no `browser`.
    """

    address: str
    browser: str = ""

    @property
    def is_signed_in(self) -> bool:
        """Whether the visitor has signed in with a name."""
        return not self.browser

    def __str__(self) -> str:
        return f"{self.address}.{self.browser}"


UNKNOWN = Identity("unknown", "unknown")
"""The identity that all visitors share who were not identified."""
