"""Notes under an image field: size of each image and how it is changed before it is sent, or why it cannot be sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ...errors import InvalidRequest
from ...images.image_file import MAX_SENT_SIDE_PIXELS, ImagePrompt, check
from ...schema import Field
from ..text.templates import render


def check_images(field: Field, paths: Sequence[Path]) -> list[dict[str, str]]:
    """Check images and return a row for each: its path, the kind "measure" or "fault", a text, and a short one."""
    rows = []
    for path in paths:
        try:
            prompt = check(path, field.name)
            short, text, kind = f"{prompt.image.width} × {prompt.image.height}", describe(prompt), "measure"
        except InvalidRequest as error:
            short, text, kind = "", error.details[0].msg, "fault"
        rows.append({"path": str(path), "kind": kind, "text": text, "short": short})
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
