"""Which events carry a form over: to another endpoint, to JSON and back.

Knows gradio and the acts; must not know how values are carried.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from . import endpoints, fields, json_view, price
from .acts import Acts
from .form import PRIVATE
from .layout import Parts

ACTS = ("leave", "arrive", "tojson", "fromjson")
LONGEST = 1_000_000
"""Characters of JSON that are looked at."""

ARRIVED = "() => window.flux.left()"


def wire(bridge: Any, parts: Parts, acts: Acts) -> None:
    """Connect the form of one endpoint: what was given is remembered when it is left, and fills the next one."""

    async def leave(request: gr.Request, **raw: Any) -> Any:
        desk = acts.desks.of(request.session_hash)
        own = {one.name for one in acts.fields}
        kept = {name: value for name, value in desk.carried.items() if name not in own or name in desk.unfit}
        desk.carried = {**kept, **endpoints.touched(acts.fields, raw)}
        return gr.Column(visible=False)

    async def arrive(request: gr.Request) -> dict[Any, Any]:
        desk = acts.desks.of(request.session_hash)
        arrival = await acts.threads(endpoints.arrive, acts.fields, desk.carried)
        desk.unfit = frozenset(name for name, _ in arrival.unfit)
        return {
            parts.column: gr.Column(visible=True),
            parts.notice: endpoints.unfit(arrival),
            parts.price: await acts.threads(price.line, acts.playground, desk.visitor, desk.balance),
            **{parts.inputs[key]: held for key, held in arrival.held.items()},
            **{parts.hints[one.name]: fields.hint(one) for one in acts.fields},
        }

    filled = [parts.column, parts.notice, parts.price, *parts.inputs.values(), *parts.hints.values()]
    left = bridge.act_leave(leave, inputs_kwargs=dict(parts.inputs), outputs=parts.column, queue=False, **PRIVATE)
    left.then(None, js=ARRIVED, queue=False, **PRIVATE)
    bridge.act_arrive(arrive, None, filled, queue=False, **PRIVATE)
    _wire_json(bridge, parts, acts)


def _wire_json(bridge: Any, parts: Parts, acts: Acts) -> None:
    now, state = parts.json
    operation = acts.playground.operation

    async def to_json(visit_: gr.Request, /, **raw: Any) -> tuple[str, str]:
        return json_view.now(await acts.threads(json_view.text, acts.fields, operation, raw)), ""

    async def from_json(visit_: gr.Request, event_: gr.EventData, /, **raw: Any) -> dict[Any, Any]:
        data = event_._data if isinstance(event_._data, dict) else {}
        edit = await acts.threads(json_view.edited, acts.fields, operation, raw, str(data.get("text", ""))[:LONGEST])
        return {state: edit.said, **{parts.inputs[key]: held for key, held in edit.held.items()}}

    given = dict(parts.inputs)
    bridge.act_tojson(to_json, inputs_kwargs=given, outputs=[now, state], queue=False, **PRIVATE)
    bridge.act_fromjson(from_json, inputs_kwargs=given, outputs=[state, *given.values()], queue=False, **PRIVATE)
