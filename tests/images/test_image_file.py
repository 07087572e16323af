"""What an image is, small and sent: real files made by Pillow, cut, turned and mislabelled."""

import base64
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from flux_playground.errors import InvalidImage, InvalidRequest
from flux_playground.images.image_file import MAX_READ_BYTES, ImageInfo, encode, thumbnail, verify


def drawn(name: str, size: tuple[int, int] = (64, 40), mode: str = "RGB", **options: Any) -> bytes:
    """An image file with a red left half, so that a test sees its rotation."""
    image = Image.new(mode, size, 0)
    image.paste("red" if mode.startswith("RGB") else 1, (0, 0, size[0] // 2, size[1]))
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def exif(**tags: Any) -> Image.Exif:
    values = Image.Exif()
    for name, value in tags.items():
        values[{"orientation": 0x0112, "camera": 0x0110}[name]] = value
    return values


def located() -> Image.Exif:
    values = exif(camera="SecretCam")
    values[0x8825] = {1: "N", 2: (52.0, 30.0, 0.0)}
    return values


def header_only(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def sent(source: Path | bytes) -> bytes:
    return base64.b64decode(encode(source, "image_prompt"), validate=True)


def refusal(source: Path | bytes) -> tuple[str, str]:
    with pytest.raises(InvalidRequest) as caught:
        encode(source, "image_prompt")
    (error,) = caught.value.details
    assert error.loc == ("body", "image_prompt")
    return error.type, error.msg


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_verify_detects_format(name: str) -> None:
    """The format is known by the content of a file."""
    assert verify(drawn(name)) == ImageInfo(name.lower(), 64, 40)


def test_suffix() -> None:
    """The suffix of a JPEG is .jpg."""
    assert ImageInfo("jpeg", 1, 1).suffix == ".jpg"
    assert ImageInfo("webp", 1, 1).suffix == ".webp"


def test_size_with_orientation() -> None:
    """The size has the orientation applied."""
    assert verify(drawn("JPEG", exif=exif(orientation=6))) == ImageInfo("jpeg", 40, 64)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_truncated_image(name: str) -> None:
    """A truncated image is damaged."""
    whole = drawn(name)
    for length in range(len(whole)):
        with pytest.raises(InvalidImage):
            verify(whole[:length])


@pytest.mark.parametrize(
    "data", [b"", b"<!doctype html><p>Not Found", b"\x00" * 500, b"%PDF-1.7", b"GIF89a", b"BM", b"II*\0"]
)
def test_verify_rejects_other_files(data: bytes) -> None:
    """A file of another kind is not an image."""
    for act in (verify, thumbnail):
        with pytest.raises(InvalidImage):
            act(data)


def test_damaged_pixels() -> None:
    """Damaged pixels are found."""
    whole = bytearray(drawn("PNG"))
    at = whole.index(b"IDAT") + 8
    whole[at : at + 4] = b"\xff\xff\xff\xff"
    with pytest.raises(InvalidImage):
        verify(bytes(whole))


@pytest.mark.parametrize("size", [(60_000, 60_000), (11_000, 11_000)])
def test_image_bomb(size: tuple[int, int]) -> None:
    """Too many pixels are rejected by the header."""
    with pytest.raises(InvalidImage, match="pixels"):
        verify(header_only(*size))


def test_thumbnail() -> None:
    """A thumbnail is a small upright WebP."""
    small = thumbnail(drawn("JPEG", (3136, 1344), exif=exif(orientation=6)))
    assert verify(small) == ImageInfo("webp", 137, 320)
    assert len(small) < 20_000


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_thumbnail_of_any_mode(mode: str) -> None:
    """Every pixel mode has a thumbnail."""
    assert verify(thumbnail(drawn("PNG", mode=mode), edge=20)).width == 20


def test_thumbnail_does_not_enlarge() -> None:
    """A small image keeps its size."""
    assert verify(thumbnail(drawn("PNG", (5, 3)))) == ImageInfo("webp", 5, 3)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_clean_image_is_unchanged(name: str, tmp_path: Path) -> None:
    """An image without metadata is sent as it is."""
    data = drawn(name)
    path = tmp_path / "an image.bin"
    path.write_bytes(data)
    assert sent(data) == data
    assert sent(path) == data


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_location_and_camera_are_removed(name: str) -> None:
    """EXIF is not sent."""
    data = drawn(name, exif=located())
    assert b"SecretCam" in data
    out = sent(data)
    assert b"SecretCam" not in out
    assert not dict(Image.open(io.BytesIO(out)).getexif())
    assert verify(out) == ImageInfo(name.lower(), 64, 40)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_unreadable_exif() -> None:
    """Unreadable EXIF is ignored and removed."""
    data = drawn("JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xffJane Doe")
    assert verify(data) == verify(sent(data)) == ImageInfo("jpeg", 64, 40)
    assert b"Jane Doe" not in sent(data)


def test_texts_are_removed() -> None:
    """Comments, XMP and PNG texts are not sent."""
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "Jane Doe")
    texts.add_itxt("XML:com.adobe.xmp", "<x>Jane Doe</x>")
    for data in (
        drawn("JPEG", comment=b"Jane Doe"),
        drawn("PNG", pnginfo=texts),
        drawn("WEBP", xmp=b"<x>Jane Doe</x>"),
    ):
        assert b"Jane Doe" in data
        assert b"Jane Doe" not in sent(data)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_orientation_is_applied(name: str) -> None:
    """A turned photo is sent upright."""
    image = Image.open(io.BytesIO(sent(drawn(name, exif=exif(orientation=6))))).convert("RGB")
    assert image.size == (40, 64)
    red = image.getchannel("R")
    assert min(red.crop((0, 0, 40, 28)).tobytes()) > 200
    assert max(red.crop((0, 36, 40, 64)).tobytes()) < 50


@pytest.mark.parametrize(("name", "as_"), [("GIF", "png"), ("BMP", "png"), ("TIFF", "png"), ("AVIF", "jpeg")])
def test_other_formats(name: str, as_: str) -> None:
    """Formats that the API does not accept are converted."""
    assert verify(sent(drawn(name))) == ImageInfo(as_, 64, 40)


def test_cmyk_and_alpha() -> None:
    """CMYK is converted, transparency is kept."""
    assert verify(sent(drawn("TIFF", mode="CMYK"))).format == "png"
    assert Image.open(io.BytesIO(sent(drawn("AVIF", mode="RGBA")))).mode == "RGBA"
    assert verify(sent(drawn("JPEG", mode="CMYK", comment=b"x"))).format == "jpeg"


def test_color_profile_is_kept() -> None:
    """The color profile is sent."""
    out = sent(drawn("JPEG", comment=b"Jane Doe", icc_profile=b"a profile of colours"))
    assert Image.open(io.BytesIO(out)).info["icc_profile"] == b"a profile of colours"


def test_encode_rejects_text_file(tmp_path: Path) -> None:
    """A text file is an error of its field."""
    path = tmp_path / "image.png"
    path.write_text("I am not an image")
    kind, sentence = refusal(path)
    assert kind == "image_parsing"
    assert sentence.startswith("This file is not an image.")


def test_encode_rejects_damage() -> None:
    """A damaged image is an error of its field."""
    assert refusal(drawn("JPEG")[:-30])[0] == "image_parsing"


@pytest.mark.parametrize("size", [(20_000, 10_000), (60_000, 60_000)])
def test_too_many_pixels_are_refused_from_the_header(size: tuple[int, int]) -> None:
    """An image of more than 120 megapixels is refused by its header, with its size and the limit."""
    kind, sentence = refusal(header_only(*size))
    assert kind == "image_too_large"
    assert f"{size[0]} × {size[1]} pixels" in sentence
    assert "at most 120 megapixels" in sentence


def test_huge_file(tmp_path: Path) -> None:
    """A huge file is rejected by its size."""
    path = tmp_path / "huge.jpg"
    with path.open("wb") as file:
        file.truncate(MAX_READ_BYTES + 12_000_000)
    assert refusal(path) == ("image_too_large", "This image takes 112.0 MB; at most 100 MB can be read.")


def test_missing_file(tmp_path: Path) -> None:
    """A missing file or a folder is an error of its field."""
    assert (
        refusal(tmp_path / "gone.png")[1] == refusal(tmp_path)[1] == "The file does not exist anymore. Choose it again."
    )
