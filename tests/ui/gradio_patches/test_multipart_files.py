"""An upload creates few files, and a broken one none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from gradio import route_utils, routes
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect

from flux_playground.ui.gradio_patches import multipart_files
from flux_playground.ui.gradio_patches.multipart_files import KnownPaths, NewestItems, UploadParser, limit_uploads


def part(name: str = "files", file: bool = True) -> bytes:
    """One part of a form."""
    filename = '; filename="a.png"' if file else ""
    return f'--X\r\nContent-Disposition: form-data; name="{name}"{filename}\r\n\r\nx\r\n'.encode()


def parse(folder: Path, body: bytes, end: Exception | None = None) -> Any:
    """The form of a body, whose connection may end with an error."""

    async def stream() -> AsyncIterator[bytes]:
        yield body
        if end is not None:
            raise end

    headers = Headers({"content-type": "multipart/form-data; boundary=X"})
    parser = UploadParser(headers, stream(), upload_dir=folder, max_file_size=100, max_files=1000, max_fields=1000)
    return asyncio.run(parser.parse())


def test_upload_with_files(tmp_path: Path) -> None:
    """The files of an upload are there."""
    form = parse(tmp_path, part() * multipart_files.MAX_FILES + b"--X--\r\n")
    assert len(form.getlist("files")) == len(list(tmp_path.iterdir())) == multipart_files.MAX_FILES


@pytest.mark.parametrize(
    ("body", "end", "error"),
    [
        (part() * 33 + b"--X--\r\n", None, MultiPartException),
        (part() + part("other") + b"--X--\r\n", None, MultiPartException),
        (part() + part(file=False) + b"--X--\r\n", None, MultiPartException),
        (part() * 3, ClientDisconnect(), ClientDisconnect),
    ],
)
def test_failed_upload_leaves_no_file(tmp_path: Path, body: bytes, end: Exception, error: type[Exception]) -> None:
    """Too many files, other fields and a connection that breaks off leave nothing on disk."""
    with pytest.raises(error):
        parse(tmp_path, body, end)
    assert list(tmp_path.iterdir()) == []


def test_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest of too many uploads are forgotten."""
    blocks = SimpleNamespace(temp_file_sets=[], upload_file_set=set())
    limit_uploads(blocks)
    assert route_utils.GradioMultiPartParser is UploadParser
    assert isinstance(routes.file_upload_statuses._signals, NewestItems)
    assert blocks.temp_file_sets == [blocks.upload_file_set]
    items = NewestItems(2, list)
    assert [items[key] for key in "abc"] == [[], [], []]
    assert list(items) == ["b", "c"]
    monkeypatch.setattr(multipart_files, "MAX_KNOWN_PATHS", 1)
    paths = KnownPaths()
    for name in "abc":
        paths.update([name])
    assert paths == {"c"}


def test_other_gradio_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    """Without the private names, one warning is logged and nothing is changed."""
    limit_uploads(SimpleNamespace())
    assert "bounded uploads" in caplog.text
