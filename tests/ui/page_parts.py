"""A page without Gradio: actions run against a playground, with a session for each tab."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from flux_playground import Playground
from flux_playground.playground import OWNER, Visitor
from flux_playground.ui.events.context import Context, PageState
from flux_playground.ui.events.update import Update
from flux_playground.ui.form.form import Form
from flux_playground.ui.page import page_actions
from flux_playground.ui.press_dispatch import Binding
from flux_playground.ui.session.tab_session import TabSession


class Page:
    """The actions of a page with one form; `tab` is the session hash of Gradio."""

    def __init__(self, playground: Playground) -> None:
        self.playground = playground
        self.state = PageState.of(playground)
        self.form = Form(playground.operation, playground.operation.fields)
        self.binding = Binding(self.state, [self.form], None, page_actions())  # type: ignore[arg-type]

    def session(self, tab: str = "tab") -> TabSession:
        """The session of a tab."""
        return self.state.sessions.get(tab)

    def context(self, tab: str = "tab", **data: Any) -> Context:
        """The context of a press in a tab."""
        return Context(self.state, self.session(tab), self.form, data)

    def visit(self, visitor: Visitor = OWNER, raw: Mapping[str, Any] | None = None) -> Context:
        """The context of a visitor whose form holds `raw`."""
        return Context(self.state, TabSession(visitor), self.form, {}, raw or {})

    def stream(self, act: str, *, tab: str = "tab", raw: Mapping[str, Any] | None = None, **data: Any) -> Any:
        """The updates of a streaming action."""
        return self.binding.stream({"act": act, **data}, request(tab), raw or {})

    def run(self, act: str, *, tab: str = "tab", raw: Mapping[str, Any] | None = None, **data: Any) -> list[Update]:
        """Run a streaming action to its end."""

        async def collect() -> list[Update]:
            return [update async for update in self.stream(act, tab=tab, raw=raw, **data)]

        return asyncio.run(collect())


def request(session: str, address: str = "192.0.2.7", key: str | None = None) -> Any:
    """A request of a browser in a session, or of a program with a key."""
    headers = {"user-agent": "browser", "accept-language": "en", **({} if key is None else {"x-key": key})}
    return SimpleNamespace(session_hash=session, headers=headers, client=SimpleNamespace(host=address))
