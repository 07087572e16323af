"""Images that are in the response itself, and results in other shapes, against the local server."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from flux_playground.client import Client, Result, Task
from flux_playground.client.encoded_image import is_encoded
from flux_playground.errors import InvalidImage, PlaygroundError, SampleBlocked
from flux_playground.images.media_types import verify
from flux_playground.local import LocalServer

PATH = "/v1/flux-pro-1.1-ultra-finetuned"
JPEG_HEAD = base64.b64encode(b"\xff\xd8\xff\xe0").decode()


@pytest.mark.parametrize(
    ("word", "kind"), [("sample-list", "jpeg"), ("sample-object", "jpeg"), ("sample-base64", "jpeg"), ("video", "mp4")]
)
def test_result_shapes(server: LocalServer, word: str, kind: str) -> None:
    """The image is collected from a list, from an object and from base64; a video is collected too."""
    with Client(server.url, "key") as client:
        task = client.submit(PATH, {"finetune_id": "my-finetune", "prompt": f"a lake #{word}"})
        *_, result = client.poll(task)
        data = client.collect(task, result)
    assert verify(data).format == kind
    assert is_encoded(result.sample) == (word == "sample-base64")


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (JPEG_HEAD, InvalidImage),
        (f"data:image/jpeg;base64,{JPEG_HEAD}", InvalidImage),
        ("data:image/jpeg;base64,?", InvalidImage),
        ("no address", InvalidImage),
        ("file:///etc/passwd", SampleBlocked),
    ],
)
def test_damaged_source(server: LocalServer, source: str, error: type[PlaygroundError]) -> None:
    """What is neither a complete image nor an allowed URL is an error that names the task."""
    with Client(server.url, "key") as client, pytest.raises(error) as caught:
        client.collect(Task("t", ""), replace(Result("t", "Ready"), sample=source))
    assert caught.value.task_id == "t"
