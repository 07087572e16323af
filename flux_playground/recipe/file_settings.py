"""Finds the settings of other tools among the texts of an image file, whatever their order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..images.metadata import Text
from .a1111 import parse_parameters
from .comfy_graph import TOOL as COMFY
from .tool_json import PROMPT_NAMES, SEED_NAMES, parse_object, plain_name, read_json_settings, read_pairs
from .tool_settings import UNCLEAR, ToolSettings, build_settings, not_read, unclear

DIFFERENT = "It has two different settings. One of them is used."
KEY_BEFORE_TEXT = re.compile(r"\s*(parameters|prompt|workflow)\s*:\s*(?=[{\[])", re.IGNORECASE)
"""ComfyUI writes the key and the text together into entries of an EXIF block."""

GRAPH_RANK = 5
MAX_LOOSE_CHARACTERS = 100_000
MAX_DREAM_WORDS = 200
PARAMETERS_KEYS = ("parameters",)
COMMENT_KEYS = ("comment", "usercomment")
DREAM_KEYS = ("dream",)
STATED_KEYS = ("generation_data", "parameters-json")
SYGIL = "SD:"  # before its keys
TOOLS_BY_KEY = {
    "workflow": COMFY,
    "sd-metadata": "InvokeAI",
    "invokeai_metadata": "InvokeAI",
    "invokeai_graph": "InvokeAI",
    "invokeai_workflow": "InvokeAI",
    "dream": "InvokeAI",
    "fooocus_scheme": "Fooocus",
    "generation_data": "another tool",
}
"""Keys that show that a file has settings, and whose."""

DREAM_NAMES = {"S": "seed", "s": "steps", "W": "width", "H": "height", "C": "cfg_scale", "A": "sampler"}
DREAM_OPTION = re.compile(r"-{1,2}([A-Za-z])([\w.]*)")
BRACKETED = re.compile(r"\s*\[([^\[\]]*)\]")
MIDJOURNEY = re.compile(r"\bJob ID: [0-9a-f-]{36}\b")


def find_settings(texts: Sequence[Text]) -> ToolSettings | None:
    """Return the best settings in the texts of a file; None if no text has any.

    The order is: `parameters`, user comments, any other JSON or infotext, single texts, and graphs of ComfyUI. Of two
    different settings one is used, with a note.
    """
    texts = [_split_key(Text(text.key, text.text.rstrip("\0"))) for text in texts]
    found = sorted(_iter_settings(texts), key=lambda item: (item[0], not item[1].is_complete))
    with_prompt = [item for item in found if "prompt" in item[1].values]
    stated = [item for item in with_prompt if item[0] != GRAPH_RANK] or with_prompt
    if not found:
        return next((not_read(tool) for text in texts if (tool := TOOLS_BY_KEY.get(text.key.casefold()))), None)
    best = next((item for item in stated if item[1].is_complete), (stated or found)[0])
    settings = best[1]
    has_unclear = any(UNCLEAR in item[1].notes for item in found if item is not best)
    # A graph is often the plan of several images, but here nothing else says the seed.
    others = stated if settings.is_complete else [*stated, *(item for item in found if item[1].is_complete)]
    if has_unclear or any(_differs(settings, other) for _, other in others):
        return ToolSettings(settings.values, tuple(dict.fromkeys((*settings.notes, DIFFERENT))), settings.tool)
    return settings


def _differs(one: ToolSettings, other: ToolSettings) -> bool:
    return any(
        name in one.values and name in other.values and one.values[name] != other.values[name]
        for name in ("prompt", "seed")
    )


def _iter_settings(texts: Sequence[Text]) -> Iterator[tuple[int, ToolSettings]]:
    """Yield the settings of each text that has any, with their rank."""
    by_key = {text.key.casefold(): text.text for text in reversed(texts)}
    origin = "".join(by_key.get(key, "") for key in ("software", "source", "title")).casefold()
    is_novelai = "novelai" in origin or '"uc"' in by_key.get("comment", "")
    description = by_key.get("description", "") if is_novelai else ""
    for text in texts:
        key = text.key.casefold()
        rank = 1 if key in PARAMETERS_KEYS else 2 if key in COMMENT_KEYS else 3
        if settings := _read_text(key, text.text, description):
            yield GRAPH_RANK if settings.tool == COMFY else rank, settings
    loose = {text.key.removeprefix(SYGIL): text.text for text in texts if len(text.text) < MAX_LOOSE_CHARACTERS}
    loose = {key: text for key, text in loose.items() if text and parse_object(text) is None}
    if any(plain_name(key) in (*PROMPT_NAMES, *SEED_NAMES) for key in loose):
        yield 4, read_pairs(loose)
    is_flux_demo = by_key.get("make", "").strip() == "Black Forest Labs" or "AI generated" in by_key.get("software", "")
    if is_flux_demo and by_key.get("imagedescription", "").strip():
        yield 4, build_settings(by_key["imagedescription"], "", None, None, {})


def _read_text(key: str, text: str, description: str) -> ToolSettings | None:
    """Return the settings in one text, None if it has none."""
    if not text:
        return unclear() if key in PARAMETERS_KEYS else None
    if key in DREAM_KEYS:
        return _read_dream(text)
    if key == "sd-metadata" and (settings := read_json_settings(text)):
        return _divide_brackets(settings)
    if text.lstrip()[:1] in ("{", '"', "["):
        settings = read_json_settings(text, description)
        if settings is not None or parse_object(text) is not None:
            return settings or (unclear() if key in PARAMETERS_KEYS else None)
    if MIDJOURNEY.search(text[-300:]):
        return not_read("Midjourney")
    return parse_parameters(text, is_parameters=key in PARAMETERS_KEYS, dash_is_negative=key == "description")


def _read_dream(text: str) -> ToolSettings:
    """Return the settings in a command of early InvokeAI: `"a lighthouse [people]" -s 30 -S 42`."""
    text = text.strip()
    end = text.rfind(text[:1], 1)
    words = text[end + 1 :].replace("=", " ").split()[:MAX_DREAM_WORDS]
    if text[:1] not in ("'", '"') or end < 1 or (words and words[0][0] != "-"):
        return unclear("InvokeAI")
    pairs, name = dict[str, str](), ""
    for word in words:
        if option := DREAM_OPTION.fullmatch(word):
            letter, value = option.groups()
            name = word.strip("-") if value.isalpha() else DREAM_NAMES.get(letter, letter)
            if value and not value.isalpha():
                pairs[name] = value
        elif name:
            pairs[name] = word
    return _divide_brackets(read_pairs({**pairs, "prompt": text[1:end]}))


def _divide_brackets(settings: ToolSettings) -> ToolSettings:
    """Return settings of early InvokeAI with the negative prompt, which is in brackets, apart from the prompt."""
    prompt = settings.values.get("prompt", "")
    negatives = BRACKETED.findall(prompt)
    if not negatives:
        return settings
    divided = {"prompt": BRACKETED.sub("", prompt).strip(), "negative_prompt": ", ".join(negatives)}
    return ToolSettings({**settings.values, **divided}, settings.notes, "InvokeAI")


def _split_key(text: Text) -> Text:
    match = KEY_BEFORE_TEXT.match(text.text)
    return Text(match[1].lower(), text.text[match.end() :]) if match else text
