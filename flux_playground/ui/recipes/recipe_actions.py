"""What can be done with recipes on the page, one method each: look at one, take code or a link, open what was given.

Only a visitor's own generations are told of, whatever id is named. Knows the acts and the desks, not gradio.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ... import reproduce
from ...errors import InvalidRecipe, InvalidRequest, PlaygroundError
from ...generation import Generation
from ...recipe import link, write
from ..form import field_values
from ..generate.actions import Acts
from ..session.tab_session import Desk
from ..text import notices
from . import code_panel, import_dialog, import_preview
from . import reproduction_view as shown

CANNOT = "There is no code for the form as it stands."


class Recipes:
    """The recipes of every tab of one page."""

    def __init__(self, acts: Acts) -> None:
        self.acts = acts
        self.playground = acts.playground

    async def panel(self, session: str | None, data: Mapping[str, Any]) -> str:
        """The panel below the picture of an "id". Its "what" says which: "recipe", "code", or "outcome" where it was
        made again; else ""."""
        desk, what = self.acts.desks.of(session), data.get("what")
        one = await self.acts.own(desk, str(data.get("id", ""))) if what else None
        if one is None or one.image is None:
            return ""
        if what == "recipe":
            return shown.recipe(one, write(reproduce.recipe(one)))
        if what == "code":
            return shown.panel("code", "Code that makes this picture", one.id, self._code(desk, one))
        return await self._outcome(desk, one) if what == "outcome" else ""

    async def draft(self, session: str | None, raw: Mapping[str, Any]) -> str:
        """The panel with the form as it stands, as a link and as code; or why it cannot be code yet."""
        desk = self.acts.desks.of(session)
        values = field_values.read(self.acts.fields, raw)
        operation = self.playground.operation
        try:
            told = [one.name for one in self.acts.fields if not (one.secret or one.media)]
            query = link(values, told, operation.path)
        except InvalidRecipe:
            query = ""
        try:
            request = await self.acts.threads(self.playground.preview_request, values, desk.visitor)
            server, note = code_panel.address(self.playground, desk.visitor, operation.path)
            body = code_panel.listing("form", server, operation.path, request, note, query)
        except InvalidRequest as error:
            body = code_panel.link_row(query) + notices.reasons(error.details, self.acts.fields)
        except PlaygroundError as error:
            body = code_panel.link_row(query) + notices.trouble(error)
        return shown.panel("draft", "Link and code of the form", "form", body)

    async def open(self, session: str | None, source: Path | str, raw: Mapping[str, Any]) -> str:
        """The dialog that shows what a file or a text would set; it is kept for `apply`."""
        desk = self.acts.desks.of(session)
        try:
            desk.opened = await self.acts.threads(
                import_preview.opened, self.playground, desk.visitor, self.acts.fields, raw, source
            )
        except InvalidRecipe as error:
            desk.opened = None
            return import_dialog.failure(error.message)
        return import_dialog.sheet(desk.opened)

    def keep(self, session: str | None, path: Path | None) -> None:
        """A tab was given a file; nobody has looked at it yet."""
        self.acts.desks.of(session).dropped = path

    async def open_file(self, session: str | None, raw: Mapping[str, Any]) -> str:
        """The same for the file that this tab was given last; "" when there is none."""
        desk = self.acts.desks.of(session)
        path, desk.dropped = desk.dropped, None
        return "" if path is None else await self.open(session, path, raw)

    async def reopen(self, session: str | None, raw: Mapping[str, Any]) -> str:
        """The same as was opened last, for the form of another endpoint."""
        taken = self.acts.desks.of(session).opened
        return "" if taken is None else await self.open(session, taken.source, raw)

    async def apply(self, session: str | None) -> dict[str, Any]:
        """What the inputs must hold, by field's name, for what was opened last."""
        desk = self.acts.desks.of(session)
        taken, desk.opened = desk.opened, None
        return {} if taken is None else await self.acts.threads(import_preview.inputs, self.playground, taken)

    async def as_image(self, session: str | None) -> dict[str, Any]:
        """The picture that was opened last, as the value of the field that takes an image."""
        desk = self.acts.desks.of(session)
        taken, desk.opened = desk.opened, None
        field = next((one.name for one in self.acts.fields if one.media == "image" and one.type == "string"), None)
        if taken is None or taken.picture is None or field is None:
            return {}
        return {field: str(taken.picture)}

    def _code(self, desk: Desk, one: Generation) -> str:
        server, note = code_panel.address(self.playground, desk.visitor, one.endpoint, one.server)
        return code_panel.listing("picture", server, one.endpoint, reproduce.values(one), note)

    async def _outcome(self, desk: Desk, one: Generation) -> str:
        before = await self.acts.own(desk, one.origin) if one.origin else None
        if before is None:
            return shown.gone(one) if one.origin else ""
        try:
            told = await self.acts.threads(reproduce.compare_generations, before, one)
        except PlaygroundError as error:
            told = reproduce.Report(None, (), error.message)
        return shown.outcome(before, one, told)
