"""Draws the picture of a request and writes it as a file: the same request and seed give the same bytes.

Knows what a request's fields mean to a picture, and Pillow's formats; nothing of HTTP, tasks or files on disk.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image, PngImagePlugin

from . import scenes, strokes, words
from .canvas import Canvas
from .palette import COLOURS
from .sizes import size

MARK = "local demo \u2014 not FLUX"
COMMENT = "flux_playground local demo, not FLUX. Carries no C2PA signature."
LARGEST_PROMPT = 100_000_000  # pixels that an image in a request may have

IMAGES = ("image_prompt", "input_image", "image", "control_image", "person", "garment")
# What a request may say without the picture being another one.
SILENT = ("safety_tolerance", "output_format", "webhook_url", "webhook_secret", "seed")
OWN = ("prompt", "aspect_ratio", "width", "height", "finetune_id", "finetune_strength", "prompt_upsampling")


@dataclass(frozen=True)
class Drawn:
    """A picture before it is written as a file, with the prompt and the seed that were really used."""

    image: Image.Image
    prompt: str
    seed: int


def used_prompt(request: Mapping[str, Any], seed: int) -> str:
    """The prompt that the picture of a request is drawn from: its own, or its own rewritten if it asks for that."""
    prompt = str(request.get("prompt") or "")
    return words.upsampled(prompt, seed) if request.get("prompt_upsampling") else prompt


def draw(request: Mapping[str, Any], seed: int, scale: float = 1.0) -> Drawn:
    """The picture of a checked request, its defaults filled in; `seed` is the one to use, `scale` that of its sides."""
    prompt = used_prompt(request, seed)
    canvas = Canvas(*size(request, scale))
    finetune, strength = str(request.get("finetune_id") or ""), _number(request.get("finetune_strength"), 1.0)
    strength = strength if finetune else 0.0
    scene = words.read(prompt, seed, frozenset(COLOURS))
    scenes.paint(canvas, scene, finetune, strength, f"{seed} {_rest(request)}")
    image = _blended(canvas.image(), request)
    image = strokes.stroked(image, finetune, strength)
    return Drawn(strokes.marked(image, MARK), prompt, seed)


def _number(value: Any, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) else otherwise


def _rest(request: Mapping[str, Any]) -> str:
    """A word for all that is asked for and that no painter knows: so that it, too, makes another picture."""
    known = {*SILENT, *OWN, *IMAGES, "image_prompt_strength"}
    rest = {name: value for name, value in request.items() if name not in known and value not in (None, "")}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest() if rest else ""


def _blended(image: Image.Image, request: Mapping[str, Any]) -> Image.Image:
    for name in IMAGES:
        given = request.get(name)
        if isinstance(given, str) and given:
            share = _number(request.get(f"{name}_strength"), 0.5)
            other = opened(given)
            if share > 0.0:
                # Sixty-fourths are exact in the floats that Pillow blends with.
                image = Image.blend(image, _covering(other, image.size), round(min(1.0, share) * 64) / 64)
    return image


def opened(text: str) -> Image.Image:
    """The image of a base64 text; raises `ValueError` where it is none, or has more than 100 megapixels."""
    try:
        image = Image.open(io.BytesIO(base64.b64decode(text.rpartition(",")[2], validate=True)))
        if image.width * image.height > LARGEST_PROMPT:
            raise ValueError("too many pixels")
        return image.convert("RGB")
    except (binascii.Error, ValueError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"The image cannot be read: {error}") from None


def _covering(image: Image.Image, wanted: tuple[int, int]) -> Image.Image:
    wide, high = wanted
    if image.width * high > image.height * wide:
        cut = image.height * wide // high
        left = (image.width - cut) // 2
        box = (left, 0, left + max(1, cut), image.height)
    else:
        cut = image.width * high // wide
        top = (image.height - cut) // 2
        box = (0, top, image.width, top + max(1, cut))
    return image.resize(wanted, Image.Resampling.BILINEAR, box=box)


def write(image: Image.Image, form: str) -> bytes:
    """The file of a picture in the format "jpeg", "png" or "webp"; it says that it is unsigned."""
    file = io.BytesIO()
    if form == "png":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", COMMENT)
        image.save(file, "PNG", compress_level=1, pnginfo=text)
    elif form == "webp":
        exif = Image.Exif()
        exif[0x010E] = COMMENT
        image.save(file, "WEBP", quality=85, method=0, exif=exif)
    else:
        image.save(file, "JPEG", quality=88, comment=COMMENT)
    return file.getvalue()


def pixels(image: Image.Image) -> str:
    """The SHA-256 of the pixels, which are the same on every machine, as hexadecimal digits."""
    return hashlib.sha256(image.tobytes()).hexdigest()
