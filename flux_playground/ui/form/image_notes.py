"""Notes under an image field: size of each image and how it is changed before it is sent, or why it cannot be sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ...errors import InvalidRequest
from ...images.image_file import MAX_SENT_SIDE_PIXELS, ImagePrompt, check
from ...schema import Field
from ..text.templates import render


def check_images(field: Field, paths: Sequence[Path]) -> list[dict[str, str]]:
    """Check the images in a field and return a row for each: its field, the kind "measure" or "fault", and a text."""
    rows = []
    for place, path in enumerate(paths):
        try:
            text, kind = describe(check(path, field.name)), "measure"
        except InvalidRequest as error:
            text, kind = error.details[0].msg, "fault"
        name = f"Image {place + 1}: " if len(paths) > 1 else ""
        rows.append({"field": field.name, "kind": kind, "text": name + text})
    return rows


def render_notes(number: int, rows: Iterable[Mapping[str, str]]) -> str:
    """Return the rows as a hidden list; the page shows them unless it has asked for a later number."""
    return render("image_notes.html", number=number, rows=rows)


def describe(prompt: ImagePrompt) -> str:
    """Return size and changes of an image, such as "640 × 480 px · 12 KB · location data removed"."""
    size = f"{-(-prompt.size // 1000)} KB" if prompt.size < 1_000_000 else f"{prompt.size / 1e6:.1f} MB"
    facts = f"{prompt.image.width} × {prompt.image.height} px · {size} · location data removed"
    sentences = []
    if prompt.scaled:
        sentences.append(f"The image is scaled down to {MAX_SENT_SIDE_PIXELS} px before it is sent.")
    if prompt.converted:
        sentences.append("The image is converted before it is sent.")
    if prompt.animated:
        sentences.append("Only the first frame is sent.")
    if prompt.transparent:
        sentences.append("Transparent areas are sent as they are. The API may fill them.")
    return f"{facts}. {' '.join(sentences)}" if sentences else facts
