"""Detects what a dropped file or a pasted text is: an image, a recipe, a link, code, or another tool's text."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice
from typing import Any

from ..bounded_json import SMALL, InvalidJson, decode_utf8, parse_json, parse_json_at
from ..errors import InvalidRecipe
from ..images import metadata
from ..images.decode import is_unsupported_image
from ..images.hidden_text import read_hidden_texts
from .a1111 import parse_parameters
from .comfy_graph import is_graph, is_workflow
from .file_settings import find_settings
from .fingerprint import drop_private_fields
from .hide_secrets import hide_secrets
from .pasted import looks_like_code, read_pasted
from .recipe import VERSION_KEY, Recipe, parse_recipe, recipe_from_json
from .share_link import VERSION_NAME, parse_link
from .tool_json import parse_object, read_json_list, read_json_settings
from .tool_settings import NO_SEED, tool_name

FIELD_NAME = re.compile(r"[A-Za-z_]\w{0,99}")
MAX_OBJECTS = 12  # places in a text where a recipe may begin
COMMON_FIELDS = ("prompt", "seed")
UNCLEAR_CODE = "The request in this code is unclear: its values are set or changed elsewhere."
INFOTEXT = re.compile(r"^Steps: \d", re.MULTILINE)


class SourceKind(StrEnum):
    """What a file or a text was detected as."""

    IMAGE = "image"  # without text inside: possibly an original, which can be found by its hash
    COPY = "copy"  # an image with a recipe or another tool's text inside
    RECIPE = "recipe"
    LINK = "link"
    REQUEST = "request"  # JSON, or code that contains it
    PARAMETERS = "parameters"  # another tool's text


@dataclass(frozen=True)
class Detected:
    """What was detected. `values` are form values that no schema has checked.

    `sha256` is that of an image, and `credentials` says if it has Content Credentials. `problem` is the error of a
    recipe in an image. `server` and `endpoint` are "" if the source does not name them.
    """

    kind: SourceKind
    values: Mapping[str, Any] = field(default_factory=dict)
    recipe: Recipe | None = None
    server: str = ""
    endpoint: str = ""
    sha256: str = ""
    credentials: bool = False
    problem: str = ""
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    is_partial: bool = False
    count: int = 1
    tool: str = ""


def detect(data: bytes | str, fields: Collection[str] = COMMON_FIELDS) -> Detected:
    """Return what a file or a text is and which settings it has; raises `InvalidRecipe` for anything unknown.

    `fields` are the names of the form: of all objects in a text, the one with most of them is the request.
    """
    if isinstance(data, bytes) and metadata.container_format(data):
        return _detect_image(data)
    if isinstance(data, bytes) and is_unsupported_image(data):
        raise InvalidRecipe("Settings cannot be read from this image format. Open a JPEG, PNG or WebP file.")
    if len(data) > SMALL.characters:
        raise InvalidRecipe(f"This is too large to be a recipe: {len(data):,} bytes.")
    if isinstance(data, bytes) and data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = data.decode("utf-16", "replace")
    try:
        text = decode_utf8(data).strip()
    except InvalidJson:
        raise InvalidRecipe("This is neither an image nor text in UTF-8.") from None
    if VERSION_KEY in text and (detected := _detect_recipe(text)):
        return detected
    is_json = text.startswith("{")
    if not is_json and f"{VERSION_NAME}=" in text and "?" in text and not re.search(r"\s", text):
        values, endpoint = parse_link(text)
        return Detected(SourceKind.LINK, values, endpoint=endpoint)
    is_comfy = is_json and _is_comfy(text)
    if detected := None if is_comfy or INFOTEXT.search(text) else _detect_request(text, fields):
        settings = read_json_settings(text) if is_json and not _has_prompt(detected) else None
        if settings and (settings.tool or "prompt" in settings.values):  # no request, but JSON of another tool
            return Detected(SourceKind.PARAMETERS, drop_private_fields(settings.values), notes=settings.notes)
        return detected
    if text.startswith("[") and (settings := read_json_list(text)):
        return Detected(SourceKind.PARAMETERS, drop_private_fields(settings.values), notes=settings.notes)
    if settings := read_json_settings(text) if is_comfy else None if is_json else parse_parameters(text):
        return Detected(SourceKind.PARAMETERS, drop_private_fields(settings.values), notes=settings.notes)
    if looks_like_code(text):
        raise InvalidRecipe("This looks like code, but no request could be read in it.")
    raise InvalidRecipe("No recipe found. Use an image, a recipe, a link or code.")


def _detect_image(data: bytes) -> Detected:
    has_credentials = metadata.has_content_credentials(data)
    image = Detected(SourceKind.IMAGE, sha256=hashlib.sha256(data).hexdigest(), credentials=has_credentials)
    others = []
    for text in metadata.read_texts(data):
        if text.key != metadata.RECIPE_KEY and VERSION_KEY not in text.text:
            others.append(text)
            continue
        try:
            return _with_recipe(replace(image, kind=SourceKind.COPY, problem=""), parse_recipe(text.text))
        except InvalidRecipe as error:
            image = replace(image, problem=error.message)
    settings = find_settings(others)
    if settings is None or "prompt" not in settings.values:
        settings = find_settings(read_hidden_texts(data)) or settings
    if settings is not None:
        values, tool = drop_private_fields(settings.values), tool_name(settings)
        return replace(image, kind=SourceKind.COPY, values=values, notes=settings.notes, tool=tool)
    return image


def _detect_recipe(text: str) -> Detected | None:
    """Return the recipe that a text is, or the first one in it."""
    starts = [0] if text.startswith("{") else [match.start() for match in islice(re.finditer(r"\{", text), MAX_OBJECTS)]
    for start in starts:
        try:
            data = parse_json(text) if start == 0 else parse_json_at(text, start)[0]
        except InvalidJson as error:
            if start == 0:
                raise InvalidRecipe(f"This recipe is {error}.") from None
            continue
        if isinstance(data, dict) and VERSION_KEY in data:
            return _with_recipe(Detected(SourceKind.RECIPE), recipe_from_json(data))
    return None


def _detect_request(text: str, fields: Collection[str]) -> Detected | None:
    """Return the request in code, or a JSON object without any field of the form."""
    pasted = read_pasted(text, fields)
    if pasted and not pasted.values and not pasted.has_random_seed:
        raise InvalidRecipe(UNCLEAR_CODE)
    if pasted:
        return Detected(
            SourceKind.REQUEST,
            pasted.values,
            server=pasted.server,
            endpoint=pasted.endpoint,
            unread=pasted.unread,
            is_partial=pasted.is_partial,
            count=pasted.count,
            notes=(NO_SEED,) if pasted.has_random_seed else (),
        )
    try:
        data = parse_json(text)
    except InvalidJson:
        return None
    return Detected(SourceKind.REQUEST, hide_secrets(data)) if _is_request(data) else None


def _is_comfy(text: str) -> bool:
    """Return whether a text is a graph of ComfyUI, or what is sent to it; a node may look like a request."""
    data = parse_object(text) or {}
    queued = (item["prompt"] for item in data.values() if isinstance(item, Mapping) and "prompt" in item)
    is_history = any(isinstance(prompt, list) and any(map(is_graph, prompt)) for prompt in queued)
    return is_workflow(data) or is_graph(data) or is_graph(data.get("prompt")) or is_history


def _has_prompt(detected: Detected) -> bool:
    """Return whether a request has a prompt or a gap for it."""
    return "prompt" in detected.unread or "prompt" in detected.values


def _with_recipe(detected: Detected, recipe: Recipe) -> Detected:
    return replace(detected, values=recipe.values, recipe=recipe, server=recipe.server, endpoint=recipe.endpoint)


def _is_request(data: Any) -> bool:
    return isinstance(data, dict) and bool(data) and all(FIELD_NAME.fullmatch(name) for name in data)
