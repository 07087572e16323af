"""The picker of the endpoints and the notes of deprecated ones, as HTML."""

from __future__ import annotations

from dataclasses import replace

from flux_playground.schema import facts, load
from flux_playground.ui.endpoints.switch import DEPRECATED, render_picker
from flux_playground.ui.form.form import plan_forms

OPERATIONS = load().operations
OLD = OPERATIONS[0]


def test_endpoints_and_their_forms() -> None:
    """Each endpoint is listed once, with the number of its form and its base model."""
    html = render_picker(plan_forms(OPERATIONS, hosted=False))
    assert html.count("<option") == len(OPERATIONS)
    assert html.count('data-form="0"') == 1
    assert html.count('data-form="1"') == 6
    assert 'value="/v1/flux-2-klein-4b-finetuned" data-form="1" data-base="flux-2-klein-4b"' in html


def test_note_of_a_deprecated_endpoint() -> None:
    """Only a deprecated endpoint has a note; its button leads to the successor."""
    html = render_picker(plan_forms(OPERATIONS, hosted=False))
    assert html.count("<details") == html.count("legacy</option>") == 1
    assert facts(OLD.path).deprecated in html
    assert f'data-act="successor" data-path="{facts(OLD.path).successor}"' in html


def test_successor_that_the_document_lacks() -> None:
    """The note does not lead to an endpoint that is not there."""
    html = render_picker(plan_forms([OLD], hosted=False))
    assert facts(OLD.path).deprecated in html
    assert "successor" not in html.lower()


def test_endpoint_that_the_document_calls_deprecated() -> None:
    """Such an endpoint has a note without a reason; texts of the document are escaped."""
    other = replace(OLD, path="/v1/<b>", summary="<i>Old</i>", deprecated=True)
    html = render_picker(plan_forms([other], hosted=False))
    assert DEPRECATED.replace("'", "&#39;") in html
    assert "<b>" not in html
    assert "<i>Old" not in html
