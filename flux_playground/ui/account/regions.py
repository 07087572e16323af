"""Looks for a finetune on each server of the document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from threading import Thread
from time import monotonic

from ...errors import FinetuneNotFound, PlaygroundError
from ...playground import Playground, Visitor
from ..events.context import PageState
from ..text.templates import render
from .connection import host_of

MAX_WAIT_SECONDS = 4.0  # a server that does not respond may take 20


def find_regions(page: PageState, finetune_id: str, visitor: Visitor) -> dict[str, bool | None]:
    """Return for each server to choose from whether the visitor's account has a finetune there; free of charge.

    None is for a server that gave no clear response within `MAX_WAIT_SECONDS`. All servers are asked at once.
    """
    found: dict[str, bool | None] = dict.fromkeys(page.servers)

    def ask(server: str) -> None:
        found[server] = _has_finetune(page.playground, finetune_id, replace(visitor, server=server))

    threads = [Thread(target=ask, args=(server,), name="regions", daemon=True) for server in page.servers]
    deadline = monotonic() + MAX_WAIT_SECONDS
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - monotonic()))
    return dict(found)


def render_regions(finetune_id: str, found: Mapping[str, bool | None]) -> str:
    """Render where a finetune was found; None in `found` is for a server that gave no clear response."""
    return render(
        "regions.html",
        finetune_id=finetune_id,
        having=[(server, host_of(server)) for server, has in found.items() if has],
        silent=[host_of(server) for server, has in found.items() if has is None],
    )


def _has_finetune(playground: Playground, finetune_id: str, visitor: Visitor) -> bool | None:
    try:
        with playground.client(visitor) as client:
            client.finetune(finetune_id)
    except FinetuneNotFound:
        return False
    except PlaygroundError:
        return None
    return True
