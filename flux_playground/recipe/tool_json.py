"""Reads the JSON in which image tools write their settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

from ..bounded_json import InvalidJson, JsonLimits, parse_json
from .a1111 import parse_parameters
from .comfy_graph import TOOL as COMFY
from .comfy_graph import is_graph, is_workflow, read_graph
from .tool_settings import (
    SEVERAL_PROMPTS,
    ToolSettings,
    build_settings,
    field_name,
    not_read,
    unclear,
    whole_number,
)

LIMITS = JsonLimits(depth=60, values=300_000, nan_is_null=True)
"""Graphs are large, and have NaN."""

PROMPT_NAMES = ("prompt", "positiveprompt", "positive", "positiveconditioning", "prompttext", "inputtext")
NEGATIVE_NAMES = ("negativeprompt", "negative", "uc", "negativeconditioning", "negativeprompttext")
SEED_NAMES = ("seed", "noiseseed", "randomseed")
SIZE_NAMES = ("size", "resolution")
NAMES = frozenset((*PROMPT_NAMES, *NEGATIVE_NAMES, *SEED_NAMES, *SIZE_NAMES))

SETTINGS_INSIDE = (
    *("suiimageparams", "parameters", "infotext", "image", "meta", "metadata", "invokeaimetadata", "extrametadata"),
    *("comment", "usercomment"),
)
"""Names under which an object or a text has the settings, without punctuation."""

TOOLS = {
    "sui_image_params": "SwarmUI",
    "mflux_version": "mflux",
    "app_version": "InvokeAI",
    "invokeai_metadata": "InvokeAI",
    "sd-metadata": "InvokeAI",
    "v4_prompt": "NovelAI",
    "uc": "NovelAI",
}
"""Names that only one tool writes, for the notes."""

MAX_NESTED = 4
MAX_OTHERS = 500


def read_json_settings(text: str, description: str = "") -> ToolSettings | None:
    """Return the settings in a JSON text; None if it is no object or has nothing like settings.

    `description` is the prompt of a NovelAI image, which older versions write outside of the JSON.
    """
    try:
        data = parse_json(text, LIMITS)
    except InvalidJson:
        return _read_damaged(text)
    return _read_value(data, description, MAX_NESTED)


def read_json_list(text: str) -> ToolSettings | None:
    """Return the settings in a list of objects, such as a listing of files; unclear if several of them have some."""
    try:
        data = parse_json(text, LIMITS)
    except InvalidJson:
        return None
    items = data[:MAX_OTHERS] if isinstance(data, list) else []
    found = [settings for item in items if (settings := _read_value(item, "", MAX_NESTED))]
    return unclear() if len(found) > 1 else next(iter(found), None)


def parse_object(text: str) -> Mapping[str, Any] | None:
    """Return the object in a JSON text, or None."""
    try:
        data = parse_json(text, LIMITS)
    except InvalidJson:
        return None
    return data if isinstance(data, dict) else None


def read_pairs(pairs: Mapping[str, Any], description: str = "") -> ToolSettings:
    """Return settings that are given by name. Two different prompts or seeds make them unclear."""
    tool = next((TOOLS[name] for name in pairs if name in TOOLS), "")
    named = [(plain_name(name), value) for name, value in pairs.items()]
    prompts = _distinct(named, PROMPT_NAMES, _prompt) or _caption(pairs)
    if not prompts and "uc" in pairs and isinstance(pairs.get("c"), str):
        prompts, tool = [pairs["c"]], "Draw Things"
    seeds = _distinct(named, SEED_NAMES, whole_number)
    if len(prompts) > 1 or len(seeds) > 1:
        return unclear(tool)
    negatives = _distinct(named, NEGATIVE_NAMES, _prompt)
    plain = dict(named)
    sides = [plain.get("width"), plain.get("height")]
    size = plain.get("size", plain.get("resolution")) if sides == [None, None] else sides
    others = {
        field_name(name): value
        for name, value in islice(pairs.items(), MAX_OTHERS)
        if isinstance(value, str | int | float) and plain_name(name) not in NAMES and name != "c"
    }
    prompt = prompts[0] if prompts else description
    seed = seeds[0] if seeds else None
    settings = build_settings(
        prompt,
        negatives[0] if negatives else "",
        seed,
        size,
        others,
        notes=(SEVERAL_PROMPTS,) if _has_character_prompts(pairs) else (),
    )
    return ToolSettings(settings.values, settings.notes, tool)


def _read_value(data: Any, description: str, nested: int) -> ToolSettings | None:
    if nested < 0:
        return None
    if isinstance(data, str):
        return _read_text(data, description, nested - 1)
    if not isinstance(data, Mapping):
        return None
    inner = {plain_name(name): value for name, value in data.items()}
    if is_graph(data) or is_workflow(data):
        stated = _read_value(inner.get("extrametadata"), description, nested - 1)  # by Civitai
        if stated and stated.is_complete:
            return stated
        graph = read_graph(data) if is_graph(data) else not_read(COMFY)
        return stated if stated and not graph.is_complete else graph
    if _is_graph_text(inner.get("prompt")):
        return _read_value(inner["prompt"], description, nested - 1)
    has_settings = inner.keys() & {*PROMPT_NAMES, *SEED_NAMES} or "v4_prompt" in data or {"c", "uc"} <= data.keys()
    settings = read_pairs(data, description) if has_settings else None
    if settings and settings.is_complete:
        return settings
    for name in SETTINGS_INSIDE:
        text = inner.get("description") if name == "comment" else None  # as NovelAI writes into a WebP
        found = _read_value(inner.get(name), text if isinstance(text, str) else description, nested - 1)
        if found:
            tool = next((TOOLS[one] for one in data if one in TOOLS), found.tool)
            return ToolSettings(found.values, found.notes, tool)
    return settings or (not_read(COMFY) if "workflow" in inner else None)


def _is_graph_text(value: Any) -> bool:
    return is_graph(value) or (isinstance(value, str) and '"class_type"' in value and value.lstrip()[:1] == "{")


def _read_text(text: str, description: str, nested: int) -> ToolSettings | None:
    if text.lstrip()[:1] not in ("{", '"'):
        return parse_parameters(text)
    try:
        return _read_value(parse_json(text, LIMITS), description, nested)
    except InvalidJson:
        return _read_damaged(text)


def _read_damaged(text: str) -> ToolSettings | None:
    """Return that settings are unclear in what looks like JSON but is not."""
    if '"class_type"' in text or '"last_node_id"' in text:
        return not_read(COMFY)
    return unclear() if re.search(r'"(?:\w{0,20}prompt|seed|uc)"\s*:', text, re.IGNORECASE) else None


def _distinct(named: Sequence[tuple[str, Any]], names: tuple[str, ...], read: Callable[[Any], Any]) -> list[Any]:
    """Return the different values under any of these names, in the order of the names."""
    found = [read(value) for one in names for name, value in named if name == one]
    return list(dict.fromkeys(value for value in found if value not in (None, "")))


def _prompt(value: Any) -> str | None:
    """Return a prompt: a text, or the only item of a list of weighted prompts."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping):
        value = value.get("prompt")
    return value.strip() if isinstance(value, str) else None


def _caption(pairs: Mapping[str, Any]) -> list[str]:
    """Return the main prompt of NovelAI's fourth model."""
    base = _v4_caption(pairs).get("base_caption")
    return [base] if isinstance(base, str) else []


def _has_character_prompts(pairs: Mapping[str, Any]) -> bool:
    return bool(_v4_caption(pairs).get("char_captions"))


def _v4_caption(pairs: Mapping[str, Any]) -> Mapping[str, Any]:
    prompt = pairs.get("v4_prompt")
    caption = prompt.get("caption") if isinstance(prompt, Mapping) else None
    return caption if isinstance(caption, Mapping) else {}


def plain_name(name: str) -> str:
    """Return a name in lower case without blanks and punctuation: "Negative_Prompt" is "negativeprompt"."""
    return re.sub(r"[\W_]+", "", name.lower())
