"""How alike two images are: real files, encoded twice, changed by a pixel, turned, and broken."""

from __future__ import annotations

import io
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from flux_playground.errors import InvalidImage
from flux_playground.images import metadata
from flux_playground.images.pixel_difference import Verdict, compare

PAINTED = Image.merge("RGB", [Image.radial_gradient("L"), Image.linear_gradient("L"), Image.new("L", (256, 256), 90)])


def file(image: Image.Image, name: str = "PNG", **options: Any) -> bytes:
    written = io.BytesIO()
    image.save(written, name, **options)
    return written.getvalue()


def test_same_bytes() -> None:
    """A file is identical to itself."""
    result = compare(file(PAINTED), file(PAINTED))
    assert (result.verdict, result.mean, result.changed, result.psnr) == (Verdict.SAME_BYTES, 0, 0, math.inf)
    assert result.difference_png == b""


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_copy_has_same_pixels(name: str) -> None:
    """A copy with a recipe has identical pixels."""
    original = file(PAINTED, name)
    assert compare(original, metadata.embed(original, "{}")).verdict is Verdict.SAME_PIXELS


def test_huge_images_are_not_compared() -> None:
    """Two images whose difference would take gigabytes are refused; identical files need no difference."""
    huge = [file(Image.new("L", (5_100, 5_000), shade)) for shade in (1, 2)]
    with pytest.raises(InvalidImage, match="5100 × 5000 pixels are too large to compare"):
        compare(*huge)
    assert compare(huge[0], huge[0]).verdict is Verdict.SAME_BYTES


def test_compare_ignores_encoding() -> None:
    """Pixels are compared as they are shown."""
    squares = PAINTED.quantize(32)
    turned = Image.Exif()
    turned[0x0112] = 6
    on_its_side = file(squares.convert("RGB").transpose(Image.Transpose.ROTATE_90), "PNG", exif=turned)
    for other in (
        file(squares.convert("RGB")),
        file(squares.convert("RGBA")),
        file(squares.convert("RGB"), "WEBP", lossless=True),
        file(squares.convert("RGB"), "TIFF"),
        on_its_side,
    ):
        assert compare(file(squares), other).verdict is Verdict.SAME_PIXELS


def test_jpeg_is_close() -> None:
    """A JPEG is close to its original."""
    result = compare(file(PAINTED), file(PAINTED, "JPEG", quality=90))
    assert result.verdict is Verdict.CLOSE
    assert result.mean is not None
    assert result.psnr is not None
    assert 0 < result.mean < 3
    assert 30 < result.psnr < 60
    assert (result.before.format, result.after.format) == ("png", "jpeg")


def test_one_changed_pixel() -> None:
    """One changed pixel is measured and visible."""
    changed = PAINTED.copy()
    red, green, blue = changed.getpixel((100, 50))  # type: ignore[misc]
    changed.putpixel((100, 50), (red, green, blue + 30))
    result = compare(file(PAINTED), file(changed))
    assert result.verdict is Verdict.CLOSE
    assert result.changed == pytest.approx(1 / 65536)
    assert result.mean == pytest.approx(30 / 3 / 65536)
    assert result.psnr == pytest.approx(10 * math.log10(255**2 * 3 * 65536 / 30**2))
    assert result.gain == 8
    with Image.open(io.BytesIO(result.difference_png)) as image:
        assert (image.size, image.getpixel((100, 50)), image.getpixel((101, 50))) == ((256, 256), 240, 0)


def test_different_images() -> None:
    """Another image or size is different."""
    other = compare(file(PAINTED), file(ImageChops.invert(PAINTED)))
    assert other.verdict is Verdict.DIFFERENT
    assert other.changed is not None
    assert other.changed > 0.9
    larger = compare(file(PAINTED), file(PAINTED.resize((300, 256))))
    assert (larger.verdict, larger.mean, larger.difference_png) == (Verdict.DIFFERENT, None, b"")
    assert (larger.before.width, larger.after.width) == (256, 300)


def test_compare_alpha_and_16_bits() -> None:
    """Transparency counts, the depth of channels does not."""
    seen = PAINTED.convert("RGBA")
    through = seen.copy()
    through.putalpha(0)
    assert compare(file(seen), file(through)).verdict is Verdict.DIFFERENT
    grey = Image.linear_gradient("L")
    deep = grey.convert("I").point(lambda step: step * 257).convert("I;16")
    assert compare(file(grey), file(deep)).verdict is Verdict.SAME_PIXELS


@pytest.mark.parametrize("damaged", [b"", b"hello", file(PAINTED)[:500]])
def test_compare_rejects_damage(damaged: bytes) -> None:
    """Both files must be complete images."""
    for pair in ((damaged, file(PAINTED)), (file(PAINTED), damaged)):
        with pytest.raises(InvalidImage):
            compare(*pair)


@given(
    mode=st.sampled_from(["L", "RGB", "RGBA", "P", "1"]),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    pixels=st.binary(min_size=1, max_size=50),
)
def test_reencoded_image_is_equal(mode: str, size: tuple[int, int], pixels: bytes) -> None:
    """An image equals its lossless copy."""
    raw = (pixels * (size[0] * size[1] * 4))[: size[0] * size[1] * 4]
    image = Image.frombytes("RGBA", size, raw).convert(mode)
    before, after = file(image, compress_level=1), file(image, compress_level=9, comment="x")
    assert compare(before, after).verdict in (Verdict.SAME_BYTES, Verdict.SAME_PIXELS)
