"""Imports a ZIP file: an export of this program, or images of other tools."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import InvalidArchive, InvalidImage, StorageError
from ..generation import State
from ..image_ref import PREFIX, image_ref
from ..images import image_file, media_types
from ..storage.generation_store import GenerationStore
from .entry_json import annotation_from_json, file_name, generation_from_json, replace_refs
from .foreign_image import ForeignImages
from .gallery_writer import GalleryWriter
from .import_report import ImportReport
from .manifest import MANIFEST_NAME, Manifest
from .untrusted_zip import ImportLimits, UntrustedZip

MAX_BYTES_PER_ENTRY = 20_000  # of the manifest, on average
LIMITS = ImportLimits()


def import_archive(
    store: GenerationStore,
    owner: str,
    path: Path,
    *,
    fields: Collection[str] = (),
    limits: ImportLimits = LIMITS,
    make_room: Callable[[], None] = lambda: None,
) -> ImportReport:
    """Add the images of a ZIP file to an owner's generations, and return what was added and what was refused.

    Of an export of this program the records, annotations and inputs are restored; of other ZIP files the images, with
    the settings that other tools wrote for these `fields`. An image that the owner has already is not added again.
    `make_room` is called after each image. Raises `InvalidArchive` if the whole file is refused.
    """
    writer = GalleryWriter(store, owner, limits, make_room)
    try:
        with writer.running():
            add_archive(writer, path, fields, limits)
    except StorageError as error:
        return writer.stop(error)
    return writer.report()


def add_archive(writer: GalleryWriter, path: Path, fields: Collection[str], limits: ImportLimits) -> None:
    """Import a ZIP file with a writer; raises `InvalidArchive`, and `StorageError` when the disk is full."""
    with UntrustedZip(path, limits) as archive:
        if MANIFEST_NAME in archive.names:
            _Export(archive, writer, limits).run()
        else:
            ForeignImages(writer, fields).add_zip(archive, limits)


class _Export:
    """An export of this program that is being imported."""

    def __init__(self, archive: UntrustedZip, writer: GalleryWriter, limits: ImportLimits) -> None:
        self._archive, self._writer = archive, writer
        data = archive.read(MANIFEST_NAME, limits.images * MAX_BYTES_PER_ENTRY)
        self._manifest = Manifest(data, limits.images)
        self._inputs = {Path(name).stem: name for name in archive.names if name.startswith("inputs/")}
        self._stored: dict[str, bool] = {}

    def run(self) -> None:
        """Import each entry of the manifest; a bad one is only reported."""
        unnamed = dict(self._archive.refused)
        for number, entry in enumerate(self._manifest, start=1):
            name = f"entry {number}"
            if isinstance(entry, dict):
                name = next((str(entry[key]) for key in ("file", "id") if isinstance(entry.get(key), str)), name)
            with self._writer.rejecting(name):
                self._add(entry)
            unnamed.pop(name, None)
        for name, sentence in unnamed.items():
            self._writer.reject(name, sentence)

    def _add(self, entry: Any) -> None:
        generation = generation_from_json(entry, self._writer.owner)
        annotation, file = annotation_from_json(entry), entry.get("file")
        data: bytes | None = None
        if file is not None and not self._writer.has(generation):
            data = self._read_image(file, generation.sha256)
            named = replace(generation, file_name=generation.file_name or file_name(file))
            generation = replace(named, state=State.SUCCEEDED, error=None)
        generation = replace(generation, request=replace_refs(generation.request, self._has_input))
        self._writer.add(generation, data, annotation, former_id=entry["id"])

    def _read_image(self, file: Any, sha256: str) -> bytes:
        if not isinstance(file, str):
            raise InvalidArchive("Its file name in the manifest has the wrong type.")
        data = self._archive.read(file)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise InvalidArchive("It is not the file that the manifest describes.")
        media_types.verify(data)
        return data

    def _has_input(self, reference: str) -> bool:
        """Store an image that was sent, once; return whether the ZIP file has it."""
        if reference not in self._stored:
            self._stored[reference] = self._store_input(reference)
        return self._stored[reference]

    def _store_input(self, reference: str) -> bool:
        name = self._inputs.get(reference.removeprefix(PREFIX))
        if name is None:
            return False
        try:
            data = self._archive.read(name)
            image_file.verify(data)
        except (InvalidArchive, InvalidImage):
            return False
        text = base64.b64encode(data).decode()
        if image_ref(text) != reference:
            return False
        self._writer.check_room(len(text))
        return self._writer.store.inputs.save(text) == reference
