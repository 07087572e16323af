"""A place in a schema and what its texts, names and formats say about images there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .known_fields import is_image_text
from .simplify import enum_values, simplify, union_branches

DATA_URL_WORDS = re.compile(r"\bdata:? ?UR[LI]s?|\bdata:\S*", re.IGNORECASE)
ADDRESS_NAMES = re.compile(r"(^|_)(ur[li]s?|href|src)$")


@dataclass(frozen=True)
class ImagePlace:
    """What a place takes: the data of an image, the address of one, or both; data is base64 or a data URL."""

    takes_data: bool
    takes_address: bool
    is_data_url: bool


@dataclass(frozen=True)
class Node:
    """A place in a schema: its alternatives without unions, and the name and the texts that tell what it holds."""

    name: str
    text: str
    holder: str
    alternatives: tuple[dict[str, Any], ...]

    @property
    def place(self) -> ImagePlace | None:
        """What image a text takes here, in any alternative; None if a text is no image."""
        found = [place for one in self.alternatives if (place := self._place(one))]
        return (
            ImagePlace(
                takes_data=any(one.takes_data for one in found),
                takes_address=any(one.takes_address for one in found),
                is_data_url=all(one.is_data_url for one in found if one.takes_data),
            )
            if found
            else None
        )

    def item(self, index: int) -> Node:
        """The item of a list."""
        found = []
        for one in self.of_type("array"):
            first = one.get("prefixItems", ())
            found.append(first[index] if index < len(first) else one.get("items"))
        return Node(self.name, self.text, self.holder, tuple(_alternatives(found)))

    def members(self) -> dict[str, Node]:
        """The members of an object."""
        names = dict.fromkeys(name for one in self.alternatives for name in one.get("properties", ()))
        holder = f"{self.name} {self.text}"
        return {
            name: make_node(name, [one.get("properties", {}).get(name) for one in self.alternatives], holder)
            for name in names
        }

    def only(self, alternative: dict[str, Any]) -> Node:
        """The node with one of its alternatives."""
        return replace(self, alternatives=(alternative,))

    def constants(self) -> tuple[Any, ...]:
        """The values of a node that takes constants only."""
        values = [enum_values(one) for one in self.alternatives]
        return tuple(value for one in values for value in one) if all(values) else ()

    def of_type(self, name: str) -> list[dict[str, Any]]:
        """The alternatives of a JSON type."""
        return [one for one in self.alternatives if one.get("type") == name]

    def _place(self, schema: Mapping[str, Any]) -> ImagePlace | None:
        if schema.get("type") != "string" or enum_values(schema):
            return None
        if not is_image_text(self.name, self.text, self.holder, schema):
            return None
        text = DATA_URL_WORDS.sub("base64", self.text)
        is_address = schema.get("format") == "uri" or ADDRESS_NAMES.search(self.name) is not None
        pattern = str(schema.get("pattern", ""))
        says_data = re.search(r"base-?64|binary", text, re.IGNORECASE) is not None or "data:" in pattern
        return ImagePlace(
            takes_data=says_data or not is_address,
            takes_address=is_address or re.search(r"\bURLs?\b", text) is not None,
            is_data_url="data:" in pattern or (is_address and says_data),
        )


def make_node(name: str, schemas: Sequence[Any], holder: str = "") -> Node:
    """Return the node of a property with these schemas, of which its value fits any."""
    text = " ".join(text for schema in schemas for text in _texts(schema))
    return Node(name, text, holder, tuple(_alternatives(schemas)))


def _alternatives(schemas: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Yield the schemas without unions, each with its type."""
    for schema in schemas:
        if not isinstance(schema, Mapping):
            continue
        known = simplify(schema)
        branches = union_branches(known)
        if branches and not known.get("properties"):
            yield from _alternatives(branches)
        elif isinstance(known.get("type"), str):
            yield known
        elif known.get("properties"):
            yield {**known, "type": "object"}
        elif "items" in known or "prefixItems" in known:
            yield {**known, "type": "array"}
        else:
            yield {**known, "type": "any"}


def _texts(schema: Any) -> Iterator[str]:
    """Yield the descriptions of a schema, of its branches and of its items, but not of its members."""
    if isinstance(schema, Mapping):
        if isinstance(schema.get("description"), str):
            yield schema["description"]
        for keyword in ("allOf", "anyOf", "oneOf", "prefixItems"):
            for part in schema.get(keyword, ()):
                yield from _texts(part)
        yield from _texts(schema.get("items"))
