"""Detects what a dropped file or a pasted text is: an image, a recipe, a link, code, or another tool's text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from ..bounded_json import SMALL, InvalidJson, decode_utf8, parse_json, parse_json_at
from ..errors import InvalidRecipe
from ..images import metadata
from ..images.decode import is_unsupported_image
from .a1111 import parse_parameters
from .file_settings import find_settings
from .fingerprint import redact
from .recipe import VERSION_KEY, Recipe, parse_recipe, recipe_from_json
from .share_link import VERSION_NAME, parse_link

URL = re.compile(r"https?://[^\s\"'`<>\\,]{1,2000}")
FIELD_NAME = re.compile(r"[A-Za-z_]\w{0,99}")
MAX_OBJECTS = 12  # places in code where a request may begin


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


def detect(data: bytes | str) -> Detected:
    """Return what a file or a text is and which settings it has; raises `InvalidRecipe` for anything unknown."""
    if isinstance(data, bytes) and metadata.container_format(data):
        return _detect_image(data)
    if isinstance(data, bytes) and is_unsupported_image(data):
        raise InvalidRecipe("Settings cannot be read from this image format. Open a JPEG, PNG or WebP file.")
    if len(data) > SMALL.characters:
        raise InvalidRecipe(f"This is too large to be a recipe: {len(data):,} bytes.")
    try:
        text = decode_utf8(data).strip()
    except InvalidJson:
        raise InvalidRecipe("This is neither an image nor text in UTF-8.") from None
    if text.startswith("{") and (detected := _detect_json(text)):
        return detected
    if f"{VERSION_NAME}=" in text and "?" in text and not re.search(r"\s", text):
        values, endpoint = parse_link(text)
        return Detected(SourceKind.LINK, values, endpoint=endpoint)
    if detected := _detect_code(text):
        return detected
    if settings := parse_parameters(text):
        return Detected(SourceKind.PARAMETERS, redact(settings.values), notes=settings.notes)
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
    if settings := find_settings(others):
        return replace(image, kind=SourceKind.COPY, values=redact(settings.values), notes=settings.notes)
    return image


def _detect_json(text: str) -> Detected | None:
    try:
        data = parse_json(text)
    except InvalidJson as error:
        if VERSION_KEY in text:
            raise InvalidRecipe(f"This recipe is {error}.") from None
        return None
    if VERSION_KEY in data:
        return _with_recipe(Detected(SourceKind.RECIPE), recipe_from_json(data))
    return Detected(SourceKind.REQUEST, redact(data)) if _is_request(data) else None


def _detect_code(text: str) -> Detected | None:
    """Return the first request in code, with the server and endpoint of the first URL outside of the request."""
    starts = re.finditer(r"\{", text) if URL.search(text) else iter(())
    for match in islice(starts, MAX_OBJECTS):
        try:
            data, end = parse_json_at(text, match.start())
        except InvalidJson:
            continue
        if not _is_request(data):
            continue
        url_match = URL.search(text[: match.start()] + text[end:])
        try:
            url = urlsplit(url_match[0] if url_match else "")
        except ValueError:
            url = urlsplit("")
        has_server = bool(url.netloc) and "@" not in url.netloc
        server, endpoint = (f"{url.scheme}://{url.netloc}", url.path) if has_server else ("", "")
        return Detected(SourceKind.REQUEST, redact(data), None, server, endpoint)
    return None


def _with_recipe(detected: Detected, recipe: Recipe) -> Detected:
    return replace(detected, values=recipe.values, recipe=recipe, server=recipe.server, endpoint=recipe.endpoint)


def _is_request(data: Any) -> bool:
    return isinstance(data, dict) and bool(data) and all(FIELD_NAME.fullmatch(name) for name in data)
