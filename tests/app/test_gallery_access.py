"""The gallery of a hosted page: a visitor finds, changes and exports their own images only."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.hosted_page import HostedPage, kept
from tests.http_visitor import Stranger


@pytest.fixture(scope="module")
def addresses() -> Iterator[str]:
    """Addresses that no other test uses."""
    return (f"127.9.{number // 200 + 1}.{number % 200 + 1}" for number in itertools.count())


@pytest.fixture
def owner(hosted: HostedPage, addresses: Iterator[str]) -> Stranger:
    """A visitor with one image."""
    one = Stranger(hosted.url, next(addresses))
    one.hello()
    one.generate(prompt="a secret garden")
    return one


@pytest.fixture
def other(hosted: HostedPage, addresses: Iterator[str]) -> Stranger:
    """A visitor without an image."""
    one = Stranger(hosted.url, next(addresses))
    one.hello()
    return one


def ids(one: Stranger) -> list[str]:
    """The ids of the images that a visitor's gallery shows."""
    return re.findall(r'<li data-id="([0-9a-f]{32})"', one.fetch("/gallery/cards").body.decode())


def test_only_the_own_images_are_found(owner: Stranger, other: Stranger) -> None:
    """Results, search, filters, earlier prompts and the count contain nothing of another visitor."""
    (secret,) = ids(owner)
    assert ids(other) == []
    for path in ("cards", "cards?q=garden", "cards?q=secret", "prompts", "prompts?q=secret", "filters"):
        answer = other.fetch(f"/gallery/{path}")
        assert answer.status == 200
        assert secret.encode() not in answer.body
        assert b"garden" not in answer.body
    assert other.fetch("/gallery/cards").headers["x-flux-count"] == "0"
    assert owner.fetch("/gallery/cards?q=gard").headers["x-flux-count"] == "1"
    assert b"a secret garden" in owner.fetch("/gallery/prompts?q=gard").body


def test_no_foreign_image_is_opened_or_compared(owner: Stranger, other: Stranger) -> None:
    """An image of another visitor is answered like an unknown one, with every route."""
    (secret,) = ids(owner)
    unknown = "0" * 32
    assert owner.fetch(f"/gallery/image/{secret}").status == 200
    for path in ("/gallery/image/{0}", "/gallery/comparison?ids={0},{0}1", "/gallery/difference?ids={0},{0}"):
        found, missing = other.fetch(path.format(secret)), other.fetch(path.format(unknown))
        assert (found.status, found.body) == (missing.status, missing.body)
        assert b"garden" not in found.body
    assert other.fetch("/gallery/cards?after=" + "A" * 40).status == 200


def test_no_foreign_image_is_changed(hosted: HostedPage, owner: Stranger, other: Stranger) -> None:
    """Stars, tags, notes and deletions of another visitor's image have no effect."""
    (secret,) = ids(owner)
    assert json.loads(other.send("/gallery/annotate", {"ids": [secret], "starred": True, "note": "mine"}).body) == {}
    assert json.loads(other.send("/gallery/delete", {"ids": [secret]}).body) == {"ids": []}
    assert json.loads(other.send("/gallery/owned", {"ids": [secret]}).body) == {"ids": []}
    assert json.loads(owner.send("/gallery/owned", {"ids": [secret, "0" * 32]}).body) == {"ids": [secret]}
    assert ids(owner) == [secret]
    assert b"mine" not in owner.fetch(f"/gallery/image/{secret}").body
    assert json.loads(owner.send("/gallery/delete", {"ids": [secret]}).body) == {"ids": [secret]}
    assert ids(owner) == []
    other.send("/gallery/restore", {"ids": [secret]})
    assert ids(owner) == []
    owner.send("/gallery/restore", {"ids": [secret]})
    assert ids(owner) == [secret]
    assert any(one.id == secret for one in kept(hosted.folder))


@pytest.mark.parametrize(
    ("path", "values", "status"),
    [
        ("annotate", {"ids": "x"}, 400),
        ("annotate", {"ids": ["../../etc/passwd"]}, 400),
        ("annotate", {"ids": ["0" * 32] * 1001}, 400),
        ("annotate", {"ids": [], "rating": "5"}, 400),
        ("annotate", {"ids": [], "addTags": [1]}, 400),
        ("annotate", [], 400),
        ("delete", {}, 400),
    ],
)
def test_wrong_values_are_refused(other: Stranger, path: str, values: Any, status: int) -> None:
    """Values of another type are refused with a sentence."""
    answer = other.send(f"/gallery/{path}", values)
    assert answer.status == status
    assert answer.body.endswith(b".")


def test_wrong_filters_are_named(other: Stranger) -> None:
    """A filter that cannot be read is a sentence, not a traceback."""
    answer = other.fetch("/gallery/cards?rating=many")
    assert (answer.status, answer.body) == (400, b"A rating is a number from 1 to 5.")
    for path in ("cards", "prompts"):
        answer = other.fetch(f"/gallery/{path}?q=" + "x" * 10_000)
        assert (answer.status, answer.body) == (400, b"A search has at most 400 characters.")
        answer = other.fetch(f"/gallery/{path}?q=" + "x%20" * 30)
        assert answer.headers["x-flux-note"].startswith("Only the first 24 words")
    for number in ("1e308", "-1", str(2**70), "9" * 5_000):
        assert other.fetch(f"/gallery/prompts?after={number}").status == 400
    assert other.fetch(f"/gallery/cards?min.seed={2**70}").status == 200
    assert other.fetch("/gallery/cards?q=%22%20OR%20*%20NEAR(%20%5E-").status == 200


def test_other_sites_cannot_change_anything(owner: Stranger) -> None:
    """A request that another site's page sends is refused."""
    (secret,) = ids(owner)
    answer = owner.post(
        "/gallery/delete",
        {"ids": [secret]},
        x_flux_visit=f"{owner.token}.{owner.visit}",
        sec_fetch_site="cross-site",
    )
    assert answer.status == 403
    assert ids(owner) == [secret]
