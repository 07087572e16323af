"""References to stored images."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from flux_playground.image_ref import find_image_refs, image_ref, is_image_ref


def test_reference_of_text() -> None:
    """A reference is the SHA-256 of the base64 text, and is recognizable as one."""
    reference = image_ref("QUJD")
    assert reference == "sha256:" + hashlib.sha256(b"QUJD").hexdigest()
    assert is_image_ref(reference)
    assert image_ref("QUJD") != image_ref("QUJE")


@pytest.mark.parametrize("value", [None, 5, "", "sha256:", "sha256:" + "g" * 64, "sha256:" + "a" * 65, "a" * 64])
def test_other_values(value: Any) -> None:
    """Only the prefix with 64 hex digits is a reference."""
    assert not is_image_ref(value)


def test_references_in_json() -> None:
    """References are found as whole strings of a JSON text, in lists too."""
    first, second = image_ref("a"), image_ref("b")
    text = json.dumps({"image": first, "images": [second, f"see {first}"], "prompt": "sha256:"})
    assert find_image_refs(text) == {first, second}
