"""Which act each event of the bridges stands for, and what is written when it has been done.

Knows gradio, the layout and the acts; must not know how anything is done.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import gradio as gr

from .events.js_bridge import PAID, private
from .form import field_values
from .generate.actions import Acts, Updates
from .generate.live_updates import NOTHING, Update
from .layout import Parts
from .session.tab_session import Desk
from .text import notices

Data = Mapping[str, Any]
"""What came with an event: "act", the act that is meant, "form", the place of the form that is shown, and its own."""

Answer = Callable[[str | None, Data, Data], Awaitable[dict[Any, Any]]]
"""An act that is done at once: from the session, the event's data and the contents of a form to what is written."""

Change = Callable[[Acts, str | None, Data, Desk], Updates]
"""An act that is followed: its updates."""

CHANGES: Mapping[str, Change] = {
    "show": lambda acts, session, data, desk: acts.show(session, _id(data)),
    "stop": lambda acts, session, data, desk: acts.stop(session, _id(data)),
    "collect": lambda acts, session, data, desk: acts.collect(session, _id(data)),
    "again": lambda acts, session, data, desk: acts.again(session, _id(data), fresh_seed=False, desk=desk),
    "vary": lambda acts, session, data, desk: acts.again(session, _id(data), fresh_seed=True, desk=desk),
    "reproduce": lambda acts, session, data, desk: acts.reproduce(session, _id(data), desk=desk),
    "key": lambda acts, session, data, desk: acts.key(session, str(data.get("key", ""))),
    "account": lambda acts, session, data, desk: acts.account(session, balance_only=bool(data.get("balance"))),
}
"""The acts that need nothing of the form."""


def wire_page(parts: Parts, every: Sequence[Acts], told: Callable[[str | None, Data], Awaitable[str]]) -> None:
    """Connect what is done with the pictures there are; `told` gives a panel below one."""

    async def watch(request: gr.Request, event: gr.EventData) -> AsyncIterator[dict[Any, Any]]:
        data = given(event)
        change = CHANGES.get(str(data.get("act")))
        acts = every[_place(data, len(every))]
        if change is not None:
            desk = acts.identify(request, data)
            if refused := acts.refuse(desk, data):
                yield written(refused, parts, acts)
            else:
                if data.get("act") in PAID and not acts.desks.claim_press(desk.visitor.id, _press(data)):
                    change, data = CHANGES["show"], {}  # the press has acted before: show how things are
                async for update in change(acts, request.session_hash, data, desk):
                    yield written(update, parts, acts)
        yield written(NOTHING, parts, acts)  # gradio says the last word again, after a later event may have begun

    async def panel(request: gr.Request, event: gr.EventData) -> str:
        every[0].identify(request, given(event))
        return await told(request.session_hash, given(event))

    quiet = private(parts.sender)
    parts.sender.act_watch(watch, None, parts.outputs, **quiet)
    parts.sender.act_panel(panel, None, parts.tray.panel, queue=False, **quiet)


def wire_form(place: int, parts: Parts, acts: Acts, tells: Mapping[str, Answer], fills: Mapping[str, Answer]) -> None:
    """Connect the form at a place: `tells` read it, `fills` write to it."""
    form, sender, quiet = parts.forms[place], parts.senders[place], private(parts.sender)

    async def press(visit_: gr.Request, event_: gr.EventData, /, **raw: Any) -> AsyncIterator[dict[Any, Any]]:
        data = given(event_)
        desk = acts.identify(visit_, data)
        if refused := acts.refuse(desk, data):
            yield written(refused, parts, acts)
        elif acts.desks.claim_press(desk.visitor.id, _press(data)):
            insist = data.get("act") == "insist"
            async for update in acts.generate(visit_.session_hash, raw, insist=insist, desk=desk):
                yield written(update, parts, acts)
        yield written(NOTHING, parts, acts)

    all_of_it = dict(form.inputs)
    texts = [form.column, parts.notice, parts.tray.sheet, parts.tray.draft, *parts.json]
    filled = [*texts, parts.price, parts.faults, *form.inputs.values()]
    sender.act_press(press, inputs_kwargs=all_of_it, outputs=parts.outputs, **quiet)
    sender.act_tell(_answering(tells, parts, acts), inputs_kwargs=all_of_it, outputs=texts, queue=False, **quiet)
    sender.act_fill(_answering(fills, parts, acts), inputs_kwargs=all_of_it, outputs=filled, queue=False, **quiet)


def given(event: gr.EventData) -> Data:
    """What came with an event, whatever was sent in its place."""
    return event._data if isinstance(event._data, dict) else {}


def written(update: Update, parts: Parts, acts: Acts) -> dict[Any, Any]:
    """What gradio must write for an update; at least one component has to be named."""
    said = {parts.strip: update.strip, parts.connection: update.connection, parts.notice: update.notice}
    said |= {parts.choices: update.choices, parts.price: update.price}
    if update.stage is not None:
        said |= {parts.frame: update.stage.frame, parts.line: update.stage.line, parts.below: update.stage.below}
    if update.faults is not None:
        said[parts.faults] = field_values.faults(update.faults)
        said[parts.notice] = (
            notices.reasons(update.faults, acts.fields, by_api=update.faults_by_api) or update.notice or ""
        )
    return {parts.frame: gr.skip(), **{part: value for part, value in said.items() if value is not None}}


def _answering(known: Mapping[str, Answer], parts: Parts, acts: Acts) -> Callable[..., Awaitable[dict[Any, Any]]]:
    async def answered(visit_: gr.Request, event_: gr.EventData, /, **raw: Any) -> dict[Any, Any]:
        data = given(event_)
        acts.identify(visit_, data)
        answer = known.get(str(data.get("act")))
        said = {} if answer is None else await answer(visit_.session_hash, data, raw)
        return {parts.notice: gr.skip(), **said}

    return answered


def _press(data: Data) -> str:
    """The number that the page gave to this press; "" from a page that gives none."""
    return str(data.get("press", ""))[:80]


def _id(data: Data) -> str:
    return str(data.get("id", ""))


def _place(data: Data, count: int) -> int:
    """The place of the form that is shown; the first one's if it makes no sense."""
    place = data.get("form")
    return place if type(place) is int and 0 <= place < count else 0
