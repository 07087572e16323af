"""Settings that another tool wrote: values for the form, and notes about what could not be read."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NO_PROMPT = "The prompt could not be read."
NO_SEED = "It has no seed. A new image will differ."
UNCLEAR = "Its settings are unclear, so none are used."
UNCLEAR_PROMPT = "It is unclear where the prompt ends, so the prompt is not used."
DAMAGED_LETTERS = "Some letters of the prompt could not be read."
SEVERAL_PROMPTS = "It has several prompts. Only the main one is used."
TWO_SEEDS = "It has two seeds. The first one is used."
SEVERAL = "It has several lines of settings. The last one is used."
GRID = "It is a grid of images. Their prompts or seeds may differ."
INCOMPLETE = "A quote or bracket is not closed. The settings after it are not used."

TOOLS_WITH_VERSION = ("RuinedFooocus", "Fooocus", "ComfyUI", "SwarmUI", "InvokeAI", "Draw Things", "Easy Diffusion")
"""Tools that name themselves in their settings; RuinedFooocus before Fooocus, whose name is in it."""

MAX_DIGITS = 40
MAX_EXACT_FLOAT = 2**53  # a larger float may be another whole number, rounded
SIZE = re.compile(r"[(\[]?\s*(\d{1,6})\s*[x×*,]\s*(\d{1,6})\s*[)\]]?", re.IGNORECASE)
DAMAGE = re.compile("[\ufffd\x80-\x84\x86-\x9f]")
"""U+FFFD, and control characters that letters become in a wrong encoding."""


@dataclass(frozen=True)
class ToolSettings:
    """Settings of `tool` ("" if unknown) by field, which no schema has checked, and sentences about their gaps."""

    values: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    tool: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether prompt and seed were read without doubt."""
        return "prompt" in self.values and "seed" in self.values and not self.notes


def build_settings(
    prompt: Any, negative_prompt: Any, seed: Any, size: Any, others: Mapping[str, Any], *, notes: tuple[str, ...] = ()
) -> ToolSettings:
    """Return settings with notes for a missing prompt or seed. `size` is such as "1216x832", a pair, or None.

    A seed that is not a whole number of 0 or more means a random one. The size also gives the aspect ratio.
    """
    values: dict[str, Any] = {}
    if isinstance(prompt, str) and prompt.strip():
        values["prompt"] = prompt.strip()
    elif UNCLEAR_PROMPT not in notes:
        notes = (*notes, NO_PROMPT)
    if isinstance(negative_prompt, str) and negative_prompt.strip():
        values["negative_prompt"] = negative_prompt.strip()
    number = whole_number(seed)
    if number is not None and number >= 0:
        values["seed"] = number
    else:
        notes = (*notes, NO_SEED)
    if DAMAGE.search(values.get("prompt", "")):
        notes = (*notes, DAMAGED_LETTERS)
    return ToolSettings(
        {**values, **size_values(size), **{name: others[name] for name in others if name not in values}}, notes
    )


def tool_name(settings: ToolSettings) -> str:
    """Return the tool that wrote settings, also by the version that it wrote, or their format; "" if it is unknown."""
    stated = f"{settings.values.get('software', '')} {settings.values.get('version', '')}".casefold()
    named = settings.tool or next((name for name in TOOLS_WITH_VERSION if name.casefold() in stated), "")
    return named or ("A1111 or similar" if {"steps", "sampler"} <= settings.values.keys() else "")


def unclear(tool: str = "") -> ToolSettings:
    """Return that a text has settings which cannot be read without doubt."""
    return ToolSettings(notes=(UNCLEAR,), tool=tool)


def not_read(tool: str) -> ToolSettings:
    """Return that a text has settings of a tool which are not understood."""
    return ToolSettings(notes=(f"It has settings of {tool}, which are not read.",), tool=tool)


def whole_number(value: Any) -> int | None:
    """Return a number or a text of digits as a whole number, or None."""
    if isinstance(value, str) and re.fullmatch(rf"[+-]?[0-9]{{1,{MAX_DIGITS}}}", value.strip()):
        return int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < MAX_EXACT_FLOAT:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def size_values(size: Any) -> dict[str, Any]:
    """Return width, height and aspect ratio of "1216x832", "(1216, 832)" or a pair; {} for anything else."""
    match = SIZE.fullmatch(size.strip()) if isinstance(size, str) and len(size) < 50 else None
    pair = match.groups() if match else size
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        return {}
    width, height = map(whole_number, pair)
    if not width or not height or width < 0 or height < 0:
        return {}
    divisor = math.gcd(width, height)
    return {"width": width, "height": height, "aspect_ratio": f"{width // divisor}:{height // divisor}"}


def field_name(name: str) -> str:
    """Return the name of a setting as the name of a field: "CFG scale" is "cfg_scale"."""
    return re.sub(r"\W+", "_", name.strip().lower())
