"""The form of one endpoint: an input for each of its fields, drawn, read and filled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import Markup

from ... import schema
from ...errors import FieldError
from ...schema import Field, Operation
from ...schema.coerce import is_blank
from ..components import html, private_event
from ..text import field_hints
from ..text.templates import render
from . import compound, widgets
from .field_help import render_help

Ranges = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class FormComponents:
    """The Gradio components of a form: its column, and its inputs by their keys."""

    column: Any
    inputs: Mapping[str, Any]


class Form:
    """The form of an endpoint, and of others with the same fields. A field has one input or several.

    A field's only input has the field's name as its key; several inputs have keys that begin with it. `operation` is
    the endpoint that is chosen among `operations`.
    """

    def __init__(self, operation: Operation, fields: Sequence[Field], others: Sequence[Operation] = ()) -> None:
        self.operation = operation
        self.operations = (operation, *others)
        self.fields = tuple(fields)
        self._nodes = {field.name: compound.plan(field) for field in self.fields}
        self._suggested = _suggested_ranges(operation, fields)
        self._priced = _priced_field(operation)

    def at(self, path: object) -> Form:
        """Return the same form with another endpoint chosen; unchanged for a path that is none of its endpoints."""
        chosen = next((operation for operation in self.operations if operation.path == path), self.operation)
        form = copy(self)
        form.operation = chosen
        return form

    def draw(self, place: int) -> FormComponents:
        """Draw the form where this is called; only the form of place 0 is visible at first."""
        with gr.Column(elem_id=f"fields-{place}", elem_classes="fields", min_width=0, visible=place == 0) as column:
            inputs = self._draw_fields()
            # One component for all fields: each component costs the browser milliseconds.
            html(
                Markup().join(render_help(field, self._suggested.get(field.name)) for field in self.fields),
                elem_classes="unders",
            )
        return FormComponents(column, inputs)

    def read(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of the inputs' contents; nothing is refused, and a blank field is None.

        A field with several inputs may be given under its own name.
        """
        values: dict[str, Any] = {}
        for field in self.fields:
            node = self._nodes[field.name]
            if field.name in raw:
                values[field.name] = widgets.read(field, raw[field.name])
            elif not isinstance(node, compound.Leaf) and any(key in raw for key in node.fill(None)):
                values[field.name] = node.read(raw)
        return values

    def fill(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the contents of the inputs for `values` of a form or a request; None clears a field.

        Base64 images become uploads. Fields that `values` does not name are left out.
        """
        filled: dict[str, Any] = {}
        for field in self.fields:
            if field.name in values:
                filled |= self._nodes[field.name].fill(values[field.name])
        return filled

    def initial(self) -> dict[str, Any]:
        """Return the contents of the inputs of an untouched form, by their keys."""
        return {key: content for field in self.fields for key, content in self._initial_field(field).items()}

    def text_keys(self) -> frozenset[str]:
        """Return the keys of the inputs that hold a text."""
        return frozenset(key for node in self._nodes.values() for key in compound.text_keys(node))

    def changed(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values that differ from those of the untouched form, by field name."""
        values, untouched = self.read(raw), self.read(self.initial())
        return {
            name: value
            for name, value in values.items()
            if not is_blank(value) and value != untouched.get(name) and str(value) != str(untouched.get(name))
        }

    def _initial_field(self, field: Field) -> dict[str, Any]:
        node = self._nodes[field.name]
        return {node.key: widgets.initial_value(field)} if isinstance(node, compound.Leaf) else node.fill(field.default)

    def _draw_fields(self) -> dict[str, Any]:
        inputs: dict[str, Any] = {}
        columns: dict[str, Any] = {}
        ordered = field_hints.ordered(self.fields)
        for field in ordered:
            if not self.is_folded(field):
                self._draw_field(field, inputs, columns)
        folded = [field for field in ordered if self.is_folded(field)]
        if folded:
            with gr.Accordion("Advanced", open=False, elem_id="advanced"):
                for field in folded:
                    self._draw_field(field, inputs, columns)
        for name, needed in field_hints.NEEDS.items():
            if name in inputs and needed in inputs:
                show = lambda value: gr.Column(visible=bool(value))  # noqa: E731
                inputs[needed].change(show, inputs[needed], columns[name], queue=False, **private_event())
        return inputs

    def is_folded(self, field: Field) -> bool:
        """Return whether a field is in the section that is closed at first."""
        return field_hints.advanced(field) and field.name != self._priced

    def _draw_field(self, field: Field, inputs: dict[str, Any], columns: dict[str, Any]) -> None:
        classes = ["field", f"field-{field.name}", *(["required"] if field.required else [])]
        if field.media:
            classes.append("image-field")
        if field.name in field_hints.HALF:
            classes.append("half")
        if field.name in self._suggested:
            classes.append("ranged")
        alone = field_hints.NEEDS.get(field.name) not in inputs
        with gr.Column(elem_classes=classes, min_width=0, visible=alone, elem_id=f"field-{field.name}") as column:
            column.allow_expected_parents = False  # Gradio would put another box around each input
            inputs |= compound.draw(self._nodes[field.name])
        columns[field.name] = column


def plan_forms(operations: Iterable[Operation], *, hosted: bool) -> list[Form]:
    """Return the forms of endpoints; those with the same inputs share one, because each form makes the page larger."""
    shared: list[tuple[tuple[Field, ...], Ranges, str, list[Operation]]] = []
    for operation in operations:
        fields = offered_fields(operation, hosted=hosted)
        ranges, priced = _suggested_ranges(operation, fields), _priced_field(operation)
        same = next((members for *known, members in shared if known == [fields, ranges, priced]), None)
        if same is None:
            shared.append((fields, ranges, priced, [operation]))
        else:
            same.append(operation)
    return [Form(first, fields, others) for fields, _, _, (first, *others) in shared]


def _suggested_ranges(operation: Operation, fields: Sequence[Field]) -> Ranges:
    """Return the useful ranges of the numbers that have a text box, because the schema states no bounds."""
    known = schema.facts(operation.path).suggested
    boxes = [field.name for field in fields if field.type in ("integer", "number") and widgets.is_text(field)]
    return {name: known[name] for name in boxes if name in known}


def _priced_field(operation: Operation) -> str:
    """Return the name of the field whose values have different prices; "" for none. It is always visible."""
    price = schema.price(operation.path)
    return price.field if price else ""


def offered_fields(operation: Operation, *, hosted: bool) -> tuple[Field, ...]:
    """Return the fields that the page has inputs for: all but those that visitors of a hosted page must not set."""
    return tuple(field for field in operation.fields if not (hosted and field.name in field_hints.OWNERS))


def render_field_errors(errors: Iterable[FieldError]) -> str:
    """Render what is wrong with a form; the page's script writes each error under its field."""
    return render("field_errors.html", rows=[(error.field, _placed(error), _item(error)) for error in errors])


def _item(error: FieldError) -> int | str:
    """Return the index of the item of a list that an error is about, or ""."""
    return next((part for part in error.loc if isinstance(part, int)), "")


def _placed(error: FieldError) -> str:
    """Return the message of an error, after its place within the field."""
    names: Sequence[str | int] = [part for part in error.loc if part != "body"][1:]
    where = " → ".join(f"item {part + 1}" if isinstance(part, int) else part for part in names)
    return f"{where} {error.msg}" if where else error.msg
