"""Settings as the query of a link, without secrets and images.

    ?finetune_id=my-finetune&prompt=a+lighthouse+at+dawn&seed=42&endpoint=/v1/flux-pro-1.1-ultra-finetuned&recipe=1

Strings are plain text and other values are JSON. A string that would parse as JSON is JSON, too. The version is last,
so that a truncated link is detected.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote_plus

from ..bounded_json import InvalidJson, dump_json, parse_json
from ..errors import InvalidRecipe
from ..image_ref import list_image_refs
from .fingerprint import drop_private_fields

ENDPOINT_NAME, VERSION_NAME, VERSION = "endpoint", "recipe", "1"
MAX_LINK_CHARACTERS = 4_000  # of the query; some programs cut longer links
MAX_LINK_FIELDS = 200


def build_link(values: Mapping[str, Any], fields: Collection[str], endpoint: str = "") -> str:
    """Return the query, with its "?", that sets the values of these fields, without blanks, secrets and images.

    Raises `InvalidRecipe` for a query of more than `MAX_LINK_CHARACTERS`.
    """
    pairs = []
    for name, value in sorted(_shareable(values).items()):
        if name in fields and value not in (None, ""):
            is_plain = isinstance(value, str) and _parse_value(value) == value
            pairs.append((name, value if is_plain else dump_json(value)))
    pairs += [(ENDPOINT_NAME, endpoint)] if endpoint else []
    try:
        quoted = [f"{quote_plus(name)}={quote_plus(text, safe='/:,')}" for name, text in pairs]
    except UnicodeEncodeError:
        raise InvalidRecipe("The settings have characters that a link cannot hold.") from None
    query = "?" + "&".join([*quoted, f"{VERSION_NAME}={VERSION}"])
    if len(query) > MAX_LINK_CHARACTERS:
        message = (
            f"The link has {len(query):,} characters, more than {MAX_LINK_CHARACTERS:,}. Share the recipe instead."
        )
        raise InvalidRecipe(message)
    return query


def parse_link(text: str) -> tuple[dict[str, Any], str]:
    """Return the values and the endpoint ("" if missing) of a link or its query; raises `InvalidRecipe`."""
    query = text.partition("?")[2] if "?" in text else text
    query = query.partition("#")[0]
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MAX_LINK_FIELDS)
    except ValueError:
        raise InvalidRecipe("This link is damaged.") from None
    texts = dict(pairs)
    if len(texts) < len(pairs):
        raise InvalidRecipe("This link sets a field twice.")
    if VERSION_NAME not in texts:
        raise InvalidRecipe("This link has no recipe, or its end is missing.")
    if texts[VERSION_NAME] != VERSION:
        raise InvalidRecipe("This link was made by another version of the playground.")
    return _shareable({name: _parse_value(value) for name, value in texts.items()}), texts.get(ENDPOINT_NAME, "")


def _shareable(values: Mapping[str, Any]) -> dict[str, Any]:
    reserved = (ENDPOINT_NAME, VERSION_NAME)
    return {
        name: value
        for name, value in drop_private_fields(values).items()
        if name not in reserved and not any(list_image_refs(value))
    }


def _parse_value(text: str) -> Any:
    try:
        return parse_json(text)
    except InvalidJson:
        return text
