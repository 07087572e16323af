"""An endpoint that starts a task: its fields, and how form values become a valid request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import FieldError, InvalidRequest
from .coerce import coerce
from .dereference import NEVER
from .fields import Field
from .known_fields import EXTRA_CHECKS
from .simplify import merge_object_union
from .validate import find_unserializable, validate


@dataclass(frozen=True)
class Operation:
    """A POST endpoint that responds with a task.

    `path` begins with "/v1". `server` is the URL that the document names, without a trailing slash, or "". `schema` is
    the JSON Schema of the request without references. `response_names` are the names in the response to a submit.
    `deprecated` says that the document marks it so.
    """

    path: str
    server: str
    summary: str
    description: str
    fields: tuple[Field, ...]
    schema: Mapping[str, Any]
    response_names: tuple[str, ...] = ()
    deprecated: bool = False

    def field(self, name: str) -> Field:
        """Return the field with this name; raises `KeyError`."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def build_request(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the request for form values: converted to the types of the schema, without blank values.

        Raises `InvalidRequest` with every error, by field.
        """
        invalid = {name: value for name, value in values.items() if find_unserializable(value, ("body", name))}
        known = {name: value for name, value in values.items() if name not in invalid}
        request = {**coerce(known, self.schema), **invalid}
        errors = [*self.check(request), *self._unknown_fields(request)]
        if errors:
            raise InvalidRequest(self._sort(errors))
        return request

    def build_value(self, name: str, value: Any) -> Any:
        """Return one value converted to the type of its field; raises `InvalidRequest`, also for an unknown field."""
        given = {name: value}
        request = given if find_unserializable(value, ("body", name)) else coerce(given, self.schema)
        found = [*self.check(request), *self._unknown_fields(given)]
        errors = [error for error in found if error.field == name]
        if errors:
            raise InvalidRequest(errors)
        return request.get(name)

    def check(self, request: Any) -> tuple[FieldError, ...]:
        """Return every error of a JSON body, without conversion, in the order of the fields."""
        errors = list(validate(self.schema, request))
        invalid = {error.field for error in errors}
        for field in self.fields:
            value = request.get(field.name) if isinstance(request, dict) else None
            if field.name in EXTRA_CHECKS and isinstance(value, str) and field.name not in invalid:
                message = EXTRA_CHECKS[field.name](value, field.description)
                errors += [FieldError(("body", field.name), message, "value_error")] if message else []
        return tuple(self._sort(errors))

    def _unknown_fields(self, request: Mapping[str, Any]) -> list[FieldError]:
        merged = merge_object_union(self.schema)
        if merged.get("additionalProperties") or merged.get("patternProperties"):
            return []
        properties = merged.get("properties", {})
        names = [name for name in request if properties.get(name, NEVER) == NEVER]
        return [FieldError(("body", name), "is not a field here", "extra_forbidden") for name in names]

    def _sort(self, errors: list[FieldError]) -> list[FieldError]:
        """Return one error for each location, in the order of the fields."""
        order = {field.name: index for index, field in enumerate(self.fields)}
        first: dict[tuple[str | int, ...], FieldError] = {}
        for error in errors:
            first.setdefault(error.loc, error)
        return sorted(first.values(), key=lambda error: order.get(error.field, len(order)))
