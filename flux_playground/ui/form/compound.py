"""A field that one input cannot stand for, as several: a union's branch and then its input, an object's fields.

`plan` makes a tree of parts from a field; each part knows the keys of its inputs, how their contents become a value,
and what they must hold for one. What would be too large or too deep is one box of JSON instead, so that every field
has an input. Knows gradio only to draw a tree; names no field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import gradio as gr

from ...schema import Field
from ...schema.coerce import coerce, is_blank
from ...schema.fields import parse_field as field_of
from ...schema.simplify import pick_branch, simplify
from ...schema.validate import is_valid
from ..text import labels
from . import widgets
from .limits_text import limits

DEEPEST = 3
"""Objects and unions within each other that have inputs of their own."""

MOST = 40
"""Inputs for one field; beyond it, JSON is easier to read."""

Raw = Mapping[str, Any]


class Part(Protocol):
    """A piece of the tree: `read` takes the contents of inputs by key, `fill` gives them for a value (None: blank)."""

    def read(self, raw: Raw) -> Any:
        """The value; None when there is none."""

    def fill(self, value: Any) -> dict[str, Any]:
        """What each input must hold for a value."""

    def draw(self, made: dict[str, Any], wires: list[Wire]) -> None:
        """Put the inputs on the page: into `made` by their keys, into `wires` what shows and hides some of them."""


@dataclass(frozen=True)
class Wire:
    """A chooser, and for each of its branches the column that is shown while it is chosen (None: nothing)."""

    chooser: Any
    columns: tuple[Any, ...]


@dataclass(frozen=True)
class Leaf:
    """One input."""

    key: str
    field: Field
    info: str | None = None

    def read(self, raw: Raw) -> Any:
        """What the input says."""
        return widgets.read(self.field, raw.get(self.key))

    def fill(self, value: Any) -> dict[str, Any]:
        """The input's content."""
        return {self.key: widgets.held(self.field, value)}

    def draw(self, made: dict[str, Any], wires: list[Wire]) -> None:
        """The input."""
        made[self.key] = widgets.component(self.field, self.key, self.info)


@dataclass(frozen=True)
class Fixed:
    """What can have one value only, and needs no input."""

    value: Any

    def read(self, raw: Raw) -> Any:
        """The one value."""
        return self.value

    def fill(self, value: Any) -> dict[str, Any]:
        """Nothing."""
        return {}

    def draw(self, made: dict[str, Any], wires: list[Wire]) -> None:
        """Nothing."""


@dataclass(frozen=True)
class Group:
    """The fields of an object or, with numbers for names, the places of a list of fixed length."""

    parts: tuple[tuple[str | int, Part], ...]

    def read(self, raw: Raw) -> Any:
        """The object without its blanks, or the list up to its last place that is not blank."""
        values = {name: part.read(raw) for name, part in self.parts}
        if not self._is_list:
            return {name: value for name, value in values.items() if not is_blank(value)}
        listed = list(values.values())
        while listed and is_blank(listed[-1]):
            listed.pop()
        return listed

    def fill(self, value: Any) -> dict[str, Any]:
        """The content of each input within."""
        if self._is_list:
            value = dict(enumerate(value)) if isinstance(value, list) else {}
        known = value if isinstance(value, Mapping) else {}
        return {key: held for name, part in self.parts for key, held in part.fill(known.get(name)).items()}

    def draw(self, made: dict[str, Any], wires: list[Wire]) -> None:
        """The inputs within, one below the other."""
        for _, part in self.parts:
            part.draw(made, wires)

    @property
    def _is_list(self) -> bool:
        return bool(self.parts) and isinstance(self.parts[0][0], int)


@dataclass(frozen=True)
class Choice:
    """The choice of a branch, by its place among `branches`, then the branch's own part; "" chooses none."""

    key: str
    field: Field
    branches: tuple[tuple[Field, Part], ...]
    optional: bool

    def read(self, raw: Raw) -> Any:
        """The value of the branch that is chosen, as that branch means it."""
        chosen = raw.get(self.key)
        if not isinstance(chosen, str) or not chosen.isdecimal() or int(chosen) >= len(self.branches):
            return None
        field, part = self.branches[int(chosen)]
        value = part.read(raw)
        return None if is_blank(value) else coerce(value, field.schema)

    def fill(self, value: Any) -> dict[str, Any]:
        """The branch that takes the value, with it; the others blank."""
        at = None if value is None else self._branch(value)
        out: dict[str, Any] = {self.key: self._none if at is None else str(at)}
        for place, (_, part) in enumerate(self.branches):
            out |= part.fill(value if place == at else None)
        return out

    def draw(self, made: dict[str, Any], wires: list[Wire]) -> None:
        """The chooser, and below it what the chosen branch needs."""
        begin = self.fill(self.field.default)[self.key]
        choices = [(labels.branch(one), str(place)) for place, (one, _) in enumerate(self.branches)]
        choices += [(widgets.UNSET, "")] if self.optional else []
        kind = gr.Radio if len(choices) <= widgets.FEW else gr.Dropdown
        named = {"label": labels.label(self.field), "elem_id": f"input-{self.key}", "elem_classes": "chooser"}
        chooser = made[self.key] = kind(choices=choices, value=begin, **named)
        chooser.preprocess = lambda payload: payload
        columns = []
        for place, (_, part) in enumerate(self.branches):
            needs = not isinstance(part, Fixed)
            columns.append(_column(part, made, wires, begin == str(place)) if needs else None)
        wires.append(Wire(chooser, tuple(columns)))

    @property
    def _none(self) -> str:
        return "" if self.optional else "0"

    def _branch(self, value: Any) -> int:
        """The first branch that takes the value as it is; else the one that its tags, or its kind, point to."""
        schemas = [dict(field.schema) for field, _ in self.branches]
        named = pick_branch(schemas, value) if isinstance(value, Mapping) else None
        if named is not None:
            return next(at for at, one in enumerate(schemas) if one is named)
        for fits in (value, None):
            for at, schema in enumerate(schemas):
                if fits is None or is_valid(schema, fits):
                    return at
        return 0


