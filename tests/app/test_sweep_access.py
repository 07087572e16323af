"""Sweeps of a hosted page: nobody sees, starts, changes or votes on a sweep of somebody else."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.hosted_page import HostedPage, spent
from tests.http_visitor import Stranger


@pytest.fixture(scope="module")
def addresses() -> Iterator[str]:
    """Addresses that no other test uses."""
    return (f"127.8.{number // 200 + 1}.{number % 200 + 1}" for number in itertools.count())


def visitor(hosted: HostedPage, addresses: Iterator[str]) -> Stranger:
    one = Stranger(hosted.url, next(addresses))
    one.hello()
    return one


def start(one: Stranger, text: str, press: str = "1") -> str:
    """Start a sweep over strengths; return what the page says."""
    axes = [{"field": "finetune_strength", "text": text, "kind": "values"}]
    data = {
        "act": "startsweep",
        "axes": axes,
        "number": 1,
        "press": press,
        "form": 0,
        "token": f"{one.token}.{one.visit}",
    }
    return one.ask("act_read", one.form(prompt="a secret garden"), **data).body.decode()


def test_foreign_sweeps_are_unknown(hosted: HostedPage, addresses: Iterator[str]) -> None:
    """A sweep of another visitor is answered like one that does not exist, with every route."""
    owner, other = visitor(hosted, addresses), visitor(hosted, addresses)
    (sweep,) = re.findall(r'data-started=\\"([0-9a-f]{32})', start(owner, "0.5, 1"))
    assert owner.fetch(f"/sweeps/sheet/{sweep}").status == 200
    assert sweep.encode() in owner.fetch("/sweeps/list").body
    assert sweep.encode() not in other.fetch("/sweeps/list").body
    for kind in ("sheet", "axes", "pair"):
        found, missing = other.fetch(f"/sweeps/{kind}/{sweep}"), other.fetch(f"/sweeps/{kind}/{'0' * 32}")
        assert (
            (found.status, found.body) == (missing.status, missing.body) == (400, b"This sweep is not in your history.")
        )
    for act in ("resume", "retry", "pause", "stop", "delete", "rename"):
        assert other.send("/sweeps/act", {"id": sweep, "act": act, "name": "mine"}).status == 400
    for path in ("vote", "extend", "preview"):
        assert other.send(f"/sweeps/{path}", {"id": sweep, "axes": [], "undo": True}).status == 400
    assert owner.fetch(f"/sweeps/sheet/{sweep}").status == 200


def test_allowance_covers_the_whole_plan(hosted: HostedPage, addresses: Iterator[str]) -> None:
    """A sweep of more images than the visitor may make is refused before anything is sent."""
    one, before = visitor(hosted, addresses), spent(hosted.api)
    assert "may make 2 images" in start(one, "0.5, 1, 1.5")
    assert spent(hosted.api) == before


def test_repeated_press_starts_one_sweep(hosted: HostedPage, addresses: Iterator[str]) -> None:
    """The same press sent twice starts one sweep."""
    one = visitor(hosted, addresses)
    assert "data-started" in start(one, "0.5, 1", "same")
    assert "data-started" not in start(one, "0.5, 1", "same")
    assert one.fetch("/sweeps/list").body.count(b"<li>") == 1


def test_long_numbers_are_no_axes(hosted: HostedPage, addresses: Iterator[str]) -> None:
    """A number of an axis that Python would not read is answered like one that the sweep does not have."""
    one = visitor(hosted, addresses)
    (sweep,) = re.findall(r'data-started=\\"([0-9a-f]{32})', start(one, "0.5, 1"))
    for path in (f"/sweeps/sheet/{sweep}?order=", f"/sweeps/pair/{sweep}?axis="):
        assert one.fetch(path + "9" * 5_000).status == one.fetch(path + "7").status == 200


@pytest.mark.parametrize("values", [[], {"id": 7}, {"act": "explode"}, {"id": "x", "act": "resume"}])
def test_wrong_values_are_refused(hosted: HostedPage, addresses: Iterator[str], values: Any) -> None:
    """Values of another type are refused with a sentence."""
    answer = visitor(hosted, addresses).send("/sweeps/act", values)
    assert answer.status == 400
    assert answer.body.endswith(b".")
    assert json.dumps(values)
