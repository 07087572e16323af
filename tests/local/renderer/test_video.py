"""The videos of the local server."""

from __future__ import annotations

from PIL import Image

from flux_playground.images.media_types import verify
from flux_playground.local.renderer.video import encode_video


def gradient(width: int, height: int) -> Image.Image:
    """An image that gets lighter to the right."""
    return Image.linear_gradient("L").rotate(90).resize((width, height)).convert("RGB")


def test_mp4_file() -> None:
    """A video is a complete MP4 of its own track, without the boxes of a still image."""
    data = encode_video(gradient(200, 110))
    assert verify(data).format == "mp4"
    assert data[8:12] == b"isom"
    assert all(kind in data for kind in (b"vide", b"av01"))
    assert not any(kind in data for kind in (b"avis", b"meta", b"edts", b"pict\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0meta"))


def test_same_image_same_video() -> None:
    """The same image gives the same bytes; odd and extreme sizes work."""
    assert encode_video(gradient(99, 33)) == encode_video(gradient(99, 33)) != encode_video(gradient(33, 99))
    assert verify(encode_video(gradient(3000, 10))).format == "mp4"
