"""Records of images that could not be written to the database yet, on the disk: a crash does not lose them."""

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
from .blob_store import BlobKey
from .database_connection import TakenOver
from .rows import from_row_or_none, to_row

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class KeptRecords:
    """The records for which `write` has failed, one file each in `folder`."""

    folder: Path
    write: Callable[[Generation], Generation]
    is_missing: Callable[[BlobKey], bool]

    def save(self, generation: Generation) -> Generation:
        """Write a record; where that fails, keep it if it has an image, and raise `StorageError`."""
        try:
            self.write(generation)
        except TakenOver:  # the record of the other process counts
            self._remove(generation)
            raise
        except StorageError:
            if generation.image is not None:
                self._keep(generation)
            raise
        if generation.image is not None:
            self._remove(generation)
        return generation

    def load(self) -> Iterator[Generation]:
        """Yield the records that an ended process could not write; one that cannot be read is logged."""
        for path in sorted(self.folder.glob("*.json")):
            try:
                row = json.loads(path.read_bytes())
            except (OSError, ValueError) as error:
                log.warning("the record %s cannot be read (%s)", path.name, type(error).__name__)
                continue
            if generation := from_row_or_none(row, self.is_missing):
                yield generation

    def _keep(self, generation: Generation) -> None:
        try:
            write_atomic(self._path(generation), json.dumps(to_row(generation)).encode())
        except OSError as error:
            log.warning("generation %s is kept in memory only (%s)", generation.id, error.strerror)

    def _remove(self, generation: Generation) -> None:
        with suppress(OSError):
            self._path(generation).unlink()

    def _path(self, generation: Generation) -> Path:
        return self.folder / f"{generation.id}.json"
