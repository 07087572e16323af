"""Images in every shape of a schema: recognized, counted, arranged and listed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flux_playground.schema.image_places import (
    GivenImage,
    ImageShape,
    arrange_images,
    holds_images,
    image_shape,
    list_images,
    map_images,
)
from tests.image_shapes import ADDRESS

TEXT = {"type": "string"}
FILE = Path("a.png")
PAIR = {"type": "array", "items": False, "prefixItems": [{"type": "number"}, TEXT]}
SHAPES: dict[str, tuple[str, Any, ImageShape, Any, Any]] = {
    "text": ("image", TEXT, ImageShape(0, 1, True, False), FILE, [FILE, ADDRESS]),
    "nullable": (
        "input_image",
        {"anyOf": [{**TEXT, "description": "Base64 or URL"}, {"type": "null"}]},
        ImageShape(0, 1, True, True),
        FILE,
        [FILE, ADDRESS],
    ),
    "list": (
        "photos",
        {"type": "array", "items": TEXT, "minItems": 1, "maxItems": 10},
        ImageShape(1, 10, True, False),
        [FILE],
        [FILE, ADDRESS],
    ),
    "text or list": (
        "images",
        {"oneOf": [TEXT, {"type": "array", "items": TEXT, "maxItems": 3}], "description": "URLs or base64"},
        ImageShape(0, 3, True, True),
        FILE,
        [FILE, ADDRESS],
    ),
    "fixed places": (
        "frames",
        {"type": "array", "prefixItems": [TEXT, TEXT], "items": False, "description": "Two images as base64"},
        ImageShape(0, 2, True, False),
        [FILE],
        [FILE, ADDRESS],
    ),
    "objects": (
        "references",
        {
            "type": "array",
            "description": "Images.",
            "items": {"type": "object", "properties": {"url": TEXT, "base64": TEXT, "weight": {"type": "number"}}},
        },
        ImageShape(0, None, True, True),
        [{"base64": FILE}],
        [{"base64": FILE}, {"url": ADDRESS}],
    ),
    "either object": (
        "reference_images",
        {
            "type": "array",
            "items": {"oneOf": [{"type": "object", "properties": {name: TEXT}} for name in ("url", "b64_json")]},
        },
        ImageShape(0, None, True, True),
        [{"b64_json": FILE}],
        [{"b64_json": FILE}, {"url": ADDRESS}],
    ),
    "one object": (
        "input",
        {"type": "object", "properties": {"image_url": TEXT}},
        ImageShape(0, 1, False, True),
        {"image_url": FILE},
        None,
    ),
    "format": (
        "cover",
        {**TEXT, "format": "byte", "description": "A photo"},
        ImageShape(0, 1, True, False),
        FILE,
        None,
    ),
    "address": ("cover_image_link", {**TEXT, "format": "uri"}, ImageShape(0, 1, False, True), FILE, None),
    "media type": ("a", {**TEXT, "contentMediaType": "image/png"}, ImageShape(0, 1, True, False), FILE, None),
    "pattern": ("a", {**TEXT, "pattern": "^data:image/"}, ImageShape(0, 1, True, False), FILE, None),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shape_of_images(shape: str) -> None:
    """Count and kind of the images are those of the schema, and each list of images has one value."""
    name, schema, expected, one, two = SHAPES[shape]
    assert image_shape(name, schema) == expected
    pairs: list[tuple[list[Any], Any]] = [([FILE], one), ([FILE, ADDRESS], two)]
    for images, value in pairs:
        if value is not None:
            assert arrange_images(name, schema, [GivenImage(image) for image in images]) == value
            assert [given.image for given in list_images(name, schema, value)] == images


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("prompt", TEXT),
        ("webhook", {"type": "object", "properties": {"url": TEXT}, "description": "Called when the image is ready"}),
        ("start_video", {**TEXT, "description": "A video as base64, its first image is used"}),
        ("image_style", TEXT),
        ("mask_mode", {**TEXT, "enum": ["keep", "replace"]}),
        ("clip", {**TEXT, "contentMediaType": "video/mp4", "description": "No image."}),
        ("image_size", {"type": "object", "properties": {"width": {"type": "integer"}, "preset": TEXT}}),
    ],
)
def test_other_fields_hold_no_images(name: str, schema: dict[str, Any]) -> None:
    """A text that is no image is none, also in an object."""
    assert not holds_images(name, schema)
    assert image_shape(name, schema) is None


def test_images_beside_other_values() -> None:
    """Images in pairs and beside required members are found, but their field is no list of images."""
    keyframes = {"anyOf": [TEXT, {"type": "array", "items": PAIR}], "description": "Images as base64"}
    assert (holds_images("keyframes", keyframes), image_shape("keyframes", keyframes)) == (True, None)
    found: list[Any] = []

    def change(_: Any, loc: Any, text: str) -> str:
        found.append(loc)
        return text.lower()

    value = map_images("keyframes", keyframes, [[1, "A"], [2, "B"]], change)
    assert value == [[1, "a"], [2, "b"]]
    assert found == [("keyframes", 0, 1), ("keyframes", 1, 1)]
    both = {"type": "object", "properties": {"image": TEXT, "mask": TEXT}}
    assert (holds_images("edit", both), image_shape("edit", both)) == (True, None)


def test_other_members_stay_with_their_image() -> None:
    """A weight beside an image stays with it when the images are listed and arranged in another order."""
    name, schema, *_ = SHAPES["objects"]
    value = [{"base64": FILE, "weight": 0.5}, {"url": ADDRESS}]
    listed = list_images(name, schema, value)
    assert arrange_images(name, schema, listed[::-1]) == value[::-1]