def plan(field: Field) -> Part:
    """The part for a field of a request."""
    made = _part(field, field.name, DEEPEST)
    return made if isinstance(made, Leaf) or _size(made) <= MOST else Leaf(field.name, field)


def text_keys(part: Part) -> Iterator[str]:
    """Return the keys of a part's inputs that hold a text."""
    for leaf in _leaves(part):
        if isinstance(leaf, Leaf) and widgets.is_text(leaf.field):
            yield leaf.key


def draw(part: Part) -> dict[str, Any]:
    """The inputs of a part, put where they stand on the page, by their keys."""
    made: dict[str, Any] = {}
    wires: list[Wire] = []
    part.draw(made, wires)
    for wire in wires:
        shown = [column for column in wire.columns if column is not None]
        if shown:
            wire.chooser.change(_turn(wire), wire.chooser, shown, queue=False, **QUIET)
    return made


QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}


def _turn(wire: Wire) -> Callable[[Any], Any]:
    def turned(chosen: Any) -> Any:
        shown = [gr.Column(visible=str(at) == chosen) for at, one in enumerate(wire.columns) if one is not None]
        return shown if len(shown) > 1 else shown[0]

    return turned


def _column(part: Part, made: dict[str, Any], wires: list[Wire], visible: bool) -> Any:
    with gr.Column(visible=visible, min_width=0, elem_classes="branch") as column:
        column.allow_expected_parents = False
        part.draw(made, wires)
    return column


def _part(field: Field, key: str, depth: int, *, alone: bool = False) -> Part:
    """The part for a field; `alone` where somebody else has chosen it, so that it need not offer to be left out."""
    nested = key != field.name
    if depth and len(field.branches) > 1 and not field.enum:
        branches = tuple((one, _branch(one, f"{key}/{place}", depth - 1)) for place, one in enumerate(field.branches))
        return Choice(f"{key}/of", field, branches, optional=not (field.required or alone))
    group = _group(field, key, depth) if depth else None
    if group is None:
        return Leaf(key, field, limits(field) if nested else None)
    if field.required or alone:
        return group
    return Choice(f"{key}/of", field, ((replace(field, title="Given"), group),), optional=True)


def _branch(field: Field, key: str, depth: int) -> Part:
    only = field.enum[0] if len(field.enum) == 1 else None
    return Fixed(only) if only is not None else _part(replace(field, required=True), key, depth, alone=True)


def _group(field: Field, key: str, depth: int) -> Group | None:
    """The parts of an object or a list whose places are known; None for what JSON says better."""
    known = simplify(field.schema)
    if field.enum or known.get("patternProperties") or known.get("additionalProperties"):
        return None
    each: list[tuple[str | int, Field]] = []
    if field.type == "object":
        each = [(one.name, one) for one in field.fields]
    elif field.type == "array" and known.get("prefixItems") and "items" in known and known["items"] is False:
        places: Sequence[Any] = known["prefixItems"]
        each = [(at, field_of(f"{field.name}_{at + 1}", one, required=True)) for at, one in enumerate(places)]
    parts = [(name, _inner(one, f"{key}/{name}", depth - 1)) for name, one in each]
    return Group(tuple(parts)) if parts else None


def _inner(field: Field, key: str, depth: int) -> Part:
    """A field within an object: one that must be given and can have one value only needs no input."""
    only = field.enum[0] if field.required and len(field.enum) == 1 else None
    return Fixed(only) if only is not None else _part(field, key, depth)


def _leaves(part: Part) -> Iterator[Part]:
    if isinstance(part, Group):
        yield from (leaf for _, one in part.parts for leaf in _leaves(one))
    elif isinstance(part, Choice):
        yield part
        yield from (leaf for _, one in part.branches for leaf in _leaves(one))
    else:
        yield part


def _size(part: Part) -> int:
    return sum(1 for _ in _leaves(part))
