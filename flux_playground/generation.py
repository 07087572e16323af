"""The record of one image on its road: what was asked for, how far it has come, what came of it.

Frozen: a later record of the same `id` replaces an earlier one. Knows nothing but the errors it can end in.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from .errors import PlaygroundError


class State(StrEnum):
    """How far a generation has come on its road."""

    QUEUED = "queued"  # written down, waits its turn
    SUBMITTING = "submitting"  # the request may be on its way: a crash here leaves its fate unknown
    RUNNING = "running"  # the API has accepted it: paid for, or about to be
    DOWNLOADING = "downloading"
    SUCCEEDED = "ready"
    FAILED = "failed"  # `error` says why
    SUBMIT_UNKNOWN = "unknown"  # the answer to the submit was lost; never sent again by itself
    DETACHED = "uncollected"  # accepted by the API, its image not in hand: it can be collected
    CANCELLED = "unsent"  # stopped before it was sent; nothing was charged

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self not in UNFINISHED


UNFINISHED = (State.QUEUED, State.SUBMITTING, State.RUNNING, State.DOWNLOADING)


@dataclass(frozen=True)
class Generation:
    """One image, from the request to the file; a later record of the same `id` replaces an earlier one.

    Times are Unix seconds, `seconds` and `waited` durations (the whole road; from the API's acceptance to its
    Ready), `cost` is in credits, `size` in bytes, `width` and `height` in pixels. `request` is what was sent, less
    secrets, with images in it replaced by references (see `GenerationStore.load_input`). `seed` and `prompt` are
    those really used, once the API has named them. `status` is the API's last word. `document` names the edition of
    the schema that was used; two generations of the same `fingerprint` were asked for in the same words, seed
    included. `origin` is the id of the generation that this one was to make again, if it was. `spender` is by whom
    the owner's money was spent, as a mark that names nobody; "" when it was not the owner's, or the owner spent it.
    `account` is a digest of the key that the request was sent with, from which nobody gets the key back. `secret`
    opens its file to those who were given its address; it is told to nobody. `cleared_at` is when its files were
    removed to make room.
    """

    id: str
    owner: str
    created_at: float
    endpoint: str
    server: str
    request: Mapping[str, Any]
    state: State = State.QUEUED
    status: str = ""
    progress: float | None = None
    seed: int | None = None
    prompt: str | None = None
    task_id: str = ""
    polling_url: str = ""
    error: PlaygroundError | None = None
    image: Path | None = None
    sha256: str = ""
    format: str = ""
    width: int | None = None
    height: int | None = None
    size: int | None = None
    seconds: float | None = None
    waited: float | None = None
    cost: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    sweep: str = ""
    document: str = ""
    fingerprint: str = ""
    origin: str = ""
    spender: str = ""
    account: str = ""
    cleared_at: float | None = None
    secret: str = field(default_factory=lambda: secrets.token_hex(16), repr=False, compare=False)

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state.finished
