"""Declares actions: functions that run when a control of the page is pressed.

`data-act` of a control names its action. A new button is one function with `@action` and one control in a template.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TypeVar

from .context import Context
from .update import Update

Updates = AsyncIterator[Update]
Run = Callable[[Context], Awaitable[Update]] | Callable[[Context], Updates]
F = TypeVar("F", bound=Callable[..., object])

ATTRIBUTE = "flux_playground_action"


@dataclass(frozen=True)
class Action:
    """One action. `event` names the Gradio event that carries it; it follows from what the function needs."""

    name: str
    run: Run
    reads_form: bool
    writes_form: bool
    paid: bool
    followed: bool

    @property
    def streams(self) -> bool:
        """Whether the action gives several updates."""
        return inspect.isasyncgenfunction(self.run)

    @property
    def event(self) -> str:
        """ "click": Generate's own event. "read", "write": one update from or to the form. "watch", "ask": no form."""
        if self.streams:
            return "click" if self.reads_form else "watch"
        return "write" if self.writes_form else "read" if self.reads_form else "ask"


def action(
    name: str, *, reads_form: bool = False, writes_form: bool = False, paid: bool = False, followed: bool = False
) -> Callable[[F], F]:
    """Declare a function as the action `name`.

    A coroutine gives one update, an async generator several. `writes_form` implies `reads_form`. `paid` actions may
    cost money: a press counts once, and its payer is checked. The page expects `followed` actions to change the result
    or the notice.
    """

    def declare(run: F) -> F:
        declared = Action(name, run, reads_form or writes_form, writes_form, paid, followed or paid)  # type: ignore[arg-type]
        setattr(run, ATTRIBUTE, declared)
        return run

    return declare


def find_actions(*modules: ModuleType) -> dict[str, Action]:
    """Return the actions that modules declare, by name; raises ValueError for a name that is declared twice."""
    actions: dict[str, Action] = {}
    for module in modules:
        for value in vars(module).values():
            declared = getattr(value, ATTRIBUTE, None)
            if isinstance(declared, Action) and getattr(value, "__module__", "") == module.__name__:
                if declared.name in actions:
                    raise ValueError(f"Two actions are called {declared.name!r}.")
                actions[declared.name] = declared
    return actions
