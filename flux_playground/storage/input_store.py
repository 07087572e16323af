"""Stores the images that requests contained, each once, under references."""

from __future__ import annotations

import json
from typing import Any

from ..errors import StorageError
from ..image_ref import PREFIX, find_image_refs, image_ref, is_image_ref
from .database import Reader
from .image_files import ImageFiles


class InputStore:
    """Input images as files. Safe to use from many threads."""

    def __init__(self, files: ImageFiles, reader: Reader) -> None:
        self._files, self._reader = files, reader

    def save(self, text: str) -> str:
        """Store an input image (base64) and return its reference; raises `StorageError`."""
        path = self._files.inputs / image_ref(text).removeprefix(PREFIX)
        if self.load(image_ref(text)) is not None:
            path.touch()  # retention removes only files that were not used for a while
            return image_ref(text)
        try:
            self._files.write(path, text.encode())
        except OSError as error:
            raise StorageError(f"An image could not be kept: {error.strerror or error}. Nothing was sent.") from None
        return image_ref(text)

    def load(self, reference: str) -> str | None:
        """Return the base64 text of a reference; None for a missing or damaged file."""
        if not is_image_ref(reference):
            return None
        path = self._files.inputs / reference.removeprefix(PREFIX)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None
        return text if image_ref(text) == reference else None

    def find_requests(self, owner: str, reference: str) -> list[tuple[str, dict[str, Any]]]:
        """Return endpoint and request of an owner's generations that contain a reference, maybe as part of a text."""
        query = "SELECT endpoint, request FROM generations WHERE owner = ? AND instr(request, ?)"
        with self._reader.lock:
            _, rows = self._reader.select(query, [owner, reference])
        return [(endpoint, json.loads(request)) for endpoint, request in rows]

    def referenced(self) -> set[str]:
        """Return the references in all generations whose files were not deleted."""
        query = "SELECT request FROM generations WHERE image_deleted_at IS NULL AND instr(request, ?)"
        with self._reader.lock:
            _, rows = self._reader.select(query, [f'"{PREFIX}'])
            return {reference for (request,) in rows for reference in find_image_refs(request)}
