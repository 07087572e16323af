"""The choice of a server, the search for a finetune on all servers, and the check of an account."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flux_playground import Playground, Settings, schema
from flux_playground.generation import State
from flux_playground.local import LocalServer
from flux_playground.playground import OWNER
from flux_playground.ui.account import regions as region_search
from flux_playground.ui.events.context import PageState
from tests.faulty_server import QUICK, Hostile, reply
from tests.waiting import WAIT_SECONDS

from ..page_parts import Page

SUBMIT = "/v1/flux-pro-1.1-ultra-finetuned"
DETAILS = "/v1/finetune_details"
CREDITS = "/v1/credits"
FORM = {"finetune_id": "mine", "prompt": "a mill"}
UNKNOWN = reply({"detail": "Finetune not found"}, 404)
KNOWN = reply({"finetune_details": {"trigger_word": "TOK"}})


def document_of(folder: Path, *servers: str) -> schema.Document:
    """The shipped document with other servers."""
    file = folder / "servers.json"
    file.write_text(json.dumps({**schema.load().raw, "servers": [{"url": server} for server in servers]}))
    return schema.load(file)


@pytest.fixture
def regions() -> Iterator[tuple[Hostile, Hostile]]:
    """Two servers of the API; only the second one has the finetune."""
    with (
        Hostile({SUBMIT: UNKNOWN, DETAILS: UNKNOWN, CREDITS: reply({"credits": 50})}) as first,
        Hostile({DETAILS: KNOWN, CREDITS: reply({"credits": 30})}) as second,
    ):
        yield first, second


@pytest.fixture
def page(regions: tuple[Hostile, Hostile], tmp_path: Path) -> Iterator[Page]:
    """The owner's page for a document with both servers."""
    settings = Settings(data=tmp_path / "data", api_key="the-owners-key")
    document = document_of(tmp_path, *(server.url for server in regions))
    with Playground(settings, document, limits=QUICK) as playground:
        yield Page(playground)


def badge(page: Page, **data: Any) -> str:
    """The badge after a check of the account."""
    return "".join(str(update.connection) for update in page.run("account", balance=True, **data) if update.connection)


def test_finetune_is_searched_on_all_servers(page: Page, regions: tuple[Hostile, Hostile]) -> None:
    """After "Finetune not found" the page finds the finetune on another server and offers to use that server."""
    updates = page.run("generate", raw=FORM)
    (failed,) = page.playground.recent()
    assert failed.state is State.FAILED
    assert 'data-act="regions"' in str(updates[-1].result)
    (update,) = page.run("regions", id=failed.id)
    host = regions[1].url.removeprefix("http://")
    assert f"mine is at {host}." in str(update.notice)
    assert f'data-value="{regions[1].url}"' in str(update.notice)
    assert [call.path for call in regions[1].seen] == [f"{DETAILS}?finetune_id=mine"]


@pytest.mark.parametrize(
    ("second", "text"),
    [(UNKNOWN, "No server has mine. Check the ID."), (reply({"detail": "x"}, 500), "No clear response from 127.0.0.1")],
)
def test_finetune_is_on_no_server(page: Page, regions: tuple[Hostile, Hostile], second: Any, text: str) -> None:
    """The notice says that no server has the finetune, and which server gave no clear response."""
    regions[1].script(DETAILS, second)
    page.run("generate", raw=FORM)
    (update,) = page.run("regions", id=page.playground.recent()[0].id)
    assert text in str(update.notice)


