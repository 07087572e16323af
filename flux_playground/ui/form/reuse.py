"""From a generation back to the form: all of its settings, all but the seed, only the prompt, only the seed.

Knows the playground and the fields, not gradio.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...build_request import decode_base64
from ...errors import InvalidImage
from ...generation import Generation
from ...images.image_file import inspect
from ...playground import Playground
from ...reproduce import UPSAMPLING
from ...schema import Field
from . import field_values, widgets

PREFIX, TAKEN = "flux-recalled-", 600.0
"""Of the folders that images are laid out in, and after how many seconds they are no longer needed."""

WHAT = {
    "all": "All settings of this picture are in the form.",
    "but-seed": "All settings but the seed are in the form; the seed stays as it was.",
    "prompt": "The prompt is in the form.",
    "seed": "The seed is in the form.",
    "used": "The prompt that was really used is in the form, and upsampling is off.",
}


def values(playground: Playground, one: Generation) -> dict[str, Any]:
    """What a generation was asked with, its images as base64; what the journal does not keep, secrets, is absent."""
    ready = {}
    for name, value in one.request.items():
        kept = playground.store.load_input(value) if isinstance(value, str) and value.startswith("sha256:") else None
        ready[name] = value if kept is None else kept
    if one.seed is not None:
        ready["seed"] = one.seed
    return ready


def recalled(playground: Playground, one: Generation, offered: Sequence[Field], what: str) -> dict[str, Any]:
    """What the inputs must hold, by their keys, after a recall of `what` (a key of `WHAT`); others stay as they are.

    "all" makes every field what it was then, those that were left out included.
    """
    asked = {"prompt": one.prompt, UPSAMPLING: False} if what == "used" else values(playground, one)
    chosen = [field for field in offered if _wanted(field, what)]
    return {key: one for field in chosen for key, one in fill(field, asked.get(field.name)).items()}


def said(one: Generation, offered: Sequence[Field], what: str) -> str:
    """What was recalled, in a sentence; and what of it has no field in this form, as another endpoint's may."""
    missing = sorted(set(one.request) - {field.name for field in offered}) if what in ("all", "but-seed") else []
    return WHAT[what] + (f" Left out, for there is no field here: {', '.join(missing)}." if missing else "")


def fill(field: Field, value: Any) -> dict[str, Any]:
    """What the inputs of a field must hold, by their keys, for a value of a form or of a request; None clears them."""
    if widgets.is_image(field):
        return {field.name: held(field, value) if isinstance(value, str) else value and str(value)}
    if widgets.is_images(field):
        listed = value if isinstance(value, list) else []
        files = [file(one) if isinstance(one, str) else str(one) for one in listed]
        return {field.name: [one for one in files if one] or None}
    several = field_values.fill(field, value)
    return several if field.name not in several else {field.name: held(field, value)}


def record(one: Generation) -> dict[str, Any]:
    """A generation as plain JSON values, for those who call the page's API; the seed as text, exact at any size."""
    return {
        "id": one.id,
        "state": str(one.state),
        "status": one.status,
        "progress": one.progress,
        "endpoint": one.endpoint,
        "request": dict(one.request),
        "seed": None if one.seed is None else str(one.seed),
        "prompt": one.prompt,
        "width": one.width,
        "height": one.height,
        "format": one.format,
        "sha256": one.sha256,
        "seconds": one.seconds,
        "cost": one.cost,
        "task_id": one.task_id,
    }


def _wanted(field: Field, what: str) -> bool:
    if field.secret:
        return False
    if what == "used":
        return field.name in ("prompt", UPSAMPLING)
    return what == "all" or (what == "but-seed" and field.name != "seed") or field.name == what


def held(field: Field, value: Any) -> Any:
    """What the input of a field must hold for a value of a request, an image (base64) as a file; None clears it."""
    if field.media == "image" and field.type == "string":
        return file(value) if isinstance(value, str) else None
    return field_values.shown(field, value)


def file(text: str) -> str | None:
    """An image in base64 as a file in the folder for temporary files, from where gradio takes it into its own."""
    try:
        data = decode_base64(text) or b""
        suffix = inspect(data).suffix
    except InvalidImage:
        return None
    _clear_away()
    path = Path(tempfile.mkdtemp(prefix=PREFIX)) / f"image-prompt.{suffix.lstrip('.')}"
    path.write_bytes(data)
    return str(path)


def temporary_copy(path: Path) -> str:
    """Copy a delivered file to where gradio takes files from: it refuses those of the data folder."""
    _clear_away()
    return str(shutil.copy(path, tempfile.mkdtemp(prefix=PREFIX)))


def _clear_away() -> None:
    """Remove what was laid out for gradio and has been taken long since; another user's is not ours to remove."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.lstat().st_mtime < time.time() - TAKEN:
                shutil.rmtree(folder)
