"""Routes that export and import images. An export is a form, because a browser saves its response while it arrives."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ...archive import (
    HOSTED_LIMITS,
    ImportLimits,
    export_contact_sheet,
    export_csv,
    export_jsonl,
    export_zip,
    import_files,
)
from ...errors import StorageError
from ...storage.search import Entry
from ..events.context import Context
from ..events.visit_requests import TOKEN_HEADER, InvalidParameter, attachment, context_of, read_ids
from ..text import field_hints
from .gallery_view import filterable_fields
from .query_params import parse_query

ENTRIES_PER_READ = 100
MAX_NAME_CHARS = 300

Export = Callable[[Context, Iterator[Entry]], Iterator[bytes]]
EXPORTS: dict[str, tuple[str, Export]] = {
    "zip": ("application/zip", lambda context, entries: _export_zip(context, entries)),
    "csv": ("text/csv; charset=utf-8", lambda _, entries: export_csv(entries)),
    "jsonl": ("application/jsonl", lambda _, entries: export_jsonl(entries)),
    "html": ("text/html; charset=utf-8", lambda context, entries: _export_sheet(context, entries)),
}
"""Media type and function of each format; a format is also the suffix of its file."""


async def export(request: Request) -> Response:
    """Stream the chosen images (`ids`), or all that `filters` find, in one of `EXPORTS`."""
    form = await request.form()
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    context = context_of(request, fields.get("token", ""))
    try:
        return await context.run_export(_export, context, fields)
    except InvalidParameter as error:
        return PlainTextResponse(str(error), 400)
    except StorageError as error:
        return PlainTextResponse(error.message, 503)


def _export(context: Context, fields: dict[str, str]) -> Response:
    media_type, run = EXPORTS.get(fields.get("format", ""), ("", None))
    if run is None:
        raise InvalidParameter("This format is not known.")
    chunks = run(context, _iter_entries(context, fields))
    name = f"flux-{time.strftime('%Y-%m-%d')}.{fields['format']}"
    return attachment(context, chunks, media_type, name)


async def import_upload(request: Request) -> Response:
    """Import an uploaded image or archive and return what was added as JSON.

    `name` is the name of the file, `modified` its time in Unix milliseconds.
    """
    context = context_of(request, request.headers.get(TOKEN_HEADER, ""))
    playground = context.playground
    name = request.query_params.get("name", "")[-MAX_NAME_CHARS:] or "file"
    try:
        # In the data folder, because the folder for temporary files can be small, or in memory.
        with playground.store.received.receiving() as path:
            with path.open("wb") as file:
                async for chunk in request.stream():
                    await asyncio.to_thread(file.write, chunk)
            if re.fullmatch(r"[1-9][0-9]{0,12}", modified := request.query_params.get("modified", "")):
                os.utime(path, (int(modified) / 1000,) * 2)
            return await context.run_export(_import_file, context, name, path)
    except OSError as error:
        return PlainTextResponse(f"The file cannot be stored: {error.strerror}.", 507)
    except ClientDisconnect:
        return Response(status_code=400)


def _import_file(context: Context, name: str, path: Path) -> Response:
    playground = context.playground
    fields = tuple(field.name for field in context.operation.fields if not (field.secret or field.media))
    report = import_files(
        playground.store,
        context.visitor.id,
        [(name, path)],
        fields=fields,
        limits=HOSTED_LIMITS if playground.settings.hosted else ImportLimits(),
        make_room=playground.retention.enforce,
    )
    rejected = [*report.rejected, *([(name, report.problem)] if report.problem else [])]
    return JSONResponse({"added": len(report.added), "known": report.known, "rejected": rejected})


def _iter_entries(context: Context, fields: dict[str, str]) -> Iterator[Entry]:
    """Yield the chosen entries, or all of a query, read in parts. Raises `InvalidParameter`."""
    search, owner = context.playground.store.search, context.visitor.id
    if ids := [one for one in fields.get("ids", "").split(",") if one]:
        chosen = read_ids(ids)
        parts = (chosen[start : start + ENTRIES_PER_READ] for start in range(0, len(chosen), ENTRIES_PER_READ))
        return (entry for part in parts for entry in search.entries(owner, part))
    params = QueryParams(f"{fields.get('filters', '')}&tz={fields.get('tz', '0')}")
    query = parse_query(params, filterable_fields(context.playground.document))

    def read() -> Iterator[Entry]:
        page = search.page(owner, query, "", ENTRIES_PER_READ)
        yield from page.entries
        while page.next:
            page = search.page(owner, query, page.next, ENTRIES_PER_READ)
            yield from page.entries

    return read()


def _export_zip(context: Context, entries: Iterator[Entry]) -> Iterator[bytes]:
    return export_zip(entries, context.playground.store, named_after=field_hints.FACTS[:2])


def _export_sheet(context: Context, entries: Iterator[Entry]) -> Iterator[bytes]:
    fields = filterable_fields(context.playground.document)
    labels = {name: field_hints.label(field) for name, field in fields.items()}
    return export_contact_sheet(entries, context.playground.store, title="FLUX Playground", labels=labels)


ROUTES = (
    Route("/gallery/export", export, methods=["POST"]),
    Route("/gallery/import", import_upload, methods=["POST"]),
)
