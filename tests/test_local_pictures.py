"""The pictures of the local API: the same everywhere, another one for whatever should make another, and fast."""

from __future__ import annotations

import base64
import io
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from flux_playground.local import picture, strokes, words
from flux_playground.local.canvas import Canvas, Dice
from flux_playground.local.sizes import size

SMALL = {"width": 512, "height": 320}
ASKED = {"prompt": "a mountain lake at dawn", "finetune_id": "my-finetune", "finetune_strength": 1.2, **SMALL}

# Of the pixels before they are written as a file: any machine, any Python, numpy or Pillow must give these.
RECORDED = {
    "a mountain lake at dawn": "f6e47eb0d8b182598e4a7ca987cdd70b256078212e51de3ca76e668585eae263",
    "a city at night in the rain": "b0734d764008de2f89609cbf50ac58259a3c2a82093619e89c598f7f00044c13",
    "a meadow of red poppies": "893ea9e67b3d8b038bcc9d95e85fbd79a4d933a16f99b8448671d2848375f6f8",
    "a forest in autumn fog": "aba8cb0728efac8ddfd92005ee977f20df702df4e6585c39da67d6a78df9c3f1",
    "portrait of a woman": "b24e238686543d62b2bd8949193bfaf4e919df83821469bf818544daa1a61ff0",
    "a cat": "29e08e9c421265a15b70c922026ef921db8e57a36f62e6e26c8720e719b9e6a2",
    "abstract": "1ca89925cc7cd7ff799bd2d2c3e4f15dc82bbfe1565aef9abe64c85e6bd5c9a2",
    "a planet in space": "c9d70f8ae0fa9cc81fcc5131f612f90098f2f91a42d15844dd667f1592a39871",
    "a lighthouse by the stormy sea": "fe7ad4bb2c329d609e4c012edad42c1a8e172ee7c3ce9f3262d8c73e880f0e58",
    "balloons over a desert": "bdd50caa76a2218af2ce4f9a02a5442f047c1812099844f36fab0d08b90572df",
    "a village in winter": "6e894bc67953c84ccd868d083056503975656d570b77e3f1cf3263e3c59fda14",
}


def drawn(seed: int = 42, **values: Any) -> str:
    return picture.pixels(picture.draw({**ASKED, **values}, seed).image)


def image(colour: tuple[int, int, int], form: str = "PNG") -> str:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, form)
    return base64.b64encode(file.getvalue()).decode()


@pytest.mark.parametrize("prompt", RECORDED)
def test_the_pixels_are_those_that_were_recorded(prompt: str) -> None:
    assert drawn(prompt=prompt) == RECORDED[prompt]


def test_a_full_picture_has_the_pixels_that_were_recorded() -> None:
    request = {"prompt": "hills at golden hour", "finetune_id": "ink-city", "aspect_ratio": "16:9"}
    drawing = picture.draw(request, 7)
    assert drawing.image.size == (2752, 1536)
    assert picture.pixels(drawing.image) == "7ece9808281c918d7535e387eabe066d523f4e0f276007a15dae95e8626150a0"


def test_the_same_request_and_seed_give_the_same_bytes() -> None:
    first, again = (picture.write(picture.draw(ASKED, 1).image, "jpeg") for _ in range(2))
    assert first == again


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
        {"image_prompt": image((255, 0, 0)), "image_prompt_strength": 0.1},
        {"prompt_upsampling": True},
        {"raw": True},
        {"guidance": 3.5},
    ],
)
def test_what_should_change_the_picture_does(change: dict[str, Any]) -> None:
    assert drawn(**change) != drawn()


@pytest.mark.parametrize(
    "change",
    [
        {"safety_tolerance": 6},
        {"output_format": "png"},
        {"webhook_url": "http://127.0.0.1/"},
        {"webhook_secret": "hush"},
        {"image_prompt": image((255, 0, 0)), "image_prompt_strength": 0.0},
    ],
)
def test_what_should_not_change_the_picture_does_not(change: dict[str, Any]) -> None:
    assert drawn(**change) == drawn()


def test_a_style_of_strength_zero_is_plainly_none() -> None:
    assert drawn(finetune_strength=0.0) == drawn(finetune_strength=0.0, finetune_id="ink-city")


def test_the_stronger_the_style_the_further_the_picture_is_from_the_plain_one() -> None:
    plain, *others = (picture.draw({**ASKED, "finetune_strength": s}, 42).image for s in (0.0, 0.4, 1.0, 2.0))
    distances = [_distance(plain, other) for other in others]
    assert distances == sorted(distances)
    assert distances[0] > 2.0


def test_the_stronger_the_image_prompt_the_more_of_it_is_seen() -> None:
    red = {"image_prompt": image((255, 0, 0))}
    strengths = (0.1, 0.5, 1.0)
    images = [picture.draw({**ASKED, **red, "image_prompt_strength": one}, 42).image for one in strengths]
    target = Image.new("RGB", images[0].size, (255, 0, 0))
    distances = [_distance(target, one) for one in images]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 12.0


