"""Imports a ZIP file: an export of this program, or images of other tools."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..bounded_json import InvalidJson, JsonLimits, parse_json
from ..errors import InvalidArchive, InvalidImage, StorageError
from ..generation import State
from ..image_ref import PREFIX, image_ref
from ..images import image_file, media_types
from ..storage.generation_store import GenerationStore
from .entry_json import annotation_from_json, file_name, generation_from_json, replace_refs
from .export_zip import MANIFEST_NAME, VERSION, VERSION_KEY
from .foreign_image import ForeignImages
from .gallery_writer import NO_ROOM, GalleryWriter
from .import_report import ImportReport
from .untrusted_zip import ImportLimits, UntrustedZip

MAX_CHARACTERS_PER_ENTRY, MAX_VALUES_PER_ENTRY, MAX_DEPTH = 20_000, 2_000, 100
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
        add_archive(writer, path, fields, limits)
    except StorageError:
        return writer.report(NO_ROOM)
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
        self._archive, self._writer, self._limits = archive, writer, limits
        self._inputs = {Path(name).stem: name for name in archive.names if name.startswith("inputs/")}

    def run(self) -> None:
        """Import each entry of the manifest; a bad one is only reported."""
        entries = self._entries()
        for number, entry in enumerate(entries, start=1):
            name = f"entry {number}"
            if isinstance(entry, dict):
                name = next((str(entry[key]) for key in ("file", "id") if isinstance(entry.get(key), str)), name)
            try:
                self._add(entry)
            except (InvalidArchive, InvalidImage) as error:
                self._writer.reject(name, error.message)
        named = {str(entry.get("file")) for entry in entries if isinstance(entry, dict)}
        for name, sentence in self._archive.refused.items():
            if name not in named:
                self._writer.reject(name, sentence)

    def _entries(self) -> list[Any]:
        """Return the entries of the manifest; raises `InvalidArchive`."""
        images = self._limits.images
        try:
            bounds = JsonLimits(images * MAX_CHARACTERS_PER_ENTRY, MAX_DEPTH, images * MAX_VALUES_PER_ENTRY)
            manifest = parse_json(self._archive.read(MANIFEST_NAME), bounds)
        except InvalidJson as error:
            raise InvalidArchive(f"The manifest of this export is {error}.") from None
        version = manifest.get(VERSION_KEY) if isinstance(manifest, dict) else None
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise InvalidArchive("The manifest of this ZIP file is not one of FLUX Playground.")
        if version > VERSION:
            raise InvalidArchive("This export was made by a newer version of FLUX Playground. Update this one first.")
        entries = manifest.get("entries")
        if not isinstance(entries, list):
            raise InvalidArchive("The manifest of this export has no entries.")
        if len(entries) > images:
            raise InvalidArchive(f"This export has {len(entries):,} images; at most {images:,} can be imported.")
        return entries

    def _add(self, entry: Any) -> None:
        generation = generation_from_json(entry, self._writer.owner)
        generation = replace(generation, request=replace_refs(generation.request, self._store_input))
        annotation, file = annotation_from_json(entry), entry.get("file")
        if file is None or self._writer.has(generation):
            self._writer.add(generation, None, annotation, former_id=entry["id"])
            return
        if not isinstance(file, str):
            raise InvalidArchive("Its file name in the manifest has the wrong type.")
        data = self._archive.read(file)
        if hashlib.sha256(data).hexdigest() != generation.sha256:
            raise InvalidArchive("It is not the file that the manifest describes.")
        media_types.verify(data)
        named = replace(generation, file_name=generation.file_name or file_name(file))
        made = replace(named, state=State.SUCCEEDED, error=None)
        self._writer.add(made, data, annotation, former_id=entry["id"])

    def _store_input(self, reference: str) -> bool:
        """Store an image that was sent; return whether the ZIP file has it."""
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
