"""Keeps the memory of the process close to what it uses."""

from __future__ import annotations

import ctypes

M_MMAP_THRESHOLD = -3  # a parameter of mallopt, from malloc.h of glibc
MMAP_THRESHOLD_BYTES = 1_000_000


def return_large_blocks() -> bool:
    """Let the C library return each block of at least `MMAP_THRESHOLD_BYTES` to the system when it is freed.

    By default glibc raises this threshold up to 32 MB. Then each thread that decodes an image keeps the memory of its
    pixels, which Pillow allocates in blocks of 16 MB. Return False where the C library has no such setting.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # musl and macOS lack the function; Windows has no such library
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD_BYTES))
