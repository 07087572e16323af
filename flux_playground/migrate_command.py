"""The command `flux-playground migrate`: moves records and images to a database and a bucket, and back."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from .errors import InvalidSettings, PlaygroundError
from .settings import Settings
from .storage.data_folder import check_data_folder
from .storage.database import open_any, open_database
from .storage.database_connection import Database
from .storage.generation_store import GenerationStore
from .storage.move_records import is_empty, move_records
from .storage.sqlite import DATABASE_NAME

COMMAND = "migrate"
TO_BUCKET, TO_FOLDER, TO_POSTGRESQL, TO_SQLITE = DIRECTIONS = "to-bucket", "to-folder", "to-postgresql", "to-sqlite"
PROGRESS_FILES, PROGRESS_ROWS = 500, 10_000
MAX_LISTED_NAMES = 50
IN_USE = "is in use. Stop the program first."


def run(arguments: Sequence[str]) -> int:
    """Run the command and return the exit code: 0, 1 for a damaged or missing file, 2 or 130 with a sentence."""
    options = _parser().parse_args(arguments)
    try:
        settings = Settings.from_env(**({"data": options.data} if options.data else {}))
        check_data_folder(settings.data)
        for direction in options.direction:
            if direction in {TO_POSTGRESQL, TO_SQLITE}:
                _move_records(settings, to_postgresql=direction == TO_POSTGRESQL)
                settings = settings if direction == TO_POSTGRESQL else settings.replace(database="")
            elif code := _move_files(settings, to_bucket=direction == TO_BUCKET):
                return code
    except PlaygroundError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted. Start again to continue.\n")
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        f"flux-playground {COMMAND}",
        description="Moves the records to the database of FLUX_PLAYGROUND_DATABASE, and images, thumbnails and inputs "
        "to the bucket of FLUX_PLAYGROUND_FILES, or back. Stop the program first. After an interruption, start the "
        "command again.",
    )
    help_text = "where records (to-postgresql, to-sqlite) or files (to-bucket, to-folder) go; several go in this order"
    parser.add_argument("direction", nargs="+", choices=DIRECTIONS, metavar="direction", help=help_text)
    parser.add_argument("--data", default="", help="the folder of the generation store and the images")
    return parser


def _move_records(settings: Settings, *, to_postgresql: bool) -> None:
    if not settings.database:
        raise InvalidSettings("FLUX_PLAYGROUND_DATABASE must be the database that the records are moved to or from.")
    with closing(GenerationStore(settings.data, database_url="" if to_postgresql else settings.database)):
        pass  # a record that could not be written before is written now
    with ExitStack() as opened:
        folder = opened.enter_context(closing(open_any(settings.data)))
        server = opened.enter_context(closing(open_any(settings.data, settings.database)))
        for database, place in ((folder, "data folder"), (server, "database")):
            if not database.is_alone():
                raise InvalidSettings(f"The {place} {IN_USE}")
        _show_records(*((folder, server) if to_postgresql else (server, folder)))


def _show_records(source: Database, target: Database) -> None:
    rows = 0

    def show(count: int) -> None:
        nonlocal rows
        rows += count
        if rows // PROGRESS_ROWS > (rows - count) // PROGRESS_ROWS:
            sys.stdout.write(f"{rows:,} records\n")

    moved = move_records(source, target, show)
    for table in moved:
        sys.stdout.write(
            f"{table.name}: {table.rows:,} rows, {table.written:,} written now, equal in both places; "
            f"SHA-256 {table.sha256}\n"
        )
    sys.stdout.write(f"{sum(table.rows for table in moved):,} records moved.\n")


def _move_files(settings: Settings, *, to_bucket: bool) -> int:
    if not settings.files:
        raise InvalidSettings("FLUX_PLAYGROUND_FILES must be the bucket that the images are moved to or from.")
    if settings.database and _has_records(settings.data) and not _has_records(settings.data, settings.database):
        raise InvalidSettings(f"The records are in the data folder. Move them first, with {TO_POSTGRESQL}.")
    with closing(GenerationStore(settings.data, settings.files, settings.database)) as store:
        if not store.database.is_alone():
            raise InvalidSettings(f"The data folder {IN_USE}")
        return _show_files(store, to_bucket=to_bucket)


def _has_records(folder: Path, url: str = "") -> bool:
    if not url and not (folder / DATABASE_NAME).exists():
        return False
    with closing(open_database(folder, url)) as database, closing(database.connect()) as connection:
        return not is_empty(connection)


def _show_files(store: GenerationStore, *, to_bucket: bool) -> int:
    from .storage.move_files import MoveReport, move_files  # needs the extra `s3`

    def show(report: MoveReport) -> None:
        if report.files % PROGRESS_FILES == 0:
            sys.stdout.write(f"{report.files:,} files, {report.size / 1e6:,.1f} MB\n")

    hashes = store.image_hashes()
    report = move_files(store.files, hashes, show, to_bucket=to_bucket)
    for names, sentence in ((report.damaged, "damaged, not moved"), (report.missing, "missing")):
        sys.stdout.writelines(f"{name}: {sentence}\n" for name in names[:MAX_LISTED_NAMES])
    sys.stdout.write(
        f"{report.files:,} files moved, {report.size / 1e6:,.1f} MB. {len(report.damaged):,} files are damaged. "
        f"{len(hashes) - len(report.missing):,} of {len(hashes):,} images are there.\n"
    )
    return 1 if report.damaged or report.missing else 0
