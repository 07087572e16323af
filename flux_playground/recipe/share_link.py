"""Settings as the query of a link, and back: readable, versioned, without secrets or images. Knows no page's address.

    ?finetune_id=my-finetune&prompt=a+lighthouse+at+dawn&seed=42&endpoint=/v1/flux-pro-1.1-ultra-finetuned&recipe=1

Texts stand as they are, everything else as JSON, and so does a text that would read as something else. The version
stands last, so that a link that was cut on its way is known for one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote_plus

from ..bounded_json import dump_json, parse_json
from ..errors import InvalidRecipe
from .fingerprint import is_reference, redact

ENDPOINT, VERSION_NAME, VERSION = "endpoint", "recipe", "1"

MAX_LINK_CHARACTERS = 4_000
"""Characters of a link's query: more is cut or refused by some of the programs that a link is pasted into."""

MAX_LINK_FIELDS = 200


@dataclass(frozen=True)
class Linked:
    """What a link sets; `endpoint` is empty where it does not say."""

    values: Mapping[str, Any]
    endpoint: str = ""


def build_link(values: Mapping[str, Any], fields: Collection[str], endpoint: str = "") -> str:
    """The query, from its "?", that sets these values; `fields` are those that a link may set, all others are left out.

    Blanks, secrets and images are left out in any case. Raises `InvalidRecipe` if it gets longer than `LONGEST`.
    """
    told = {name: value for name, value in _allowed(values).items() if name in fields and value not in (None, "")}
    pairs = [(name, _written(told[name])) for name in sorted(told)]
    pairs += [(ENDPOINT, endpoint)] if endpoint else []
    try:
        quoted = [f"{quote_plus(name)}={quote_plus(text, safe='/:,')}" for name, text in pairs]
    except UnicodeEncodeError as error:
        raise InvalidRecipe("The settings hold characters that cannot be written.") from error
    query = "?" + "&".join([*quoted, f"{VERSION_NAME}={VERSION}"])
    if len(query) > MAX_LINK_CHARACTERS:
        raise InvalidRecipe(
            f"The link would have {len(query):,} characters, at most {MAX_LINK_CHARACTERS:,}: send the recipe."
        )
    return query


def parse_link(text: str, fields: Collection[str] | None = None) -> Linked:
    """What a link sets, or its query; of `fields` only, where they are given. Raises `InvalidRecipe`."""
    query = text.partition("?")[2] if "?" in text else text
    try:
        pairs = parse_qsl(
            query.partition("#")[0], keep_blank_values=True, errors="strict", max_num_fields=MAX_LINK_FIELDS
        )
    except ValueError as error:
        raise InvalidRecipe("This link is damaged.") from error
    given = dict(pairs)
    if len(given) < len(pairs):
        raise InvalidRecipe("This link sets something twice.")
    if given.get(VERSION_NAME) != VERSION:
        known = VERSION_NAME in given
        raise InvalidRecipe("This link is of another version." if known else "This link holds no recipe, or was cut.")
    values = _allowed({name: _read(value) for name, value in given.items()})
    kept = {name: value for name, value in values.items() if fields is None or name in fields}
    return Linked(kept, given.get(ENDPOINT, ""))


def _allowed(values: Mapping[str, Any]) -> dict[str, Any]:
    reserved = (ENDPOINT, VERSION_NAME)
    return {name: value for name, value in redact(values).items() if name not in reserved and not is_reference(value)}


def _written(value: Any) -> str:
    return value if isinstance(value, str) and _read(value) == value else dump_json(value)


def _read(text: str) -> Any:
    try:
        return parse_json(text)
    except InvalidRecipe:
        return text
