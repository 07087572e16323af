"""Builds the page from its features, and gives the options with which Gradio serves it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from ..playground import Playground
from ..schema import Document, Operation
from .account import account_actions
from .components import handler, hidden, private_event
from .endpoints import endpoint_actions, replace_document
from .events.action import Action, find_actions
from .events.context import PageState
from .events.update import NO_CHANGE
from .form.form import plan_forms
from .gallery import annotation_routes, deletion_routes, gallery_routes, transfer_routes
from .generate import copy_settings_actions, generate_actions, history_actions, image_actions, reproduce_actions
from .gradio_patches.blocks import LeanBlocks, tune_on_startup
from .json_editor import json_actions
from .layout import draw_page
from .press_dispatch import Binding
from .programs import gradio_api, mcp
from .recipes import recipe_actions
from .server import health
from .server.body_limit import MAX_UPLOAD_BYTES
from .server.image_routes import routes
from .server.middleware import build_middleware
from .server.static_files import StaticFilesMiddleware
from .session import lifecycle
from .sweeps import report_routes, saved_routes, score_routes, sweep_actions, sweep_routes
from .theme import theme

FEATURES = (
    generate_actions,
    history_actions,
    reproduce_actions,
    copy_settings_actions,
    recipe_actions,
    json_actions,
    endpoint_actions,
    image_actions,
    account_actions,
    sweep_actions,
)
"""The modules whose actions the page has."""


def page_actions() -> dict[str, Action]:
    """Return the actions of the page, by name."""
    return find_actions(*FEATURES)


def build(
    playground: Playground,
    examples: Sequence[Mapping[str, Any]] = (),
    on_document: Callable[[Document], None] | None = None,
    page: PageState | None = None,
) -> Any:
    """Return the page of a playground, to be launched with `options`; `examples` are settings with the name of an
    image, as in `assets/examples.json`.

    `on_document` is called with each document that replaces the first one. `page` is the state of the page before it.
    """
    _turn_off_telemetry()
    is_new = page is None
    page = page or PageState.of(playground)
    ordered = order_operations(playground.document.operations, playground.operation)
    forms = plan_forms(ordered, hosted=playground.settings.hosted)
    actions = page_actions()
    with LeanBlocks(title="FLUX Playground", analytics_enabled=False, delete_cache=(3600, 86400)) as blocks:
        components = draw_page(page, forms, actions, examples)
        binding = Binding(page, forms, components, actions)
        binding.bind()
        _bind_load(blocks, binding)
        if playground.settings.api_enabled:
            gradio_api.bind(binding)
        if components.document is not None:
            replace_document.bind(components.bridge, components.document, playground, lambda: rebuild(), blocks)
    blocks.binding = binding  # the routes find the page's state there
    if is_new:
        uploads = Path(blocks.GRADIO_CACHE)
        is_own = playground.settings.hosted or uploads.is_relative_to(playground.settings.data.resolve())
        folder = uploads if is_own else None
        lifecycle.expire_idle(page.sessions, playground.clients, playground.store, uploads=folder)

    def rebuild() -> Any:
        if on_document is not None:
            on_document(playground.document)
        return build(playground, examples, on_document, page)

    return blocks


def order_operations(operations: Sequence[Operation], first: Operation) -> list[Operation]:
    """Return the endpoints of a document with the chosen one first."""
    return [first, *(operation for operation in operations if operation.path != first.path)]


def options(
    playground: Playground,
    *,
    style: str = "",
    script: str = "",
    media: Mapping[str, bytes] | None = None,
    favicon: str | None = None,
) -> dict[str, Any]:
    """Return the arguments of `launch`: the page's look, and the closed routes of Gradio.

    `media` are the font and the images that the style and the page name.
    """
    os.environ["FORWARDED_ALLOW_IPS"] = ""  # else uvicorn accepts forged addresses before the middleware sees them
    settings = playground.settings
    own = [*routes(playground), *health.routes(playground), lifecycle.ROUTE]
    own += [
        *gallery_routes.ROUTES,
        *annotation_routes.ROUTES,
        *deletion_routes.ROUTES,
        *transfer_routes.ROUTES,
        *sweep_routes.ROUTES,
        *report_routes.ROUTES,
        *saved_routes.ROUTES,
        *score_routes.ROUTES,
    ]
    own += mcp.routes(playground) if settings.enable_mcp else []
    first = frozenset(route.path.split("/")[1] for route in own)
    return {
        "theme": theme(),
        "favicon_path": favicon,
        "footer_links": ["api"] if settings.api_enabled else [],  # hidden; `actions.js` presses this button
        "app_kwargs": {
            "routes": own,
            "middleware": [
                *build_middleware(settings, first),
                Middleware(StaticFilesMiddleware, style=style, script=script, media=media or {}),
            ],
            "lifespan": tune_on_startup,
            "openapi_url": None,
            "docs_url": None,
            "redoc_url": None,
        },
        "max_threads": 200,
        "state_session_capacity": 2000,
        "max_file_size": MAX_UPLOAD_BYTES,
        "run_history": False,
        "enable_monitoring": False,
        "mcp_server": False,  # `mcp.py` serves MCP: Gradio's server fetches addresses and encodes images again
        "show_error": False,
        "ssr_mode": False,
        "pwa": False,
    }


def _turn_off_telemetry() -> None:
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    # Without these, each event rebuilds a growing table of all events before it.
    os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000")
    os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "10")


def _bind_load(blocks: Any, binding: Binding) -> None:
    components = binding.components

    @handler
    async def load(token: str, image: str, request: gr.Request) -> AsyncIterator[dict[Any, Any]]:
        context = binding.context({"token": token or "", "id": image or ""}, request, {})
        async for update in generate_actions.connect(context):
            yield binding.write(update)
        yield binding.write(NO_CHANGE)

    quiet = private_event(components.bridge)
    with hidden():
        shown = [gr.Textbox(visible=False), gr.Textbox(visible=False)]
    blocks.load(load, shown, components.followed, js=lifecycle.LOAD_SCRIPT, **quiet)
