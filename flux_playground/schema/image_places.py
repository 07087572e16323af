"""Finds the places of a field's value that hold images, by the field's schema: the only code that knows the shapes.

A place is a text that `known_fields` recognizes: the value of the field, an item of a list, a member of an object, in
any branch of a union. `map_images` changes the images in a value; `arrange_images` builds a value of a list of images.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .image_node import ImagePlace, Node, make_node

Loc = tuple[str | int, ...]
MAX_DEPTH = 6
"""Nested objects and lists that are searched for images."""


@dataclass(frozen=True)
class ImageShape:
    """How many images a field takes (`most` is None without a limit), and whether as files or as addresses."""

    least: int
    most: int | None
    takes_data: bool
    takes_address: bool


@dataclass(frozen=True)
class GivenImage:
    """One image of a field, as a file, as bytes or as text, and the other members of the object that it is in."""

    image: Path | bytes | str
    others: Mapping[str, Any] | None = None


def map_images(name: str, schema: Mapping[str, Any], value: Any, change: Callable[[ImagePlace, Loc, Any], Any]) -> Any:
    """Return the value of a field with each image replaced by `change(place, loc, image)`.

    An image is a text, a path or bytes at a place for images; `loc` leads to it and begins with the name of the field.
    """
    return _map(make_node(name, [schema]), value, (name,), change)


def image_shape(name: str, schema: Mapping[str, Any]) -> ImageShape | None:
    """Return how a field takes images if it takes nothing else: one, a list, or objects with one image; else None."""
    node = make_node(name, [schema])
    places: list[ImagePlace] = []
    for one in node.alternatives:
        found = _images_only(node.only(one), in_list=False)
        if not found:
            return None
        places += found
    lists = node.of_type("array")
    takes_one = len(lists) < len(node.alternatives)
    most = [_most(one) for one in lists] + ([1] if takes_one else [])
    return (
        ImageShape(
            least=0 if takes_one else min(int(one.get("minItems", 0)) for one in lists),
            most=None if None in most else max(one for one in most if one is not None),
            takes_data=any(place.takes_data for place in places),
            takes_address=any(place.takes_address for place in places),
        )
        if places
        else None
    )


def holds_images(name: str, schema: Mapping[str, Any]) -> bool:
    """Return whether a field has a place for an image."""
    return _holds_images(make_node(name, [schema]), MAX_DEPTH)


def arrange_images(name: str, schema: Mapping[str, Any], images: Sequence[GivenImage]) -> Any:
    """Return the value of a field that holds these images: one without a list where the schema takes that."""
    node = make_node(name, [schema])
    if len(images) == 1 and _single(node):
        return _wrap(node, images[0])
    return [_wrap(node.item(index), image) for index, image in enumerate(images)]


def list_images(name: str, schema: Mapping[str, Any], value: Any) -> list[GivenImage]:
    """Return the images in the value of a field, the reverse of `arrange_images`; what is no image is left out."""
    if isinstance(value, list | tuple):
        return [given for item in value for given in _given(name, schema, item, [item])]
    return list(_given(name, schema, value, value))


def is_web_address(text: str) -> bool:
    """Return whether a text is an http or https address."""
    return re.match(r"\s*https?://\S", text, re.IGNORECASE) is not None


def _map(node: Node, value: Any, loc: Loc, change: Callable[[ImagePlace, Loc, Any], Any]) -> Any:
    if isinstance(value, str | bytes | Path):
        return value if (place := node.place) is None else change(place, loc, value)
    if isinstance(value, list | tuple) and node.of_type("array"):
        return [_map(node.item(index), item, (*loc, index), change) for index, item in enumerate(value)]
    if isinstance(value, Mapping):
        members = node.members()
        return {
            name: _map(members[name], item, (*loc, name), change) if name in members else item
            for name, item in value.items()
        }
    return value


def _images_only(node: Node, *, in_list: bool) -> list[ImagePlace]:
    """Return the places for images of a node with one alternative; empty if it takes anything else than images."""
    (schema,) = node.alternatives
    if schema["type"] == "array" and not in_list:
        count = len(schema.get("prefixItems", ())) + (schema.get("items") is not False)
        places: list[ImagePlace] = []
        for item in (node.item(index) for index in range(count)):
            found = [_images_only(item.only(one), in_list=True) for one in item.alternatives]
            if not found or not all(found):
                return []
            places += [place for part in found for place in part]
        return places
    if schema["type"] != "object":
        return [node.place] if node.place else []
    members = node.members()
    constant = {name for name, member in members.items() if len({*map(str, member.constants())}) == 1}
    has_others = len(members) - len(constant) > len(_image_members(node))
    return _single(node) if in_list or not has_others else []


def _image_members(node: Node) -> dict[str, Node]:
    """Return the members of the objects that hold one image."""
    return {name: member for name, member in node.members().items() if not member.of_type("array") and _single(member)}


def _given(name: str, schema: Mapping[str, Any], item: Any, value: Any) -> Iterator[GivenImage]:
    """Yield the image of an item; `value` is the value of the field that holds only this item."""
    found: list[Any] = []
    map_images(name, schema, value, lambda place, loc, image: found.append(image))
    # An item of another shape comes from a field of another endpoint.
    found = found or [leaf for leaf in _leaves(item) if isinstance(leaf, Path | bytes | str)]
    if found and found[0]:
        members = item.items() if isinstance(item, Mapping) else ()
        others = {key: inner for key, inner in members if found[0] not in _leaves(inner)}
        yield GivenImage(found[0], others or None)


def _single(node: Node) -> list[ImagePlace]:
    """Return the places of a node that takes one image, as a text or in an object; empty if it takes several.

    An object with a member for the data and another one for the address takes one image.
    """
    found = [node.place] if node.place else []
    for one in node.of_type("object"):
        places = [place for member in _image_members(node.only(one)).values() for place in _single(member)]
        if sum(one.takes_data for one in places) > 1 or sum(one.takes_address for one in places) > 1:
            return []
        found += places
    return found


def _wrap(node: Node, given: GivenImage) -> Any:
    """Return the image as a node takes it: the text, or an object with the image at its member."""
    is_address = isinstance(given.image, str) and is_web_address(given.image)

    def fits(place: ImagePlace) -> bool:
        return place.takes_address if is_address else place.takes_data

    ways: list[tuple[bool, Node | None, str]] = []
    if node.place and given.others is None:
        ways.append((fits(node.place), None, ""))
    for one in node.of_type("object"):
        for key, inner in _image_members(node.only(one)).items():
            ways.append((any(map(fits, _single(inner))), inner, key))
    if not ways:
        return given.image if given.others is None else dict(given.others)
    _, member, name = max(ways, key=lambda way: way[0])  # the first of the best
    if member is None:
        return given.image
    return {**(given.others or {}), name: _wrap(member, GivenImage(given.image))}


def _holds_images(node: Node, depth: int) -> bool:
    if node.place is not None:
        return True
    if not depth:
        return False
    lengths = [len(one.get("prefixItems", ())) for one in node.of_type("array")]
    items = (node.item(index) for index in range(max(lengths) + 1)) if lengths else iter(())
    return any(_holds_images(inner, depth - 1) for inner in (*items, *node.members().values()))


def _most(schema: Mapping[str, Any]) -> int | None:
    if schema.get("items") is False:
        return len(schema.get("prefixItems", ()))
    return schema.get("maxItems")


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    else:
        yield value
