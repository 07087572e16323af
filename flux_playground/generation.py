"""The record of one generation: its request, its progress, its result."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

from .errors import PlaygroundError
from .identity import Identity

ID = re.compile(r"[0-9a-f]{32}")
"""What an id of a generation looks like; ids of other texts are not looked up."""


def derive_id(owner: str, press: str, part: int | str = 0) -> str:
    """Return the id of what a press of an owner starts: the same at each replay, also after a restart.

    `part` distinguishes what one press starts: a number, or the id of a cell. Without a press, return "".
    """
    return hashlib.sha256(f"{owner} {press} {part}".encode()).hexdigest()[:32] if press else ""


class State(StrEnum):
    """The state of a generation."""

    QUEUED = "queued"
    SUBMITTING = "submitting"  # the request may have been sent: after a crash the outcome is unknown
    RUNNING = "running"  # accepted by the API: it was charged or will be
    DOWNLOADING = "downloading"
    SUCCEEDED = "ready"
    FAILED = "failed"  # see `error`
    SUBMIT_UNKNOWN = "unknown"  # the response to the submit was lost; never sent again automatically
    DETACHED = "uncollected"  # accepted by the API, image not downloaded: `Playground.collect` can fetch it
    CANCELLED = "unsent"  # stopped before it was sent; nothing was charged

    @property
    def finished(self) -> bool:
        """Whether the state is final."""
        return self not in UNFINISHED


UNFINISHED = (State.QUEUED, State.SUBMITTING, State.RUNNING, State.DOWNLOADING)


@dataclass(frozen=True)
class Generation:
    """The record of one image; a later record of the same `id` replaces an earlier one.

    Times are Unix seconds. `total_seconds` counts from the start of the submit, `api_seconds` from the API's acceptance
    to its Ready; both are None for a resumed generation. `reported_seconds` is the API's own duration.
    `link_expires_at` is when the signed URL of the image expires. `size` is in bytes, `width` and `height` in pixels.
    `cost` is in credits, as the API reported it last; `submit_cost` is that of the response to the submit. None is
    unknown, not free. `input_mp` and `output_mp` are the billed megapixels of the images sent and made.

    `image` is the key of the delivered file, which only the store opens; `image_missing` tells that the file was gone
    when the record was read. `sha256`, `format`, `size`, `width` and `height` describe the file.

    `request` is the request without secrets, its images replaced by references (see `InputStore.load`). `seed` and
    `prompt` are those that the API used, once the API has reported them. An image without a seed cannot be reproduced
    exactly: its endpoint has none, or the API did not report it. `status` is the API's latest status,
    for one of several images of a task with its number.

    `document` is the version of the schema. Generations with the same `fingerprint` have the same request and seed.
    `reproduces` is the id of the generation that this one repeats. `signed` tells whether the image file has Content
    Credentials, `embed_error` why a copy cannot contain its recipe ("" when it can); None means not computed.
    `spender` is the visitor who spent the owner's money; None when the owner's money was not spent or the owner spent
    it. `account` is a digest of the API key. `secret` is part of the URL of the image file, so that only those who have
    the URL can open the file. `image_deleted_at` is when retention deleted the files. `imported` names the tool that
    made an imported image ("" for an image of this program), `file_name` is the name that its file had.
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
    image: PurePosixPath | None = None
    image_missing: bool = field(default=False, compare=False)
    sha256: str = ""
    format: str = ""
    width: int | None = None
    height: int | None = None
    size: int | None = None
    signed: bool | None = None
    embed_error: str | None = None
    total_seconds: float | None = None
    api_seconds: float | None = None
    reported_seconds: float | None = None
    cost: float | None = None
    submit_cost: float | None = None
    input_mp: float | None = None
    output_mp: float | None = None
    link_expires_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    sweep: str = ""
    document: str = ""
    fingerprint: str = ""
    reproduces: str = ""
    spender: Identity | None = None
    account: str = ""
    image_deleted_at: float | None = None
    imported: str = ""
    file_name: str = ""
    secret: str = field(default_factory=lambda: secrets.token_hex(16), repr=False, compare=False)

    @property
    def finished(self) -> bool:
        """Whether the state is final."""
        return self.state.finished
