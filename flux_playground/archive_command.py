"""The commands `flux-playground export` and `flux-playground import`, for the images of the owner."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from . import active_document, schema
from .access.visitor import OWNER
from .archive import ImportLimits, export_zip, import_files
from .errors import PlaygroundError, StorageError
from .settings import Settings
from .storage.data_folder import check_data_folder
from .storage.generation_store import GenerationStore
from .storage.search import MAX_PAGE_SIZE, Entry
from .storage.search_query import Query

COMMANDS = ("export", "import")
LIMITS = ImportLimits(images=500_000, total_bytes=10**13)


def run(arguments: Sequence[str]) -> int:
    """Run one of `COMMANDS` and return the exit code: 0, 1 if something was not imported, 2 with one sentence."""
    options = _parser().parse_args(arguments)
    try:
        settings = Settings.from_env(**({"data": options.data} if options.data else {}))
        check_data_folder(settings.data)
        with closing(GenerationStore(settings.data, settings.files, settings.database)) as store:
            return _export(store, options.file) if options.command == "export" else _import(store, settings, options)
    except PlaygroundError as error:
        sys.stderr.write(f"{error.message}\n")
    except OSError as error:
        sys.stderr.write(f"{error.filename or 'The disk'} cannot be used: {error.strerror}.\n")
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("flux-playground")
    commands = parser.add_subparsers(dest="command", required=True)
    to_file = commands.add_parser("export", help="write all images with their recipes to a ZIP file")
    to_file.add_argument("file", type=Path, help="the ZIP file, which must not exist")
    from_files = commands.add_parser("import", help="add exported ZIP files, images, or folders of images")
    from_files.add_argument("paths", type=Path, nargs="+", metavar="path", help="a ZIP file, an image or a folder")
    for command in (to_file, from_files):
        command.add_argument("--data", default="", help="the folder of the generation store and the images")
    return parser


def _export(store: GenerationStore, path: Path) -> int:
    count = 0

    def entries() -> Iterator[Entry]:
        nonlocal count
        for entry in _iter_entries(store):
            count += 1
            yield entry

    with path.open("xb") as file:
        try:
            file.writelines(export_zip(entries(), store, named_after=schema.FILE_NAME_FIELDS))
            file.flush()
        except OSError as error:
            path.unlink()
            raise StorageError(f"{path} cannot be written: {error.strerror}. Nothing was exported.") from None
        except BaseException:
            path.unlink()
            raise
    sys.stdout.write(f"{count:,} generations exported to {path}.\n")
    return 0


def _iter_entries(store: GenerationStore) -> Iterator[Entry]:
    store.backlog.wait()
    cursor = ""
    while True:
        page = store.search.page(OWNER.id, Query(), cursor, MAX_PAGE_SIZE)
        yield from page.entries
        cursor = page.next
        if not cursor:
            return


def _import(store: GenerationStore, settings: Settings, options: argparse.Namespace) -> int:
    operation = active_document.default_operation(active_document.load_active(settings), settings.endpoint)
    fields = [field.name for field in operation.fields]
    report = import_files(store, OWNER.id, _iter_files(options.paths), fields=fields, limits=LIMITS)
    for name, sentence in report.rejected:
        sys.stdout.write(f"{name}: {sentence}\n")
    if report.rejected_count > len(report.rejected):
        sys.stdout.write(f"… and {report.rejected_count - len(report.rejected):,} more.\n")
    sys.stdout.write(
        f"{len(report.added):,} images added, {report.known:,} were there, {report.rejected_count:,} not imported.\n"
    )
    if report.problem:
        sys.stdout.write(f"{report.problem}\n")
    return 1 if report.problem or report.rejected_count else 0


def _iter_files(paths: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """Yield the name and the path of each file, those of folders in the order of their names."""
    for path in paths:
        if not path.is_dir():
            yield path.name, path
            continue
        for file in sorted(path.rglob("*")):
            if file.is_file() and not file.name.startswith("."):
                yield str(file.relative_to(path)), file
