"""Which document the program goes by: a path, an address, an adopted one; and what cannot be used, in one sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from flux_playground import Playground, Settings, active_document
from flux_playground.client import fetch_document
from flux_playground.errors import InvalidDocument
from flux_playground.generation import State
from flux_playground.local import LocalServer
from flux_playground.schema import describe_changes, load
from flux_playground.schema.document import BUNDLED_DOCUMENT
from tests.faulty_server import Hostile, head, raw, redirect

CONSTRUCTS = Path(__file__).parent / "documents" / "constructs.yaml"


@pytest.fixture
def host() -> Iterator[Hostile]:
    """A server with scripted responses."""
    with Hostile({}) as running:
        yield running


def answer(data: bytes, status: int = 200) -> bytes:
    return head(len(data), status) + data


def test_document_address_gets_no_key(host: Hostile, tmp_path: Path) -> None:
    """The request for a document does not carry the key."""
    host.script("/openapi.json", raw(answer(CONSTRUCTS.read_bytes())))
    settings = Settings(openapi=f"{host.url}/openapi.json", data=tmp_path, api_key="a-key-for-tests")
    assert active_document.load_active(settings) == load(CONSTRUCTS)
    assert all("x-key" not in str(call).lower() and "a-key-for-tests" not in str(call) for call in host.calls())


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (answer(b"<html><p>Hello"), "web page"),
        (answer(b"{"), "not valid JSON"),
        (answer(b"\xff\xfe\x00"), "not a text"),
        (answer(b"", 404), "status 404"),
        (head(5_000_000), "too large"),
        (answer(b"{}"), "no endpoint"),
    ],
)
def test_invalid_document_is_one_sentence(host: Hostile, reply: bytes, said: str) -> None:
    """A damaged or unsuitable document raises one sentence."""
    host.script("/openapi.json", raw(reply))
    with pytest.raises(InvalidDocument, match=said) as caught:
        active_document.fetch_published(host.url)
    assert caught.value.message.count("\n") == 0


@pytest.mark.parametrize("url", ["http://[", "https://x:99999/", "//[", "https://x:y/"])
def test_redirect_to_a_broken_address(host: Hostile, url: str) -> None:
    """A bad Location is the module's own error."""
    host.script("/a", redirect(url))
    with pytest.raises(InvalidDocument):
        fetch_document(f"{host.url}/a")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_byte_order_mark_of_a_document(host: Hostile, tmp_path: Path, encoding: str) -> None:
    """Some shells write UTF-16."""
    data = CONSTRUCTS.read_text(encoding="utf-8").encode(encoding)
    host.script("/openapi.json", raw(answer(data)))
    (tmp_path / "document.yaml").write_bytes(data)
    assert active_document.fetch_published(host.url) == load(CONSTRUCTS)
    assert load(tmp_path / "document.yaml") == load(CONSTRUCTS)


@pytest.mark.parametrize(
    "url", ["http://example.org/a", "https://10.0.0.1/a", "ftp://example.org/a", "https://u:p@x.org/"]
)
def test_forbidden_address_is_refused(url: str) -> None:
    """A document is not fetched from a forbidden address."""
    with pytest.raises(InvalidDocument):
        fetch_document(url)


def test_redirect_to_this_machine(host: Hostile) -> None:
    """A redirect may stay on the same machine, and not lead into a private network."""
    host.script("/a", redirect(f"{host.url}/b"))
    host.script("/b", raw(answer(b"text")))
    assert fetch_document(f"{host.url}/a") == "text"
    host.script("/c", redirect("https://10.0.0.1/b"))
    with pytest.raises(InvalidDocument, match="not one that we ask"):
        fetch_document(f"{host.url}/c")


def test_adopted_document_is_kept(tmp_path: Path) -> None:
    """An adopted document is used after a restart, until it is reset or the settings name another."""
    settings = Settings(data=tmp_path)
    active_document.save(settings, load(CONSTRUCTS))
    assert active_document.load_active(settings).operations[0].path == "/v1/plain"
    assert (
        active_document.load_active(settings.replace(openapi=str(BUNDLED_DOCUMENT))).operations[0].path != "/v1/plain"
    )
    active_document.reset(settings)
    assert active_document.load_active(settings).raw == load().raw


def test_damaged_adopted_document_is_ignored(tmp_path: Path) -> None:
    """A damaged adopted document is ignored."""
    (tmp_path / "adopted-openapi.json").write_text("{")
    assert active_document.load_active(Settings(data=tmp_path)).raw == load().raw


def test_default_endpoint_of_a_document() -> None:
    """A document without the usual endpoint offers its first; a named one must exist."""
    assert active_document.default_operation(load(CONSTRUCTS), Settings().endpoint).path == "/v1/plain"
    with pytest.raises(InvalidDocument, match="has no endpoint"):
        active_document.default_operation(load(CONSTRUCTS), "/v1/other")


def test_supplement_stays_with_another_document(tmp_path: Path) -> None:
    """An endpoint of the supplement stays chosen, unchanged, when the document is replaced."""
    path = "/v1/flux-2-klein-4b-finetuned"
    with Playground(Settings(data=tmp_path, endpoint=path, api_key="a-key")) as playground:
        before = playground.operation
        playground.adopt(load(CONSTRUCTS))
        assert playground.operation.path == path
        assert describe_changes(before, playground.operation) == (
            f"server {before.server} → {playground.operation.server}",
        )


def test_document_is_replaced_while_running(tmp_path: Path) -> None:
    """A running program uses a new document at once."""
    with LocalServer(speed=100) as server:
        settings = Settings(data=tmp_path, demo_url=server.url)
        with Playground(settings) as playground:
            newer = load(CONSTRUCTS)
            server.serve(newer)
            playground.adopt(newer)
            assert playground.operation.path == "/v1/plain"
            last = list(playground.generate({"prompt": "a mill"}, endpoint="/v1/only_hooked"))[-1]
            assert last.state is State.SUCCEEDED
            assert json.loads(fetch_document(f"{server.url}/openapi.json"))["info"]["title"] == "Constructs"
