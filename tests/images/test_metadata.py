"""Recipes inside image files: real files made by Pillow, spliced, read back by Pillow, damaged and forged."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from flux_playground.errors import InvalidRecipe
from flux_playground.images import metadata
from flux_playground.images.metadata import RECIPE_KEY, embed, has_content_credentials, read_texts

USER_COMMENT = 0x9286
RECIPE = '{"flux_playground_recipe":1,"sent":{"prompt":"ein Löwe 🦁 <b>it\'s \\"quoted\\" & 50%</b>"}}'
KINDS: dict[str, dict[str, Any]] = {
    "JPEG": {},
    "progressive JPEG": {"progressive": True, "exif": Image.Exif()},
    "PNG": {},
    "PNG with alpha": {"mode": "RGBA"},
    "palette PNG": {"mode": "P"},
    "WEBP": {},
    "WEBP with alpha": {"mode": "RGBA"},
    "lossless WEBP": {"lossless": True},
    "lossless WEBP with alpha": {"lossless": True, "mode": "RGBA"},
}


def drawn(kind: str, size: tuple[int, int] = (67, 41), **options: Any) -> bytes:
    """An image file of noise."""
    options = {**KINDS.get(kind, {}), **options}
    image = Image.effect_noise(size, 90).convert(options.pop("mode", "RGB"))
    name = next(name for name in ("JPEG", "PNG", "WEBP") if name in kind)
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


FILES = {kind: drawn(kind) for kind in KINDS}


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def pixels(data: bytes) -> tuple[str, tuple[int, int], bytes]:
    image = opened(data)
    return image.mode, image.size, image.tobytes()


def as_pillow_reads_it(data: bytes) -> str:
    """The recipe of a copy as a program that knows nothing of ours finds it."""
    image = opened(data)
    if image.format == "JPEG":
        comment = image.info["comment"]
        assert isinstance(comment, bytes)
        return comment.decode()
    if image.format == "PNG":
        return str(image.info[RECIPE_KEY])
    comment = image.getexif().get_ifd(0x8769)[USER_COMMENT]
    assert comment.startswith(b"UNICODE\0")
    return str(comment[8:].decode("utf-16-be"))


@pytest.mark.parametrize("kind", KINDS)
def test_embed(kind: str) -> None:
    """A copy has the recipe and the same pixels."""
    copy = embed(FILES[kind], RECIPE)
    assert pixels(copy) == pixels(FILES[kind])
    assert RECIPE in [one.text for one in read_texts(copy)]
    assert as_pillow_reads_it(copy) == RECIPE


@pytest.mark.parametrize("kind", KINDS)
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).map("{}".__add__))
def test_embedded_text_round_trip(kind: str, text: str) -> None:
    """Any text is read back as it was embedded."""
    copy = embed(FILES[kind], text)
    assert read_texts(copy)[0].text == text
    assert as_pillow_reads_it(copy) == text


@given(
    kind=st.sampled_from(["JPEG", "PNG", "WEBP"]), width=st.integers(1, 300), height=st.integers(1, 300), data=st.data()
)
def test_embedding_keeps_pixels(kind: str, width: int, height: int, data: st.DataObject) -> None:
    """A copy has the pixels of its original."""
    lossless = {"lossless": True} if kind == "WEBP" and data.draw(st.booleans()) else {}
    original = drawn(kind, (width, height), **lossless)
    assert pixels(embed(original, RECIPE)) == pixels(original)


def test_png_has_parameters() -> None:
    """A PNG has a text for other tools."""
    image = opened(embed(FILES["PNG"], RECIPE, "a cat\nSeed: 1"))
    assert image.info["parameters"] == "a cat\nSeed: 1"


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2) + content


def manifest(size: int = 300) -> bytes:
    """A JUMBF box as C2PA writes it: its type, its description with UUID and label, and something inside."""
    label = bytes.fromhex("6332706100110010800000aa00389b71") + b"\x03c2pa\0"
    described = struct.pack(">I4s", len(label) + 8, b"jumd") + label
    inside = described + bytes(number % 251 for number in range(size))
    return struct.pack(">I4s", len(inside) + 8, b"jumb") + inside


def signed_jpeg() -> tuple[bytes, bytes]:
    """A JPEG with a manifest in two APP11 segments behind its head, and the bytes of these."""
    box = manifest(90_000)
    first, rest = box[:60_000], box[:8] + box[60_000:]
    blocks = segment(0xEB, struct.pack(">2sHI", b"JP", 1, 1) + first)
    blocks += segment(0xEB, struct.pack(">2sHI", b"JP", 1, 2) + rest)
    whole = FILES["JPEG"]
    head = 4 + int.from_bytes(whole[4:6]) - 2 + 2  # SOI and APP0
    return whole[:head] + blocks + whole[head:], blocks


def chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return len(content).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)


def signed_png() -> tuple[bytes, bytes]:
    block = chunk(b"caBX", manifest())
    return FILES["PNG"][:33] + block + FILES["PNG"][33:], block


def signed_webp() -> tuple[bytes, bytes]:
    box = manifest()
    block = b"C2PA" + len(box).to_bytes(4, "little") + box + b"\0" * (len(box) % 2)
    original = drawn("WEBP", xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
    whole = original[:4] + (len(original) - 8 + len(block)).to_bytes(4, "little") + original[8:] + block
    return whole, block


SIGNED = {"JPEG": signed_jpeg, "PNG": signed_png, "WEBP": signed_webp}


@pytest.mark.parametrize("kind", SIGNED)
def test_content_credentials(kind: str) -> None:
    """Content Credentials stay unchanged."""
    original, block = SIGNED[kind]()
    assert has_content_credentials(original)
    assert not has_content_credentials(FILES[kind])
    copy = embed(original, RECIPE, "a cat")
    assert has_content_credentials(copy)
    assert copy.index(block) == original.index(block)
    assert pixels(copy) == pixels(FILES[kind] if kind != "WEBP" else original)
    assert as_pillow_reads_it(copy) == RECIPE


def test_copy_keeps_all_bytes() -> None:
    """A copy has all bytes of its original."""
    exif = Image.Exif()
    exif[0x0110] = "A camera"
    jpeg = drawn("JPEG", exif=exif, comment=b"hello", icc_profile=bytes(500))
    copy = embed(jpeg, RECIPE)
    place = copy.index(segment(0xFE, RECIPE.encode()))
    assert copy[:place] + copy[place + len(RECIPE.encode()) + 4 :] == jpeg
    assert opened(copy).getexif()[0x0110] == "A camera"


def test_webp_with_exif_is_refused() -> None:
    """A file has at most one EXIF chunk, which stays unchanged."""
    exif = Image.Exif()
    exif[0x0110] = "A camera"
    with pytest.raises(InvalidRecipe, match="EXIF"):
        embed(drawn("WEBP", exif=exif), RECIPE)


def test_long_recipe() -> None:
    """A recipe that is too long is rejected."""
    longest = "x" * 65_533
    assert as_pillow_reads_it(embed(FILES["JPEG"], longest)) == longest
    with pytest.raises(InvalidRecipe, match="65,534 bytes"):
        embed(FILES["JPEG"], longest + "x")
    assert as_pillow_reads_it(embed(FILES["PNG"], longest * 10)) == longest * 10
    assert as_pillow_reads_it(embed(FILES["WEBP"], longest * 10)) == longest * 10
    for kind in ("PNG", "WEBP"):
        with pytest.raises(InvalidRecipe):
            embed(FILES[kind], "x" * 4_000_001)


@pytest.mark.parametrize("data", [b"", b"hello", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"GIF89a", b"\x89PNG\r\n\x1a\n"])
def test_embed_rejects_other_files(data: bytes) -> None:
    """Only a JPEG, PNG or WebP can hold a recipe."""
    with pytest.raises(InvalidRecipe):
        embed(data, RECIPE)
    assert read_texts(data) == ()
    assert not has_content_credentials(data)


def test_texts_of_other_tools() -> None:
    """Compressed texts and EXIF comments in both byte orders are read."""
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "a café", zip=True)
    info.add_itxt("Comment", "ein Löwe 🦁", zip=True)
    png = drawn("PNG", pnginfo=info)
    assert [(one.key, one.text) for one in read_texts(png)] == [("parameters", "a café"), ("Comment", "ein Löwe 🦁")]
    for order in ("utf-16-be", "utf-16-le"):
        exif = Image.Exif()
        exif[0x0110] = "A camera"
        exif.get_ifd(0x8769)[USER_COMMENT] = b"UNICODE\0" + "a cat 🐈\nSteps: 20".encode(order)
        for kind in ("JPEG", "PNG", "WEBP"):
            assert read_texts(drawn(kind, exif=exif))[0].text == "a cat 🐈\nSteps: 20"
    exif.get_ifd(0x8769)[USER_COMMENT] = b"ASCII\0\0\0a cat"
    assert read_texts(drawn("JPEG", exif=exif))[0].text == "a cat"


def test_compressed_bomb_and_exif_loop() -> None:
    """Bombs and loops in metadata are bounded."""
    bomb = chunk(b"zTXt", b"parameters\0\0" + zlib.compress(bytes(50_000_000)))
    (found,) = read_texts(FILES["PNG"][:33] + bomb + FILES["PNG"][33:])
    assert len(found.text) <= 4_000_000
    entry = struct.pack(">HHII", 0x8769, 4, 1, 8)
    looping = b"Exif\0\0MM\0*" + (8).to_bytes(4) + (65535).to_bytes(2) + entry * 4000
    assert read_texts(b"\xff\xd8" + segment(0xE1, looping) * 50 + FILES["JPEG"][2:]) == ()


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_damaged_files(kind: str, data: st.DataObject) -> None:
    """Damaged files raise nothing unexpected."""
    whole = bytearray(embed(FILES[kind], RECIPE))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, min(len(whole) - 1, 700)))
        whole[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=6))
    damaged = bytes(whole)[: data.draw(st.integers(0, len(whole)))]
    assert all(isinstance(one.text, str) for one in read_texts(damaged))
    assert has_content_credentials(damaged) in (True, False)
    with contextlib.suppress(InvalidRecipe):
        embed(damaged, RECIPE)


@given(beginning=st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\xff\xff\0\0WEBP"]), rest=st.binary())
def test_random_file_content(beginning: bytes, rest: bytes) -> None:
    """Random bytes after a signature are harmless."""
    assert metadata.container_format(beginning + rest)
    assert isinstance(read_texts(beginning + rest), tuple)
    assert has_content_credentials(beginning + rest) in (True, False)
