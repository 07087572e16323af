"""Reads CSV and text files of strangers: any usual encoding and delimiter, quoted line breaks, within limits."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass

from ..errors import InvalidSweep

MAX_FILE_BYTES = 2_000_000
MAX_COLUMNS = 200
MAX_HEADER_CHARACTERS = 20_000  # that count when the delimiter is looked for
DELIMITERS = (",", ";", "\t")
MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
"""Byte order marks and their encodings, the longest mark first."""


@dataclass(frozen=True)
class Row:
    """A row of a table: its line in the text, and the cells that are not blank, by column."""

    line: int
    cells: dict[str, str]


def decode_file(data: bytes) -> str:
    """Return the text of a file in UTF-8 or UTF-16, with or without a byte order mark; raises `InvalidSweep`."""
    if len(data) > MAX_FILE_BYTES:
        raise InvalidSweep(f"The file has {len(data):,} bytes; at most {MAX_FILE_BYTES:,} are possible.")
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), "") or _guess_encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise InvalidSweep("The file is not text in UTF-8 or UTF-16. Save it as “CSV UTF-8”.") from None
    if "\0" in text:
        raise InvalidSweep("The file is not text.")
    return text


def parse_table(text: str, find_column: Callable[[str], str], most: int) -> list[Row]:
    """Return the rows of a CSV text with a header, separated by commas, semicolons or tabs.

    `find_column` returns the name of a column for its title, or "" for an unknown title. Blank rows are left out.
    Raises `InvalidSweep` that names the column or the line.
    """
    if len(text) > MAX_FILE_BYTES:
        raise InvalidSweep(f"The table has {len(text):,} characters; at most {MAX_FILE_BYTES:,} are possible.")
    delimiter = _find_delimiter(text, find_column)
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter, strict=True)
    columns: list[str] | None = None
    rows: list[Row] = []
    line = 0
    try:
        for cells in reader:
            line, first = reader.line_num, line + 1
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = _read_header(cells, find_column)
                continue
            rows.append(Row(first, _read_row(cells, columns, first)))
            if len(rows) > most:
                raise InvalidSweep(f"The table has more than {most:,} rows.")
    except csv.Error as error:
        raise InvalidSweep(f"Line {line + 1} of the table cannot be read: {error}.") from None
    if not rows:
        raise InvalidSweep("The table has no rows under its header." if columns else "The table is empty.")
    return rows


def _guess_encoding(data: bytes) -> str:
    """Return the encoding of a text without a byte order mark: every other byte of English UTF-16 is 0."""
    sample = data[:2000]
    odd, even = sample[1::2].count(0), sample[::2].count(0)
    if max(odd, even) * 4 > len(sample):
        return "utf-16-le" if odd > even else "utf-16-be"
    return "utf-8"


def _find_delimiter(text: str, find_column: Callable[[str], str]) -> str:
    """Return the delimiter with which most titles are known, then the one with which there are most titles."""
    header = next((line for line in text.removeprefix("\ufeff").splitlines() if line.strip()), "")[
        :MAX_HEADER_CHARACTERS
    ]

    def count_titles(delimiter: str) -> tuple[int, int]:
        titles = next(csv.reader([header], delimiter=delimiter), [])
        return sum(bool(find_column(title)) for title in titles), len(titles)

    return max(DELIMITERS, key=count_titles)


def _read_header(titles: list[str], find_column: Callable[[str], str]) -> list[str]:
    if len(titles) > MAX_COLUMNS:
        raise InvalidSweep(f"The table has {len(titles):,} columns; at most {MAX_COLUMNS} are possible.")
    columns = [find_column(title) for title in titles]
    for number, (title, column) in enumerate(zip(titles, columns, strict=True), start=1):
        if title.strip() and not column:
            raise InvalidSweep(f"Column {number}, “{title.strip()[:60]}”, is not a field of this endpoint.")
        if column and column in columns[: number - 1]:
            raise InvalidSweep(f"Column {number}, “{title.strip()[:60]}”, is there twice.")
    return columns


def _read_row(cells: list[str], columns: list[str], line: int) -> dict[str, str]:
    for number, cell in enumerate(cells, start=1):
        if cell.strip() and not (number <= len(columns) and columns[number - 1]):
            raise InvalidSweep(f"Line {line} of the table has a value in column {number}, which has no title.")
    return {column: cell for column, cell in zip(columns, cells, strict=False) if column and cell.strip()}
