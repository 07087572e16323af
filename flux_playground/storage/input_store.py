"""Stores the images that requests contained, each once, under references."""

from __future__ import annotations

import json
import time
from typing import Any

from ..errors import StorageUnavailable
from ..image_ref import PREFIX, find_image_refs, image_ref, is_image_ref, split_data_url
from .blob_store import INPUTS, BlobKey, BlobStore
from .database_connection import Reader

MIN_ORPHAN_AGE_SECONDS = 60.0
"""Seconds after which a sent image that no record names is deleted; its record is written at once."""


class InputStore:
    """Input images in a blob store. Safe to use from many threads."""

    def __init__(self, files: BlobStore, reader: Reader) -> None:
        self._files, self._reader = files, reader

    def save(self, text: str) -> str:
        """Store an input image (base64 or data URL) and return its reference; raises `StorageError`."""
        head, data = split_data_url(text)
        reference = image_ref(data)
        key, content = _key(reference), data.encode()
        try:
            if not self._files.create(key, content):
                if self._files.read(key) == content:
                    self._files.touch(key)  # retention removes only files that were not used for a while
                else:  # damaged
                    self._files.remove(key)
                    self._files.create(key, content)
        except OSError as error:
            raise StorageUnavailable(
                f"An image could not be kept: {error.strerror or error}. Nothing was sent."
            ) from None
        return head + reference

    def load(self, reference: str) -> str | None:
        """Return the base64 or the data URL of a reference; None for a missing or damaged file."""
        if not is_image_ref(reference):
            return None
        head, reference = split_data_url(reference)
        try:
            text = self._files.read(_key(reference)).decode()
        except (OSError, UnicodeDecodeError):
            return None
        return head + text if image_ref(text) == reference else None

    def is_missing(self, reference: str) -> bool:
        """Return whether an input is gone, without reading it; False where the bucket cannot be asked."""
        _, reference = split_data_url(reference)
        try:
            return self._files.find(_key(reference)) is None
        except OSError:
            return False

    def find_requests(self, owner: str, reference: str) -> list[tuple[str, dict[str, Any]]]:
        """Return endpoint and request of an owner's generations that contain a reference, maybe as part of a text."""
        query = "SELECT endpoint, request FROM generations WHERE owner = ? AND instr(request, ?)"
        with self._reader.lock:
            _, rows = self._reader.select(query, [owner, reference])
        return [(endpoint, json.loads(request)) for endpoint, request in rows]

    def remove_unreferenced(self) -> None:
        """Delete inputs that no stored generation refers to."""
        wanted, before = self.referenced(), time.time() - MIN_ORPHAN_AGE_SECONDS
        for blob in self._files.list(INPUTS):
            if PREFIX + blob.key.name not in wanted and blob.used_at < before:
                self._files.remove(blob.key)

    def referenced(self) -> set[str]:
        """Return the references in generations with files, in sweeps that are not done, and in saved plans."""
        query = """
            SELECT request FROM generations WHERE image_deleted_at IS NULL AND instr(request, ?)
            UNION ALL SELECT plan FROM sweeps WHERE state IN ('running', 'paused') AND instr(plan, ?)
            UNION ALL SELECT text FROM saved_plans WHERE keeps_images AND instr(text, ?)
        """
        with self._reader.lock:
            _, rows = self._reader.select(query, [PREFIX] * 3)
            return {reference for (request,) in rows for reference in find_image_refs(request)}


def _key(reference: str) -> BlobKey:
    return INPUTS / reference.removeprefix(PREFIX)
