"""What stores the files of generations: delivered images, thumbnails and input images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

BlobKey = PurePosixPath
"""The folder of a file and its name, such as `images/flux-1.jpg`."""

IMAGES, INPUTS, THUMBNAILS = BlobKey("images"), BlobKey("inputs"), BlobKey("thumbnails")
FOLDERS = IMAGES, INPUTS, THUMBNAILS

CHUNK_BYTES = 262_144


def thumbnail_key(generation_id: str) -> BlobKey:
    """Return the key of a generation's thumbnail, which need not be there."""
    return THUMBNAILS / f"{generation_id}.webp"


@dataclass(frozen=True)
class Blob:
    """A stored file: its key, its size in bytes, and when it was last used (Unix seconds)."""

    key: BlobKey
    size: int
    used_at: float


class BlobStore(Protocol):
    """Files by key. A file is complete or absent, and its bytes never change. Safe to use from many threads.

    All methods raise `OSError`, whose `strerror` names the cause; `FileNotFoundError` for a file that is not there.
    """

    @property
    def size(self) -> int:
        """The bytes of all files: counted on first use, then updated with each file."""

    def count_again(self) -> int:
        """Count the bytes of all files again and return them."""

    def check(self) -> None:
        """Raise `OSError` if files cannot be stored now."""

    def create(self, key: BlobKey, data: bytes) -> bool:
        """Store a file that is not there; return False, and change nothing, for one that is."""

    def create_or_keep(self, key: BlobKey, data: bytes) -> bool:
        """Do the same with a file that must not be lost: if need be it is kept on this machine until `settle`."""

    def settle(self, key: BlobKey) -> None:
        """Store a kept file where other machines find it; does nothing for one that is there."""

    def read(self, key: BlobKey) -> bytes:
        """Return the bytes of a file."""

    def stream(self, key: BlobKey, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Return the bytes of a file from `start` up to `stop`, in chunks; a missing file is an error at once."""

    def find(self, key: BlobKey) -> Blob | None:
        """Return what is known of a file, or None for one that is not there."""

    def is_missing(self, key: BlobKey) -> bool:
        """Return whether a file is certainly not there, as far as that is known without a network."""

    def list(self, folder: BlobKey) -> Iterator[Blob]:
        """Yield the files of one of `FOLDERS`."""

    def touch(self, key: BlobKey) -> None:
        """Note that a file was used now."""

    def remove(self, key: BlobKey) -> None:
        """Remove a file if it is there."""
