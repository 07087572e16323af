"""A document of as many endpoints as BFL's, with the supplement: it loads, stays as it is, and every endpoint works."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from flux_playground import Playground, Settings, active_document
from flux_playground.client import fetch_document
from flux_playground.generation import State
from flux_playground.local import LocalServer
from flux_playground.recipe import document_version
from flux_playground.schema import facts, load, load_text
from flux_playground.schema.supplement import add_endpoints
from flux_playground.ui.form.form import plan_forms
from tests.conftest import FAST_POLLS
from tests.image_shapes import png

WHOLE_API = Path(__file__).parent / "documents" / "whole-api.yaml"
DOCUMENT = load(WHOLE_API)
OWN, ADDED = DOCUMENT.operations[:20], DOCUMENT.operations[20:]


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    """The local server of the document."""
    with LocalServer(DOCUMENT, speed=300, scale=0.1, renderer="flat") as running:
        yield running


@pytest.fixture(scope="module")
def playground(server: LocalServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """A playground with the document."""
    settings = Settings(data=tmp_path_factory.mktemp("data"), demo_url=server.url)
    with Playground(settings, DOCUMENT, limits=FAST_POLLS) as opened:
        yield opened


def test_supplement_is_added_once(tmp_path: Path) -> None:
    """Twenty endpoints of its own and six of the supplement, whichever way the document comes."""
    assert len({one.path for one in DOCUMENT.operations}) == 26
    assert all("-finetuned" in one.path and facts(one.path).base_model for one in ADDED)
    assert add_endpoints(DOCUMENT.raw) == DOCUMENT.raw
    assert load_text(json.dumps(DOCUMENT.raw)).operations == DOCUMENT.operations
    settings = Settings(data=tmp_path)
    active_document.save(settings, DOCUMENT)
    again = active_document.load_active(settings)
    assert (again, document_version(again.raw)) == (DOCUMENT, document_version(DOCUMENT.raw))
    assert active_document.default_operation(again, settings.endpoint).path == "/v1/flux-pro-1.1-ultra-finetuned"


def test_published_document_of_the_server(server: LocalServer) -> None:
    """The document that the local server publishes has the same endpoints, in the same order."""
    published = load_text(fetch_document(f"{server.url}/openapi.json"))
    described = [(one.path, one.fields, one.summary) for one in published.operations]
    assert described == [(one.path, one.fields, one.summary) for one in DOCUMENT.operations]


def test_endpoints_share_forms() -> None:
    """Endpoints with the same fields share a form; every endpoint has one."""
    forms = plan_forms(DOCUMENT.operations, hosted=True)
    assert sorted(one.path for form in forms for one in form.operations) == sorted(
        one.path for one in DOCUMENT.operations
    )
    sizes = sorted(len(form.operations) for form in forms)
    assert sizes == [*[1] * 12, 2, 3, 3, 6]


@pytest.mark.parametrize("path", [one.path for one in DOCUMENT.operations])
def test_every_endpoint_makes_an_image(playground: Playground, path: str) -> None:
    """An untouched form with the required fields filled in becomes an image."""
    operation = DOCUMENT.operation(path)
    (form,) = plan_forms([operation], hosted=False)
    given = {"prompt": "a mill", "finetune_id": "any-lora"}
    images = {field.name: png() for field in operation.fields if field.media and field.required}
    values = {**form.read(form.initial()), **{name: text for name, text in given.items() if name in form.initial()}}
    last = list(playground.generate({**values, **images}, endpoint=path))[-1]
    assert (last.state, last.endpoint) == (State.SUCCEEDED, path)
    assert (last.seed is None) == all(field.name != "seed" for field in operation.fields)
