"""The journal as CSV and JSON lines: complete, without secrets, harmless in a spreadsheet."""

from __future__ import annotations

import base64
import csv
import io
import json

import pytest

from flux_playground.archive import export_csv, export_jsonl
from flux_playground.errors import ContentModerated
from flux_playground.generation import State
from flux_playground.storage.annotations import Annotation
from flux_playground.storage.generation_store import GenerationStore
from flux_playground.storage.search import Entry

from .gallery import describe, draw, entries, fill, keep


def read_csv(*found: Entry) -> list[dict[str, str]]:
    """The rows of a table."""
    text = b"".join(export_csv(found)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def entry(**values: object) -> Entry:
    return Entry(describe(1, **values), Annotation())


def test_all_fields_are_columns() -> None:
    """Each field of any request has a column, a request without it an empty cell."""
    rows = read_csv(entry(request={"prompt": "a", "raw": True}), entry(request={"steps": 40, "box": {"x": [1]}}))
    assert [row["request.prompt"] for row in rows] == ["a", ""]
    assert [row["request.raw"] for row in rows] == ["true", ""]
    assert [row["request.steps"] for row in rows] == ["", "40"]
    assert rows[1]["request.box"] == '{"x":[1]}'
    assert (rows[0]["seed"], rows[0]["cost"], rows[0]["created_at"]) == ("1", "6.0", "2025-06-15T15:06:41.000+00:00")


def test_annotation_and_error() -> None:
    """Stars, tags and the message of a failure are there."""
    said = Annotation(True, 4, ("sea", "best"), "Print.")
    failed = describe(1, state=State.FAILED, error=ContentModerated("Withheld."))
    (row,) = read_csv(Entry(failed, said))
    assert (row["starred"], row["rating"], row["tags"], row["note"]) == ("true", "4", "sea, best", "Print.")
    assert (row["state"], row["error"]) == ("failed", "Withheld.")


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =cmd|' /C calc'!A0", "＝1", "\n=1"]
)
def test_formulas_are_texts(text: str) -> None:
    """A prompt that a spreadsheet would run begins with an apostrophe."""
    (row,) = read_csv(entry(request={"prompt": text}))
    assert row["request.prompt"] == f"'{text}"


def test_numbers_stay_numbers() -> None:
    """A negative number is no formula."""
    assert read_csv(entry(request={"strength": -0.5}))[0]["request.strength"] == "-0.5"


def test_no_secrets() -> None:
    """Neither format has keys, webhooks or encoded images."""
    image = base64.b64encode(bytes(range(256)) * 20).decode()
    request = {
        "prompt": "use bfl_0123456789abcdef now",
        "webhook_secret": "hush",
        "image": image,
        "images": [f"data:image/png;base64,{image}"],
        "extra": {"api_key": "hush"},
    }
    found = entry(request=request, account="digest")
    for text in (b"".join(export_csv([found])).decode(), b"".join(export_jsonl([found])).decode()):
        for secret in ("hush", "0123456789abcdef now", image[:100], "digest", "get_result", found.generation.secret):
            assert secret not in text


def test_lines_are_json(store: GenerationStore) -> None:
    """Each line is an object; an unlisted character or line break in a prompt makes no new line."""
    fill(store, 2)
    keep(store, describe(3, request={"prompt": "a\nb\u2028c 🦊"}), draw(3))
    lines = b"".join(export_jsonl(entries(store))).decode().splitlines()
    assert [json.loads(line)["seed"] for line in lines] == [3, 2, 1]
    assert json.loads(lines[0])["request"]["prompt"] == "a\nb\u2028c 🦊"


def test_no_entries() -> None:
    """An empty journal is a table with its columns."""
    assert b"".join(export_csv([])).decode("utf-8-sig").startswith("id,state,created_at,")
    assert b"".join(export_jsonl([])) == b""
