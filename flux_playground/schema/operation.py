"""An endpoint that makes something: its fields, and its requests, understood and checked.

Knows resolved schemas and the table of taste. Must not know the document that it comes from, or how requests are sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import FieldError, InvalidRequest
from .coerce import coerce
from .dereference import NEVER
from .field_overrides import EXTRA_CHECKS
from .fields import Field
from .simplify import merge_object_union
from .validate import find_unserializable, validate


@dataclass(frozen=True)
class Operation:
    """An endpoint that answers a POST with a task.

    `path` begins with "/v1"; `server` is the address that the document names, without a slash at its end, or "";
    `schema` is the whole request's JSON Schema, standing alone; `answer` names what a submit's answer may hold.
    """

    path: str
    server: str
    summary: str
    description: str
    fields: tuple[Field, ...]
    schema: Mapping[str, Any]
    response_names: tuple[str, ...] = ()

    def field(self, name: str) -> Field:
        """The field of this name; raises `KeyError` if there is none."""
        for one in self.fields:
            if one.name == name:
                return one
        raise KeyError(name)

    def build_request(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The request that a form's values stand for: texts understood, blanks (None and "") left out, and checked.

        Raises `InvalidRequest` with all that is wrong, by field.
        """
        strange = {name for name, value in values.items() if find_unserializable(value, ("body", name))}
        understood = coerce({name: value for name, value in values.items() if name not in strange}, self.schema)
        request = {**understood, **{name: values[name] for name in strange}}
        errors = [*self.check(request), *self._unknown(request)]
        if errors:
            raise InvalidRequest(self._in_order(errors))
        return request

    def check(self, request: Any) -> tuple[FieldError, ...]:
        """All that is wrong with a JSON body as it is, in the order of the fields; nothing is coerced."""
        errors = list(validate(self.schema, request))
        wrong = {error.field for error in errors}
        for one in self.fields:
            value = request.get(one.name) if isinstance(request, dict) else None
            if one.name in EXTRA_CHECKS and isinstance(value, str) and one.name not in wrong:
                sentence = EXTRA_CHECKS[one.name](value, one.description)
                errors += [FieldError(("body", one.name), sentence, "value_error")] if sentence else []
        return tuple(self._in_order(errors))

    def _unknown(self, request: Mapping[str, Any]) -> list[FieldError]:
        """Names that the schema does not speak of, and does not leave open either."""
        whole = merge_object_union(self.schema)
        known = whole.get("properties", {})
        names = () if whole.get("additionalProperties") or whole.get("patternProperties") else request
        return [
            FieldError(("body", n), "is not a field here", "extra_forbidden")
            for n in names
            if known.get(n, NEVER) == NEVER
        ]

    def _in_order(self, errors: list[FieldError]) -> list[FieldError]:
        places = {one.name: place for place, one in enumerate(self.fields)}
        unique: dict[tuple[str | int, ...], FieldError] = {}
        for error in errors:
            unique.setdefault(error.loc, error)
        return sorted(unique.values(), key=lambda error: places.get(error.field, len(places)))
