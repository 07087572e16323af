"""Lists what differs between two recipes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .fingerprint import server_name
from .recipe import Recipe

HINTS: Mapping[str, str] = {
    "prompt used": "Upsampling rewrote the prompt. The result differs each time.",
    "prompt_upsampling": "Upsampling rewrites the prompt. The result differs each time.",
    "output_format": "The file format differs. JPEG changes pixels a little, PNG does not.",
    "endpoint": "Each endpoint is a different model.",
    "server": "Servers can run different versions of the model and have different finetunes.",
    "document": "The API document has changed. The model may have changed, too.",
    "seed used": "Another seed gives another image.",
}
"""Explanations of differences, by name."""


@dataclass(frozen=True)
class Difference:
    """A setting that differs between two recipes: its name, both values, and an explanation or ""."""

    name: str
    before: Any
    after: Any
    hint: str = ""


def explain_differences(before: Recipe, after: Recipe) -> tuple[Difference, ...]:
    """Return the settings that differ between two recipes; times, costs and ids are ignored.

    What the API used and where is compared only if both recipes have it.
    """
    pairs = {name: (before.request.get(name), after.request.get(name)) for name in {**before.request, **after.request}}
    if before.seed is not None and after.seed is not None:
        pairs.pop("seed", None)
    used: dict[str, tuple[Any, Any]] = {"seed used": (before.seed, after.seed)}
    if before.request.get("prompt") == after.request.get("prompt"):
        used = {"prompt used": (before.prompt, after.prompt), **used}
    used |= {name: (getattr(before, name), getattr(after, name)) for name in ("endpoint", "server", "document")}
    if server_name(before.server) == server_name(after.server):
        used.pop("server")
    pairs |= {name: pair for name, pair in used.items() if not any(value in (None, "") for value in pair)}
    return tuple(
        Difference(name, *pair, HINTS.get(name, ""))
        for name, pair in pairs.items()
        if _comparable(pair[0]) != _comparable(pair[1])
    )


def _comparable(value: Any) -> Any:
    """Return a value for which all blanks are equal, and 1 is not True."""
    return None if value in (None, "") else (isinstance(value, bool), value)