def test_silent_server_delays_the_search_briefly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that never responds does not delay the response about the others for long."""
    monkeypatch.setattr(region_search, "MAX_WAIT_SECONDS", 1.0)
    with LocalServer(regions=2, dead_region="hang", renderer="flat") as server:
        settings = Settings(data=tmp_path / "data", api_key="the-owners-key")
        limits = replace(QUICK, poll_timeout=3600, read_timeout=3600)
        with Playground(settings, document_of(tmp_path, *server.urls), limits=limits) as playground:
            start = time.monotonic()
            found = region_search.find_regions(Page(playground).state, "paper-hills", OWNER)
    assert list(found.values()) == [False, True, None]
    assert time.monotonic() - start < WAIT_SECONDS


def test_chosen_server_gets_the_requests(page: Page, regions: tuple[Hostile, Hostile]) -> None:
    """Requests, credits and price are those of the chosen server; "" is the default server again."""
    assert "50 credits left" in badge(page)
    assert "30 credits left" in badge(page, server=regions[1].url)
    page.run("generate", raw=FORM, server=regions[1].url)
    assert page.playground.recent()[0].server == regions[1].url
    assert "50 credits left" in badge(page, server="")


@pytest.mark.parametrize("server", ["https://attacker.example", "http://127.0.0.1:1", 7, None, ["x"]])
def test_forged_server_is_ignored(page: Page, regions: tuple[Hostile, Hostile], server: object) -> None:
    """The key goes to no server that the document does not name."""
    page.run("generate", raw=FORM, server=server)
    assert page.playground.recent()[0].server == regions[0].url


def test_chosen_server_leaves_with_its_document(page: Page, regions: tuple[Hostile, Hostile], tmp_path: Path) -> None:
    """After the document was replaced, the key goes to no server that only the old one names."""
    first, second = regions
    page.run("account", server=second.url)
    page.playground.adopt(document_of(tmp_path, first.url, "http://127.0.0.1:9"))
    page.run("generate", raw=FORM, server=second.url)
    assert page.playground.recent()[0].server == first.url


def test_collect_from_another_server(page: Page, regions: tuple[Hostile, Hostile]) -> None:
    """A task of another server is polled there, with the key, after the server has changed."""
    first, second = regions
    first.script(SUBMIT, reply({"id": "t1", "polling_url": f"{first.url}/poll"}))
    first.script("/poll", reply({"id": "t1", "status": "Task not found"}, 404))
    page.run("generate", raw=FORM)
    (lost,) = page.playground.recent()
    polls = len([call for call in first.seen if call.path == "/poll"])
    page.run("collect", id=lost.id, server=second.url)
    later = [call for call in first.seen if call.path == "/poll"][polls:]
    assert later
    assert all(call.headers["x-key"] == "the-owners-key" for call in later)


@pytest.mark.parametrize(
    ("response", "text"),
    [
        (reply({"detail": "Not authenticated"}, 403), "key not accepted"),
        (reply({"detail": "Payment required"}, 402), "no credits left"),
        (reply(b"<html><title>Blocked</title></html>", 403), "blocked on the way"),
        (reply({"credits": "many"}), "Connected"),
    ],
)
def test_account_problem_is_in_the_badge(
    page: Page, regions: tuple[Hostile, Hostile], response: Any, text: str
) -> None:
    """The free check of the account says what is wrong before money is spent."""
    regions[0].script(CREDITS, response)
    assert text in badge(page)


def test_unreachable_server_is_in_the_badge(tmp_path: Path) -> None:
    """A server that cannot be reached has other words than a wrong key."""
    settings = Settings(data=tmp_path / "data", api_key="the-owners-key")
    with Playground(settings, document_of(tmp_path, "http://127.0.0.1:9", "http://127.0.0.1:10")) as playground:
        assert "not reachable" in badge(Page(playground))


@pytest.mark.parametrize("change", [{"hosted": True}, {"base_url": "https://api.eu.bfl.ai"}])
def test_no_choice_of_servers(tmp_path: Path, change: dict[str, Any]) -> None:
    """A hosted page and a page with a configured server offer no choice."""
    settings = Settings(data=tmp_path / "data", api_key="the-owners-key").replace(**change)
    with Playground(settings) as playground:
        assert PageState.of(playground).servers == ()


def test_servers_of_a_document(tmp_path: Path) -> None:
    """Only servers of the API and of this machine are offered, each one once; the shipped document has several."""
    named = ("https://api.bfl.ai/v1", "https://api.bfl.ai", "https://api.example", "http://api.eu.bfl.ai", "")
    settings = Settings(data=tmp_path / "data", api_key="the-owners-key")
    with Playground(settings, document_of(tmp_path, *named)) as playground:
        assert PageState.of(playground).servers == ()
        assert playground.document.servers == ("https://api.bfl.ai", "https://api.example")
    with Playground(settings) as playground:
        assert PageState.of(playground).servers[0] == "https://api.bfl.ai"
        assert len(PageState.of(playground).servers) == 4
