"""An image made again: its recipe and its copy, what is said beforehand, and how alike the two came out."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from flux_playground import Playground, reproduce
from flux_playground.errors import InvalidRecipe
from flux_playground.generation import Generation
from flux_playground.images.pixel_difference import Verdict
from flux_playground.playground import Visitor
from flux_playground.recipe import SourceKind, detect
from flux_playground.ui.generate import result_view
from flux_playground.ui.recipes import code_panel, import_view, settings_import
from flux_playground.ui.recipes import reproduction_view as shown
from flux_playground.ui.text import image_urls
from tests.images.test_metadata import signed_jpeg

from .ui.page_parts import Page

VALUES = {"finetune_id": "my-finetune", "prompt": "a mill by a river", "aspect_ratio": "1:1"}


def made(playground: Playground, reproduces: str = "", **values: object) -> Generation:
    """The finished generation of these values on top of the usual ones."""
    one = playground.start({**VALUES, **values}, reproduces=reproduces)
    return list(playground.watch(one.id))[-1]


def test_reproduction_has_identical_bytes(playground: Playground) -> None:
    """The values of a generation make the same file again."""
    first = made(playground, webhook_url="http://127.0.0.1:9/hook")
    again = made(playground, first.id, **reproduce.values(first))
    told = reproduce.compare_generations(first, again, playground.store)
    assert told.comparison is not None
    assert told.comparison.verdict is Verdict.SAME_BYTES
    assert "webhook_url" not in again.request
    assert [one.name for one in told.differences] == []


def test_seed_is_the_named_difference(playground: Playground) -> None:
    """Two generations that differ in the seed name the seed as the difference."""
    told = reproduce.compare_generations(made(playground, seed=1), made(playground, seed=2), playground.store)
    assert told.comparison is not None
    assert told.comparison.verdict is Verdict.DIFFERENT
    assert [one.name for one in told.differences] == ["seed used"]


def test_missing_file_still_compares_the_recipe(playground: Playground) -> None:
    """Without a file, the settings are still compared."""
    first, second = made(playground, seed=1), made(playground, seed=2)
    assert first.image is not None
    playground.store.files.remove(first.image)
    told = reproduce.compare_generations(first, second, playground.store)
    assert (told.comparison, told.problem) == (None, "One of the two files is no longer there.")
    assert told.differences


def test_caveats_are_known_before(playground: Playground, server: object) -> None:
    """What prevents an exact reproduction is known before it is paid for."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "crimson").save(file, "PNG")
    first = made(playground, prompt_upsampling=True, image_prompt=file.getvalue())
    restarted = "http://127.0.0.1:1"  # the local server has another port after each start
    for server_now in (first.server, restarted):
        assert list(reproduce.caveats(first, server_now, playground.store)) == [reproduce.UPSAMPLING_CAVEAT]
    for path in (playground.settings.data / "inputs").iterdir():
        path.unlink()
    told = list(reproduce.caveats(first, "https://api.bfl.ai", playground.store))
    assert told[0] == reproduce.UPSAMPLING_CAVEAT
    assert "https://api.bfl.ai" in told[1]
    assert "image_prompt" in told[2]


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_copy_has_the_recipe_original_does_not(playground: Playground, kind: str) -> None:
    """The copy of an image contains its recipe; the stored file stays as delivered."""
    one = made(playground, output_format=kind)
    copied = reproduce.image_with_recipe(one, playground.store)
    found = detect(copied)
    assert found.kind is SourceKind.COPY
    assert found.recipe == reproduce.recipe(one)
    assert detect(playground.store.read_image(one)).kind is SourceKind.IMAGE
    assert reproduce.embedding(one, playground.store)[1] == ""


def test_too_long_recipe_is_refused(playground: Playground) -> None:
    """A recipe that does not fit into a JPEG is refused with a sentence."""
    one = made(playground, prompt="long " * 20_000, output_format="jpeg")
    with pytest.raises(InvalidRecipe) as caught:
        reproduce.image_with_recipe(one, playground.store)
    assert reproduce.embedding(one, playground.store)[1] == caught.value.message


def test_signatures_are_per_kind_and_image() -> None:
    """A signature opens one kind of address of one image."""
    one = Generation("a" * 32, "visitor-1", 0.0, "/v1/flux", "https://api.bfl.ai", {})
    same = Generation("a" * 32, "visitor-1", 0.0, "/v1/flux", "https://api.bfl.ai", {})
    shown_mark, told_mark = image_urls.image(one).split("/")[-1], image_urls.recipe(one).split("/")[-1]
    assert image_urls.is_valid("thumbnail", one, shown_mark)
    assert image_urls.is_valid("copy", one, told_mark)
    assert not image_urls.is_valid("recipe", one, shown_mark)
    assert not image_urls.is_valid("image", same, shown_mark)
    assert not image_urls.is_valid("image", replace(one, id="b" * 32), shown_mark)
    for mark in ("", shown_mark[:-1], shown_mark + "0", shown_mark.upper() + "é", one.secret):
        assert not image_urls.is_valid("image", one, mark)
    assert not image_urls.is_valid("image", replace(one, secret=""), image_urls.image(replace(one, secret=""))[-32:])
    assert one.secret not in repr(one)


