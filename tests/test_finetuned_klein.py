"""A LoRA of another organization at an endpoint of the supplement, from the form to the image and back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flux_playground import Playground, Settings, reproduce
from flux_playground.archive.file_names import FileNames
from flux_playground.errors import InvalidRequest
from flux_playground.generation import Generation, State
from flux_playground.local import LocalServer
from flux_playground.recipe import SourceKind, detect, dump_recipe, parse_recipe
from flux_playground.recipe.share_link import build_link, parse_link
from flux_playground.snippets import Language, render_snippet
from flux_playground.storage.blob_store import IMAGES
from flux_playground.ui.form.form import Form, plan_forms
from tests.conftest import FAST_POLLS
from tests.image_shapes import png
from tests.waiting import WAIT_SECONDS

ENDPOINT = "/v1/flux-2-klein-9b-kv-finetuned"
LORA = "acme-studio/neon-signs"


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    """A local server with one region, which has all LoRAs."""
    with LocalServer(speed=100, scale=0.25, renderer="flat", single_port=True) as running:
        yield running


@pytest.fixture(scope="module")
def playground(server: LocalServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """A playground with the shipped document."""
    settings = Settings(data=tmp_path_factory.mktemp("data"), demo_url=server.url)
    with Playground(settings, limits=FAST_POLLS) as opened:
        yield opened


@pytest.fixture(scope="module")
def form(playground: Playground) -> Form:
    """The form of the endpoint, which it shares with five others."""
    return plan_forms(playground.document.operations, hosted=False)[1].at(ENDPOINT)


def generate(playground: Playground, values: dict[str, Any], **options: Any) -> Generation:
    """Make an image of these values and return its record."""
    started = playground.start(values, endpoint=ENDPOINT, **options)
    return list(playground.watch(started.id))[-1]


@pytest.fixture(scope="module")
def generation(playground: Playground, form: Form) -> Generation:
    """The generation of a filled in form."""
    filled = {
        "prompt": "a sign",
        "finetune_id": f" {LORA} ",
        "finetune_strength": "2.5",
        "width": "640",
        "height": "512",
    }
    return generate(playground, {**form.read({**form.initial(), **filled}), "input_image": png()})


def test_form_becomes_a_record(generation: Generation, playground: Playground) -> None:
    """The slash of the id is in the request, and in no path."""
    assert (generation.state, generation.endpoint) == (State.SUCCEEDED, ENDPOINT)
    request = dict(generation.request)
    assert str(request.pop("input_image")).startswith("sha256:")
    assert request == {
        "prompt": "a sign",
        "finetune_id": LORA,
        "finetune_strength": 2.5,
        "width": 640,
        "height": 512,
        "seed": generation.seed,
        "safety_tolerance": 2,
        "output_format": "jpeg",
    }
    assert generation.image is not None
    assert generation.image.parent == IMAGES
    name = FileNames(["finetune_id", "finetune_strength"]).add(generation)
    assert "acme-studio-neon-signs" in name
    assert not set(name) & set('/\\:"<>|?*')


@pytest.mark.parametrize(
    ("field", "value"),
    [("finetune_id", ""), ("prompt", ""), ("finetune_strength", "strong"), ("width", "63"), ("safety_tolerance", "6")],
)
def test_invalid_value_is_at_its_field(playground: Playground, form: Form, field: str, value: str) -> None:
    """The check before sending names the field."""
    filled = {**form.initial(), "prompt": "a sign", "finetune_id": LORA, field: value}
    with pytest.raises(InvalidRequest) as caught:
        playground.prepare(form.read(filled), endpoint=ENDPOINT)
    assert [error.field for error in caught.value.details] == [field]


def test_recipe_makes_the_image_again(playground: Playground, generation: Generation) -> None:
    """The recipe has everything, and its values give the same bytes."""
    text = dump_recipe(reproduce.recipe(generation))
    recipe = parse_recipe(text)
    assert (recipe.endpoint, recipe.request["finetune_id"], recipe.seed) == (ENDPOINT, LORA, generation.seed)
    found = detect(text, form_fields(playground))
    assert (found.kind, found.endpoint, found.values["finetune_id"]) == (SourceKind.RECIPE, ENDPOINT, LORA)
    again = generate(playground, recipe.values, reproduces=generation.id)
    assert again.sha256 == generation.sha256


def test_link_keeps_the_slash(playground: Playground, generation: Generation) -> None:
    """A link with the settings names the endpoint and the id as they are."""
    query = build_link(reproduce.values(generation), form_fields(playground), ENDPOINT)
    assert f"finetune_id={LORA}" in query
    values, endpoint = parse_link(f"https://page.example/{query}")
    assert endpoint == ENDPOINT
    expected = {name: value for name, value in reproduce.values(generation).items() if name != "input_image"}
    assert values == expected


def test_code_makes_the_image_again(server: LocalServer, playground: Playground, tmp_path: Path) -> None:
    """The code of the request runs, and its file has no path of the id."""
    made = generate(playground, {"prompt": "a sign", "finetune_id": LORA, "seed": 7})
    code = render_snippet(Language.PYTHON, server.url, ENDPOINT, made.request)
    (tmp_path / "image.py").write_text(code, "utf-8")
    given = {**os.environ, "BFL_API_KEY": "a-key", "PYTHONUTF8": "1"}
    run = subprocess.run(
        [sys.executable, "image.py"],
        cwd=tmp_path,
        env=given,
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert made.image is not None
    assert (tmp_path / run.stdout.strip()).read_bytes() == playground.store.read_image(made)
    assert detect(code, form_fields(playground)).values == made.request


def form_fields(playground: Playground) -> list[str]:
    """Return the names of the fields of the endpoint."""
    return [field.name for field in playground.document.operation(ENDPOINT).fields]
