"""Parses a text with one setting a line below the prompt, as Easy Diffusion writes it beside an image.

a lighthouse at dawn
Width: 1216
Height: 832
Seed: 42
Negative Prompt: people
"""

from __future__ import annotations

import re
from typing import Any

from .tool_settings import ToolSettings, build_settings, field_name, unclear, whole_number

LINE = re.compile(r"([^\W\d_][\w /()-]{0,40}):(?: (.*))?")
PAIR = re.compile(r", ?[^\W\d_][\w ]{0,40}: ")
PROMPTS = ("prompt", "negative_prompt", "original_prompt")
NUMBERS = ("seed", "width", "height")
MAX_LINES = 60


def parse_settings_list(text: str) -> ToolSettings | None:
    """Return the settings in a text that ends with lines of one setting; None if seed, width and height are not there.

    A name that is there twice, or a prompt in two places, makes them unclear.
    """
    lines = text.split("\n")
    pairs: list[tuple[str, str]] = []
    while lines and len(pairs) < MAX_LINES and (match := LINE.fullmatch(lines[-1].strip())):
        name, value = field_name(match[1]), (match[2] or "").strip()
        if name not in PROMPTS and PAIR.search(value):
            return None
        pairs.append((name, value))
        lines.pop()
    values: dict[str, Any] = dict(pairs)
    if any(whole_number(values.get(name)) is None for name in NUMBERS):
        return None
    above = "\n".join(lines).strip()
    if (
        len(values) < len(pairs)
        or (above and "prompt" in values)
        or re.search(r"^\w[\w ]{0,40}: ", above, re.MULTILINE)
    ):
        return unclear()
    prompt, negative_prompt = values.pop("prompt", above), values.pop("negative_prompt", "")
    seed, size = values.pop("seed"), (values.pop("width"), values.pop("height"))
    return build_settings(prompt, negative_prompt, seed, size, values)
