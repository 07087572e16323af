"""Adds imported images to the generations of one owner, each once."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from .. import reproduce
from ..errors import InvalidArchive, InvalidImage, InvalidRequest, StorageError
from ..generation import Generation, State
from ..recipe import fingerprint
from ..storage.annotations import MAX_NOTE_CHARACTERS, MAX_TAGS, Annotation
from ..storage.generation_store import GenerationStore
from .entry_json import imported_id
from .import_report import MAX_REJECTED_NAMES, ImportReport
from .untrusted_zip import ImportLimits

NO_ANNOTATION = Annotation()
NO_ROOM = "The disk has no room for more images."

IMAGE_FACTS = (
    *("id", "image", "sha256", "format", "width", "height", "size", "signed", "embed_error", "secret"),
    *("file_name", "image_deleted_at"),
)
"""What stays of the record of an image when more becomes known about how it was made."""

MAX_SHOWN_NAME = 300  # characters

log = logging.getLogger(__name__)


@dataclass
class GalleryWriter:
    """Writes the images of one import. `make_room` is called after each image, to delete the oldest ones."""

    store: GenerationStore
    owner: str
    limits: ImportLimits
    make_room: Callable[[], None]
    added: list[str] = field(default_factory=list)
    known: int = 0
    rejected: list[tuple[str, str]] = field(default_factory=list)
    rejected_count: int = 0

    def add(
        self,
        generation: Generation,
        data: bytes | None,
        annotation: Annotation = NO_ANNOTATION,
        *,
        former_id: str = "",
    ) -> None:
        """Store a generation of this owner with its image; one that is there only takes over the annotation.

        `former_id` is the id that it was exported with: where the owner has deleted that one a moment ago, it is shown
        again. An image whose file was deleted is restored. Raises `StorageError`, and `InvalidImage` for no image.
        """
        shown = self.store.deletions.restore(self.owner, [former_id, generation.id])
        known = self.find(generation, former_id)
        is_complete = known is not None and (data is None or self.store.find_image(known) is not None)
        stored = known or self._as_new(generation, data)
        if not is_complete:
            self._write(stored, data)
        if is_complete and stored.id not in shown:
            self.known += 1
        else:
            self.added.append(stored.id)
        self._annotate(stored.id, annotation)
        self.make_room()

    def complete(self, known: Generation, better: Generation) -> None:
        """Write what a later file says about an imported image that is there; raises `StorageError`."""
        facts = {name: getattr(known, name) for name in IMAGE_FACTS}
        self.store.save(replace(self._as_new(better, b""), **facts))
        self.known += 1

    def find(self, generation: Generation, former_id: str = "") -> Generation | None:
        """Return the owner's generation with the same image; without an image, the one with the same id."""
        if generation.sha256:
            return self.store.find_by_sha256(self.owner, generation.sha256)
        found = (self.store.get(one) for one in (former_id, generation.id))
        return next((one for one in found if one is not None and one.owner == self.owner), None)

    @contextmanager
    def rejecting(self, name: str) -> Iterator[None]:
        """Reject a file by name when the block fails, so that the others are still imported; `StorageError` passes."""
        try:
            yield
        except (InvalidArchive, InvalidImage) as error:
            self.reject(name, error.message)
        except StorageError:
            raise
        except OSError as error:
            self.reject(name, f"It cannot be read: {error.strerror}.")
        except Exception:  # a fault of this program must not end the import
            log.exception("a file could not be imported")
            self.reject(name, "This program failed to read it.")

    def reject(self, name: str, sentence: str) -> None:
        """Note that a file was refused."""
        self.rejected_count += 1
        if len(self.rejected) < MAX_REJECTED_NAMES:
            shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name)
            self.rejected.append((shown[:MAX_SHOWN_NAME], sentence))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Hold one of the store's places for imports; raises `StorageError` when there is none."""
        if not self.store.importing.acquire(blocking=False):
            raise StorageError("Other imports are running. Try again in a minute.")
        try:
            yield
        finally:
            self.store.importing.release()

    def stop(self, error: StorageError) -> ImportReport:
        """Return what was done before the store failed."""
        sentence = error.message.removesuffix(" Nothing was sent.")
        return self.report(f"{sentence} What was imported before is kept." if self.added else sentence)

    def report(self, problem: str = "") -> ImportReport:
        """Return what was done so far."""
        return ImportReport(tuple(self.added), self.known, tuple(self.rejected), self.rejected_count, problem)

    def check_room(self, size: int) -> None:
        """Raise `StorageError` when a file of this size would take what the disk must keep free."""
        try:
            free = shutil.disk_usage(self.store.folder).free
        except OSError:
            free = 0
        if free < self.limits.free_bytes + size:
            raise StorageError(NO_ROOM)

    def has(self, generation: Generation) -> bool:
        """Return whether the owner has this image, with its file."""
        known = self.find(generation) if generation.sha256 else None
        return known is not None and self.store.find_image(known) is not None

    def _as_new(self, generation: Generation, data: bytes | None) -> Generation:
        """Return a new record with its fingerprint, and with another id where its own has another image here.

        One whose image was not exported says since when the file is gone.
        """
        present = self.store.get(generation.id)
        if present is not None and present.sha256 != generation.sha256:  # else another import has just written it
            generation = replace(generation, id=imported_id(self.owner, f"{generation.id} {generation.sha256}"))
        if generation.endpoint:  # an image of another tool was not made by a request
            digest = fingerprint(generation.server, generation.endpoint, generation.request)
            generation = replace(generation, fingerprint=digest)
        is_gone = data is None and generation.state is State.SUCCEEDED
        return replace(generation, image_deleted_at=time.time()) if is_gone else generation

    def _write(self, generation: Generation, data: bytes | None) -> None:
        self.check_room(len(data or b""))
        if data is not None:
            generation = reproduce.add_image_facts(self.store.save_image(generation, data), data)
        try:
            self.store.save(generation)
        except Exception:
            if generation.image is not None:  # else no record would name the file
                self.store.files.remove(generation.image)
            raise

    def _annotate(self, generation_id: str, new: Annotation) -> None:
        """Add stars, tags and a note; a rating and the text of a note that are there stay."""
        old = self.store.annotations.get(self.owner, [generation_id]).get(generation_id, Annotation())
        merged = merge(old, new)
        if merged == old:
            return
        try:
            self.store.annotations.update(
                self.owner,
                [generation_id],
                starred=merged.starred,
                rating=merged.rating,
                add_tags=merged.tags,
                note=merged.note,
            )
        except InvalidRequest as error:
            log.info("annotation of %s was not imported: %s", generation_id, error.message)


def merge(old: Annotation, new: Annotation) -> Annotation:
    """Return an annotation with what both say: the old rating first, all tags, and both notes if they differ."""
    note = old.note if new.note in old.note else f"{old.note}\n{new.note}".strip()
    return replace(
        old,
        starred=old.starred or new.starred,
        rating=old.rating or new.rating,
        tags=tuple(dict.fromkeys((*old.tags, *new.tags)))[: max(MAX_TAGS, len(old.tags))],
        note=note if len(note) <= MAX_NOTE_CHARACTERS else old.note,
    )
