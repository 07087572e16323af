"""What can be done on the page, one method each: from a tab's session and what was clicked to what must be shown.

Every act says what it did and then follows what is under way. Only a visitor's own generations can be acted on,
whatever id is named. Knows the playground and the desks; must not know gradio's components.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any

from ...build_request import draws_seed
from ...errors import InvalidRecipe, InvalidRequest, PlaygroundError, Unauthorized
from ...generation import Generation
from ...playground import Playground
from ...reproduce import values as recipe_values
from ...schema import Field
from ..account import connection, finetune_list, price
from ..events.js_bridge import PAID
from ..form import field_values, reuse
from ..recipes import reproduction_view
from ..session import caller
from ..session.tab_session import Desk, Desks
from ..text import notices
from .live_updates import Threads, Update, follow

log = logging.getLogger(__name__)

PAUSE = 0.2
"""Seconds between two looks at a generation that a program waits for."""

Updates = AsyncIterator[Update]


class Acts:
    """The acts of every tab of one page."""

    def __init__(self, playground: Playground, offered: tuple[Field, ...]) -> None:
        self.playground = playground
        self.fields = offered
        self.desks = Desks(hosted=playground.settings.hosted, forget=playground.clients.forget_key)
        self.threads = Threads()
        self.account_calls = finetune_list.AccountCalls()
        self._salt = playground.store.secret_key()

    def identify(self, request: Any, data: Mapping[str, Any]) -> Desk:
        """Return the session of a request, after taking its token and its address from the request itself."""
        token, mark = str(data.get("token", "")), caller.mark(request, self._salt)
        return self.desks.welcome(request.session_hash, token, mark)

    def refuse(self, desk: Desk, data: Mapping[str, Any]) -> Update | None:
        """Return what to show in place of an act that costs money and whose payer is not the one that the page shows.

        The program forgets a typed key with its session; the owner must not pay then.
        """
        if data.get("act") not in PAID or data.get("payer") != "own" or desk.visitor.api_key:
            return None
        missing = Unauthorized("The program no longer has your API key. Enter your key again.")
        badge = connection.badge(self.playground, desk.visitor)
        return Update(faults=(), notice=notices.trouble(missing), connection=badge)

    async def hello(self, session: str | None, told: str, mark: str = "") -> Updates:
        """A page has been opened: show what is under way and what there is."""
        desk = self.desks.welcome(session, told, mark)
        yield Update(connection=connection.badge(self.playground, desk.visitor))
        async for update in follow(self.playground, desk, self.threads):
            yield update

    async def generate(
        self, session: str | None, raw: Mapping[str, Any], *, insist: bool = False, desk: Desk | None = None
    ) -> Updates:
        """Start what the form says, or say at its fields why not; what is there already is offered, unless `insist`."""
        desk = desk or self.desks.of(session)
        values = field_values.read(self.fields, raw)
        there = None if insist else await self._already(desk, values)
        if there is not None:
            cost = reproduction_view.price(self.playground, desk.visitor, there)
            yield Update(faults=(), notice=reproduction_view.offer(there, cost))
            return
        async for update in self._start(desk, values, insist=insist):
            yield update

    async def show(self, session: str | None, generation_id: str) -> Updates:
        """Look at another generation, or with "" at what this tab looks at anyway; the form stays as it is."""
        desk = self.desks.of(session)
        one = await self.own(desk, generation_id) if generation_id else None
        if one is not None:
            desk.look_at(one.id)
        if one is not None or not generation_id:
            async for update in follow(self.playground, desk, self.threads):
                yield update

    async def stop(self, session: str | None, generation_id: str) -> Updates:
        """Stop waiting for a generation."""
        desk = self.desks.of(session)
        one = await self.own(desk, generation_id)
        if one is not None:
            await self.threads(self.playground.stop, one.id)
            async for update in follow(self.playground, desk, self.threads):
                yield update

    async def collect(self, session: str | None, generation_id: str) -> Updates:
        """Take up again what the API has accepted and nobody has fetched."""
        desk = self.desks.of(session)
        one = await self.own(desk, generation_id)
        if one is None:
            return
        desk.look_at(one.id)
        try:
            await self.threads(self.playground.collect, one.id, desk.visitor)
        except PlaygroundError as error:
            yield Update(notice=notices.trouble(error))
            return
        async for update in follow(self.playground, desk, self.threads):
            yield update

    async def again(
        self, session: str | None, generation_id: str, *, fresh_seed: bool, desk: Desk | None = None
    ) -> Updates:
        """Send the request of a generation anew, as it was or with a seed of its own; the form stays as it is."""
        desk = desk or self.desks.of(session)
        one = await self.own(desk, generation_id)
        if one is not None:
            values = await self.threads(reuse.values, self.playground, one)
            left_out = {"seed"} if fresh_seed else set()
            kept = {name: value for name, value in values.items() if name not in left_out}
            async for update in self._start(desk, kept, one.endpoint, insist=fresh_seed):
                yield update

    async def reproduce(self, session: str | None, generation_id: str, *, desk: Desk | None = None) -> Updates:
        """Make a picture again from its recipe, to be compared; the form stays as it is."""
        desk = desk or self.desks.of(session)
        one = await self.own(desk, generation_id)
        if one is None or one.image is None:
            return
        async for update in self._start(desk, recipe_values(one), endpoint=one.endpoint, origin=one.id):
            # What is wrong with an old request is not to be marked in a form that says something else.
            wrong = InvalidRecipe(InvalidRequest(update.faults).message) if update.faults else None
            yield update if wrong is None else Update(notice=notices.trouble(wrong))

    async def key(self, session: str | None, text: str) -> Updates:
        """Use the visitor's own key from now on, or with "" forget it. It is told to nobody but the API."""
        desk = self.desks.of(session)
        text = text.strip()
        if text and (not (text.isascii() and text.isprintable()) or " " in text or len(text) > 500):
            yield Update(connection=connection.badge(self.playground, desk.visitor, connection.MALFORMED))
            return
        self.desks.use_key(desk, text)
        cost = price.line(self.playground, desk.visitor)
        yield Update(connection=connection.badge(self.playground, desk.visitor), notice="", price=cost)

    async def road(self, generation_id: str) -> AsyncIterator[Generation]:
        """Every record of a generation that differs from the one before, until it is finished."""
        seen: Generation | None = None
        while seen is None or not seen.finished:
            now = await self.threads(self.playground.get, generation_id)
            if now != seen:
                seen = now
                yield now
            await asyncio.sleep(0 if now.finished else PAUSE)

    async def account(self, session: str | None, *, balance_only: bool) -> Updates:
        """What the account has: its credits and, unless only those are asked for, its finetunes."""
        desk = self.desks.of(session)
        visitor = desk.visitor
        if not balance_only:
            known = await self.account_calls(
                finetune_list.finetunes, self.playground, visitor, finetune_list.FINETUNES_SECONDS
            )
            yield Update(choices=finetune_list.choices(known))
        left = await self.account_calls(
            finetune_list.credits_left, self.playground, visitor, finetune_list.CREDITS_SECONDS
        )
        if left is not None and desk.visitor.api_key == visitor.api_key:  # whoever else they are by now
            desk.balance = left
            cost = await self.threads(price.line, self.playground, visitor, left)
            badge = connection.badge(self.playground, visitor, balance=finetune_list.told(left))
            yield Update(connection=badge, price=cost)

    async def own(self, desk: Desk, generation_id: str) -> Generation | None:
        """The generation of this id, if it is this visitor's."""
        try:
            one = await self.threads(self.playground.get, str(generation_id))
        except KeyError:
            return None
        return one if one.owner == desk.visitor.id else None

    async def _already(self, desk: Desk, values: Mapping[str, Any]) -> Generation | None:
        """The picture of just these values, if there is one; without a seed there cannot be."""
        if draws_seed(values):
            return None
        try:
            one = await self.threads(self.playground.find_existing, values, desk.visitor)
        except PlaygroundError:
            return None  # starting it says what is wrong
        return one if one is not None and one.image is not None and one.image.is_file() else None

    async def _start(
        self, desk: Desk, values: Mapping[str, Any], endpoint: str = "", origin: str = "", *, insist: bool = False
    ) -> Updates:
        began = time.time()
        start = partial(self.playground.start, endpoint=endpoint, origin=origin, reuse_running=not insist)
        try:
            one = await self.threads(start, values, desk.visitor)
        except InvalidRequest as error:
            yield Update(faults=error.details, notice="")
            return
        except PlaygroundError as error:
            yield Update(faults=(), notice=notices.trouble(error))
            return
        except Exception as error:  # a full disk, a fault of ours: a button that does nothing would be worse
            log.exception("a generation could not be started")
            trouble = PlaygroundError(f"It could not be started ({type(error).__name__}).")
            yield Update(faults=(), notice=notices.trouble(trouble))
            return
        desk.look_at(one.id)
        notice = reproduction_view.offer_running() if one.created_at < began else ""
        async for update in follow(self.playground, desk, self.threads, Update(faults=(), notice=notice)):
            yield update
