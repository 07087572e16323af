"""The document with images in every shape, a field of each shape, and images for it."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from flux_playground.schema import load_text

DOCUMENT = load_text((Path(__file__).parent / "documents" / "image-shapes.yaml").read_text("utf-8"))
ADDRESS = "https://example.org/a.png"

FIELDS = {
    "/v1/flux-3-image": "images",
    "/v1/list": "input_images",
    "/v1/objects": "references",
    "/v1/parts": "content",
    "/v1/klein": "input_image",
    "/v1/object": "reference",
}
"""The field for images of each endpoint."""


def png(color: str = "teal", size: tuple[int, int] = (8, 8)) -> bytes:
    """A PNG of one color."""
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, "PNG")
    return file.getvalue()
