"""A body can be read while it arrives; its end, its faults and its size are the same as without that."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from PIL import Image
from urllib3.exceptions import ProtocolError

from flux_playground.client.arriving_body import ArrivingBody
from flux_playground.errors import InvalidImage
from flux_playground.images.decode import decode_arriving
from flux_playground.images.media_types import verify, verify_decoded


def image(kind: str = "JPEG", **options: bool) -> bytes:
    """An image of some kilobytes."""
    file = io.BytesIO()
    Image.effect_noise((320, 200), 60).convert("RGB").save(file, kind, **options)
    return file.getvalue()


def chunks(data: bytes, size: int = 1_000, error: Exception | None = None) -> Iterator[bytes]:
    """The data in pieces, then an error."""
    for start in range(0, len(data), size):
        yield data[start : start + size]
    if error:
        raise error


def arrive(data: bytes, error: Exception | None = None) -> tuple[bool, bytes, str]:
    """Whether a file was decoded while it arrived, its bytes, and its fault."""
    body = ArrivingBody(chunks(data, error=error), 1_000_000)
    return decode_arriving(io.BufferedReader(body)), *body.read_all()


def test_bytes_are_read_when_they_are_needed() -> None:
    """A read takes no more chunks than it needs, and what was read can be read again."""
    taken: list[int] = []

    def count() -> Iterator[bytes]:
        for number in range(10):
            taken.append(number)
            yield bytes([number]) * 10

    body = ArrivingBody(count(), 1_000)
    assert body.read(4) == b"\0" * 4
    assert taken == [0]
    body.seek(8)
    assert (body.read(5), body.read(5)) == (b"\0\0", b"\1" * 5)
    assert taken == [0, 1]
    assert len(body.read_all()[0]) == 100


@pytest.mark.parametrize("error", [ProtocolError("x"), TimeoutError(), ValueError()])
def test_broken_connection_is_a_fault(error: Exception) -> None:
    """The bytes end where the connection broke, and the fault is named; a decoder sees a short file."""
    data = image()
    assert arrive(data[:3_500], error)[:2] == (False, data[:3_500])
    assert arrive(data[:3_500], error)[2]


def test_too_many_bytes_are_dropped() -> None:
    """A body that is too large is not kept."""
    assert ArrivingBody(chunks(b"x" * 5_000), 4_999).read_all() == (b"", "too large")
    assert ArrivingBody(chunks(b"x" * 5_000), 5_000).read_all() == (b"x" * 5_000, "")


def test_jpeg_is_decoded_while_it_arrives() -> None:
    """A JPEG is decoded before its last chunk; the result is that of the whole file."""
    data = image()
    assert arrive(data) == (True, data, "")
    assert verify_decoded(data) == verify(data)


@pytest.mark.parametrize("data", [image("PNG"), image("WEBP"), image(progressive=True), b"<html>", b""])
def test_other_files_are_decoded_when_they_are_whole(data: bytes) -> None:
    """A file that is no sequential JPEG is not decoded early, and its bytes are the same."""
    assert arrive(data) == (False, data, "")


@pytest.mark.parametrize("cut", [0.3, 0.9])
def test_short_jpeg_is_not_taken_for_a_whole_one(cut: float) -> None:
    """A JPEG that ends early was not decoded without a fault."""
    data = image()
    assert not arrive(data[: int(cut * len(data))])[0]


def test_missing_end_is_noticed() -> None:
    """A JPEG whose end marker is missing is refused, although all its pixels were decoded."""
    with pytest.raises(InvalidImage, match="cut short"):
        verify_decoded(image()[:-2])
