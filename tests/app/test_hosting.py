"""A hosted page: its mode, its health and its metrics."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest
from starlette.applications import Starlette

from flux_playground import Playground, Settings
from flux_playground.generation import Generation
from flux_playground.identity import Identity
from flux_playground.local import LocalServer
from flux_playground.playground import Visitor
from flux_playground.runs import usage_log
from flux_playground.ui.account import connection
from flux_playground.ui.server import health
from tests.http_visitor import Stranger
from tests.ui.page_parts import Page
from tests.ui.server.test_middleware import serving
from tests.waiting import wait_until

VALUES = {"finetune_id": "my-finetune", "prompt": "a secret garden"}


@pytest.mark.parametrize(
    ("hosted", "key", "demo", "said"),
    [
        (False, "", True, "Demo"),
        (False, "k", False, "Connected"),
        (True, "", True, "Demo"),
        (True, "", False, "No API key"),
        (True, "k", False, "This page&#x27;s key"),
    ],
)
def test_badge_names_the_mode(settings: Settings, hosted: bool, key: str, demo: bool, said: str) -> None:
    """The badge says who pays, and names the allowance of a hosted page."""
    mine = settings.replace(hosted=hosted, api_key=key, demo_url=settings.demo_url if demo else "")
    with Playground(mine) as playground:
        page = Page(playground)
        badge = connection.render_connection(page.visit())
        assert said.replace("&#x27;", "'") in badge.replace("&#x27;", "'")
        assert ("10/hour, 30/day" in badge) == (hosted and bool(key))
        assert ("<form" in badge) == (hosted or not key)
        assert "Your key" in connection.render_connection(page.visit(Visitor(api_key="my-own-key")))


def test_health_and_metrics(settings: Settings, server: LocalServer) -> None:
    """Everybody gets `/health`; only the token gets `/metrics`."""
    mine = settings.replace(hosted=True, metrics_token="sesame", api_key="owners", base_url=server.url, demo_url="")
    with Playground(mine) as playground:
        list(playground.generate(VALUES, Visitor("ann", identity=Identity("1", "a"))))
        app = Starlette(routes=health.routes(playground))
        with serving(app) as url:
            somebody = Stranger(url)
            assert somebody.get("/health").body == somebody.get("/ready").body == b"ok"
            for headers in (
                {},
                {"authorization": "Bearer "},
                {"authorization": "sesame"},
                {"authorization": "Bearer x"},
            ):
                assert somebody.get("/metrics", **headers).status == 404
            answer = somebody.get("/metrics", authorization="Bearer sesame")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    lines = answer.body.decode().splitlines()
    for line in (
        'flux_generations{state="ready"} 1.0',
        'flux_generations{state="failed"} 0.0',
        "flux_credits_spent 7.0",
        'flux_visitor_credits_spent{window="hour"} 7.0',
        'flux_visitor_credits_spent{window="day"} 7.0',
        "flux_clients 1.0",
    ):
        assert line in lines


def test_no_metrics_without_token(playground: Playground) -> None:
    """Without a token in the settings, `/metrics` does not exist."""
    with serving(Starlette(routes=health.routes(playground))) as url:
        for given in ("Bearer ", "Bearer", ""):
            assert Stranger(url).get("/metrics", authorization=given).status == 404


def test_generation_is_one_line_of_log(playground: Playground, caplog: pytest.LogCaptureFixture) -> None:
    """Each generation is one line of log, without prompt or finetune."""
    with caplog.at_level(logging.INFO, "flux_playground.runs.usage_log"):
        last = list(playground.generate(VALUES))[-1]
        list(playground.generate({**VALUES, "prompt": "#no-credits a secret garden"}))
        # The line comes after the last update.
        wait_until(lambda: sum(one.name == "flux_playground.runs.usage_log" for one in caplog.records) == 2)
    lines = [json.loads(one.getMessage()) for one in caplog.records if one.name == "flux_playground.runs.usage_log"]
    assert [one["state"] for one in lines] == ["ready", "failed"]
    assert lines[0]["generation"] == last.id
    assert (lines[0]["cost"], lines[1]["error"]) == (7, "OutOfCredits")
    assert "garden" not in caplog.text
    assert "my-finetune" not in caplog.text


def test_log_lines_have_the_same_names() -> None:
    """Each line of log has the same names."""
    plain = Generation("a", "owner", 1.0, "/v1/flux", "https://api.bfl.ai", {"prompt": "secret"})
    rich = replace(
        plain, started_at=2.0, total_seconds=3.14159, api_seconds=3.0, size=5, cost=7.0, spender=Identity("1", "a")
    )
    assert set(json.loads(usage_log.format_entry(plain))) == set(json.loads(usage_log.format_entry(rich)))
    assert json.loads(usage_log.format_entry(rich))["queued"] == 1.0
    assert "secret" not in usage_log.format_entry(plain)
