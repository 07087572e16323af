"""The page: which act every control stands for, and how gradio is launched so that its own doors stay shut.

Knows gradio, the layout and the acts; must not know how anything is done.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from ..playground import Playground
from ..schema import Document, Field
from . import adopting, api, endpoints, fields, health, problems, recall, switching, tray, visit, whence
from .acts import Acts, Updates
from .desk import Desks
from .following import Update
from .form import PRIVATE
from .guard import LARGEST_UPLOAD, Guard, Rules
from .layout import Parts, lay_out
from .pictures import routes
from .recipes import Recipes
from .sparing import Sparing
from .theme import theme

# The events of the page, other than Generate: `assets/page.js` sends them through the bridge by these names.
ACTS = (
    "show",
    "stop",
    "collect",
    "again",
    "vary",
    "key",
    "account",
    "recall",
    "call",
    *tray.ACTS,
    *switching.ACTS,
    *adopting.ACTS,
)
BRIDGE = f"""(window.flux.bridges ??= [])[PLACE] = (name, data) => trigger('act_' + name, data);
window.flux.bridge = (name, data) => window.flux.bridges[window.flux.form || 0](name, data);
/* {[f"act_{name}" for name in ACTS]} */"""
"""What ties the page's events to ours, for the form of one endpoint: gradio looks for their names in this text."""

# The last word of every event: gradio repeats it when the event has ended, which may be after a later event has begun.
NOTHING = Update()


def build(
    playground: Playground,
    examples: Sequence[str] = (),
    adopted: Callable[[Document], None] | None = None,
    desks: Desks | None = None,
) -> Any:
    """The page of a playground, to be launched with `options`; `examples` are prompts to begin with.

    `adopted` is told of another document that the page goes by from now on; `desks` are those of the page before.
    """
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    # Else each event rebuilds a growing table of all events before it.
    os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000")
    every = _acts(endpoints.views(playground), desks)
    with Sparing(title="Flux Playground", analytics_enabled=False, delete_cache=(3600, 86400)) as page:
        laid = lay_out([one.playground for one in every], [one.fields for one in every], examples)
        bridges = [gr.HTML("", js_on_load=_bridge(place), elem_id="bridge") for place in range(len(every))]
        names = api.names([one.playground.operation.path for one in every])
        for bridge, parts, acts, name in zip(bridges, laid, every, names, strict=True):
            _wire(bridge, parts, acts)
            switching.wire(bridge, parts, acts)
            if playground.settings.programs:
                api.wire(bridge, parts.inputs, acts, name)
        _wire_hello(page, laid[0], every[0])
        if laid[0].document is not None:
            adopting.wire(bridges[0], laid[0].document, playground, lambda: remade(), page)
    page.desks = every[0].desks  # `visit.leave` finds them there
    if desks is None:
        visit.forget_idle(page.desks, playground.accounts)

    def remade() -> Any:
        if adopted is not None:
            adopted(playground.document)
        return build(playground, examples, adopted, page.desks)

    page.api_open = False  # as `queue(api_open=False)` does, which builds gradio's whole application once more
    return page


def options(playground: Playground, *, style: str = "", script: str = "", favicon: str | None = None) -> dict[str, Any]:
    """The arguments of `launch`: how the page looks, and every door of gradio's that is to stay shut."""
    os.environ["FORWARDED_ALLOW_IPS"] = ""  # else forged addresses are believed before the guard sees them
    own = [*routes(playground), *health.routes(playground), visit.ROUTE]
    settings = playground.settings
    first = frozenset(route.path.split("/")[1] for route in own)
    rules = Rules(settings.hosted, settings.programs, settings.proxies, first, user_header=settings.user_header)
    return {
        "theme": theme(),
        "head": f"<style>{style}</style><script>{script}</script>",
        "favicon_path": favicon,
        "footer_links": [],
        "app_kwargs": {
            "routes": own,
            "middleware": [Middleware(Guard, rules=rules)],
            "openapi_url": None,
            "docs_url": None,
            "redoc_url": None,
        },
        "max_threads": 200,
        "state_session_capacity": 2000,
        "max_file_size": LARGEST_UPLOAD,
        "run_history": False,
        "enable_monitoring": False,
        "mcp_server": False,
        "show_error": False,
        "ssr_mode": False,
        "pwa": False,
    }


def _acts(views: Sequence[Playground], desks: Desks | None) -> list[Acts]:
    """The acts of each endpoint, all at the same desks."""
    every = [Acts(one, endpoints.offered(one)) for one in views]
    every[0].desks = desks or every[0].desks
    for one in every:
        one.desks, one.threads = every[0].desks, every[0].threads
    return every


