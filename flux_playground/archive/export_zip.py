"""Exports generations as a ZIP file: images as delivered, recipes, the images that were sent, and a manifest."""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import io
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from .. import reproduce
from ..bounded_json import dump_json
from ..errors import InvalidImage
from ..generation import Generation
from ..image_ref import PREFIX, image_ref, list_image_refs, split_data_url
from ..images import image_file
from ..recipe import dump_recipe
from ..storage.generation_store import GenerationStore
from ..storage.search import Entry
from .entry_json import entry_to_json
from .file_names import FileNames
from .manifest import MANIFEST_NAME, TAIL, write_head
from .zip_stream import ZipStream

CHUNK_BYTES = 262_144


def export_zip(
    entries: Iterable[Entry], store: GenerationStore, *, named_after: Sequence[str] = (), with_inputs: bool = True
) -> Iterator[bytes]:
    """Yield the bytes of a ZIP file with exactly these entries, in flat memory.

    A file name has the date, the values of the fields `named_after`, the seed and words of the prompt. A generation
    without an image file is only in the manifest. `with_inputs` adds the images that the requests contain.
    """
    return _Export(store, FileNames(named_after), with_inputs).run(entries)


@dataclass
class _Export:
    store: GenerationStore
    names: FileNames
    with_inputs: bool
    stream: ZipStream = field(default_factory=ZipStream)
    inputs: set[str] = field(default_factory=set)

    def run(self, entries: Iterable[Entry]) -> Iterator[bytes]:
        now, packed = time.time(), io.BytesIO()  # in memory, because the disk can be full
        with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as manifest:
            exported_at = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            manifest.write(write_head(exported_at).encode())
            separator = "\n"
            for entry in entries:
                described = yield from self._add_entry(entry)
                manifest.write(f"{separator}{dump_json(described, sort_keys=False)}".encode())
                separator = ",\n"
            manifest.write(TAIL.encode())
            size = manifest.tell()
        packed.seek(0)
        with gzip.GzipFile(fileobj=packed) as manifest:
            yield from self.stream.add(MANIFEST_NAME, _chunks(manifest), size, now, deflate=True)
        yield from self.stream.close()

    def _add_entry(self, entry: Entry) -> Generator[bytes, None, dict[str, Any]]:
        """Write the files of an entry and return its description for the manifest."""
        generation = entry.generation
        described: dict[str, Any] = {}
        if generation.image is not None and (chunks := self._open_or_none(generation)):
            stem = self.names.add(generation)
            described["file"] = f"images/{stem}{generation.image.suffix}"
            digest = yield from self._add_image(described["file"], chunks, generation)
            generation = replace(generation, sha256=digest)
            if not reproduce.is_of_another_tool(generation):
                described["recipe"] = f"images/{stem}.recipe.json"
                text = dump_recipe(reproduce.recipe(generation)).encode()
                yield from self.stream.add(described["recipe"], [text], len(text), generation.created_at, deflate=True)
        if self.with_inputs:
            yield from self._add_inputs(generation)
        return {**described, **entry_to_json(replace(entry, generation=generation))}

    def _add_image(self, name: str, chunks: Iterator[bytes], generation: Generation) -> Generator[bytes, None, str]:
        """Write an image and return its hash: that of the file, also where the file was changed on the disk."""
        digest = hashlib.sha256()

        def hashed() -> Iterator[bytes]:
            for chunk in chunks:
                digest.update(chunk)
                yield chunk

        yield from self.stream.add(name, hashed(), generation.size or 0, generation.created_at)
        return digest.hexdigest()

    def _open_or_none(self, generation: Generation) -> Iterator[bytes] | None:
        """Return the bytes of an image; None for one that was deleted or cannot be read."""
        try:
            return self.store.stream_image(generation)
        except OSError:
            return None

    def _add_inputs(self, generation: Generation) -> Iterator[bytes]:
        """Write the images that a request contains, each once in the ZIP file, under their references."""
        for reference in (split_data_url(one)[1] for one in list_image_refs(generation.request)):
            if reference in self.inputs:
                continue
            self.inputs.add(reference)
            text = self.store.inputs.load(reference)
            try:
                data = base64.b64decode(text or "", validate=True)
                suffix = image_file.probe(data).suffix
            except (binascii.Error, InvalidImage):
                continue
            if image_ref(base64.b64encode(data).decode()) == reference:
                name = f"inputs/{reference.removeprefix(PREFIX)}{suffix}"
                yield from self.stream.add(name, [data], len(data), generation.created_at)


def _chunks(file: gzip.GzipFile) -> Iterator[bytes]:
    return iter(lambda: file.read(CHUNK_BYTES), b"")
