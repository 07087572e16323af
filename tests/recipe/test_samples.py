"""Images and texts in the layouts of other tools and shells, each with its settings in `samples/values.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flux_playground import schema
from flux_playground.recipe import detect

SAMPLES = Path(__file__).parent / "samples"
VALUES: dict[str, dict[str, Any]] = json.loads((SAMPLES / "values.json").read_text(encoding="utf-8"))
FIELDS = [field.name for field in schema.load().operation("/v1/flux-pro-1.1-ultra-finetuned").fields]


def test_each_sample_has_values() -> None:
    """Each file of the folder has an entry, and each entry a file."""
    assert {path.name for path in SAMPLES.iterdir()} == {*VALUES, "values.json"}


@pytest.mark.parametrize("name", VALUES)
def test_sample(name: str) -> None:
    """Prompt, seed, ratio and finetune are those of the file; a key in a pasted text is nowhere."""
    data = (SAMPLES / name).read_bytes()
    found = detect(data.decode() if name.endswith(".txt") else data, FIELDS)
    assert {field: value for field, value in found.values.items() if field in FIELDS} == VALUES[name]
    assert "bfl_" not in repr(found)
