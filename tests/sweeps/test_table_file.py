"""Tables from files: encodings, delimiters, quotes, unknown columns and limits."""

from __future__ import annotations

import pytest

from flux_playground.errors import InvalidSweep
from flux_playground.sweeps.axes import AxisKind, AxisText, parse_axis
from flux_playground.sweeps.table_file import MAX_FILE_BYTES, decode_file
from tests.sweeps.sweep_endpoint import ENDPOINT, axis_error

TEXT = "Prompt,Finetune Strength\r\nein Bär,0.8\r\n漢字,1.2\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings(encoding: str) -> None:
    """A file in each usual encoding has the same text."""
    assert decode_file(TEXT.encode(encoding)) == TEXT


@pytest.mark.parametrize("data", [b"\xff\xd8\xff\xe0\x00\x10JFIF", "Bär".encode("latin-1"), b"a\0b and more text"])
def test_no_text(data: bytes) -> None:
    """A file that is not text is refused."""
    with pytest.raises(InvalidSweep, match="not text"):
        decode_file(data)


def test_large_file() -> None:
    """A file over the limit is refused before it is decoded."""
    with pytest.raises(InvalidSweep, match="at most 2,000,000"):
        decode_file(b"a" * (MAX_FILE_BYTES + 1))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters(delimiter: str) -> None:
    """Each delimiter is found, quoted line breaks are kept, blank cells and rows are left out."""
    lines = [
        ["\ufeffprompt", "Finetune Strength", "label"],
        ['"a cat,\nsitting; ""so"""', "0.8", "one"],
        ["", "", ""],
        ["a dog", "", ""],
    ]
    text = "\n".join(delimiter.join(line) for line in lines)
    points = parse_axis(ENDPOINT, AxisText("", text, AxisKind.TABLE)).points
    assert [dict(point.values) for point in points] == [
        {"prompt": 'a cat,\nsitting; "so"', "finetune_strength": 0.8},
        {"prompt": "a dog"},
    ]
    assert [point.label for point in points] == ["one", "a dog"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The table is empty."),
        ("prompt\n", "The table has no rows under its header."),
        ("prompt,stlye\na,b", "Column 2, “stlye”, is not a field of this endpoint."),
        ("prompt,Prompt\na,b", "Column 2, “Prompt”, is there twice."),
        ("prompt\na,b", "Line 2 of the table has a value in column 2, which has no title."),
        ('prompt\n"a\nb",c', "Line 2 of the table has a value in column 2, which has no title."),
        ('prompt\n"a', "Line 2 of the table cannot be read: unexpected end of data."),
        ("prompt,seed\na,1\n\nb,x", "Line 4, seed: must be a whole number, not “x”."),
        ("prompt\n" + "\n".join(map(str, range(1001))), "The table has more than 1,000 rows."),
        ("," * 1_000_000 + "a", "The table has 1,000,001 columns; at most 200 are possible."),
        ("webhook_secret\na", "“webhook_secret” cannot be an axis: it does not change the image."),
    ],
)
def test_errors(text: str, message: str) -> None:
    """A table that cannot be used is refused in a sentence that names the line or the column."""
    assert axis_error("", text, kind=AxisKind.TABLE) == message


def test_large_cell() -> None:
    """A cell over the limit of a field is refused."""
    assert "too long" in axis_error("", "prompt\n" + "a" * 120_000, kind=AxisKind.TABLE)
    assert "cannot be read" in axis_error("", "prompt\n" + "a" * 140_000, kind=AxisKind.TABLE)
