"""What an image is expected to cost, and on which basis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from flux_playground import schema
from flux_playground.generation import Generation, State
from flux_playground.price_estimate import Basis, PriceEstimate, estimate_price, price_fields
from flux_playground.storage.generation_store import GenerationStore

from .local.added_endpoint import with_endpoint

SERVER = "https://api.bfl.ai"
FLAT, SIZED, CHOSEN = "/v1/flux-pro-1.1-ultra-finetuned", "/v1/flux-2-klein-4b", "/v1/flux-3-image"
SIDE = {"type": "integer", "minimum": 64, "default": 0}
FIELDS = {
    "width": SIDE,
    "height": SIDE,
    "input_image": {"type": "string", "description": "Image as base64"},
    "resolution": {"type": "string", "enum": ["1k", "4k"], "default": "1k"},
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[GenerationStore]:
    """An empty store."""
    opened = GenerationStore(tmp_path)
    yield opened
    opened.close()


def operation_at(path: str) -> schema.Operation:
    """Return an endpoint with sizes, an image and a resolution at a path."""
    return with_endpoint(path, **FIELDS).operation(path)


def charge(store: GenerationStore, path: str, cost: float, state: State = State.SUCCEEDED) -> None:
    """Store a generation that has cost this much."""
    one = Generation(f"{cost:032.0f}", "owner", 1.0, path, SERVER, {}, state=state, cost=cost, finished_at=2.0)
    store.save(one)


def estimate(store: GenerationStore, path: str, **values: Any) -> PriceEstimate:
    """Return the estimate for values of an endpoint."""
    return estimate_price(store.usage, SERVER, operation_at(path), values)


def test_listed_price(store: GenerationStore) -> None:
    """A price of the list is known, until the API has charged another one."""
    flat = schema.load().operation(FLAT)
    assert estimate_price(store.usage, SERVER, flat, {}) == PriceEstimate(7, Basis.KNOWN, "2026-11")
    charge(store, FLAT, 7.000000000000001)
    assert estimate(store, FLAT).basis is Basis.KNOWN
    charge(store, FLAT, 9)
    assert estimate(store, FLAT) == PriceEstimate(9, Basis.LEARNED)


def test_price_of_an_unlisted_endpoint(store: GenerationStore) -> None:
    """A price that no list has is unknown, then that of the latest image; a failed task says nothing."""
    charge(store, "/v1/new", 0, State.FAILED)
    assert estimate(store, "/v1/new") == PriceEstimate(None, Basis.UNKNOWN)
    charge(store, "/v1/new", 3)
    assert estimate(store, "/v1/new") == PriceEstimate(3, Basis.LEARNED)


@pytest.mark.parametrize(
    ("values", "amount"),
    [
        ({}, 1.4),
        ({"width": "1024", "height": "1024"}, 1.4),
        ({"width": 2048, "height": 2048}, 1.7),
        ({"width": 1025, "height": "1024"}, 1.5),
        ({"width": 2048, "height": ""}, 1.4),
        ({"width": 2048, "height": "wide"}, 1.4),
        ({"input_image": "image:0123"}, 1.5),
    ],
)
def test_price_by_size(store: GenerationStore, values: dict[str, Any], amount: float) -> None:
    """The size in the form makes the price; it does not depend on the latest image."""
    charge(store, SIZED, 5)
    price = estimate(store, SIZED, **values)
    assert price.credits == pytest.approx(amount)
    assert price.basis is Basis.ESTIMATED


def test_price_of_input_images(store: GenerationStore, tmp_path: Path) -> None:
    """An input image counts, and the image made is as large when no size is given."""
    file = tmp_path / "input.png"
    Image.new("L", (1500, 1400)).save(file)
    assert estimate(store, SIZED, input_image=file).credits == pytest.approx(1.4 + 0.1 * 5)
    file.write_text("not an image")
    assert estimate(store, SIZED, input_image=file).credits == pytest.approx(1.4 + 0.1)


def test_price_by_choice(store: GenerationStore) -> None:
    """A price by the value of a field is known; without a value that of the default counts."""
    assert estimate(store, CHOSEN) == PriceEstimate(4.8, Basis.KNOWN, "2026-11")
    assert estimate(store, CHOSEN, resolution="4k") == PriceEstimate(60.7, Basis.KNOWN, "2026-11")


def test_fields_of_a_price() -> None:
    """The page asks again only for fields that the price depends on."""
    assert price_fields(operation_at(FLAT)) == frozenset()
    assert price_fields(operation_at(SIZED)) == {"width", "height", "input_image"}
    assert price_fields(operation_at(CHOSEN)) == {"resolution"}
    assert price_fields(operation_at("/v1/new")) == frozenset()
