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
def test_an_image_is_told_by_its_content(name: str) -> None:
    assert verify(drawn(name)) == ImageInfo(name.lower(), 64, 40)


def test_a_picture_knows_its_media_type_and_suffix() -> None:
    assert ImageInfo("jpeg", 1, 1).suffix == ".jpg"
    assert ImageInfo("webp", 1, 1).suffix == ".webp"


def test_the_size_is_the_one_that_is_seen_when_the_camera_was_turned() -> None:
    assert verify(drawn("JPEG", exif=exif(orientation=6))) == ImageInfo("jpeg", 40, 64)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_an_image_that_was_cut_anywhere_is_a_bad_sample(name: str) -> None:
    whole = drawn(name)
    for length in range(len(whole)):
        with pytest.raises(InvalidImage):
            verify(whole[:length])


@pytest.mark.parametrize(
    "data", [b"", b"<!doctype html><p>Not Found", b"\x00" * 500, b"%PDF-1.7", b"GIF89a", b"BM", b"II*\0"]
)
def test_what_is_no_image_is_a_bad_sample(data: bytes) -> None:
    for act in (verify, thumbnail):
        with pytest.raises(InvalidImage):
            act(data)


def test_an_image_with_a_hole_in_its_pixels_is_a_bad_sample() -> None:
    whole = bytearray(drawn("PNG"))
    at = whole.index(b"IDAT") + 8
    whole[at : at + 4] = b"\xff\xff\xff\xff"
    with pytest.raises(InvalidImage):
        verify(bytes(whole))


@pytest.mark.parametrize("size", [(60_000, 60_000), (11_000, 11_000)])
def test_a_bomb_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    with pytest.raises(InvalidImage, match="pixels"):
        verify(header_only(*size))


def test_a_thumbnail_is_a_small_upright_webp_of_the_same_shape() -> None:
    small = thumbnail(drawn("JPEG", (3136, 1344), exif=exif(orientation=6)))
    assert verify(small) == ImageInfo("webp", 137, 320)
    assert len(small) < 20_000


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_a_thumbnail_is_made_of_every_kind_of_pixels(mode: str) -> None:
    assert verify(thumbnail(drawn("PNG", mode=mode), edge=20)).width == 20


def test_a_thumbnail_of_a_small_image_is_not_larger() -> None:
    assert verify(thumbnail(drawn("PNG", (5, 3)))) == ImageInfo("webp", 5, 3)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_an_image_with_nothing_to_remove_is_sent_untouched(name: str, tmp_path: Path) -> None:
    data = drawn(name)
    path = tmp_path / "an image.bin"
    path.write_bytes(data)
    assert sent(data) == data
    assert sent(path) == data


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_place_and_camera_do_not_leave(name: str) -> None:
    data = drawn(name, exif=located())
    assert b"SecretCam" in data
    out = sent(data)
    assert b"SecretCam" not in out
    assert not dict(Image.open(io.BytesIO(out)).getexif())
    assert verify(out) == ImageInfo(name.lower(), 64, 40)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_exif_that_cannot_be_read_turns_nothing_and_does_not_leave() -> None:
    data = drawn("JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xffJane Doe")
    assert verify(data) == verify(sent(data)) == ImageInfo("jpeg", 64, 40)
    assert b"Jane Doe" not in sent(data)


def test_comments_and_texts_do_not_leave() -> None:
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
def test_a_turned_photo_is_sent_upright(name: str) -> None:
    image = Image.open(io.BytesIO(sent(drawn(name, exif=exif(orientation=6))))).convert("RGB")
    assert image.size == (40, 64)
    red = image.getchannel("R")
    assert min(red.crop((0, 0, 40, 28)).tobytes()) > 200
    assert max(red.crop((0, 36, 40, 64)).tobytes()) < 50


@pytest.mark.parametrize(("name", "as_"), [("GIF", "png"), ("BMP", "png"), ("TIFF", "png"), ("AVIF", "jpeg")])
def test_other_formats_are_converted(name: str, as_: str) -> None:
    assert verify(sent(drawn(name))) == ImageInfo(as_, 64, 40)


def test_inks_become_colours_and_transparency_stays() -> None:
    assert verify(sent(drawn("TIFF", mode="CMYK"))).format == "png"
    assert Image.open(io.BytesIO(sent(drawn("AVIF", mode="RGBA")))).mode == "RGBA"
    assert verify(sent(drawn("JPEG", mode="CMYK", comment=b"x"))).format == "jpeg"


def test_a_colour_profile_is_kept_when_metadata_goes() -> None:
    out = sent(drawn("JPEG", comment=b"Jane Doe", icc_profile=b"a profile of colours"))
    assert Image.open(io.BytesIO(out)).info["icc_profile"] == b"a profile of colours"


def test_a_text_file_is_refused_at_the_field(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    path.write_text("I am not an image")
    kind, sentence = refusal(path)
    assert kind == "image_parsing"
    assert sentence.startswith("This file is not an image.")


def test_a_damaged_image_is_refused_at_the_field() -> None:
    assert refusal(drawn("JPEG")[:-30])[0] == "image_parsing"


@pytest.mark.parametrize("size", [(20_000, 10_000), (60_000, 60_000)])
def test_too_many_pixels_are_refused_from_the_header(size: tuple[int, int]) -> None:
    """An image of more than 120 megapixels is refused by its header, with its size and the limit."""
    kind, sentence = refusal(header_only(*size))
    assert kind == "image_too_large"
    assert f"{size[0]} × {size[1]} pixels" in sentence
    assert "at most 120 megapixels" in sentence


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.jpg"
    with path.open("wb") as file:
        file.truncate(MAX_READ_BYTES + 12_000_000)
    assert refusal(path) == ("image_too_large", "This image takes 112.0 MB; at most 100 MB can be read.")


def test_a_file_that_is_gone_or_a_folder_is_refused_at_the_field(tmp_path: Path) -> None:
    assert (
        refusal(tmp_path / "gone.png")[1] == refusal(tmp_path)[1] == "The file does not exist anymore. Choose it again."
    )
