"""Connects Gradio events to actions, and updates to components."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ..bounded_json import InvalidJson, parse_json
from ..errors import Unauthorized
from .account import connection
from .account.payer_check import check_payer
from .components import handler, private_event
from .events.action import Action
from .events.context import Context, PageState
from .events.update import NO_CHANGE, Update
from .form.form import Form, FormComponents, render_field_errors
from .layout import Components
from .session import caller
from .text import notices

MAX_PRESS_DATA_CHARS = 5_000

CLICK = "(press, ...values) => [window.flux.press(), ...values]"
"""Adds the number and the payer of a press on Generate to the contents of the form."""


@dataclass(frozen=True)
class Binding:
    """Binds the actions of a page to its components."""

    page: PageState
    forms: Sequence[Form]
    components: Components
    actions: Mapping[str, Action]

    def bind(self) -> None:
        """Bind the events of the page and of each form."""
        quiet = private_event(self.components.bridge)
        bridge = self.components.bridge
        bridge.act_watch(self._watch, None, self.components.followed, **quiet)
        bridge.act_ask(self._ask, None, self.components.panel, queue=False, **quiet)
        for place, form in enumerate(self.components.forms):
            self._bind_form(place, form)

    def _bind_form(self, place: int, drawn: FormComponents) -> None:
        components, quiet = self.components, private_event(self.components.bridge)
        keys = {component: key for key, component in drawn.inputs.items()}

        @handler
        async def press_generate(contents: dict[Any, Any], request: gr.Request) -> AsyncIterator[dict[Any, Any]]:
            data = _press_data(contents.pop(components.press, ""))
            raw = {keys[component]: content for component, content in contents.items()}
            if data:
                async for update in self.stream({**data, "act": "generate", "form": place}, request, raw):
                    yield self.write(update, place)
            yield self.write(NO_CHANGE)  # Gradio sends the last value again, maybe after a later event has begun

        # Gradio passes the components of a set in the order of their ids: `press` was made first.
        inputs = {components.press, *drawn.inputs.values()}
        components.generate[place].click(press_generate, inputs, components.followed, js=CLICK, **quiet)
        bridge, form = components.form_bridges[place], dict(drawn.inputs)
        read = [drawn.column, components.generate[place], components.price, *components.texts]
        written = [*read, components.field_errors, *drawn.inputs.values()]
        bridge.act_read(self._answer(place), inputs_kwargs=form, outputs=read, queue=False, **quiet)
        bridge.act_write(self._answer(place), inputs_kwargs=form, outputs=written, queue=False, **quiet)

    @handler
    async def _watch(self, request: gr.Request, event: gr.EventData) -> AsyncIterator[dict[Any, Any]]:
        async for update in self.stream(_data(event), request):
            yield self.write(update)
        yield self.write(NO_CHANGE)

    @handler
    async def _ask(self, request: gr.Request, event: gr.EventData) -> str:
        update = await self._run_once(_data(event), request, {})
        return update.panel or ""

    def _answer(self, place: int) -> Callable[..., Awaitable[dict[Any, Any]]]:
        @handler
        async def answer(request_: gr.Request, event_: gr.EventData, /, **raw: Any) -> dict[Any, Any]:
            return self.write(await self._run_once({**_data(event_), "form": place}, request_, raw), place)

        return answer

    async def _run_once(self, data: Mapping[str, Any], request: gr.Request, raw: Mapping[str, Any]) -> Update:
        action = self.actions.get(str(data.get("act")))
        if action is None or action.streams:
            return NO_CHANGE
        context = self.context(data, request, raw)
        if action.paid:
            if refused := refuse_payer(context):
                return refused
            if not self._is_first(context):
                return NO_CHANGE
        result = action.run(context)
        assert isinstance(result, Awaitable)  # noqa: S101  # `streams` says so
        try:
            return await result
        finally:
            self.page.sessions.limit_memory(context.session)

    async def stream(
        self, data: Mapping[str, Any], request: Any, raw: Mapping[str, Any] | None = None
    ) -> AsyncIterator[Update]:
        """Give the updates of a streaming action; a paid press acts once, and only when its payer is known."""
        action = self.actions.get(str(data.get("act")))
        if action is None or not action.streams:
            return
        context = self.context(data, request, raw or {})
        if action.paid:
            if refused := refuse_payer(context):
                yield refused
                return
            if not self._is_first(context):
                if action.name == "generate":
                    return
                # The press has acted before: show the current state.
                action, context = self.actions["show"], context.with_data(id="")
        result = action.run(context)
        assert isinstance(result, AsyncIterator)  # noqa: S101  # `streams` says so
        async for update in result:
            yield update

    def _is_first(self, context: Context) -> bool:
        """Return whether a press has not acted before."""
        return self.page.sessions.claim_press(context.visitor, context.press)

    def context(self, data: Mapping[str, Any], request: Any, raw: Mapping[str, Any]) -> Context:
        """Return the context of a request, after its session was identified by the request itself."""
        place = data.get("form")
        form = self.forms[place if type(place) is int and 0 <= place < len(self.forms) else 0].at(data.get("endpoint"))
        identity = caller.identity_of(request, self.page.secret_key)
        session = self.page.sessions.identify(request.session_hash, str(data.get("token", "")), identity)
        if "form" in data:
            session.shown_endpoint = form.operation.path
        if "server" in data:  # the document may have been replaced since the choice
            session.use_server(data["server"] if data["server"] in self.page.servers else "")
        return Context(self.page, session, form, data, raw, session.visitor)

    def write(self, update: Update, place: int | None = None) -> dict[Any, Any]:
        """Return what Gradio writes for an update; at least one component must be named."""
        components = self.components
        values: dict[Any, Any] = {
            components.history: update.history,
            components.connection: update.connection,
            components.notice: update.notice,
            components.finetunes: update.finetunes,
            components.image_notes: update.image_notes,
            components.price: update.price,
            components.code: update.code,
            components.dialog: update.dialog,
            components.json_text: update.json_text,
            components.json_state: update.json_state,
            components.sweep: update.sweep,
        }
        if update.result is not None:
            result = update.result
            values |= {components.frame: result.frame, components.line: result.line, components.below: result.below}
        if update.field_errors is not None:
            errors, fields = update.field_errors, self.forms[place or 0].fields
            values[components.field_errors] = render_field_errors(errors)
            listed = notices.render_field_errors(errors, fields, by_api=update.rejected_by_api)
            values[components.notice] = listed or update.notice or ""
        written = {component: value for component, value in values.items() if value is not None}
        if place is not None:
            drawn = components.forms[place]
            written |= {drawn.inputs[key]: content for key, content in (update.inputs or {}).items()}
            if update.form_visible is not None:
                written[drawn.column] = gr.Column(visible=update.form_visible)
                written[components.generate[place]] = gr.Button(visible=update.form_visible)
        return written or {components.notice: gr.skip()}


def refuse_payer(context: Context) -> Update | None:
    """Return what a paid press shows instead when its payer is not known; None for a press that may act."""
    try:
        check_payer(context)
    except Unauthorized as error:
        badge = connection.render_connection(context)
        return Update(field_errors=(), notice=notices.render_error(error), connection=badge)
    return None


def _data(event: gr.EventData) -> Mapping[str, Any]:
    """Return the data of an event; empty for anything but an object."""
    return event._data if isinstance(event._data, dict) else {}


def _press_data(text: Any) -> Mapping[str, Any]:
    """Return the data of a press on Generate; empty for a press that the page held back."""
    if not isinstance(text, str) or not text or len(text) > MAX_PRESS_DATA_CHARS:
        return {}
    try:
        data = parse_json(text)
    except InvalidJson:
        return {}
    return data if isinstance(data, dict) else {}
