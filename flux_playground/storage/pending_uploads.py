"""Records whose image could not be uploaded yet: they are written after it, and survive a crash until then."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import StorageError
from ..generation import Generation
from .atomic_file import write_atomic
from .blob_store import BlobStore
from .rows import from_row_or_none, to_row

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PendingUploads:
    """Uploads images before `write` writes their records, so that no other machine reads a record without its file.

    `folder` has the records that wait, one file each.
    """

    folder: Path
    files: BlobStore
    write: Callable[[Generation], Generation]

    def save(self, generation: Generation) -> Generation:
        """Upload the image of a generation if it was kept on this machine, then write it; raises `StorageError`."""
        if generation.image is None:
            return self.write(generation)
        try:
            self.files.settle(generation.image)
        except OSError as error:
            self._keep(generation)
            raise StorageError(f"The image could not be uploaded yet: {error.strerror or error}.") from None
        self.write(generation)
        with suppress(OSError):
            self._path(generation.id).unlink()
        return generation

    def load(self) -> Iterator[Generation]:
        """Yield the records that an ended process could not write; one that cannot be read is logged."""
        for path in sorted(self.folder.glob("*.json")):
            try:
                row = json.loads(path.read_bytes())
            except (OSError, ValueError) as error:
                log.warning("the record %s cannot be read (%s)", path.name, type(error).__name__)
                continue
            if generation := from_row_or_none(row, self.files.is_missing):
                yield generation

    def _keep(self, generation: Generation) -> None:
        try:
            write_atomic(self._path(generation.id), json.dumps(to_row(generation)).encode())
        except OSError as error:
            log.warning("generation %s is kept in memory only (%s)", generation.id, error.strerror)

    def _path(self, generation_id: str) -> Path:
        return self.folder / f"{generation_id}.json"
