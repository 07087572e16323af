"""Imports image files and ZIP files together, such as those of a dropped folder."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from ..errors import InvalidArchive, StorageError
from ..storage.generation_store import GenerationStore
from .foreign_image import MAX_RECIPE_BYTES, ForeignImages
from .gallery_writer import GalleryWriter
from .import_report import ImportReport
from .import_zip import LIMITS, add_archive
from .untrusted_zip import ImportLimits, is_zip, megabytes

HEAD_BYTES = 4


def import_files(
    store: GenerationStore,
    owner: str,
    files: Iterable[tuple[str, Path]],
    *,
    fields: Collection[str] = (),
    limits: ImportLimits = LIMITS,
    make_room: Callable[[], None] = lambda: None,
) -> ImportReport:
    """Add files, given by original name and path, to an owner's generations, and return what was added and refused.

    A recipe of this program among the files belongs to the image with its hash. For ZIP files see `import_archive`,
    also for the parameters. Does not raise: a file that cannot be read is in the report.
    """
    writer = GalleryWriter(store, owner, limits, make_room)
    try:
        with writer.running():
            return writer.report(_add_all(writer, files, fields, limits))
    except StorageError as error:
        return writer.stop(error)


def _add_all(
    writer: GalleryWriter, files: Iterable[tuple[str, Path]], fields: Collection[str], limits: ImportLimits
) -> str:
    """Add files until a limit is reached; return the sentence about it, or ""."""
    images, size = ForeignImages(writer, fields), 0
    left = [(name, path) for name, path in files if not _is_recipe(images, name, path)]
    for number, (name, path) in enumerate(left):
        if number == limits.images:
            return f"At most {limits.images:,} files can be imported at once."
        with writer.rejecting(name):
            size += path.stat().st_size
            if size > limits.total_bytes:
                return f"At most {megabytes(limits.total_bytes)} can be imported at once."
            _add(writer, images, name, path, fields, limits)
    images.finish()
    return ""


def _add(
    writer: GalleryWriter,
    images: ForeignImages,
    name: str,
    path: Path,
    fields: Collection[str],
    limits: ImportLimits,
) -> None:
    with path.open("rb") as file:
        if is_zip(file.read(HEAD_BYTES)):
            add_archive(writer, path, fields, limits)
            return
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise InvalidArchive(f"It takes {megabytes(size)}; at most {megabytes(limits.file_bytes)} can be read.")
    images.add(name, path.read_bytes(), path.stat().st_mtime)


def _is_recipe(images: ForeignImages, name: str, path: Path) -> bool:
    try:
        is_small = name.lower().endswith(".json") and path.stat().st_size <= MAX_RECIPE_BYTES
        return is_small and images.add_recipe(name, path.read_bytes())
    except OSError:
        return False
