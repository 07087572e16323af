"""The content of an input for images: a JSON list with a file or an address for each image, in their order.

    [{"path": "/tmp/gradio/…/a.png"}, {"address": "https://example.org/b.png", "others": {"weight": 0.5}}]

A program may give files, texts, or the value of the field as its schema has it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...bounded_json import InvalidJson, parse_json
from ...errors import InvalidImage
from ...images.image_file import verify
from ...request_images import decode_base64
from ...schema import Field
from ...schema.image_places import GivenImage, arrange_images, is_web_address, list_images
from ..gradio_patches.uploaded_files import is_upload, save_upload, uploaded_path


def check_content(content: Any) -> Any:
    """Return the content; raises `gradio.Error` if it names a file that was not uploaded."""
    parsed = _parse(content)
    for entry in [content] if parsed is None else parsed:
        _check_files(entry)
    return content


def read_images(field: Field, content: Any) -> Any:
    """Return the value of a field for a content that was checked; None for no images."""
    parsed = _parse(content)
    if parsed is not None:
        images = [one for entry in parsed if (one := _image(entry)) is not None]
        return arrange_images(field.name, field.schema, images) if images else None
    value = _with_paths(content)
    items = value if isinstance(value, list) else [value]
    if items and all(isinstance(item, Path | str) and item for item in items):
        return arrange_images(field.name, field.schema, [GivenImage(item) for item in items])
    return value or None


def to_content(field: Field, value: Any) -> str:
    """Return the content for the value of a field of a form or a request; images are stored as uploads."""
    entries = []
    for given in list_images(field.name, field.schema, value):
        entry = _entry(given.image)
        if entry is not None:
            entries.append({**entry, "others": dict(given.others)} if given.others else entry)
    return json.dumps(entries, ensure_ascii=False) if entries else ""


def add_image(field: Field, content: Any, image: Path | bytes) -> Any:
    """Return the content with another image, a file or its bytes: behind the others of a list, or in place of the one.

    The content is unchanged for bytes that are no image.
    """
    entry = _entry(image)
    if entry is None:
        return content
    entries = (_parse(content) or []) if field.images is not None and field.images.most != 1 else []
    return json.dumps([*entries, entry], ensure_ascii=False)


def _parse(content: Any) -> list[Any] | None:
    """Return the entries of a content that the page wrote; None for a value of a program."""
    if not isinstance(content, str) or not content.startswith("["):
        return None
    try:
        parsed = parse_json(content)
    except InvalidJson:
        return None
    return parsed if isinstance(parsed, list) else None


def _image(entry: Any) -> GivenImage | None:
    if not isinstance(entry, dict):
        return GivenImage(entry) if isinstance(entry, str) and entry else None
    path, address, others = (entry.get(name) for name in ("path", "address", "others"))
    image = Path(path) if isinstance(path, str) and path else address
    if not isinstance(image, Path | str) or not image:
        return None
    return GivenImage(image, others if isinstance(others, dict) else None)


def _check_files(value: Any) -> None:
    if isinstance(value, dict):
        if "path" in value:
            uploaded_path(value)
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            _check_files(item)


def _with_paths(value: Any) -> Any:
    if isinstance(value, Mapping):
        if isinstance(value.get("path"), str):
            return Path(value["path"])
        return {name: _with_paths(item) for name, item in value.items()}
    return [_with_paths(item) for item in value] if isinstance(value, list | tuple) else value


def _entry(image: Path | bytes | str) -> dict[str, Any] | None:
    """Return the entry of an image; None for a text that is no image."""
    if isinstance(image, Path):
        return {"path": _stored(image)}
    if isinstance(image, str) and is_web_address(image):
        return {"address": image.strip()}
    data = image if isinstance(image, bytes) else decode_base64(image)
    try:
        return {"path": save_upload(data, f"image{verify(data).suffix}")} if data else None
    except InvalidImage:
        return None


def _stored(path: Path) -> str:
    """Return the path of a file among the uploads, where it is copied to if it is none."""
    return save_upload(path.read_bytes(), path.name) if path.is_file() and not is_upload(path) else str(path)
