"""Which events carry a form over to another endpoint. Knows gradio and the acts, not how values are carried."""

from __future__ import annotations

from typing import Any

import gradio as gr

from . import endpoints, fields
from .acts import Acts
from .form import PRIVATE
from .layout import Parts

ACTS = ("leave", "arrive")
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
            **{parts.inputs[key]: held for key, held in arrival.held.items()},
            **{parts.hints[one.name]: fields.hint(one) for one in acts.fields},
        }

    filled = [parts.column, parts.notice, *parts.inputs.values(), *parts.hints.values()]
    left = bridge.act_leave(leave, inputs_kwargs=dict(parts.inputs), outputs=parts.column, queue=False, **PRIVATE)
    left.then(None, js=ARRIVED, queue=False, **PRIVATE)
    bridge.act_arrive(arrive, None, filled, queue=False, **PRIVATE)
