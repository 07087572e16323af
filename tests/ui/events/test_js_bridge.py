"""The bridges: every act that the page's script sends has somebody who does it, and a large page has few events."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from flux_playground import Playground, Settings
from flux_playground.ui import binding
from flux_playground.ui.endpoints.switch import offered
from flux_playground.ui.events import js_bridge
from flux_playground.ui.form_events import Carrying
from flux_playground.ui.generate.actions import Acts
from flux_playground.ui.layout import Parts

from ...app_process import running
from ...http_visitor import Stranger

ASSETS = Path(__file__).parents[3] / "assets"
ACTS = {name for events in (js_bridge.FORM, js_bridge.PAGE) for acts in events.values() for name in acts}
SENT = re.compile(r"""flux\.bridge(?:\?\.)?\("(\w+)\"""")


def test_every_act_that_the_script_sends_is_an_act_of_a_bridge() -> None:
    sent = {name for path in ASSETS.glob("*.js") for name in SENT.findall(path.read_text())}
    assert len(sent) > 10
    assert sent <= ACTS


def test_every_act_of_a_bridge_is_done_by_somebody(settings: Settings) -> None:
    with Playground(settings) as playground:
        form = Carrying(0, Parts(None, (), (None,), *[None] * 12), Acts(playground, offered(playground)))  # type: ignore[arg-type]
        assert set(form.tells) == set(js_bridge.TOLD)
        assert set(form.fills) == set(js_bridge.FILLED)
    assert set(binding.CHANGES) == set(js_bridge.WATCHED)


def test_a_page_of_many_endpoints_has_four_events_for_each_and_few_besides(tmp_path: Path) -> None:
    path = tmp_path / "many.json"
    path.write_text(json.dumps(many(30)))
    settings = {"FLUX_PLAYGROUND_OPENAPI": str(path), "FLUX_PLAYGROUND_ENDPOINT": "/v1/endpoint-0"}
    with running(tmp_path / "run", **settings) as url:
        known = Stranger(url).config["dependencies"]
    assert len(known) <= 4 * 30 + 10
    own = [one for one in known if one["targets"][0][1] in ("act_press", "act_tell", "act_fill", "act_watch")]
    assert len(own) == 3 * 30 + 1
    assert all(len(one["show_progress_on"]) == 1 for one in own)


def many(count: int) -> dict[str, Any]:
    """A document of so many endpoints."""
    task = {"type": "object", "properties": {"id": {"type": "string"}, "polling_url": {"type": "string"}}}
    answers = {"200": {"content": {"application/json": {"schema": task}}}}
    schema = {"type": "object", "properties": {"prompt": {"type": "string"}}}
    post = {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": answers}
    paths = {f"/v1/endpoint-{number}": {"post": post} for number in range(count)}
    return {"openapi": "3.1.0", "info": {"title": "Many"}, "servers": [{"url": "https://api.bfl.ai"}], "paths": paths}
