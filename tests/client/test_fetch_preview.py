"""Previews of running tasks: fetched once, without the key, and only if they are images of moderate size."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from flux_playground.client import Client
from flux_playground.client.fetch_preview import PREVIEW_SIDE_PIXELS
from flux_playground.errors import DownloadFailed, InvalidImage, PlaygroundError, SampleBlocked

from ..faulty_server import QUICK, Act, Hostile, cut, endless, head, limits_for, redirect, reply, reset, silence
from .polled_server import KEY, PENDING, READY, poll

PREVIEW = "/preview.jpeg"


def image(width: int = 90, height: int = 60, kind: str = "JPEG") -> bytes:
    """The bytes of an image."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, kind)
    return file.getvalue()


@pytest.fixture
def server() -> Iterator[Hostile]:
    """A server with a preview."""
    with Hostile({PREVIEW: reply(image()), "/v1/get_result": reply(READY)}) as running:
        yield running


def fetch(server: Hostile, source: str, *acts: Act) -> Image.Image:
    """Return the preview of a source."""
    if acts:
        server.script(PREVIEW, *acts)
    with Client(server.url, KEY, limits=limits_for(*acts)) as client:
        return Image.open(io.BytesIO(client.fetch_preview(source)))


def test_preview_from_a_url(server: Hostile) -> None:
    """A preview at a URL is fetched without the key and becomes a small WebP."""
    shown = fetch(server, f"{server.url}{PREVIEW}?sig=1")
    assert (shown.format, shown.size) == ("WEBP", (90, 60))
    assert "x-key" not in server.seen[0].headers
    assert max(fetch(server, f"{server.url}{PREVIEW}", reply(image(3000, 1500))).size) == PREVIEW_SIDE_PIXELS


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,", " \n"])
def test_preview_from_base64(server: Hostile, prefix: str) -> None:
    """A preview can be base64, bare or as a data URL."""
    assert fetch(server, prefix + base64.b64encode(image(kind="PNG")).decode()).size == (90, 60)
    assert server.seen == []


BAD_ACTS: dict[str, tuple[type[PlaygroundError], Act]] = {
    "no image": (InvalidImage, reply(b"<html>")),
    "a cut image": (InvalidImage, reply(image(900, 600)[:-2000])),
    "too many pixels": (InvalidImage, reply(image(5001, 5000, "PNG"))),
    "too many bytes": (DownloadFailed, reply(b"x" * (QUICK.max_preview_bytes + 1))),
    "an endless body": (DownloadFailed, endless(b" " * 4096, head(None))),
    "an expired URL": (DownloadFailed, reply(b"", 403)),
    "a cut body": (DownloadFailed, cut(image(), 100_000)),
    "a reset": (DownloadFailed, reset()),
    "silence": (DownloadFailed, silence()),
    "a private redirect": (SampleBlocked, redirect("https://10.0.0.1/x.png")),
}


@pytest.mark.parametrize(("kind", "act"), BAD_ACTS.values(), ids=BAD_ACTS.keys())
def test_bad_preview(server: Hostile, kind: type[PlaygroundError], act: Act) -> None:
    """Anything but a moderate image is an error, after one attempt."""
    with pytest.raises(kind):
        fetch(server, f"{server.url}{PREVIEW}", act)
    assert len(server.seen) == 1


@pytest.mark.parametrize("source", ["http://192.0.2.1/x.png", "https://169.254.169.254/x", "https://10.1.2.3/x"])
def test_forbidden_preview(server: Hostile, source: str) -> None:
    """A preview's URL must be one that a sample could have."""
    with pytest.raises(SampleBlocked):
        fetch(server, source)


@pytest.mark.parametrize("source", ["/x.png", "file:///etc/passwd", "image!", "data:image/png;base64", "AAAA"])
def test_text_that_is_no_preview(server: Hostile, source: str) -> None:
    """Other texts are neither requested nor read from the disk."""
    with pytest.raises(InvalidImage):
        fetch(server, source)


SOURCES: dict[str, tuple[Any, str]] = {
    "a text": (" https://x/y ", "https://x/y"),
    "an object with a URL": ({"url": "https://x/y", "width": 2}, "https://x/y"),
    "an object with base64": ({"url": None, "base64": "AAAA"}, "AAAA"),
    "an object in an object": ({"url": {"url": "https://x/y"}}, ""),
    "an empty object": ({}, ""),
    "a list": (["https://x/y"], "https://x/y"),
    "a number": (3, ""),
    "nothing": (None, ""),
}


@pytest.mark.parametrize(("given", "read"), SOURCES.values(), ids=SOURCES.keys())
def test_preview_in_a_poll(server: Hostile, given: Any, read: str) -> None:
    """The preview of a poll is a URL or base64, also in a list or an object."""
    assert poll(server, reply({**PENDING, "preview": given}), reply(READY))[0].preview == read
