"""The `parameters` text that image tools put into their files, read as far as it goes, and written for them to read.

    a lighthouse at dawn, oil painting
    Negative prompt: people
    Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 768x512, Model: something

Some write JSON there instead. Names become small letters with underscores; what an endpoint makes of them is not
known here.
"""

from __future__ import annotations

import math
import re
from typing import Any

from ..bounded_json import parse_json
from ..errors import InvalidRecipe
from .recipe import Recipe

PAIR = re.compile(r'(\w[\w \-/]{0,60}):\s*("(?:\\.|[^\\"]){1,5000}"|[^,]*)(?:,|$)')
NEGATIVE = "Negative prompt:"
KNOWN_NAMES = frozenset({"steps", "sampler", "seed", "size", "model", "cfg_scale"})
MIN_KNOWN_NAMES = 2
MAX_LINE_CHARACTERS = 20_000
MAX_TEXT_CHARACTERS = 1_000_000


def parse_parameters(text: str, *, sure: bool = False) -> dict[str, Any]:
    """What such a text says, by field; nothing if it does not look like one, or all as a prompt if that is `sure`.

    "Size" also gives width, height and aspect_ratio.
    """
    if text.lstrip().startswith("{"):
        return _from_json(text)
    body, _, last = text[:MAX_TEXT_CHARACTERS].strip().rpartition("\n")
    pairs = {_name(name): _value(value) for name, value in PAIR.findall(last[:MAX_LINE_CHARACTERS])}
    if len(KNOWN_NAMES & set(pairs)) < MIN_KNOWN_NAMES:
        return {"prompt": text.strip()} if sure and text.strip() else {}
    prompt, _, negative = body.partition(NEGATIVE)
    said = {"prompt": prompt.strip(), "negative_prompt": negative.strip(), **_shape(str(pairs.pop("size", "")))}
    return {**{name: value for name, value in said.items() if value}, **pairs}


def format_parameters(recipe: Recipe) -> str:
    """The same in that form, as far as other tools have words for it: prompt, seed, size and model."""
    prompt = recipe.prompt or recipe.request.get("prompt") or ""
    size = f"{recipe.width}x{recipe.height}" if recipe.width and recipe.height else ""
    pairs = {
        "Seed": recipe.seed,
        "Size": size,
        "Model": recipe.endpoint.rpartition("/")[2],
        "Version": "flux_playground",
    }
    return f"{prompt}\n" + ", ".join(f"{name}: {value}" for name, value in pairs.items() if value not in (None, ""))


def _from_json(text: str) -> dict[str, Any]:
    try:
        data = parse_json(text)
    except InvalidRecipe:
        return {}
    plain = data.items() if isinstance(data, dict) else ()
    return {_name(name): value for name, value in plain if isinstance(value, str | int | float)}


def _name(name: str) -> str:
    return re.sub(r"\W+", "_", name.strip().lower())


def _value(text: str) -> Any:
    """A whole number or a plain text; quoted ones were quoted for their commas."""
    text = text.strip()
    if re.fullmatch(r"-?\d{1,40}", text):
        return int(text)
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _shape(size: str) -> dict[str, Any]:
    sides = re.fullmatch(r"(\d{1,6})\s*[x×]\s*(\d{1,6})", size)
    width, height = (int(sides[1]), int(sides[2])) if sides else (0, 0)
    if not width or not height:
        return {}
    part = math.gcd(width, height)
    return {"width": width, "height": height, "aspect_ratio": f"{width // part}:{height // part}"}
