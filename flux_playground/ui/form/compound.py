"""Plans the inputs of a field that needs several: a union's branch and the branch's input, an object's fields.

`plan` returns a tree of nodes. A node knows the keys of its inputs, reads a value from their contents and fills them
for a value. A field that is too large or too deep gets one JSON box, so that every field has an input.
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
from ..text import field_hints
from . import widgets
from .limits_text import describe_limits

MAX_DEPTH = 3
"""Nested objects and unions that have their own inputs."""

MAX_INPUTS = 40
"""Inputs of one field; with more of them, JSON is easier to read."""

Contents = Mapping[str, Any]


class InputNode(Protocol):
    """A node of the tree of inputs."""

    def read(self, raw: Contents) -> Any:
        """Return the value of the inputs' contents; None for a blank value."""

    def fill(self, value: Any) -> dict[str, Any]:
        """Return the contents of the inputs for a value; None clears them."""

    def draw(self, inputs: dict[str, Any], rules: list[VisibilityRule]) -> None:
        """Draw the inputs into `inputs` by their keys, and the rules that show and hide them into `rules`."""


@dataclass(frozen=True)
class VisibilityRule:
    """A chooser, and for each branch the column that is visible while the branch is chosen; None for no column."""

    chooser: Any
    columns: tuple[Any, ...]


@dataclass(frozen=True)
class Leaf:
    """One input."""

    key: str
    field: Field
    info: str | None = None

    def read(self, raw: Contents) -> Any:
        """Return the value of the input."""
        return widgets.read(self.field, raw.get(self.key))

    def fill(self, value: Any) -> dict[str, Any]:
        """Return the content of the input."""
        return {self.key: widgets.to_widget(self.field, value)}

    def draw(self, inputs: dict[str, Any], rules: list[VisibilityRule]) -> None:
        """Draw the input."""
        inputs[self.key] = widgets.draw(self.field, self.key, self.info)


@dataclass(frozen=True)
class Fixed:
    """A value that cannot change and needs no input."""

    value: Any

    def read(self, raw: Contents) -> Any:
        """Return the value."""
        return self.value

    def fill(self, value: Any) -> dict[str, Any]:
        """Return no contents."""
        return {}

    def draw(self, inputs: dict[str, Any], rules: list[VisibilityRule]) -> None:
        """Draw nothing."""


@dataclass(frozen=True)
class Group:
    """The fields of an object or, with numbers as names, the items of a list of fixed length."""

    nodes: tuple[tuple[str | int, InputNode], ...]

    def read(self, raw: Contents) -> Any:
        """Return the object without blank fields, or the list up to its last item that is not blank."""
        values = {name: node.read(raw) for name, node in self.nodes}
        if not self._is_list:
            return {name: value for name, value in values.items() if not is_blank(value)}
        listed = list(values.values())
        while listed and is_blank(listed[-1]):
            listed.pop()
        return listed

    def fill(self, value: Any) -> dict[str, Any]:
        """Return the contents of all inputs."""
        if self._is_list:
            value = dict(enumerate(value)) if isinstance(value, list) else {}
        known = value if isinstance(value, Mapping) else {}
        return {key: held for name, node in self.nodes for key, held in node.fill(known.get(name)).items()}

    def draw(self, inputs: dict[str, Any], rules: list[VisibilityRule]) -> None:
        """Draw the inputs one below the other."""
        for _, node in self.nodes:
            node.draw(inputs, rules)

    @property
    def _is_list(self) -> bool:
        return bool(self.nodes) and isinstance(self.nodes[0][0], int)


@dataclass(frozen=True)
class Choice:
    """A chooser of a branch, by its index in `branches`, and the nodes of the branches; "" chooses none."""

    key: str
    field: Field
    branches: tuple[tuple[Field, InputNode], ...]
    optional: bool

    def read(self, raw: Contents) -> Any:
        """Return the value of the chosen branch, coerced by the branch's schema."""
        chosen = raw.get(self.key)
        if not isinstance(chosen, str) or not chosen.isdecimal() or int(chosen) >= len(self.branches):
            return None
        field, node = self.branches[int(chosen)]
        value = node.read(raw)
        return None if is_blank(value) else coerce(value, field.schema)

    def fill(self, value: Any) -> dict[str, Any]:
        """Return the contents for the branch that takes the value; other branches are blank."""
        at = None if value is None else self._branch(value)
        out: dict[str, Any] = {self.key: self._unset if at is None else str(at)}
        for place, (_, node) in enumerate(self.branches):
            out |= node.fill(value if place == at else None)
        return out

    def draw(self, inputs: dict[str, Any], rules: list[VisibilityRule]) -> None:
        """Draw the chooser, and the inputs of each branch below it."""
        begin = self.fill(self.field.default)[self.key]
        choices = [(field_hints.branch(one), str(place)) for place, (one, _) in enumerate(self.branches)]
        choices += [(widgets.UNSET, "")] if self.optional else []
        kind = gr.Radio if len(choices) <= widgets.MAX_RADIO_CHOICES else gr.Dropdown
        named = {"label": field_hints.label(self.field), "elem_id": f"input-{self.key}", "elem_classes": "chooser"}
        chooser = inputs[self.key] = kind(choices=choices, value=begin, **named)
        chooser.preprocess = lambda payload: payload
        columns = []
        for place, (_, node) in enumerate(self.branches):
            needs = not isinstance(node, Fixed)
            columns.append(_column(node, inputs, rules, begin == str(place)) if needs else None)
        rules.append(VisibilityRule(chooser, tuple(columns)))

    @property
    def _unset(self) -> str:
        return "" if self.optional else "0"

    def _branch(self, value: Any) -> int:
        """Return the index of the branch that the value's tags name, else of the first branch that takes the value."""
        schemas = [dict(field.schema) for field, _ in self.branches]
        named = pick_branch(schemas, value) if isinstance(value, Mapping) else None
        if named is not None:
            return next(at for at, one in enumerate(schemas) if one is named)
        for fits in (value, None):
            for at, schema in enumerate(schemas):
                if fits is None or is_valid(schema, fits):
                    return at
        return 0


