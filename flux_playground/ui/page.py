"""The page: which act every control stands for, and how gradio is launched so that its own doors stay shut.

Knows gradio, the layout and the acts; must not know how anything is done.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from ..playground import Playground
from ..schema import Document
from . import binding
from .endpoints import replace_document, switch
from .events.js_bridge import private
from .form_events import Carrying
from .generate.actions import Acts
from .generate.live_updates import NOTHING
from .gradio_patches.blocks import Sparing, settled
from .layout import Parts, lay_out
from .programs import gradio_api, mcp
from .recipes import panels
from .recipes.recipe_actions import Recipes
from .server import health
from .server.image_routes import routes
from .server.security import LARGEST_UPLOAD, Guard, Rules
from .server.static_files import Assets
from .session import caller, lifecycle
from .session.tab_session import Desks
from .theme import theme


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
    os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "10")
    every = _acts(switch.views(playground), desks)
    with Sparing(title="Flux Playground", analytics_enabled=False, delete_cache=(3600, 86400)) as page:
        parts = lay_out([one.playground for one in every], [one.fields for one in every], examples)
        names = gradio_api.names([one.playground.operation.path for one in every])
        called = gradio_api.outputs() if playground.settings.api_enabled else []
        for place, (acts, name) in enumerate(zip(every, names, strict=True)):
            form = Carrying(place, parts, acts)
            binding.wire_form(place, parts, acts, form.tells, form.fills)
            if called:
                gradio_api.wire(parts.senders[place], parts.forms[place].inputs, acts, name, called)
        recipes = Recipes(every[0])
        binding.wire_page(parts, every, recipes.panel)
        panels.wire(parts.tray.file, parts.sender, recipes.keep)
        _wire_hello(page, parts, every[0])
        if parts.document is not None:
            replace_document.wire(parts.sender, parts.document, playground, lambda: remade(), page)
    page.desks = every[0].desks  # `visit.leave` finds them there
    if desks is None:
        folder = Path(page.GRADIO_CACHE) if playground.settings.hosted else None
        lifecycle.forget_idle(page.desks, playground.clients, uploaded=folder)

    def remade() -> Any:
        if adopted is not None:
            adopted(playground.document)
        return build(playground, examples, adopted, page.desks)

    return page


def options(playground: Playground, *, style: str = "", script: str = "", favicon: str | None = None) -> dict[str, Any]:
    """The arguments of `launch`: how the page looks, and every door of gradio's that is to stay shut."""
    os.environ["FORWARDED_ALLOW_IPS"] = ""  # else forged addresses are believed before the guard sees them
    settings = playground.settings
    own = [*routes(playground), *health.routes(playground), lifecycle.ROUTE]
    own += mcp.routes(playground) if settings.enable_mcp else []
    first = frozenset(route.path.split("/")[1] for route in own)
    rules = Rules(
        settings.hosted,
        settings.api_enabled,
        settings.trusted_proxies,
        first,
        user_header=settings.user_header,
        hosts=settings.hosts,
        space=settings.space_host,
    )
    return {
        "theme": theme(),
        "favicon_path": favicon,
        "footer_links": [],
        "app_kwargs": {
            "routes": own,
            "middleware": [Middleware(Guard, rules=rules), Middleware(Assets, style=style, script=script)],
            "lifespan": settled,
            "openapi_url": None,
            "docs_url": None,
            "redoc_url": None,
        },
        "max_threads": 200,
        "state_session_capacity": 2000,
        "max_file_size": LARGEST_UPLOAD,
        "run_history": False,
        "enable_monitoring": False,
        "mcp_server": False,  # ours is `mcp.py`: gradio's fetches addresses, encodes images anew, asks itself over HTTP
        "show_error": False,
        "ssr_mode": False,
        "pwa": False,
    }


def _acts(views: Sequence[Playground], desks: Desks | None) -> list[Acts]:
    """The acts of each endpoint, all at the same desks."""
    every = [Acts(one, switch.offered(one)) for one in views]
    every[0].desks = desks or every[0].desks
    for one in every:
        one.desks, one.threads, one.account_calls = every[0].desks, every[0].threads, every[0].account_calls
    return every


def _wire_hello(page: Any, parts: Parts, acts: Acts) -> None:
    salt = acts.playground.store.secret_key()

    async def hello(token: str, request: gr.Request) -> AsyncIterator[dict[Any, Any]]:
        async for update in acts.hello(request.session_hash, token or "", caller.mark(request, salt)):
            yield binding.written(update, parts, acts)
        yield binding.written(NOTHING, parts, acts)

    page.load(hello, gr.Textbox(visible=False), parts.outputs, js=lifecycle.HELLO, **private(parts.sender))
