"""Results that are no images: taken by their content, kept as they came, shown or offered; anything else is refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flux_playground import Playground, Settings
from flux_playground.errors import InvalidImage
from flux_playground.generation import State
from flux_playground.images import media_types
from flux_playground.schema import load_text
from flux_playground.ui.generate import history_view, result_view
from tests.faulty_server import Hostile, raw, reply


def box(name: bytes, inside: bytes) -> bytes:
    return (len(inside) + 8).to_bytes(4, "big") + name + inside


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("a.txt", "one")
    return file.getvalue()


MP4 = box(b"ftyp", b"isom\0\0\2\0isomiso2mp41") + box(b"mdat", b"\0" * 200)
WEBM = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm" + b"\0" * 100
ZIP = archive()


@pytest.mark.parametrize(
    ("data", "form", "kind"), [(MP4, "mp4", "video"), (WEBM, "webm", "video"), (ZIP, "zip", "file")]
)
def test_verify_video_and_archive(data: bytes, form: str, kind: str) -> None:
    """Videos and archives are known by their content."""
    assert media_types.verify(data).format == form
    assert media_types.display_kind(form) == kind


@pytest.mark.parametrize(
    "data", [MP4[:-10], ZIP[:-10], WEBM[:20], b"<!doctype html><p>no", b'{"detail": "no"}', b"", b"PK", b"\0" * 300]
)
def test_truncated_files(data: bytes) -> None:
    """Truncated and unknown files are rejected."""
    with pytest.raises(InvalidImage):
        media_types.verify(data)


@pytest.fixture
def api() -> Iterator[Hostile]:
    """A server with scripted responses."""
    with Hostile({}) as running:
        yield running


@pytest.mark.parametrize(("data", "form", "shown"), [(MP4, "mp4", "<video src="), (ZIP, "zip", "Download")])
def test_video_is_saved_unchanged(api: Hostile, tmp_path: Path, data: bytes, form: str, shown: str) -> None:
    """Videos and archives are saved unchanged."""
    answer: dict[str, Any] = {"id": "1", "status": "Ready", "result": {"sample": f"{api.url}/sample"}}
    api.script("/v1/film", reply({"id": "1", "polling_url": f"{api.url}/v1/get_result?id=1"}))
    api.script("/v1/get_result", reply(answer))
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n".encode()
    api.script("/sample", raw(head + data))
    settings = Settings(data=tmp_path, base_url=api.url, api_key="a-key-for-tests", endpoint="/v1/film")
    with Playground(settings, load_text(DOCUMENT)) as playground:
        last = list(playground.generate({"prompt": "waves"}))[-1]
        assert last.state is State.SUCCEEDED, last.error
        assert last.image is not None
        assert playground.store.read_image(last) == data
        assert (last.format, last.width) == (form, None)
        assert playground.store.thumbnail(last) is None
        assert shown in result_view.render_result(result_view.ResultContext(last)).frame
        assert form in history_view.render_history([last], last.id)


DOCUMENT = """
openapi: 3.1.0
info: {title: Film}
paths:
  /v1/film:
    post:
      requestBody: {content: {application/json: {schema: {type: object, properties: {prompt: {type: string}}}}}}
      responses:
        200:
          content:
            application/json:
              schema: {type: object, properties: {id: {type: string}, polling_url: {type: string}}}
"""