def test_content_credentials_are_described(playground: Playground) -> None:
    """The page says that Content Credentials are present, not that they are valid."""
    one, data = made(playground), signed_jpeg()[0]
    signed = reproduce.add_image_facts(playground.store.save_image(replace(one, id="f" * 32), data), data)
    said = below(playground, signed)
    assert "Content Credentials are present" in said
    assert "no longer holds" in said
    assert "verified" not in said
    assert "Content Credentials" not in below(playground, one)


def below(playground: Playground, generation: Generation) -> str:
    """What the page renders below an image."""
    outlook = shown.describe_reproduction(Page(playground).visit(), generation)
    return result_view.render_result(result_view.ResultContext(generation, outlook=outlook)).below


def test_price_of_a_reproduction(playground: Playground) -> None:
    """A reproduction's price is known before it starts."""
    one = made(playground)
    page = Page(playground)
    assert shown.price(page.visit(), one) == "free"
    mine, paid = Visitor("owner", "a-key"), replace(one, server="https://api.bfl.ai", cost=7.0)
    assert shown.price(page.visit(mine), paid) == "7 credits ($0.07)"
    assert shown.price(page.visit(mine), one) == "7 credits ($0.07)"  # what a new one costs at the API


def test_difference_of_two_images_is_shown(playground: Playground) -> None:
    """The difference image has its measure and its likely cause."""
    first, second = made(playground, seed=1), made(playground, seed=2)
    again = replace(second, reproduces=first.id)
    said = shown.render_comparison(first, again, reproduce.compare_generations(first, again, playground.store))
    assert image_urls.difference(again) in said
    assert "difference × " in said
    assert "of the pixels differ" in said
    assert "Another seed gives another image." in said
    alike = reproduce.compare_generations(
        first, replace(again, request=first.request, seed=first.seed), playground.store
    )
    assert "Same settings, different result." in shown.render_comparison(first, again, alike)


def opened(
    playground: Playground, source: Path | str, raw: dict[str, Any], who: str = "owner"
) -> settings_import.ImportPreview:
    return settings_import.preview_import(Page(playground).visit(Visitor(who), raw), source)


def test_secret_in_a_recipe_reaches_no_field(playground: Playground) -> None:
    """A secret in an imported recipe is not filled in."""
    sent = {"prompt": "a mill", "webhook_secret": "sesame", "seed": "12", "aspect_ratio": "banana", "steps": 30}
    one = opened(playground, json.dumps(sent), {"prompt": "", "seed": "12", "aspect_ratio": "16:9"})
    assert "webhook_secret" not in {change.field.name for change in one.changes}
    assert [change.then for change in one.changes if change.field.name == "prompt"] == ["a mill"]
    assert [field.name for field, _ in one.refused] == ["aspect_ratio"]
    assert one.unknown == (("steps", 30),)


def test_image_of_a_recipe_is_for_its_owner(playground: Playground) -> None:
    """The image prompt of a recipe is filled in for its owner only."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "crimson").save(file, "PNG")
    one = made(playground, image_prompt=file.getvalue())
    text = json.dumps({"prompt": "x", "image_prompt": one.request["image_prompt"]})
    held = settings_import.import_inputs(Page(playground).visit(), opened(playground, text, {}))
    (image,) = json.loads(held["image_prompt"])
    assert Path(image["path"]).read_bytes() == file.getvalue()
    strange = opened(playground, text, {}, "a stranger")
    assert "image_prompt" not in settings_import.import_inputs(Page(playground).visit(), strange)
    assert any("image_prompt is not included" in warning for warning in strange.warnings)


def test_code_names_api_or_local_server(playground: Playground) -> None:
    """The code names the server that made the image."""
    path, context = playground.operation.path, Page(playground).visit()
    assert code_panel.choose_server(context, path) == (playground.settings.demo_url, code_panel.LOCAL)
    playground.settings = playground.settings.replace(hosted=True)
    assert code_panel.choose_server(context, path) == (playground.operation.server, code_panel.HOSTED)
    assert code_panel.choose_server(context, path, "https://api.eu.bfl.ai") == ("https://api.eu.bfl.ai", "")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = ("prompt", "seed", "finetune_id", "finetune_strength", "aspect_ratio", "image_prompt", "output_format", "<b>")


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING), st.text(max_size=40), ANYTHING)
def test_any_recipe_is_escaped_and_checked(
    playground: Playground, sent: dict[str, Any], server: str, used: Any
) -> None:
    """Any recipe is shown as text and fills in only fields of the endpoint."""
    text = json.dumps({"flux_playground_recipe": 1, "sent": {**sent, "evil": "<img src=x>"}, "server": server})
    with contextlib.suppress(InvalidRecipe):
        one = opened(playground, text, {"prompt": used, "seed": used})
        said = import_view.render_import(one)
        assert "<img src=x" not in said
        assert "<b>" not in said.replace("<li><b>", "")
        assert set(settings_import.import_inputs(Page(playground).visit(), one)) <= {
            field.name for field in playground.operation.fields
        }
