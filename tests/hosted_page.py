"""A hosted page on its owner's key for tests from outside: its address, its folder, and the API that it pays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flux_playground.client import Client
from flux_playground.generation import Generation
from flux_playground.local import LocalServer
from flux_playground.storage.generation_store import GenerationStore

from .app_process import running_quick

ALLOWANCE = 2
PRICE = 7
OWNERS_KEY = "owners-key-4711"


@dataclass(frozen=True)
class HostedPage:
    """A running page; `folder` has everything that it keeps: its data, gradio's files, its log."""

    url: str
    folder: Path
    api: LocalServer


@contextmanager
def serve_hosted_page(folder: Path) -> Iterator[HostedPage]:
    """A page that takes visitors from everywhere, with MCP; each visitor may make two images an hour."""
    with LocalServer(speed=30, renderer="flat") as api:
        settings = {
            "FLUX_PLAYGROUND_HOSTED": "1",
            "BFL_API_KEY": OWNERS_KEY,
            "FLUX_PLAYGROUND_BASE_URL": api.url,
            "FLUX_PLAYGROUND_ALLOWANCE": f"{ALLOWANCE}/hour",
            "FLUX_PLAYGROUND_BUDGET": "500/hour",
            "FLUX_PLAYGROUND_ENABLE_MCP": "1",
            "FORWARDED_ALLOW_IPS": "*",
            "GRADIO_MCP_SERVER": "True",
        }
        with running_quick(folder, **settings) as url:
            yield HostedPage(url, folder, api)


def kept(folder: Path) -> list[Generation]:
    """Everything that a page ever wrote down."""
    store = GenerationStore(folder / "data")
    try:
        return store._select("1 ORDER BY created_at", [])
    finally:
        store.close()


def spent(api: LocalServer) -> float:
    """How many images the owner has paid for."""
    with Client(api.url, OWNERS_KEY) as client:
        return round((100_000 - client.credits()) / PRICE)
