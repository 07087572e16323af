"""The finetunes and the credits of an account, as far as the API gives them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ...account_finetunes import finetune_id
from ...errors import PlaygroundError
from ...playground import Playground, Visitor
from ...schema import find_base_model, trained_model
from ..text.templates import render

MAX_FINETUNES = 200
MAX_DETAIL_CALLS = 24
"""Finetunes whose details are loaded, with one call each."""

OWN_WORDS = frozenset({"finetune_id", "id", "name", "finetune_comment", "trigger_word"})
"""Details that contain words of the finetune's owner."""


@dataclass(frozen=True)
class Finetune:
    """A finetune of an account; `base_model` is the model that it was trained for, where the account says so."""

    id: str
    comment: str = ""
    trigger: str = ""
    kind: str = ""
    base_model: str = ""

    @property
    def label(self) -> str:
        """The text beside the id in the list."""
        parts = (self.comment, f"trigger word {self.trigger}" if self.trigger else "", self.kind or self.base_model)
        return " · ".join(part for part in parts if part)


def load_finetunes(playground: Playground, visitor: Visitor) -> list[Finetune]:
    """Return the finetunes of a visitor's account; none where the API gives none."""
    try:
        with playground.client(visitor) as client:
            listed = client.finetunes()
    except PlaygroundError:
        return []
    limited = listed[:MAX_FINETUNES]
    return [_load_details(playground, visitor, item, number < MAX_DETAIL_CALLS) for number, item in enumerate(limited)]


def load_credits(playground: Playground, visitor: Visitor) -> float | None:
    """Return the balance of the account in credits; None where images are free, or for a visitor with the page's key.

    Raises `PlaygroundError`.
    """
    if playground.uses_demo(visitor) or not (visitor.api_key or playground.settings.api_key):
        return None
    if playground.settings.hosted and not visitor.api_key:
        return None
    return playground.credits(visitor)


def render_choices(finetunes: Iterable[Finetune]) -> str:
    """Render the list that the browser offers while an id is typed; any other id can be typed too."""
    return render("finetune_options.html", finetunes=list(finetunes))


def _load_details(playground: Playground, visitor: Visitor, listed: Any, with_details: bool) -> Finetune:
    """Return a finetune from an item of the list, an id or an object with one, and from its details."""
    facts: Mapping[str, Any] = listed if isinstance(listed, Mapping) else {"finetune_id": listed}
    name = finetune_id(listed)
    if with_details and name and not facts.get("trigger_word"):
        with suppress(PlaygroundError), playground.client(visitor) as client:
            facts = {**facts, **client.finetune(name)}
    nested = facts.get("finetune_details")
    details: Mapping[str, Any] = {**facts, **nested} if isinstance(nested, Mapping) else facts
    comment, trigger, kind = (_text(details.get(key)) for key in ("finetune_comment", "trigger_word", "mode"))
    # No document says which of the details names the base model.
    named = (find_base_model(_text(value)) for key, value in details.items() if key not in OWN_WORDS)
    model = next(filter(None, named), "") or trained_model(kind)
    return Finetune(name, comment, trigger, "" if find_base_model(kind) else kind, model)


def _text(value: Any) -> str:
    return value.strip()[:80] if isinstance(value, str) else ""
