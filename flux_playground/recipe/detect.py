"""What was dropped or pasted: an image, a recipe, a link, code, or another tool's text. Nothing of it is ever run.

Knows the forms, but no journal: an untouched original has no recipe inside, and is found by its hash by the caller.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from ..bounded_json import MAX_JSON_CHARACTERS, check_json, decode_utf8, parse_json, strict_decoder
from ..errors import InvalidRecipe
from ..images import metadata
from .a1111 import parse_parameters
from .fingerprint import redact
from .recipe import VERSION_KEY, Recipe, recipe_from_json
from .share_link import VERSION_NAME, parse_link

ADDRESS = re.compile(r"https?://[^\s\"'`<>\\,]{1,2000}")
NAME = re.compile(r"[A-Za-z_]\w{0,99}")
MAX_OBJECTS = 12
"""Places in a code at which a request is looked for."""


class SourceKind(StrEnum):
    """What something was recognised as."""

    IMAGE = "image"  # with no word inside: perhaps an untouched original
    COPY = "copy"  # an image with a recipe, or another tool's text, inside
    RECIPE = "recipe"
    LINK = "link"
    REQUEST = "request"  # JSON, or code around it
    PARAMETERS = "parameters"  # another tool's text


@dataclass(frozen=True)
class Detected:
    """What was recognised. `values` are for the form, none of them checked by a schema, none of them trusted.

    `sha256` is an image's, to look it up by; `credentials` says whether it carries Content Credentials; `problem` is
    a sentence on a recipe inside that could not be read. `server` and `endpoint` are empty where nothing names them.
    """

    kind: SourceKind
    values: Mapping[str, Any] = field(default_factory=dict)
    recipe: Recipe | None = None
    server: str = ""
    endpoint: str = ""
    sha256: str = ""
    credentials: bool = False
    problem: str = ""


def detect(data: bytes | str) -> Detected:
    """What this is and what it sets; raises `InvalidRecipe` with one sentence when it is nothing that is known here."""
    if isinstance(data, bytes) and metadata.container_format(data):
        return _image(data)
    if len(data) > MAX_JSON_CHARACTERS:
        raise InvalidRecipe(f"This is too large to be a recipe: {len(data):,} bytes.")
    text = decode_utf8(data).strip()
    found = _object(text) or _linked(text) or _code(text) or _foreign(text)
    if found is None:
        raise InvalidRecipe("There is no recipe in this: neither an image, a recipe, a link nor code.")
    return found


def _image(data: bytes) -> Detected:
    plain = Detected(
        SourceKind.IMAGE, sha256=hashlib.sha256(data).hexdigest(), credentials=metadata.has_content_credentials(data)
    )
    texts = metadata.read_texts(data)
    ours = [one for one in texts if one.key == metadata.RECIPE_KEY or VERSION_KEY in one.text]
    for one in ours:
        try:
            return _from_recipe(
                replace(plain, kind=SourceKind.COPY, problem=""), recipe_from_json(parse_json(one.text))
            )
        except InvalidRecipe as error:
            plain = replace(plain, problem=error.message)
    for one in (one for one in texts if one not in ours):
        if values := parse_parameters(one.text, sure=one.key == "parameters"):
            return replace(plain, kind=SourceKind.COPY, values=redact(values))
    return plain


def _object(text: str) -> Detected | None:
    """A recipe or a request in JSON."""
    if not text.startswith("{"):
        return None
    try:
        data = parse_json(text)
    except InvalidRecipe:
        if VERSION_KEY in text:
            raise
        return None
    if VERSION_KEY in data:
        return _from_recipe(Detected(SourceKind.RECIPE), recipe_from_json(data))
    return Detected(SourceKind.REQUEST, redact(data)) if _is_request(data) else None


def _from_recipe(found: Detected, recipe: Recipe) -> Detected:
    return replace(found, values=recipe.values, recipe=recipe, server=recipe.server, endpoint=recipe.endpoint)


def _linked(text: str) -> Detected | None:
    if f"{VERSION_NAME}=" not in text or "?" not in text or re.search(r"\s", text):
        return None
    linked = parse_link(text)
    return Detected(SourceKind.LINK, linked.values, endpoint=linked.endpoint)


def _code(text: str) -> Detected | None:
    """The request in a piece of code: the first object in it that is one, and the address beside it."""
    address = ADDRESS.search(text)
    for place in islice(re.finditer(r"\{", text), MAX_OBJECTS if address else 0):
        try:
            data, end = strict_decoder().raw_decode(text, place.start())
            check_json(data)
        except (ValueError, RecursionError, InvalidRecipe):
            continue
        if _is_request(data):
            around = text[: place.start()] + text[end:]
            return Detected(SourceKind.REQUEST, redact(data), None, *_server_and_endpoint(around))
    return None


def _server_and_endpoint(text: str) -> tuple[str, str]:
    address = ADDRESS.search(text)
    try:
        url = urlsplit(address[0] if address else "")
    except ValueError:
        return "", ""
    return (f"{url.scheme}://{url.netloc}", url.path) if url.netloc and "@" not in url.netloc else ("", "")


def _is_request(data: Any) -> bool:
    return isinstance(data, dict) and bool(data) and all(NAME.fullmatch(name) for name in data)


def _foreign(text: str) -> Detected | None:
    values = parse_parameters(text)
    return Detected(SourceKind.PARAMETERS, redact(values)) if values else None
