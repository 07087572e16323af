"""What reads a form and what writes to it: to another endpoint, to JSON and back, from a picture, from what was opened.

Knows the layout and the acts; must not know how values are carried.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from .account import price
from .binding import Answer, Data
from .endpoints import switch
from .form import json_editor, reuse
from .generate.actions import Acts
from .layout import Parts
from .recipes.recipe_actions import Recipes
from .text import notices

LONGEST = 1_000_000
"""Characters of a text that are looked at."""

OVERWRITTEN = {
    "example": "Example filled in.",
    "dice": "Seed replaced.",
    "reuse": "Seed replaced.",
    "clear": "Field cleared.",
    "shape": "Aspect ratio replaced.",
    "swap": "Aspect ratio replaced.",
}
"""Notices after a button of the page has replaced a typed value, by the button's act."""

Written = dict[Any, Any]


class Carrying:
    """The acts of the form at one place; each gives what must be written."""

    def __init__(self, place: int, parts: Parts, acts: Acts) -> None:
        self._parts, self._acts, self._form = parts, acts, parts.forms[place]
        self._recipes = Recipes(acts)

    @property
    def tells(self) -> Mapping[str, Answer]:
        """What reads the form, by the names of the acts."""
        there = {"leave": self.leave, "tojson": self.to_json, "draft": self.draft}
        return {**there, "paste": self.pasted, "dropped": self.dropped, "reopen": self.reopened}

    @property
    def fills(self) -> Mapping[str, Answer]:
        """What writes to the form, by the names of the acts."""
        there = {"arrive": self.arrive, "fromjson": self.from_json, "recall": self.recalled}
        there |= {"apply": self.applied, "asimage": self.as_image}
        return {**there, "snapshot": self.snapshot, "undo": self.undone}

    async def leave(self, session: str | None, _: Data, raw: Data) -> Written:
        """What was given is remembered for the next endpoint; that the form is gone says that it is."""
        desk = self._acts.desks.of(session)
        own = {one.name for one in self._acts.fields}
        kept = {name: value for name, value in desk.carried.items() if name not in own or name in desk.unfit}
        desk.carried = {**kept, **switch.touched(self._acts.fields, raw)}
        return {self._form.column: gr.Column(visible=False)}

    async def arrive(self, session: str | None, _: Data, __: Data) -> Written:
        """The form is shown with what came along from another one."""
        acts, desk = self._acts, self._acts.desks.of(session)
        arrival = await acts.threads(switch.arrive, acts.fields, desk.carried)
        desk.unfit = frozenset(name for name, _ in arrival.unfit)
        return {
            self._form.column: gr.Column(visible=True),
            self._parts.notice: switch.unfit(arrival),
            self._parts.faults: "",
            self._parts.price: await acts.threads(price.line, acts.playground, desk.visitor, desk.balance),
            **self._filled(arrival.held),
        }

    async def to_json(self, session: str | None, _: Data, raw: Data) -> Written:
        """The request as JSON."""
        self._acts.desks.of(session).undo_of_json = False  # the form was changed: the next edit has an Undo of its own
        now, state = self._parts.json
        text = await self._acts.threads(json_editor.text, self._acts.fields, self._acts.playground.operation, raw)
        return {now: json_editor.now(text), state: ""}

    async def from_json(self, session: str | None, data: Data, raw: Data) -> Written:
        """What an edit of the JSON changes, or where it is wrong; one Undo takes back all edits in a row."""
        acts, text = self._acts, str(data.get("text", ""))[:LONGEST]
        edit = await acts.threads(json_editor.edited, acts.fields, acts.playground.operation, raw, text)
        said = {self._parts.json[1]: edit.said}
        if not edit.held:
            return said
        session_state = acts.desks.of(session)
        earlier = session_state.undo if session_state.undo_of_json else {}
        replaced = self._replaced(session, raw, edit.held, "Form changed from JSON.")
        session_state.undo, session_state.undo_of_json = {**session_state.undo, **earlier}, True
        return {**said, **replaced}

    async def recalled(self, session: str | None, data: Data, raw: Data) -> Written:
        """The settings of a picture, or some of them."""
        acts, what = self._acts, str(data.get("what"))
        one = await acts.own(acts.desks.of(session), str(data.get("id", "")))
        if one is None or what not in reuse.WHAT:
            return {}
        values = await acts.threads(reuse.recalled, acts.playground, one, acts.fields, what)
        return self._replaced(session, raw, values, reuse.said(one, acts.fields, what))

    async def draft(self, session: str | None, data: Data, raw: Data) -> Written:
        """The form as a link and as code."""
        return {self._parts.tray.draft: await self._recipes.draft(session, raw) if data.get("open") else ""}

    async def pasted(self, session: str | None, data: Data, raw: Data) -> Written:
        """What a text would set."""
        return self._sheet(await self._recipes.open(session, str(data.get("text", ""))[:LONGEST], raw))

    async def dropped(self, session: str | None, _: Data, raw: Data) -> Written:
        """What the file that was just given would set."""
        return self._sheet(await self._recipes.open_file(session, raw))

    async def reopened(self, session: str | None, _: Data, raw: Data) -> Written:
        """What was opened last, against another form."""
        return self._sheet(await self._recipes.reopen(session, raw))

    async def applied(self, session: str | None, _: Data, raw: Data) -> Written:
        """What was opened is put in."""
        return self._taken(session, raw, await self._recipes.apply(session), "Settings applied.")

    async def as_image(self, session: str | None, _: Data, raw: Data) -> Written:
        """The picture that was opened becomes the image prompt."""
        return self._taken(session, raw, await self._recipes.as_image(session), "Image prompt set.")

    async def snapshot(self, session: str | None, data: Data, _: Data) -> Written:
        """The page replaced typed values: keep what it sent of them for Undo. The form is left as it is."""
        given, said = data.get("before"), OVERWRITTEN.get(str(data.get("by")))
        before = given if isinstance(given, dict) else {}
        texts = {
            key: value[:LONGEST]
            for key, value in before.items()
            if key in self._form.inputs and isinstance(value, str) and isinstance(self._form.inputs[key], gr.Textbox)
        }
        if not texts or said is None:
            return {}
        self._keep_for_undo(session, texts)
        return {self._parts.notice: notices.notice(said, undo=True, filled=texts)}

    async def undone(self, session: str | None, _: Data, raw: Data) -> Written:
        """The form gets back what it held before settings were put into it; doing it twice returns to the settings."""
        before = self._acts.desks.of(session).undo
        restored = {key: value for key, value in before.items() if key in self._form.inputs}
        return self._replaced(session, raw, restored, "Form restored.") if restored else {}

    def _sheet(self, told: str) -> Written:
        return {self._parts.tray.sheet: told}

    def _taken(self, session: str | None, raw: Data, values: Mapping[str, Any], said: str) -> Written:
        told = self._replaced(session, raw, values, said if values else "Nothing was changed.")
        return {self._parts.tray.sheet: "", **told}

    def _replaced(self, session: str | None, raw: Data, values: Mapping[str, Any], said: str) -> Written:
        """Put values into the form, and keep what it held for Undo."""
        if values:
            self._keep_for_undo(session, {key: restorable(raw.get(key)) for key in values})
        return {self._parts.notice: notices.notice(said, undo=bool(values), filled=values), **self._filled(values)}

    def _keep_for_undo(self, session: str | None, before: Mapping[str, Any]) -> None:
        session_state = self._acts.desks.of(session)
        session_state.undo, session_state.undo_of_json = before, False

    def _filled(self, held: Mapping[str, Any]) -> Written:
        return {self._form.inputs[key]: value for key, value in held.items()}


def restorable(held: Any) -> Any:
    """What an input must be given to hold again what it held: files as their paths in Gradio's folder."""
    several = getattr(held, "root", None)
    if several is not None:
        return [one.path for one in several]
    return getattr(held, "path", held)
