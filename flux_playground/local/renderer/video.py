"""Encodes the video of an image: a slow zoom, as AV1 in an MP4 file.

Pillow has no encoder for MP4, but one for sequences in AVIF. Both have the same boxes (ISO 14496-12) around the frames.
A sequence becomes a video when a few values are replaced in their places.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from PIL import Image

MAX_SIDE_PIXELS = 640
FRAMES, FRAME_MILLISECONDS = 25, 80
ZOOM = 0.1  # of both sides, towards the corner with the mark
FILE_TYPE, FURTHER_BRAND = b"isom\0\0\2\0isomiso2", b"av01"
CONTAINERS = (b"moov", b"trak", b"mdia")


def encode_video(image: Image.Image) -> bytes:
    """Return an MP4 file of two seconds that begins with an image; its longer side has at most `MAX_SIDE_PIXELS`."""
    shrink = min(1.0, MAX_SIDE_PIXELS / max(image.size))
    size = (max(16, round(image.width * shrink / 2) * 2), max(16, round(image.height * shrink / 2) * 2))
    starts = [(image.width * ZOOM * n / FRAMES, image.height * ZOOM * n / FRAMES) for n in range(FRAMES)]
    first, *others = [image.resize(size, Image.Resampling.BILINEAR, (*start, *image.size)) for start in starts]
    file = io.BytesIO()
    # One thread: with several, the same image would not always give the same bytes.
    sequence = {"save_all": True, "append_images": others, "duration": FRAME_MILLISECONDS}
    first.save(file, "AVIF", speed=10, max_threads=1, **sequence)
    return _as_mp4(file.getvalue())


def _as_mp4(sequence: bytes) -> bytes:
    """Return an AVIF sequence as an MP4 file of the same length."""
    data = bytearray(sequence)
    boxes = {kind: (start, end) for kind, start, end in _boxes(sequence, 0, len(sequence))}
    start, end = boxes[b"ftyp"]
    data[start:end] = FILE_TYPE + FURTHER_BRAND * ((end - start - len(FILE_TYPE)) // len(FURTHER_BRAND))
    for kind in (b"meta", b"edts"):  # describe a still image, and a sequence that repeats without end
        start, _ = boxes[kind]
        data[start - 4 : start] = b"free"
    start, _ = boxes[b"mdhd"]
    duration = sequence[start + 24 : start + 32]
    for kind, place in ((b"mvhd", 24), (b"tkhd", 28), (b"mdhd", 24)):
        start, _ = boxes[kind]
        data[start + 4 : start + 20] = bytes(16)  # times of creation and change
        data[start + place : start + place + 8] = duration
    start, _ = boxes[b"hdlr"]
    data[start + 8 : start + 12] = b"vide"
    return bytes(data)


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield each box in a part of the file, as its type with the start and the end of its content."""
    while start < end:
        size, kind = int.from_bytes(data[start : start + 4], "big"), data[start + 4 : start + 8]
        yield kind, start + 8, start + size
        if kind in CONTAINERS:
            yield from _boxes(data, start + 8, start + size)
        start += size
