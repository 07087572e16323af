"""The images of the local server."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from flux_playground.local.renderer import encode, render, render_flat
from flux_playground.local.renderer.finetune_style import draw_mark
from flux_playground.local.renderer.scene import WORDS

REQUEST: dict[str, Any] = {
    "prompt": "a mountain lake at dawn",
    "finetune_id": "my-finetune",
    "finetune_strength": 1.2,
}
SIZE = (512, 320)
PLACES = (("image_prompt",),)
KNOWN_WORDS = sorted({word for line in WORDS.strip().splitlines() for word in line.partition(": ")[2].split()})


def rendered(seed: int = 42, **values: Any) -> Image.Image:
    """The image of the request with some values changed."""
    return render({**REQUEST, **values}, seed, SIZE, PLACES if "image_prompt" in values else ())[0]


def image_text(color: tuple[int, int, int]) -> str:
    """A small image of one color, as base64."""
    file = io.BytesIO()
    Image.new("RGB", (64, 48), color).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def distance(first: Image.Image, second: Image.Image) -> float:
    """The mean difference of two images, in levels of 256."""
    levels = ImageChops.difference(first, second).convert("L").histogram()
    return sum(level * count for level, count in enumerate(levels)) / (first.width * first.height)


def test_same_request_same_bytes() -> None:
    """The same request and seed give the same file."""
    assert encode(rendered(), "jpeg") == encode(rendered(), "jpeg")


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 43},
        {"seed": 2**64 - 1},
        {"seed": -1},
        {"prompt": "a mountain lake at dusk"},
        {"prompt": "a mountain lake at dawn with a unicorn"},
        {"prompt": "🐱"},
        {"prompt": ""},
        {"finetune_id": "ink-city"},
        {"finetune_strength": 0.0},
        {"finetune_strength": 1.9},
        {"image_prompt": image_text((255, 0, 0)), "image_prompt_strength": 0.1},
        {"prompt_upsampling": True},
        {"raw": True},
        {"guidance": 3.5},
    ],
)
def test_visible_fields(change: dict[str, Any]) -> None:
    """A field that matters to the real API changes the image."""
    assert rendered(**change) != rendered()


@pytest.mark.parametrize(
    "change",
    [
        {"safety_tolerance": 6},
        {"output_format": "png"},
        {"webhook_url": "http://127.0.0.1/"},
        {"webhook_secret": "hush"},
        {"image_prompt": image_text((255, 0, 0)), "image_prompt_strength": 0.0},
    ],
)
def test_invisible_fields(change: dict[str, Any]) -> None:
    """A field of the delivery does not change the image."""
    assert rendered(**change) == rendered()


def test_strength_zero() -> None:
    """With strength 0 the finetune does not matter."""
    assert rendered(finetune_strength=0.0) == rendered(finetune_strength=0.0, finetune_id="ink-city")


def test_strength_is_visible() -> None:
    """A stronger finetune takes the image further from the plain one."""
    plain, *others = (rendered(finetune_strength=strength) for strength in (0.0, 0.4, 1.0, 2.0))
    distances = [distance(plain, other) for other in others]
    assert distances == sorted(distances)
    assert distances[0] > 2.0


def test_image_prompt_is_visible() -> None:
    """A stronger image prompt shows more of its image; at 1 nothing else is left but the finetune."""
    red: dict[str, Any] = {"image_prompt": image_text((255, 0, 0)), "finetune_strength": 0.0}
    images = [rendered(**red, image_prompt_strength=strength) for strength in (0.1, 0.5, 1.0)]
    distances = [distance(Image.new("RGB", images[0].size, (255, 0, 0)), image) for image in images]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 12.0


def test_images_have_equal_shares() -> None:
    """Images in a list and in an object are all visible, in equal shares; one given by its URL is not fetched."""
    colors = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    images = [image_text(colors[0]), {"base64": image_text(colors[1])}, {"url": "https://example.org/"}]
    request = {"prompt": "hills", "images": images, "mask": image_text(colors[2])}
    places = (("images", 0), ("images", 1, "base64"), ("images", 2, "url"), ("mask",))
    image = render(request, 1, (64, 64), places)[0]
    means = [sum(level * count for level, count in enumerate(band.histogram())) / 64**2 for band in image.split()]
    assert max(means) - min(means) < 60


@pytest.mark.parametrize(
    ("first_prompt", "second_prompt"),
    [
        ("hills at noon", "hills at night"),
        ("clear mountains", "mountains in fog"),
        ("clear mountains", "mountains in snow"),
        ("a forest in autumn", "a forest in spring"),
        ("hills", "a city skyline"),
        ("mountains", "a mountain lake"),
        ("red hills", "green hills"),
    ],
)
def test_words_are_visible(first_prompt: str, second_prompt: str) -> None:
    """Hour, weather, season, land, water and color words plainly change the image."""
    first, second = (rendered(prompt=prompt, finetune_strength=0.0) for prompt in (first_prompt, second_prompt))
    assert distance(first, second) > 8.0


@pytest.mark.parametrize(("name", "value"), [("prompt", "hills"), ("finetune_strength", 0.3), ("image_prompt", "AAAA")])
def test_flat(name: str, value: Any) -> None:
    """The flat renderer gives one color of the right size, which depends on the visible fields and the seed."""
    image, prompt = render_flat(REQUEST, 1, SIZE)
    assert (image.size, prompt, len(image.getcolors() or ())) == ((512, 320), REQUEST["prompt"], 1)
    assert render_flat({**REQUEST, "output_format": "png"}, 1, SIZE)[0] == image
    assert render_flat(REQUEST, 2, SIZE)[0] != image
    assert render_flat({**REQUEST, name: value}, 1, SIZE)[0] != image


@pytest.mark.parametrize("text", ["AAAA", "no base64!", base64.b64encode(b"text").decode()])
def test_broken_image_prompt(text: str) -> None:
    """An image prompt that is no image is a `ValueError`."""
    with pytest.raises(ValueError, match="cannot be read"):
        rendered(image_prompt=text)


def test_upsampling() -> None:
    """Upsampling renders the longer prompt and returns it."""
    image, prompt = render({**REQUEST, "prompt_upsampling": True}, 42, SIZE)
    assert prompt.startswith("a mountain lake at dawn, ")
    assert image == rendered(prompt=prompt)


@pytest.mark.parametrize(("output_format", "kind"), [("jpeg", "JPEG"), ("png", "PNG"), ("webp", "WEBP")])
def test_file_formats(output_format: str, kind: str) -> None:
    """A file is of the requested format and says that it is unsigned."""
    image = rendered()
    data = encode(image, output_format)
    with Image.open(io.BytesIO(data)) as file:
        assert (file.format, file.size) == (kind, image.size)
        if output_format == "png":
            assert file.convert("RGB").tobytes() == image.tobytes()
    assert b"Carries no C2PA signature" in data


def test_mark_position() -> None:
    """The mark covers the lower right corner only."""
    plain = Image.new("RGB", (1024, 1024), (90, 120, 150))
    marked = plain.copy()
    draw_mark(marked, "local demo, not FLUX")
    left, top, right, bottom = ImageChops.difference(marked, plain).getbbox() or (0, 0, 0, 0)
    assert 600 < left < right < 1024
    assert 960 < top < bottom < 1024


def test_long_prompt() -> None:
    """A prompt of a hundred thousand characters is rendered."""
    assert rendered(prompt="lake and hill, " * 6_700).size == (512, 320)


@given(st.text(max_size=60), st.integers(), st.sampled_from(["x", "ink"]), st.floats(0, 2))
@settings(max_examples=12, deadline=None)
def test_any_prompt(prompt: str, seed: int, finetune: str, strength: float) -> None:
    """Any prompt and seed is rendered."""
    request = {"prompt": prompt, "finetune_id": finetune, "finetune_strength": strength}
    assert render(request, seed, (96, 64))[0].size == (96, 64)


@given(st.lists(st.sampled_from(KNOWN_WORDS), min_size=1, max_size=5), st.integers(0, 5))
@settings(max_examples=12, deadline=None)
def test_known_words(words: list[str], seed: int) -> None:
    """Every known word is rendered in every shape."""
    for size in ((96, 64), (64, 160)):
        assert render({"prompt": " ".join(words)}, seed, size)[0].size == size
