"""The export of sweeps from a hosted page: every format, for the visitor whose sweep it is and for no other."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest
from PIL import Image

from tests.hosted_page import OWNERS_KEY, HostedPage
from tests.http_visitor import Answer, Stranger
from tests.visitor_sweeps import get, make_sweep

AXES = [{"field": "finetune_strength", "text": "0.5, 1", "kind": "values"}]


@pytest.fixture(scope="module")
def owner(hosted: HostedPage) -> Stranger:
    """A visitor."""
    one = Stranger(hosted.url, "127.10.7.1")
    one.hello()
    return one


@pytest.fixture(scope="module")
def sweep(owner: Stranger) -> str:
    """The id of the visitor's sweep of two images."""
    return make_sweep(owner, AXES, "Zwei <b>Mühlen</b>", prompt="a secret mill")


@pytest.fixture
def other(hosted: HostedPage) -> Iterator[Stranger]:
    """Another visitor."""
    one = Stranger(hosted.url, "127.10.7.2")
    one.hello()
    yield one
    assert b"secret mill" not in one.heard


def export(one: Stranger, sweep_id: str, file_format: str, order: str = "", **headers: str) -> Answer:
    """The export of a sweep."""
    form = urlencode({"id": sweep_id, "format": file_format, "order": order, "token": f"{one.token}.{one.visit}"})
    headers = {"content_type": "application/x-www-form-urlencoded", **headers}
    return one.call("POST", "/sweeps/report", form, **headers)


def test_report_is_saved(owner: Stranger, sweep: str) -> None:
    """The report is a file with the name of the sweep; it has its images."""
    answer = export(owner, sweep, "html")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    name = "sweep-Zwei-b-M%C3%BChlen-b.html"
    assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''{name}"
    assert answer.body.count(b"data:image/webp") == 2
    assert b"a secret mill" in answer.body
    assert b"<b>M" not in answer.body


def test_plan_is_saved(owner: Stranger, sweep: str) -> None:
    """The plan can be read again."""
    plan = json.loads(export(owner, sweep, "json").body)
    assert plan["values"]["prompt"] == "a secret mill"
    assert plan["axes"] == [{"field": "finetune_strength", "text": "0.5, 1"}]


@pytest.mark.parametrize("file_format", ["html", "png", "jpeg", "webp", "json", "py"])
def test_no_foreign_sweep_is_exported(owner: Stranger, other: Stranger, sweep: str, file_format: str) -> None:
    """A foreign id is answered like an unknown one, with a sentence."""
    foreign, unknown = export(other, sweep, file_format), export(other, "0" * 32, file_format)
    assert (foreign.status, foreign.body) == (400, b"This sweep is not in your history.")
    assert (unknown.status, unknown.body) == (foreign.status, foreign.body)
    assert export(owner, sweep, file_format).status == 200


@pytest.mark.parametrize("order", ["9" * 5_000, "0,0", "1", "-1", "x", "0," * 10_000, "\u0660"])
def test_order_that_is_none(owner: Stranger, sweep: str, order: str) -> None:
    """An order that does not name each axis once is that of the plan."""
    assert export(owner, sweep, "html", order).status == 200
    assert get(owner, f"/sweeps/sheet/{sweep}?order={quote(order[:6_000])}").status == 200


def test_export_has_no_key(owner: Stranger, sweep: str) -> None:
    """No file has the key that paid, or an address of a stored file."""
    for file_format in ("html", "png", "json", "py"):
        body = export(owner, sweep, file_format).body
        assert OWNERS_KEY.encode() not in body
        assert b"/images/flux-" not in body


def test_unknown_format_and_other_site(owner: Stranger, sweep: str) -> None:
    """A format that is not known gets a sentence; another site's page gets nothing."""
    answer = export(owner, sweep, "exe")
    assert (answer.status, answer.body) == (400, b"This format is not known.")
    assert export(owner, sweep, "html", sec_fetch_site="cross-site").status == 403


@pytest.mark.parametrize(("file_format", "suffix"), [("png", "png"), ("jpeg", "jpg"), ("webp", "webp")])
def test_sheet_is_saved_as_image(owner: Stranger, sweep: str, file_format: str, suffix: str) -> None:
    """The sheet is an image of the chosen format."""
    answer = export(owner, sweep, file_format)
    assert (answer.status, answer.headers["content-type"]) == (200, f"image/{file_format}")
    assert answer.headers["content-disposition"].endswith(f".{suffix}")
    assert Image.open(io.BytesIO(answer.body)).format == file_format.upper()
