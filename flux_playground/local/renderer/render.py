"""Renders the image of a request and encodes it: the same request and seed give the same bytes on one machine."""

from __future__ import annotations

import base64
import binascii
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps, PngImagePlugin

from ..image_size import image_size
from .finetune_style import apply_style, draw_mark
from .landscape import render_landscape
from .scene import parse_prompt, seeded_random, upsample_prompt

MARK = "local demo, not FLUX"
COMMENT = "flux_playground local demo, not FLUX. Carries no C2PA signature."
MAX_PROMPT_IMAGE_PIXELS = 100_000_000

IMAGE_FIELDS = ("image_prompt", "input_image", "image", "control_image", "person", "garment")
# Fields that do not seed the landscape: they are applied to it afterward.
OTHER_FIELDS = ("finetune_id", "finetune_strength", "image_prompt_strength", "prompt", "prompt_upsampling")
DELIVERY_FIELDS = ("output_format", "safety_tolerance", "seed", "webhook_secret", "webhook_url")


Renderer = Callable[[Mapping[str, Any], int, float], tuple[Image.Image, str]]


def render(request: Mapping[str, Any], seed: int, scale: float = 1.0) -> tuple[Image.Image, str]:
    """Return the landscape of a valid request and the prompt in use; `scale` multiplies both sides.

    Equal arguments give equal pixels on one machine. Raises `ValueError` for an unreadable image in the request.
    """
    prompt = _effective_prompt(request, seed)
    width, height = image_size(request, scale)
    random = seeded_random("landscape", prompt, seed, _visible_values(request))
    image = render_landscape(parse_prompt(prompt, seed), width, height, random)
    image = _blend_images(image, request)
    image = apply_style(image, str(request.get("finetune_id") or ""), _number(request.get("finetune_strength"), 1.0))
    draw_mark(image, MARK)
    return image, prompt


def render_flat(request: Mapping[str, Any], seed: int, scale: float = 1.0) -> tuple[Image.Image, str]:
    """Return an image of one color, computed from request and seed, for tests; arguments as those of `render`."""
    visible = {name: value for name, value in request.items() if name not in DELIVERY_FIELDS}
    random = seeded_random("flat", seed, json.dumps(visible, sort_keys=True))
    red, green, blue = (int(value) for value in random.integers(256, size=3))
    return Image.new("RGB", image_size(request, scale), (red, green, blue)), _effective_prompt(request, seed)


RENDERERS: Mapping[str, Renderer] = {"landscape": render, "flat": render_flat}


def render_task(task: Path, image: Path, scale: float, renderer: Renderer) -> str:
    """Render a task file into an image file, which appears complete or not at all; return the prompt in use."""
    values = json.loads(task.read_text("utf-8"))
    rendered, prompt = renderer(values["request"], values["seed"], scale)
    part = image.with_suffix(".part")
    part.write_bytes(encode(rendered, values["output_format"]))
    part.replace(image)
    return prompt


def _effective_prompt(request: Mapping[str, Any], seed: int) -> str:
    prompt = str(request.get("prompt") or "")
    return upsample_prompt(prompt, seed) if request.get("prompt_upsampling") else prompt


def _visible_values(request: Mapping[str, Any]) -> str:
    hidden = {*OTHER_FIELDS, *DELIVERY_FIELDS, *IMAGE_FIELDS}
    visible = {name: value for name, value in request.items() if name not in hidden and value not in (None, "")}
    return json.dumps(visible, sort_keys=True)


def _number(value: Any, default: float) -> float:
    return float(value) if isinstance(value, int | float) else default


def _blend_images(image: Image.Image, request: Mapping[str, Any]) -> Image.Image:
    for name in IMAGE_FIELDS:
        given = request.get(name)
        if isinstance(given, str) and given and not given.startswith(("http://", "https://")):
            share = min(1.0, _number(request.get(f"{name}_strength"), 0.5))
            other = open_image(given)
            if share > 0.0:
                image = Image.blend(image, ImageOps.fit(other, image.size, Image.Resampling.BILINEAR), share)
    return image


def open_image(text: str) -> Image.Image:
    """Return the image of a base64 text; raises `ValueError` for anything else and above 100 megapixels."""
    try:
        image = Image.open(io.BytesIO(base64.b64decode(text.rpartition(",")[2], validate=True)))
        if image.width * image.height > MAX_PROMPT_IMAGE_PIXELS:
            raise ValueError("too many pixels")
        return image.convert("RGB")
    except (binascii.Error, ValueError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"The image cannot be read: {error}") from None


def encode(image: Image.Image, output_format: str) -> bytes:
    """Return the image as a "jpeg", "png" or "webp" file; its comment says that it is unsigned."""
    file = io.BytesIO()
    if output_format == "png":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", COMMENT)
        image.save(file, "PNG", compress_level=1, pnginfo=text)
    elif output_format == "webp":
        exif = Image.Exif()
        exif[0x010E] = COMMENT
        image.save(file, "WEBP", quality=85, method=0, exif=exif)
    else:
        image.save(file, "JPEG", quality=88, comment=COMMENT)
    return file.getvalue()
