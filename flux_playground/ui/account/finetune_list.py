"""What the account behind a key has: its finetunes, to choose from and with their trigger words, and its credits.

All of it is a convenience: what the API does not say is left out, and nothing waits for it. Knows the playground,
not gradio.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from ...errors import PlaygroundError
from ...playground import Playground, Visitor
from ..text.html import escape, join

MAX_ACCOUNT_THREADS = 4
MAX_REMEMBERED_ANSWERS = 200
FINETUNES_SECONDS, CREDITS_SECONDS = 60.0, 3.0
"""How long an answer is shared; credits change with every image."""

MOST = 24
"""Finetunes whose details are asked for, one call each."""


@dataclass(frozen=True)
class Finetune:
    """One finetune of an account, as far as the API tells."""

    id: str
    comment: str = ""
    trigger: str = ""
    kind: str = ""

    @property
    def label(self) -> str:
        """What stands beside its id in the list."""
        parts = (self.comment, f"trigger word {self.trigger}" if self.trigger else "", self.kind)
        return " · ".join(part for part in parts if part)


T = TypeVar("T")


class AccountCalls:
    """Calls about accounts, on a few threads of their own: a slow API delays no page.

    Answers are shared by all who use the same key at the same server, for `seconds`.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._threads = ThreadPoolExecutor(MAX_ACCOUNT_THREADS, thread_name_prefix="account")
        self._answers: OrderedDict[tuple[Any, ...], tuple[float, Future[Any]]] = OrderedDict()
        self._clock = clock

    async def __call__(
        self, call: Callable[[Playground, Visitor], T], playground: Playground, visitor: Visitor, seconds: float
    ) -> T:
        """Return the answer of a call, from memory when it is not older than `seconds`; raises what the call raises."""
        key = (call.__name__, playground.server(visitor), visitor.api_key, playground.operation.path)
        asked, answer = self._answers.get(key, (-math.inf, None))
        if answer is None or self._clock() - asked > seconds:
            answer = self._threads.submit(call, playground, visitor)
            self._answers[key] = (self._clock(), answer)
            self._answers.move_to_end(key)
            while len(self._answers) > MAX_REMEMBERED_ANSWERS:
                self._answers.popitem(last=False)
        return await asyncio.shield(asyncio.wrap_future(answer))


def finetunes(playground: Playground, visitor: Visitor) -> list[Finetune]:
    """The finetunes of a visitor's account; none where the API does not tell."""
    if not any(field.name == "finetune_id" for field in playground.operation.fields):
        return []
    try:
        listed = playground.finetunes(visitor)
    except PlaygroundError:
        return []
    return [_known(playground, visitor, one, number < MOST) for number, one in enumerate(listed[:200])]


def balance(playground: Playground, visitor: Visitor) -> str:
    """What the account still has, in words; "" where nobody pays, and where the API does not tell."""
    left = credits_left(playground, visitor)
    return "" if left is None else told(left)


def credits_left(playground: Playground, visitor: Visitor) -> float | None:
    """What the account still has, in credits; None where nobody pays, and where the API does not tell."""
    if playground.uses_demo(visitor) or not (visitor.api_key or playground.settings.api_key):
        return None
    if playground.settings.hosted and not visitor.api_key:
        return None  # what the owner has left is no visitor's business
    try:
        return playground.credits(visitor)
    except PlaygroundError:
        return None


def told(left: float) -> str:
    """So many credits, in words."""
    return f"{left:,.0f} credits left"


def choices(known: Iterable[Finetune]) -> str:
    """The list that the browser offers while an id is typed; any other id can be typed as well."""
    return f'<datalist id="finetunes">{join(_option(one) for one in known)}</datalist>'


def _option(one: Finetune) -> str:
    label = escape(one.label)
    return f'<option value="{escape(one.id)}" label="{label}" data-trigger="{escape(one.trigger)}">{label}</option>'


def _known(playground: Playground, visitor: Visitor, listed: Any, asked: bool) -> Finetune:
    """A finetune from what the list says of it (an id, or an object with one) and from its details."""
    told: Mapping[str, Any] = listed if isinstance(listed, Mapping) else {"finetune_id": listed}
    name = str(told.get("finetune_id") or told.get("id") or "")
    if asked and name and not told.get("trigger_word"):
        with suppress(PlaygroundError):
            told = {**told, **playground.finetune(name, visitor)}
    nested = told.get("finetune_details")
    details: Mapping[str, Any] = {**told, **nested} if isinstance(nested, Mapping) else told
    comment, trigger, kind = (details.get(key) for key in ("finetune_comment", "trigger_word", "mode"))
    return Finetune(name, _text(comment), _text(trigger), _text(kind))


def _text(value: Any) -> str:
    return value.strip()[:80] if isinstance(value, str) else ""
