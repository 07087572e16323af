"""Exports the journal as a table for spreadsheets (CSV) and as lines of JSON, without secrets and images."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ..bounded_json import dump_json
from ..recipe import hide_secrets
from ..storage.search import Entry
from .entry_json import TYPES, entry_to_json

TIMES = ("created_at", "started_at", "finished_at")
ANNOTATION_COLUMNS = ("starred", "rating", "tags", "note")
REQUEST_PREFIX = "request."
MAX_COLUMNS = 1_000
FORMULA = re.compile(r"\s*[=+\-@\t\r\n＝＋－＠|%]")
"""The beginnings of texts that a spreadsheet may run."""

ENCODED_FILE = re.compile(r"(?:data:[\w/+.-]{1,100};base64,)?[A-Za-z0-9+/_-]{1000,}={0,2}")
LEFT_OUT = "(file)"


def export_jsonl(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield a line of JSON for each entry. Times are Unix seconds, costs credits."""
    for entry in entries:
        yield f"{dump_json(_plain(entry), sort_keys=False)}\n".encode()


def export_csv(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield a table with a row for each entry and a column for each field of the requests, as CSV in UTF-8.

    Times are ISO 8601 in UTC. A text that a spreadsheet could run as a formula begins with an apostrophe.
    """
    names: dict[str, None] = {}
    packed = io.BytesIO()  # in memory, because the disk can be full; the columns are known after the last entry
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as rows:
        for entry in entries:
            row = _to_row(_plain(entry))
            names.update(dict.fromkeys(name for name in row if len(names) < MAX_COLUMNS))
            rows.write(json.dumps(row).encode() + b"\n")
    packed.seek(0)
    columns = _order(names)
    yield "\ufeff".encode() + _write_line(columns)
    with gzip.GzipFile(fileobj=packed) as rows:
        for line in rows:
            row = json.loads(line)
            yield _write_line([row.get(name, "") for name in columns])


def _plain(entry: Entry) -> dict[str, Any]:
    """Return an entry as JSON without anything that looks like a key or an encoded file."""
    data: dict[str, Any] = _without_files(hide_secrets(entry_to_json(entry)))
    return data


def _without_files(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_files(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_without_files(item) for item in value]
    return LEFT_OUT if isinstance(value, str) and ENCODED_FILE.fullmatch(value) else value


def _to_row(data: dict[str, Any]) -> dict[str, Any]:
    request, annotation = data.pop("request"), data.pop("annotation")
    row = {name: _date(value) if name in TIMES else value for name, value in data.items()}
    row["error"] = data.get("error", {}).get("message", "")
    row |= annotation | {"tags": ", ".join(annotation.get("tags", ()))}
    return row | {f"{REQUEST_PREFIX}{name}": value for name, value in request.items()}


def _order(names: Iterable[str]) -> list[str]:
    """Return the columns: those of every journal, the annotation, then the fields of the requests."""
    fields = sorted(name for name in names if name.startswith(REQUEST_PREFIX))
    return [*(name for name in TYPES if name != "request"), *ANNOTATION_COLUMNS, *fields]


def _write_line(values: Iterable[Any]) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerow([_cell(value) for value in values])
    return file.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        value = dump_json(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}" if isinstance(value, str) and FORMULA.match(value) else value


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
