"""Renders the image of a request and encodes it: the same request and seed give the same bytes on one machine."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps, PngImagePlugin

from .finetune_style import apply_style, draw_mark
from .input_images import image_at, open_image
from .landscape import render_landscape
from .scene import parse_prompt, seeded_random, upsample_prompt
from .video import encode_video

Size = tuple[int, int]
Place = Sequence[str | int]

MARK = "local demo, not FLUX"
COMMENT = "flux_playground local demo, not FLUX. Carries no C2PA signature."
DELIVERY_FIELDS = {"output_format", "safety_tolerance", "seed", "webhook_secret", "webhook_url"}
# Applied to the landscape, so they do not change its random numbers.
APPLIED_FIELDS = {"finetune_id", "finetune_strength", "image_prompt_strength", "prompt", "prompt_upsampling"}


def render(
    request: Mapping[str, Any], seed: int, size: Size, image_places: Sequence[Place] = ()
) -> tuple[Image.Image, str]:
    """Return the landscape of a valid request and the prompt in use; `image_places` lead to the request's images.

    Equal arguments give equal pixels on one machine. Raises `ValueError` for an unreadable image in the request.
    """
    prompt = _effective_prompt(request, seed)
    values = _join_values(request, DELIVERY_FIELDS | APPLIED_FIELDS | {str(place[0]) for place in image_places})
    random = seeded_random("landscape", prompt, seed, values)
    image = render_landscape(parse_prompt(prompt, seed), *size, random)
    for number, place in enumerate(image_places, 1):
        # Without a strength, the landscape and all images have the same share.
        share = min(1.0, _number(request.get(f"{place[0]}_strength"), 1 / (number + 1)))
        other = open_image(image_at(request, place))
        if other and share > 0.0:
            image = Image.blend(image, _fit(other, size), share)
    image = apply_style(image, str(request.get("finetune_id") or ""), _number(request.get("finetune_strength"), 1.0))
    draw_mark(image, MARK)
    return image, prompt


def render_flat(
    request: Mapping[str, Any], seed: int, size: Size, image_places: Sequence[Place] = ()
) -> tuple[Image.Image, str]:
    """Return an image of one color, computed from request and seed, for tests; arguments as those of `render`."""
    random = seeded_random("flat", seed, _join_values(request, DELIVERY_FIELDS))
    red, green, blue = (int(value) for value in random.integers(256, size=3))
    return Image.new("RGB", size, (red, green, blue)), _effective_prompt(request, seed)


RENDERERS = {"landscape": render, "flat": render_flat}


def render_task(task: Path, image: Path, renderer: str) -> str:
    """Render a task file into an image file, which appears complete or not at all; return the prompt in use."""
    values = json.loads(task.read_text("utf-8"))
    arguments = values["request"], values["seed"], tuple(values["size"]), values["image_places"]
    rendered, prompt = RENDERERS[renderer](*arguments)
    part = image.with_suffix(".part")
    part.write_bytes(encode(rendered, values["output_format"]))
    part.replace(image)
    return prompt


def render_preview(image: Path, side: int) -> bytes:
    """Return a JPEG of a rendered image whose longer side has `side` pixels."""
    file = io.BytesIO()
    with Image.open(image) as whole:
        whole.thumbnail((side, side))
        whole.convert("RGB").save(file, "jpeg", quality=60, comment=COMMENT)
    return file.getvalue()


def _effective_prompt(request: Mapping[str, Any], seed: int) -> str:
    prompt = str(request.get("prompt") or "")
    return upsample_prompt(prompt, seed) if request.get("prompt_upsampling") else prompt


def _join_values(request: Mapping[str, Any], ignored: set[str]) -> str:
    values = {name: value for name, value in request.items() if name not in ignored and value not in (None, "")}
    return json.dumps(values, sort_keys=True)


def _number(value: Any, default: float) -> float:
    return float(value) if isinstance(value, int | float) else default


def _fit(image: Image.Image, size: Size) -> Image.Image:
    try:
        return ImageOps.fit(image.convert("RGB"), size, Image.Resampling.BILINEAR)
    except (OSError, SyntaxError) as error:
        raise ValueError(f"The image cannot be read: {error}") from None


def encode(image: Image.Image, output_format: str) -> bytes:
    """Return the image as a "jpeg", "png" or "webp" file, whose comment says that it is unsigned, or as an "mp4"."""
    if output_format == "mp4":
        return encode_video(image)
    file, text, exif = io.BytesIO(), PngImagePlugin.PngInfo(), Image.Exif()
    text.add_text("Comment", COMMENT)
    exif[0x010E] = COMMENT  # ImageDescription
    options: dict[str, dict[str, Any]] = {
        "jpeg": {"quality": 88, "comment": COMMENT},
        "png": {"compress_level": 1, "pnginfo": text},
        "webp": {"quality": 85, "method": 0, "exif": exif},
    }
    image.save(file, output_format, **options[output_format])
    return file.getvalue()
