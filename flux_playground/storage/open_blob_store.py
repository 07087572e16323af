"""Opens the store of files that the settings name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from ..errors import StorageError
from .blob_folder import BlobFolder
from .blob_store import BlobStore


def open_blob_store(folder: Path, url: str, secret_key: Callable[[], bytes]) -> BlobStore:
    """Open the bucket at `url`, or the data folder where it is "".

    A digest of the folder's secret key identifies its journal in the bucket. Raises `OSError` for the folder and
    `StorageError` for the bucket.
    """
    kept = BlobFolder(folder)
    if not url:
        return kept
    try:
        from .blob_bucket import BlobBucket
    except ImportError:
        raise StorageError("FLUX_PLAYGROUND_FILES needs the package obstore: install `flux-playground[s3]`.") from None
    try:
        return BlobBucket(url, kept, hashlib.sha256(b"journal" + secret_key()).hexdigest())
    except OSError as error:
        raise StorageError(f"FLUX_PLAYGROUND_FILES cannot be used: {error.strerror}.") from None
