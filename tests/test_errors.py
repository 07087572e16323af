"""The tree of errors: drawn truly, carried whole through JSON."""

from __future__ import annotations

import json
import re

import pytest

from flux_playground import errors
from flux_playground.errors import FieldError, InvalidRequest, OutOfCredits, PlaygroundError, from_dict


def all_kinds(root: type[PlaygroundError] = PlaygroundError) -> list[type[PlaygroundError]]:
    children = (child for child in root.__subclasses__() if child.__module__ == errors.__name__)
    return [root] + [kind for child in children for kind in all_kinds(child)]


def test_docstring_has_the_tree() -> None:
    """The tree in the docstring names each error at its depth."""
    drawn = re.findall(r"^([│├└─ ]*)(\w+)", errors.__doc__ or "", re.M)
    depths = {name: len(prefix) // 4 for prefix, name in drawn if hasattr(errors, name)}
    assert depths == {kind.__name__: len(kind.__mro__) - len(PlaygroundError.__mro__) for kind in all_kinds()}


@pytest.mark.parametrize("kind", [kind for kind in all_kinds() if kind is not InvalidRequest])
def test_error_is_stored_with_its_data(kind: type[PlaygroundError]) -> None:
    """An error that is stored and read again has the same data."""
    error = kind("No.", detail="said the API", status_code=402, retry_after=1.5, task_id="t")
    again = from_dict(json.loads(json.dumps(error.as_dict())))
    assert type(again) is kind
    assert again.as_dict() == error.as_dict()
    assert str(again) == "No."


def test_details_are_stored() -> None:
    """An invalid request keeps its field errors."""
    details = (FieldError(("body", "seed"), "must be a whole number", "int_parsing"), FieldError(("body",), "odd", "x"))
    again = from_dict(json.loads(json.dumps(InvalidRequest(details, status_code=422).as_dict())))
    assert isinstance(again, InvalidRequest)
    assert again.details == details
    assert again.status_code == 422
    assert [d.field for d in again.details] == ["seed", ""]


def test_unknown_kind_is_read() -> None:
    """A stored error of an unknown kind is read with its message."""
    again = from_dict({"kind": "Forgotten", "message": "It failed."})
    assert type(again) is PlaygroundError
    assert again.message == "It failed."


def test_empty_data_is_left_out() -> None:
    """An error without data is stored as kind and message."""
    assert OutOfCredits("Empty.").as_dict() == {"kind": "OutOfCredits", "message": "Empty."}


@pytest.mark.parametrize(("former", "name"), errors.FORMER_NAMES.items())
def test_former_names_are_read(former: str, name: str) -> None:
    """A record that was written before an error was renamed is read as the error of today."""
    assert type(from_dict({"kind": former})) is getattr(errors, name)
