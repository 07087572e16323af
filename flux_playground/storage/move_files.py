"""Moves the files of a data folder into its bucket, and back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..errors import StorageError
from ..image_ref import PREFIX, image_ref
from .blob_bucket import BlobBucket
from .blob_store import FOLDERS, IMAGES, INPUTS, BlobKey, BlobStore


@dataclass
class MoveReport:
    """What was moved: the number of files, and their size in bytes.

    `damaged` are files that are not those of their record; they stay where they are. `missing` are images of records
    that are nowhere.
    """

    files: int = 0
    size: int = 0
    damaged: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def move_files(
    files: BlobStore, hashes: Mapping[BlobKey, str], progress: Callable[[MoveReport], None], *, to_bucket: bool
) -> MoveReport:
    """Move all files into the bucket, or into the folder; `hashes` are the SHA-256 of the images of all records.

    Each file is read again at its new place before it is removed at its old one, so that a move can be interrupted and
    continued. `progress` is called after each file. Raises `StorageError`.
    """
    if not isinstance(files, BlobBucket):
        raise StorageError("FLUX_PLAYGROUND_FILES names no bucket.")
    if to_bucket:
        list_folder, read, move = files.kept.list, files.kept.read, files.settle
    else:
        list_folder, read, move = files.list_uploaded, files.read_uploaded, files.fetch
    report = MoveReport()
    try:
        for folder in FOLDERS:
            for blob in list_folder(folder):
                if not _is_intact(blob.key, read, hashes):
                    report.damaged.append(str(blob.key))
                    continue
                move(blob.key)
                report.files += 1
                report.size += blob.size
                progress(report)
        found = {blob.key for blob in files.list(IMAGES)}
    except OSError as error:
        cause = error.strerror or error
        raise StorageError(f"{report.files:,} files were moved, then: {cause}. Start again to continue.") from None
    report.missing = sorted(str(key) for key in hashes if key not in found)
    return report


def _is_intact(key: BlobKey, read: Callable[[BlobKey], bytes], hashes: Mapping[BlobKey, str]) -> bool:
    """Return whether a file has the hash of its record, or of its own name; a thumbnail has none."""
    if key.parent == INPUTS:
        return image_ref(read(key).decode(errors="replace")) == PREFIX + key.name
    expected = hashes.get(key)
    return not expected or hashlib.sha256(read(key)).hexdigest() == expected
