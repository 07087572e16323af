"""What an action knows: the page, the browser tab that pressed, the form that is shown, and the data of the press."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ...bounded_json import SURROGATE
from ...generation import ID, Generation
from ...playground import OWNER, Playground, Visitor, offered_servers
from ...schema import Operation
from ...settings import LOOPBACK
from ...sweep_control import Sweeps
from ...sweep_scores import SweepScores
from ..form.form import Form
from ..session.shared_calls import SharedCalls
from ..session.tab_session import TabSession, TabSessions
from ..session.worker_threads import WorkerThreads

T = TypeVar("T")
MAX_PRESS_CHARS = 80
MAX_CONCURRENT_IMAGE_CHECKS, MAX_CONCURRENT_EXPORTS = 2, 4


class Payer(StrEnum):
    """Who pays for an image."""

    DEMO = "demo"
    OWNER = "owner"
    VISITOR = "own"


@dataclass(frozen=True)
class PageState:
    """What all tabs of one page share. `secret_key` signs identities and image addresses."""

    playground: Playground
    sessions: TabSessions
    secret_key: bytes = field(repr=False)
    threads: WorkerThreads = field(default_factory=WorkerThreads)
    image_threads: WorkerThreads = field(default_factory=lambda: WorkerThreads(MAX_CONCURRENT_IMAGE_CHECKS, 1))
    export_threads: WorkerThreads = field(default_factory=lambda: WorkerThreads(MAX_CONCURRENT_EXPORTS, 2))
    account_calls: SharedCalls = field(default_factory=SharedCalls)
    sweeps: Sweeps = field(init=False, repr=False)
    scores: SweepScores = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sweeps", Sweeps(self.playground))
        object.__setattr__(self, "scores", SweepScores(self.playground, self.sweeps))

    @property
    def servers(self) -> tuple[str, ...]:
        """The base URLs that a visitor may choose from, the default first; empty where there is no choice."""
        return offered_servers(self.playground.settings, self.playground.document)

    @classmethod
    def of(cls, playground: Playground) -> PageState:
        """Return the state of a new page."""
        sessions = TabSessions(hosted=playground.settings.hosted, forget=playground.clients.forget_key)
        return cls(playground, sessions, playground.store.secret_key())


@dataclass(frozen=True)
class Context:
    """One press: `data` came with the event, `raw` are the contents of the form's inputs by their keys.

    `pressed_by` is the visitor when the request arrived: see `paying_visitor`.
    """

    page: PageState
    session: TabSession
    form: Form
    data: Mapping[str, Any] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)
    pressed_by: Visitor | None = field(default=None, repr=False)

    @property
    def playground(self) -> Playground:
        """The playground of the page."""
        return self.page.playground

    @property
    def operation(self) -> Operation:
        """The endpoint of the form that is shown."""
        return self.form.operation

    @property
    def visitor(self) -> Visitor:
        """The visitor in this tab."""
        return self.session.visitor

    @property
    def paying_visitor(self) -> Visitor:
        """The visitor with the key of the moment of the press: the owner must not pay when it is removed meanwhile."""
        return self.pressed_by or self.visitor

    @property
    def payer(self) -> Payer:
        """Who pays for an image of this visitor."""
        if self.playground.uses_demo(self.visitor):
            return Payer.DEMO
        return Payer.VISITOR if self.visitor.api_key else Payer.OWNER

    @property
    def server(self) -> str:
        """The server that serves this visitor at the endpoint of the form."""
        return self.playground.server(self.visitor, endpoint=self.operation.path)

    def is_local(self, generation: Generation) -> bool:
        """Return whether the local server made an image, for free.

        A server on this machine that the settings name as the API may forward requests to the API.
        """
        server = generation.server
        return urlsplit(server).hostname in LOOPBACK and server != self.playground.settings.base_url

    def text(self, name: str) -> str:
        """Return an entry of the event's data as text that can be stored; "" where there is none."""
        value = self.data.get(name, "")
        return SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value) if isinstance(value, str) else ""

    @property
    def press(self) -> str:
        """The number of the press, which counts once; "" for an event that is no press."""
        return self.text("press")[:MAX_PRESS_CHARS]

    def with_data(self, **data: Any) -> Context:
        """Return the same press with other data."""
        return replace(self, data={**self.data, **data})

    async def run(self, call: Callable[..., T], *args: Any) -> T:
        """Run a call that may block on a worker thread, in the share of this visitor; raises what the call raises."""
        return await self.page.threads(self.visitor.identity.address, call, *args)

    async def run_export(self, call: Callable[..., T], *args: Any) -> T:
        """Run a call of an export or import, which may take minutes, like `run` on threads of its own."""
        return await self.page.export_threads(self.visitor.identity.address, call, *args)

    async def find_own(self, generation_id: str = "") -> Generation | None:
        """Return a generation if it belongs to this visitor; without an id, that of the event's data."""
        return await self.run(self.get_own, generation_id or self.text("id"))

    def get_own(self, generation_id: str) -> Generation | None:
        """Return a generation like `find_own`, on a worker thread."""
        if not ID.fullmatch(generation_id):
            return None
        try:
            generation = self.playground.get(generation_id)
        except KeyError:
            return None
        return generation if generation.owner == self.visitor.id else None


def initial_context(page: PageState, form: Form) -> Context:
    """Return the context of a page before its first visitor."""
    return Context(page, TabSession(OWNER), form)
