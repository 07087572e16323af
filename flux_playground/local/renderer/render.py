"""Renders the image of a request and encodes it: the same request and seed give the same bytes on one machine."""

from __future__ import annotations

import base64
import binascii
import io
import json
from collections.abc import Mapping
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
# Fields that do not change the landscape; the finetune and the images are applied to it afterward.
OTHER_FIELDS = (
    "finetune_id",
    "finetune_strength",
    "image_prompt_strength",
    "output_format",
    "prompt",
    "prompt_upsampling",
)
INVISIBLE_FIELDS = (*OTHER_FIELDS, "safety_tolerance", "seed", "webhook_secret", "webhook_url")


def render(request: Mapping[str, Any], seed: int, scale: float = 1.0) -> tuple[Image.Image, str]:
    """Return the image of a checked request and the prompt that was used; `scale` multiplies both sides.

    Raises `ValueError` for an image in the request that cannot be read.
    """
    prompt = str(request.get("prompt") or "")
    prompt = upsample_prompt(prompt, seed) if request.get("prompt_upsampling") else prompt
    width, height = image_size(request, scale)
    finetune, strength = str(request.get("finetune_id") or ""), _number(request.get("finetune_strength"), 1.0)
    hidden = {*INVISIBLE_FIELDS, *IMAGE_FIELDS}
    shown = {name: value for name, value in request.items() if name not in hidden and value not in (None, "")}
    random = seeded_random("landscape", prompt, seed, json.dumps(shown, sort_keys=True))
    image = render_landscape(parse_prompt(prompt, seed), width, height, random)
    image = _blend_images(image, request)
    image = apply_style(image, finetune, strength)
    draw_mark(image, MARK)
    return image, prompt


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
