"""Reads ZIP files from strangers: nothing is unpacked to the disk, and no entry takes more memory than its limit."""

from __future__ import annotations

import re
import stat
import sys
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from ..errors import InvalidArchive
from ..storage.generation_store import MIN_FREE_BYTES

SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
MAX_RATIO = 200
MIN_RATIO_BYTES = 1_000_000  # smaller files may grow as they like
DIRECTORY_BYTES_PER_FILE = 240
MIN_DIRECTORY_BYTES = 100_000  # `zipfile` also reads the end of a file at once, with its comment of 64 kB at most
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
UNSAFE_NAME = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)")
CONTROL_CHARACTER = re.compile(r"[\0-\x1f\x7f]")
IGNORED_NAME = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\._)|/$")
DAMAGED = "This ZIP file is damaged or cut short."


@dataclass(frozen=True)
class ImportLimits:
    """What one import may bring: a number of images, bytes of all files unpacked, and bytes of one file.

    `free_bytes` of the disk are left free.
    """

    images: int = 50_000
    total_bytes: int = 50_000_000_000
    file_bytes: int = 100_000_000
    free_bytes: int = MIN_FREE_BYTES

    @property
    def files(self) -> int:
        """The number of files of a ZIP file: of each image its recipe and the images that were sent for it."""
        return 4 * self.images + 10


HOSTED_LIMITS = ImportLimits(images=500, total_bytes=500_000_000, file_bytes=30_000_000, free_bytes=2_000_000_000)
"""For a visitor of a hosted page: the disk keeps room for images that were paid."""


def is_zip(head: bytes) -> bool:
    """Return whether a file begins like a ZIP file."""
    return head.startswith(SIGNATURES)


class UntrustedZip:
    """The files of a ZIP file that may be read; `refused` has a sentence for each other one.

    Raises `InvalidArchive` for a file that is damaged, no ZIP file, or has more than the limits allow.
    """

    def __init__(self, path: Path, limits: ImportLimits) -> None:
        self._limits = limits
        self._file = _Bounded(path.open("rb"), max(limits.files * DIRECTORY_BYTES_PER_FILE, MIN_DIRECTORY_BYTES))
        try:
            self._zip = zipfile.ZipFile(self._file)
            self._file.most = limits.file_bytes + 1
            infos = [info for info in self._zip.infolist() if not IGNORED_NAME.search(info.filename)]
            self._check_total(infos)
        except InvalidArchive:
            self._file.close()
            raise
        except Exception:  # `zipfile` raises several kinds of errors for damaged bytes
            self._file.close()
            raise InvalidArchive(DAMAGED) from None
        self._infos, self.refused = _divide(infos, limits)

    def __enter__(self) -> UntrustedZip:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._zip.close()
        self._file.close()

    @property
    def names(self) -> list[str]:
        """The names of the files that may be read, in their order."""
        return list(self._infos)

    def modified_at(self, name: str) -> tuple[int, int, int, int, int, int]:
        """Return year, month, day, hour, minute and second of a file, of an unknown time zone."""
        return self._infos[name].date_time

    def read(self, name: str, most: int = sys.maxsize) -> bytes:
        """Return the bytes of a file; raises `InvalidArchive` for one that is missing, refused or damaged.

        So it does for one of more than `most` bytes.
        """
        if name not in self._infos:
            raise InvalidArchive(self.refused.get(name, "It is missing in the ZIP file."))
        info = self._infos[name]
        if info.file_size > most:
            raise InvalidArchive(_too_large(info.file_size, most))
        try:
            with self._zip.open(info) as file:  # which ends after the size that the directory names
                data = file.read(self._limits.file_bytes + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, NotImplementedError):
            raise InvalidArchive("It is damaged in the ZIP file.") from None
        if len(data) != info.file_size:
            raise InvalidArchive("It is cut short in the ZIP file.")
        return data

    def _check_total(self, infos: list[zipfile.ZipInfo]) -> None:
        if len(infos) > self._limits.files:
            raise InvalidArchive(f"This ZIP file has {len(infos):,} files; at most {self._limits.files:,} can be read.")
        size, most = sum(info.file_size for info in infos), self._limits.total_bytes
        if size > most:
            raise InvalidArchive(f"This ZIP file unpacks to {megabytes(size)}, more than {megabytes(most)}.")


class _Bounded:
    """A file of which at most `most` bytes are read at once, because `zipfile` reads the whole directory at once."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file, self.most = file, most
        self.tell, self.seek, self.seekable, self.close = file.tell, file.seek, file.seekable, file.close

    def read(self, size: int = -1) -> bytes:
        if size > self.most:
            raise InvalidArchive("This ZIP file has too many files.")
        return self._file.read(size)


def _divide(infos: list[zipfile.ZipInfo], limits: ImportLimits) -> tuple[Mapping[str, zipfile.ZipInfo], dict[str, str]]:
    """Return the files that may be read by name, and a sentence for each other one."""
    read: dict[str, zipfile.ZipInfo] = {}
    refused: dict[str, str] = {}
    for info in infos:
        if info.filename in read or info.filename in refused:
            read.pop(info.filename, None)
            refused[info.filename] = "The ZIP file has two files of this name."
        elif sentence := _fault(info, limits):
            refused[info.filename] = sentence
        else:
            read[info.filename] = info
    return read, refused


def _fault(info: zipfile.ZipInfo, limits: ImportLimits) -> str:
    """Return why a file is not read, or ""."""
    mode = info.external_attr >> 16
    if CONTROL_CHARACTER.search(info.orig_filename):
        return "Its name has a control character."
    if UNSAFE_NAME.search(info.orig_filename):
        return "Its name leads out of the ZIP file."
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "It is a link, not a file."
    if info.flag_bits & 0x1:
        return "It is encrypted."
    if info.compress_type not in METHODS:
        return "It is compressed in a way that is not read here."
    if info.file_size > limits.file_bytes:
        return _too_large(info.file_size, limits.file_bytes)
    if info.file_size > max(MIN_RATIO_BYTES, MAX_RATIO * info.compress_size):
        return f"It would grow to more than {MAX_RATIO} times its size."
    return ""


def _too_large(size: int, most: int) -> str:
    return f"It takes {megabytes(size)}; at most {megabytes(most)} can be read."


def megabytes(size: int) -> str:
    """Return a number of bytes for people."""
    return f"{size / 1e6:,.1f} MB"