def _bridge(place: int) -> str:
    return BRIDGE.replace("PLACE", str(place))


def _wire_hello(page: Any, parts: Parts, acts: Acts) -> None:
    salt = acts.playground.journal.salt()

    async def hello(token: str, request: gr.Request) -> AsyncIterator[dict[Any, Any]]:
        async for update in acts.hello(request.session_hash, token, whence.mark(request, salt)):
            yield _written(update, parts, acts.fields)
        yield _written(NOTHING, parts, acts.fields)

    page.load(hello, gr.Textbox(visible=False), parts.outputs, js=visit.HELLO, **PRIVATE)


def _wire(bridge: Any, parts: Parts, acts: Acts) -> None:
    def shown(updates: Callable[..., Updates]) -> Callable[..., AsyncIterator[dict[Any, Any]]]:
        async def handler(request: gr.Request, event: gr.EventData) -> AsyncIterator[dict[Any, Any]]:
            data = event._data if isinstance(event._data, dict) else {}
            async for update in updates(request.session_hash, data):
                yield _written(update, parts, acts.fields)
            yield _written(NOTHING, parts, acts.fields)

        return handler

    async def pressed(request: gr.Request, **raw: Any) -> AsyncIterator[dict[Any, Any]]:
        async for update in acts.generate(request.session_hash, raw):
            yield _written(update, parts, acts.fields)
        yield _written(NOTHING, parts, acts.fields)

    async def insisted(request: gr.Request, **raw: Any) -> AsyncIterator[dict[Any, Any]]:
        async for update in acts.generate(request.session_hash, raw, insist=True):
            yield _written(update, parts, acts.fields)
        yield _written(NOTHING, parts, acts.fields)

    def named(data: Mapping[str, Any]) -> str:
        return str(data.get("id", ""))

    parts.go.click(pressed, inputs_kwargs=dict(parts.inputs), outputs=parts.outputs, **PRIVATE)
    bridge.act_insist(insisted, inputs_kwargs=dict(parts.inputs), outputs=parts.outputs, **PRIVATE)
    events = {
        "show": lambda session, data: acts.show(session, named(data)),
        "stop": lambda session, data: acts.stop(session, named(data)),
        "collect": lambda session, data: acts.collect(session, named(data)),
        "again": lambda session, data: acts.again(session, named(data), fresh_seed=False),
        "vary": lambda session, data: acts.again(session, named(data), fresh_seed=True),
        "key": lambda session, data: acts.key(session, str(data.get("key", ""))),
        "reproduce": lambda session, data: acts.reproduce(session, named(data)),
        "account": lambda session, data: acts.account(session, balance_only=bool(data.get("balance"))),
    }
    for name, updates in events.items():
        getattr(bridge, f"act_{name}")(shown(updates), None, parts.outputs, **PRIVATE)
    tray.wire(bridge, parts.tray, parts.inputs, parts.notice, Recipes(acts), PRIVATE)
    _wire_recall(bridge, parts, acts)


def _wire_recall(bridge: Any, parts: Parts, acts: Acts) -> None:
    async def recalled(request: gr.Request, event: gr.EventData) -> dict[Any, Any]:
        data = event._data if isinstance(event._data, dict) else {}
        one = await acts.own(acts.desks.of(request.session_hash), str(data.get("id", "")))
        what = str(data.get("what"))
        if one is None or what not in recall.WHAT:
            return {parts.notice: gr.skip()}
        values = await acts.threads(recall.recalled, acts.playground, one, acts.fields, what)
        return {
            parts.notice: problems.notice(recall.said(one, acts.fields, what)),
            **{parts.inputs[name]: v for name, v in values.items()},
        }

    bridge.act_recall(recalled, None, [parts.notice, *parts.inputs.values()], queue=False, **PRIVATE)


def _written(update: Any, parts: Parts, chosen: tuple[Field, ...]) -> dict[Any, Any]:
    """What gradio must write for an update; at least one component has to be named."""
    said = {parts.strip: update.strip, parts.connection: update.connection, parts.notice: update.notice}
    said |= {parts.choices: update.choices, parts.price: update.price}
    if update.stage is not None:
        said |= {parts.frame: update.stage.frame, parts.line: update.stage.line, parts.below: update.stage.below}
    out: dict[Any, Any] = {parts.frame: gr.skip(), **{part: value for part, value in said.items() if value is not None}}
    if update.faults is not None:
        by_name = {name: [f for f in update.faults if f.field == name] for name in parts.hints}
        out |= {parts.hints[one.name]: fields.hint(one, by_name[one.name]) for one in chosen}
        out[parts.notice] = problems.reasons(update.faults, chosen) or update.notice or ""
    return out