def _distance(one: Image.Image, other: Image.Image) -> float:
    levels = ImageChops.difference(one, other).convert("L").histogram()
    return sum(level * count for level, count in enumerate(levels)) / (one.width * one.height)


def test_an_image_prompt_that_is_no_image_is_said_to_be_none() -> None:
    for text in ("AAAA", "no base64!", base64.b64encode(b"text").decode()):
        with pytest.raises(ValueError, match="cannot be read"):
            drawn(image_prompt=text)


def test_upsampling_rewrites_the_prompt_and_the_picture_is_that_of_the_new_one() -> None:
    drawing = picture.draw({**ASKED, "prompt_upsampling": True}, 42)
    assert drawing.prompt.startswith("a mountain lake at dawn, ")
    assert picture.pixels(drawing.image) == drawn(prompt=drawing.prompt)


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        ("16:9", (2752, 1536)),
        ("9:16", (1536, 2752)),
        ("21:9", (3136, 1344)),
        ("9:21", (1344, 3136)),
        ("3:2", (2496, 1664)),
        ("4:3", (2368, 1792)),
        ("1:1", (2048, 2048)),
        ("32:18", (2752, 1536)),
    ],
)
def test_a_picture_has_the_size_that_was_seen_for_its_ratio(ratio: str, expected: tuple[int, int]) -> None:
    assert size({"aspect_ratio": ratio}) == expected


@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_any_other_ratio_gives_about_four_megapixels_in_steps_of_32(across: int, down: int) -> None:
    if not 9 * down <= 21 * across <= 49 * down * 3:
        return
    width, height = size({"aspect_ratio": f"{across}:{down}"})
    assert width % 32 == height % 32 == 0
    if 9 / 21 <= across / down <= 21 / 9:
        assert abs(width * height - 4_194_304) < 220_000
        assert abs(width / height / (across / down) - 1) < 0.03


@pytest.mark.parametrize(("form", "kind"), [("jpeg", "JPEG"), ("png", "PNG"), ("webp", "WEBP")])
def test_a_file_is_of_its_format_and_says_that_it_is_unsigned(form: str, kind: str) -> None:
    drawing = picture.draw(ASKED, 42).image
    data = picture.write(drawing, form)
    with Image.open(io.BytesIO(data)) as read:
        assert (read.format, read.size) == (kind, drawing.size)
        if form == "png":
            assert picture.pixels(read.convert("RGB")) == picture.pixels(drawing)
    assert b"Carries no C2PA signature" in data


def test_the_mark_is_in_the_lower_right_corner_and_nowhere_else() -> None:
    plain = Image.new("RGB", (1024, 1024), (90, 120, 150))
    box = ImageChops.difference(strokes.marked(plain.copy(), picture.MARK), plain).getbbox()
    assert box is not None
    left, top, right, bottom = box
    assert left > 600
    assert top > 960
    assert right < 1024
    assert bottom < 1024


def test_a_full_picture_is_drawn_in_half_a_second() -> None:
    took = []
    for seed in range(3):
        start = time.process_time()
        picture.write(picture.draw({"prompt": "a mountain lake", "finetune_id": "x"}, seed).image, "jpeg")
        took.append(time.process_time() - start)
    assert min(took) < 0.5


def test_a_prompt_of_a_hundred_thousand_characters_is_drawn() -> None:
    assert drawn(prompt="lake and hill, " * 6_700)


@given(st.text(max_size=60), st.integers(), st.sampled_from(["x", "ink"]), st.floats(0, 2))
@settings(max_examples=12, deadline=None)
def test_every_prompt_and_seed_is_drawn(prompt: str, seed: int, finetune: str, strength: float) -> None:
    request = {"prompt": prompt, "finetune_id": finetune, "finetune_strength": strength, "width": 96, "height": 64}
    assert picture.draw(request, seed).image.size == (96, 64)


@given(st.lists(st.sampled_from(sorted(words._WORDS)), min_size=1, max_size=5), st.integers(0, 5))
@settings(max_examples=12, deadline=None)
def test_every_word_that_is_known_is_painted_in_any_shape(chosen: list[str], seed: int) -> None:
    for shape in ((96, 64), (64, 160)):
        request = {"prompt": " ".join(chosen), "width": shape[0], "height": shape[1]}
        assert picture.draw(request, seed).image.size == shape


def test_chance_is_the_same_everywhere() -> None:
    dice = Dice("one", 2)
    assert [round(dice.unit(), 6) for _ in range(3)] == [0.658024, 0.858602, 0.556426]


def test_a_shape_may_lie_outside_the_sheet() -> None:
    canvas = Canvas(64, 64)
    canvas.disc(-500.0, 700.0, 20.0, (255.0, 0.0, 0.0))
    canvas.polygon([(900.0, 0.0), (920.0, 0.0), (910.0, 9.0)], (255.0, 0.0, 0.0))
    canvas.glow(-300.0, -300.0, 20.0, (255.0, 0.0, 0.0), 1.0)
    assert canvas.image().getbbox() is None
