"""The bridge: every action that the page's script sends exists, and a large page has few events."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from flux_playground.ui.events.action import action, find_actions
from flux_playground.ui.events.context import Context
from flux_playground.ui.events.update import NO_CHANGE, Update
from flux_playground.ui.page import page_actions

from ...app_process import running_quick
from ...http_visitor import Stranger

ASSETS = Path(__file__).parents[3] / "assets"
SENT = re.compile(r"""\bsend\("(\w+)\"""")
OWN_EVENTS = ("act_read", "act_write", "act_watch", "act_ask", "click")


def test_script_sends_known_actions() -> None:
    """Each action that a script sends is declared."""
    sent = {name for path in ASSETS.rglob("*.js") for name in SENT.findall(path.read_text())}
    assert len(sent) > 10
    assert sent <= {*page_actions(), "adopt"}


def test_event_follows_from_the_function() -> None:
    """The event of an action follows from what its function needs."""
    events = {name: declared.event for name, declared in page_actions().items()}
    assert events["generate"] == "click"
    assert (events["stop"], events["panel"]) == ("watch", "ask")
    assert (events["tojson"], events["apply"]) == ("read", "write")


def test_name_declared_twice() -> None:
    """Two actions of one name are refused."""
    module = ModuleType("example")

    @action("same")
    async def first(context: Context) -> Update:
        return NO_CHANGE

    @action("same")
    async def second(context: Context) -> Update:
        return NO_CHANGE

    first.__module__ = second.__module__ = "example"
    module.__dict__.update(first=first, second=second)
    with pytest.raises(ValueError, match="Two actions"):
        find_actions(module)


def test_large_page_has_few_events(tmp_path: Path) -> None:
    """A page of 30 endpoints has four events for each, the same for the supplement's, and few besides."""
    path = tmp_path / "many.json"
    path.write_text(json.dumps(many(30)))
    settings = {"FLUX_PLAYGROUND_OPENAPI": str(path), "FLUX_PLAYGROUND_ENDPOINT": "/v1/endpoint-0"}
    with running_quick(tmp_path / "run", **settings) as url:
        known = Stranger(url).config["dependencies"]
    forms = 30 + 1  # the endpoints of the supplement share one
    assert len(known) <= 4 * forms + 12
    own = [event for event in known if event["targets"][0][1] in OWN_EVENTS]
    assert len(own) == 3 * forms + 2
    assert all(len(event["show_progress_on"]) == 1 for event in own)


def many(count: int) -> dict[str, Any]:
    """Return a document with `count` endpoints, no two of which have the same fields."""
    task = {"type": "object", "properties": {"id": {"type": "string"}, "polling_url": {"type": "string"}}}
    answers = {"200": {"content": {"application/json": {"schema": task}}}}
    paths = {}
    for number in range(count):
        schema = {
            "type": "object",
            "properties": {"prompt": {"type": "string"}, f"option_{number}": {"type": "string"}},
        }
        post = {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": answers}
        paths[f"/v1/endpoint-{number}"] = {"post": post}
    return {"openapi": "3.1.0", "info": {"title": "Many"}, "servers": [{"url": "https://api.bfl.ai"}], "paths": paths}
