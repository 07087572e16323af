"""The supplement has endpoints and facts that the document lacks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flux_playground import Settings, active_document
from flux_playground.schema import describe_changes, facts, load, load_text, patience_seconds, price, usual_seconds
from flux_playground.schema.document import BUNDLED_DOCUMENT

KLEIN = [f"/v1/flux-2-klein-{model}-finetuned" for model in ("4b", "9b", "9b-kv", "9b-kv-bf16", "base-4b", "base-9b")]
CONSTRUCTS = Path(__file__).parents[1] / "documents" / "constructs.yaml"


def test_every_endpoint_has_usual_seconds() -> None:
    """Each endpoint of the document, and any other, has the seconds of a fast and of a slow image."""
    for path in [*(operation.path for operation in load().operations), "/v1/some-new-model"]:
        low, high = usual_seconds(path)
        assert 0 < low < high < 300


@pytest.mark.parametrize("path", ["/v1/flux-pro-1.1-ultra", "/v1/flux-pro-1.1-ultra-finetuned"])
def test_longest_beginning_counts(path: str) -> None:
    """An endpoint with an entry of its own does not have the values of all."""
    assert usual_seconds(path) != usual_seconds("/v1/some-new-model")


def test_patience_of_endpoints() -> None:
    """Every endpoint has a patience well above its usual seconds; endpoints that take minutes have more."""
    for path in [*(operation.path for operation in load().operations), "/v1/some-new-model"]:
        assert patience_seconds(path) >= max(120, 4 * usual_seconds(path)[1])
    assert patience_seconds("/v1/flux-3-image") > patience_seconds("/v1/some-new-model")


@pytest.mark.parametrize(
    ("path", "sizes", "credits"),
    [
        ("/v1/flux-pro-1.1-ultra-finetuned", [2752 * 1536], 7),
        ("/v1/flux-2-klein-4b-finetuned", [1024 * 1024], 1.4),
        ("/v1/flux-2-klein-4b-finetuned", [1920 * 1080], 1.5),
        ("/v1/flux-2-pro", [1024 * 1024, 800 * 600], 4.5),
        ("/v1/flux-2-klein-9b-finetuned", [2048 * 2048, 1024 * 1024, 1], 2.5),
    ],
)
def test_price_by_megapixels(path: str, sizes: list[int], credits: float) -> None:  # noqa: A002
    """Each started megapixel after the first one counts, also of input images."""
    known = price(path)
    assert known is not None
    assert known.date >= "2026-01"
    assert known.credits({}, sizes[0], sizes[1:]) == pytest.approx(credits)


def test_price_by_value() -> None:
    """A field can decide the price; an unknown value costs what an image usually costs."""
    known = price("/v1/flux-3-image")
    assert known is not None
    assert known.credits({"resolution": "4k"}, 1) > 10 * known.credits({"resolution": "1k"}, 1)
    assert known.credits({"resolution": "8k"}, 1) == known.credits({}, 1)
    assert price("/v1/some-new-model") is None


@pytest.mark.parametrize("source", [None, CONSTRUCTS])
def test_endpoints_follow_the_own_ones(source: Path | None) -> None:
    """Any document has the six endpoints, after its own ones and at its server."""
    document = load(source)
    own = [path for path in document.source["paths"] if path in {one.path for one in document.operations}]
    assert [one.path for one in document.operations] == [*own, *KLEIN]
    assert {document.operation(path).server for path in KLEIN} == {document.operations[0].server}


def test_klein_request() -> None:
    """A request needs a prompt and a finetune; the strength has no bounds."""
    klein = load().operation(KLEIN[0])
    assert [field.name for field in klein.fields if field.required] == ["prompt", "finetune_id"]
    for name in ("my-lora", "acme/ink-1"):
        request = klein.build_request({"prompt": "a mill", "finetune_id": name, "finetune_strength": "7.5"})
        assert request == {"prompt": "a mill", "finetune_id": name, "finetune_strength": 7.5}
    assert all(load().operation(path).fields == klein.fields for path in KLEIN)


def test_own_endpoint_wins() -> None:
    """The schema of a document that has the endpoint itself counts; the facts still apply."""
    raw: dict[str, Any] = json.loads(BUNDLED_DOCUMENT.read_text("utf-8"))
    raw["paths"][KLEIN[0]] = raw["paths"]["/v1/flux-pro-1.1-ultra-finetuned"]
    document = load_text(json.dumps(raw))
    assert document.operation(KLEIN[0]).fields == document.operations[0].fields
    assert document.operation(KLEIN[1]) == load().operation(KLEIN[1])
    assert facts(KLEIN[0]).base_model == "flux-2-klein-4b"


def test_saved_document_has_no_supplement(tmp_path: Path) -> None:
    """A later version with a better supplement applies it to a saved document; nothing counts as changed."""
    settings, document = Settings(data=tmp_path), load(CONSTRUCTS)
    active_document.save(settings, document)
    (saved,) = tmp_path.glob("*.json")
    assert json.loads(saved.read_text("utf-8")) == document.source
    again = active_document.load_active(settings)
    assert again == document
    assert [describe_changes(document.operation(path), again.operation(path)) for path in KLEIN] == [()] * 6


def test_facts_name_known_endpoints() -> None:
    """A successor is an endpoint of every document, of a known price, and not deprecated itself."""
    old = facts(load().operations[0].path)
    assert old.deprecated.endswith(".")
    new = facts(old.successor)
    assert load().operation(old.successor)
    assert (new.deprecated, new.price is not None) == ("", True)
    assert facts("/v1/some-new-model") == type(old)()


def test_deprecated_in_the_document() -> None:
    """The document itself can call an endpoint deprecated, without a reason or a successor."""
    raw: dict[str, Any] = json.loads(BUNDLED_DOCUMENT.read_text("utf-8"))
    raw["paths"]["/v1/other"] = json.loads(json.dumps(raw["paths"]["/v1/flux-pro-1.1-ultra-finetuned"]))
    raw["paths"]["/v1/other"]["post"]["deprecated"] = True
    operations = load_text(json.dumps(raw)).operations
    assert [one.path for one in operations if one.deprecated] == ["/v1/other"]
