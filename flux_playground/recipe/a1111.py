"""Parses and writes the `parameters` text that image tools such as A1111 put into their files.

    a lighthouse at dawn, oil painting
    Negative prompt: people
    Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 768x512, Model: something

Some tools write JSON instead. Names are converted to lower case with underscores.
"""

from __future__ import annotations

import math
import re
from typing import Any

from ..bounded_json import InvalidJson, parse_json
from .recipe import Recipe

PAIR = re.compile(r'(\w[\w \-/]{0,60}):\s*("(?:\\.|[^\\"]){1,5000}"|[^,]*)(?:,|$)')
KNOWN_NAMES = frozenset({"steps", "sampler", "seed", "size", "model", "cfg_scale"})
MIN_KNOWN_NAMES = 2
MAX_LINE_CHARACTERS = 20_000
MAX_TEXT_CHARACTERS = 1_000_000


def parse_parameters(text: str, *, is_parameters: bool = False) -> dict[str, Any]:
    """Return the settings in a text, by field; {} if it does not look like such a text.

    With `is_parameters`, other text is the prompt. "Size" also gives width, height and aspect_ratio.
    """
    if text.lstrip().startswith("{"):
        try:
            data = parse_json(text)
        except InvalidJson:
            return {}
        items = data.items() if isinstance(data, dict) else ()
        return {_field_name(name): value for name, value in items if isinstance(value, str | int | float)}
    body, _, last_line = text[:MAX_TEXT_CHARACTERS].strip().rpartition("\n")
    settings = {_field_name(name): _parse_value(value) for name, value in PAIR.findall(last_line[:MAX_LINE_CHARACTERS])}
    if len(KNOWN_NAMES & set(settings)) < MIN_KNOWN_NAMES:
        return {"prompt": text.strip()} if is_parameters and text.strip() else {}
    prompt, _, negative = body.partition("Negative prompt:")
    out: dict[str, Any] = {"prompt": prompt.strip(), "negative_prompt": negative.strip()}
    sides = re.fullmatch(r"(\d{1,6})\s*[x×]\s*(\d{1,6})", str(settings.pop("size", "")))
    width, height = (int(sides[1]), int(sides[2])) if sides else (0, 0)
    if width and height:
        divisor = math.gcd(width, height)
        out |= {"width": width, "height": height, "aspect_ratio": f"{width // divisor}:{height // divisor}"}
    return {**{name: value for name, value in out.items() if value}, **settings}


def format_parameters(recipe: Recipe) -> str:
    """Return the prompt, seed, size and model of a recipe as such a text."""
    prompt = recipe.prompt or recipe.request.get("prompt") or ""
    settings = {
        "Seed": recipe.seed,
        "Size": f"{recipe.width}x{recipe.height}" if recipe.width and recipe.height else "",
        "Model": recipe.endpoint.rpartition("/")[2],
        "Version": "flux_playground",
    }
    return f"{prompt}\n" + ", ".join(f"{name}: {value}" for name, value in settings.items() if value not in (None, ""))


def _field_name(name: str) -> str:
    return re.sub(r"\W+", "_", name.strip().lower())


def _parse_value(text: str) -> Any:
    """Return a whole number, or the text without the quotes that protect its commas."""
    text = text.strip()
    if re.fullmatch(r"-?\d{1,40}", text):
        return int(text)
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
