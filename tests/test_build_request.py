"""From a form's values to what is sent, and to what of it is kept."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from flux_playground.build_request import SEED_COUNT, build, seed_of
from flux_playground.errors import InvalidRequest
from flux_playground.request_images import to_stored_request
from flux_playground.schema import Operation, load_text


def operation(**properties: Any) -> Operation:
    """An endpoint with these properties, in a document of its own."""
    answer = {"type": "object", "properties": {"id": {"type": "string"}, "polling_url": {"type": "string"}}}
    post = {
        "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": properties}}}},
        "responses": {"200": {"content": {"application/json": {"schema": answer}}}},
    }

    return load_text(json.dumps({"openapi": "3.1.0", "paths": {"/v1/x": {"post": post}}})).operation("/v1/x")


def png(colour: str = "teal") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(file, "PNG")
    return file.getvalue()


SEED = {"anyOf": [{"type": "integer"}, {"type": "null"}]}
IMAGE = {"type": "string", "description": "An image as base64."}


@pytest.mark.parametrize("blank", [{}, {"seed": None}, {"seed": ""}, {"seed": -1}, {"seed": " -1 "}])
def test_blank_seed_is_random(blank: dict[str, Any]) -> None:
    """Without a seed, each request gets a random one."""
    drawn = {build(operation(seed=SEED), blank)["seed"] for _ in range(20)}
    assert len(drawn) > 15
    assert all(0 <= seed < SEED_COUNT for seed in drawn)


def test_random_seed_is_in_bounds() -> None:
    """A random seed is within the schema's bounds."""
    bounded = operation(seed={"type": "integer", "minimum": 5, "maximum": 7})
    assert {build(bounded, {})["seed"] for _ in range(60)} == {5, 6, 7}


def test_no_seed_in_the_schema() -> None:
    """An endpoint without an integer seed gets none."""
    assert build(operation(prompt={"type": "string"}), {"prompt": "a fox"}) == {"prompt": "a fox"}
    assert build(operation(seed={"type": "string"}), {}) == {}


@pytest.mark.parametrize("seed", [0, 2**64 - 1])
def test_given_seed_is_sent(seed: int) -> None:
    """A given seed is sent as it is."""
    assert build(operation(seed=SEED), {"seed": str(seed)}) == {"seed": seed}


def test_images_are_encoded_alone_and_in_lists(tmp_path: Path) -> None:
    """Images are encoded as base64, also in lists."""
    path = tmp_path / "a.png"
    path.write_bytes(png())
    fields = operation(image=IMAGE, input_images={"type": "array", "items": IMAGE, "description": "Images."})
    request = build(fields, {"image": path, "input_images": [png("red"), path]})
    assert base64.b64decode(request["image"]) == png()
    assert [base64.b64decode(one) for one in request["input_images"]] == [png("red"), png()]


def test_invalid_image_is_named_once(tmp_path: Path) -> None:
    """A file without an image is named once, beside the other errors."""
    path = tmp_path / "notes.txt"
    path.write_text("nothing to see")
    with pytest.raises(InvalidRequest) as caught:
        build(operation(image=IMAGE, seed=SEED), {"image": path, "seed": "abc"})
    assert sorted(one.field for one in caught.value.details) == ["image", "seed"]


@pytest.mark.parametrize("text", ["sha256:" + "0" * 64, "data:image/png;base64,AAAA", "no image"])
def test_invalid_base64_is_refused(text: str) -> None:
    """A text that is not base64 of an image is refused."""
    with pytest.raises(InvalidRequest) as caught:
        build(operation(image=IMAGE), {"image": text})
    assert [one.field for one in caught.value.details] == ["image"]


def test_redacted_request() -> None:
    """The stored request has references instead of images, and no secret."""
    fields = operation(image=IMAGE, webhook_secret={"type": "string"}, input_images={"type": "array", "items": IMAGE})
    request = {"image": "AAAA", "input_images": ["BBBB"], "webhook_secret": "sesame", "other": 1}
    assert to_stored_request(fields, request, lambda text: f"ref-{text}") == {
        "image": "ref-AAAA",
        "input_images": ["ref-BBBB"],
        "other": 1,
    }


def test_only_a_whole_number_is_a_seed() -> None:
    """A boolean or a text is not a seed."""
    assert [seed_of({"seed": value}) for value in (0, 7, True, "7", None)] == [0, 7, None, None, None]
    assert seed_of({}) is None
