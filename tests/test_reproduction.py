"""An image made again: its recipe and its copy, what is said beforehand, and how alike the two came out."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image

from flux_playground import Playground, reproduction
from flux_playground.comparison import Verdict
from flux_playground.errors import InvalidRecipe
from flux_playground.generation import Generation
from flux_playground.recipe import Form, recognise

VALUES = {"finetune_id": "my-finetune", "prompt": "a mill by a river", "aspect_ratio": "1:1"}


def made(playground: Playground, origin: str = "", **values: object) -> Generation:
    """The finished generation of these values on top of the usual ones."""
    one = playground.start({**VALUES, **values}, origin=origin)
    return list(playground.watch(one.id))[-1]


def test_an_image_made_again_from_its_recipe_has_identical_bytes(playground: Playground) -> None:
    first = made(playground, webhook_url="http://127.0.0.1:9/hook")
    again = made(playground, first.id, **reproduction.values(first))
    told = reproduction.report(first, again)
    assert told.comparison is not None
    assert told.comparison.verdict is Verdict.SAME_BYTES
    assert "webhook_url" not in again.request
    assert [one.name for one in told.reasons] == []


def test_another_seed_is_different_and_the_seed_is_named_as_the_reason(playground: Playground) -> None:
    told = reproduction.report(made(playground, seed=1), made(playground, seed=2))
    assert told.comparison is not None
    assert told.comparison.verdict is Verdict.DIFFERENT
    assert [one.name for one in told.reasons] == ["seed used"]


def test_a_file_that_is_gone_is_named_and_its_recipe_still_compared(playground: Playground) -> None:
    first, second = made(playground, seed=1), made(playground, seed=2)
    assert first.image is not None
    first.image.unlink()
    told = reproduction.report(first, second)
    assert (told.comparison, told.problem) == (None, "One of the two files is no longer there.")
    assert told.reasons


def test_what_will_make_it_differ_is_said_beforehand(playground: Playground, server: object) -> None:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "crimson").save(file, "PNG")
    first = made(playground, prompt_upsampling=True, image_prompt=file.getvalue())
    assert list(reproduction.expected(first, first.server, playground.journal)) == [reproduction.DIFFERS]
    for path in (playground.settings.data / "inputs").iterdir():
        path.unlink()
    told = list(reproduction.expected(first, "https://api.bfl.ai", playground.journal))
    assert told[0] == reproduction.DIFFERS
    assert "https://api.bfl.ai" in told[1]
    assert "image_prompt" in told[2]


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_the_original_stays_as_it_came_and_the_copy_tells_its_recipe(playground: Playground, kind: str) -> None:
    one = made(playground, output_format=kind)
    copied = reproduction.copy(one)
    found = recognise(copied)
    assert found.form is Form.COPY
    assert found.recipe == reproduction.recipe(one)
    assert recognise(reproduction.original(one)).form is Form.IMAGE
    assert reproduction.uncopied(one) == ""


def test_a_recipe_that_is_too_long_for_a_copy_is_refused_in_words(playground: Playground) -> None:
    one = made(playground, prompt="long " * 20_000, output_format="jpeg")
    with pytest.raises(InvalidRecipe) as caught:
        reproduction.copy(one)
    assert reproduction.uncopied(one) == caught.value.message


def test_who_knows_the_address_of_a_picture_does_not_know_its_mark() -> None:
    one = Generation("a" * 32, "visitor-1", 0.0, "/v1/flux", "https://api.bfl.ai", {})
    assert reproduction.mark(one) != reproduction.mark(replace(one, owner="visitor-2"))
    assert reproduction.mark(one) != reproduction.mark(replace(one, id="b" * 32))