def plan(field: Field) -> InputNode:
    """Return the node of a field of a request."""
    inputs = _plan(field, field.name, MAX_DEPTH)
    return inputs if isinstance(inputs, Leaf) or _size(inputs) <= MAX_INPUTS else Leaf(field.name, field)


def text_keys(node: InputNode) -> Iterator[str]:
    """Return the keys of a node's inputs that hold a text."""
    for leaf in _leaves(node):
        if isinstance(leaf, Leaf) and widgets.is_text(leaf.field):
            yield leaf.key


def draw(node: InputNode) -> dict[str, Any]:
    """Draw the inputs of a node where this is called; return them by their keys."""
    inputs: dict[str, Any] = {}
    rules: list[VisibilityRule] = []
    node.draw(inputs, rules)
    for rule in rules:
        shown = [column for column in rule.columns if column is not None]
        if shown:
            rule.chooser.change(_show_branch(rule), rule.chooser, shown, queue=False, **EVENT_OPTIONS)
    return inputs


EVENT_OPTIONS: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}


def _show_branch(rule: VisibilityRule) -> Callable[[Any], Any]:
    def show(chosen: Any) -> Any:
        shown = [gr.Column(visible=str(at) == chosen) for at, one in enumerate(rule.columns) if one is not None]
        return shown if len(shown) > 1 else shown[0]

    return show


def _column(node: InputNode, inputs: dict[str, Any], rules: list[VisibilityRule], visible: bool) -> Any:
    with gr.Column(visible=visible, min_width=0, elem_classes="branch") as column:
        column.allow_expected_parents = False
        node.draw(inputs, rules)
    return column


def _plan(field: Field, key: str, depth: int, *, alone: bool = False) -> InputNode:
    """Return the node of a field; a field that is `alone` is a chosen branch and cannot be left out."""
    nested = key != field.name
    if field.images is not None:
        return Leaf(key, field)
    if depth and len(field.branches) > 1 and not field.enum:
        branches = tuple((one, _branch(one, f"{key}/{place}", depth - 1)) for place, one in enumerate(field.branches))
        return Choice(f"{key}/of", field, branches, optional=not (field.required or alone))
    group = _group(field, key, depth) if depth else None
    if group is None:
        return Leaf(key, field, describe_limits(field) if nested else None)
    if field.required or alone:
        return group
    return Choice(f"{key}/of", field, ((replace(field, title="Given"), group),), optional=True)


def _branch(field: Field, key: str, depth: int) -> InputNode:
    only = field.enum[0] if len(field.enum) == 1 else None
    return Fixed(only) if only is not None else _plan(replace(field, required=True), key, depth, alone=True)


def _group(field: Field, key: str, depth: int) -> Group | None:
    """Return the group of an object or a list of fixed length; None for a field that needs a JSON box."""
    known = simplify(field.schema)
    if field.enum or known.get("patternProperties") or known.get("additionalProperties"):
        return None
    each: list[tuple[str | int, Field]] = []
    if field.type == "object":
        each = [(one.name, one) for one in field.fields]
    elif field.type == "array" and known.get("prefixItems") and "items" in known and known["items"] is False:
        places: Sequence[Any] = known["prefixItems"]
        each = [(at, field_of(f"{field.name}_{at + 1}", one, required=True)) for at, one in enumerate(places)]
    nodes = [(name, _inner(one, f"{key}/{name}", depth - 1)) for name, one in each]
    return Group(tuple(nodes)) if nodes else None


def _inner(field: Field, key: str, depth: int) -> InputNode:
    """Return the node of a field in an object; a required field with one possible value needs no input."""
    only = field.enum[0] if field.required and len(field.enum) == 1 else None
    return Fixed(only) if only is not None else _plan(field, key, depth)


def _leaves(node: InputNode) -> Iterator[InputNode]:
    if isinstance(node, Group):
        yield from (leaf for _, one in node.nodes for leaf in _leaves(one))
    elif isinstance(node, Choice):
        yield node
        yield from (leaf for _, one in node.branches for leaf in _leaves(one))
    else:
        yield node


def _size(node: InputNode) -> int:
    return sum(1 for _ in _leaves(node))
