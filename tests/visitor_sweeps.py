"""Sweeps of visitors without a browser."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence

from tests.http_visitor import Answer, Stranger
from tests.waiting import wait_until


def get(one: Stranger, path: str) -> Answer:
    """A GET with the token of the visitor's tab."""
    return one.get(path, x_flux_visit=f"{one.token}.{one.visit}")


def make_sweep(one: Stranger, axes: Sequence[Mapping[str, str]], name: str = "", **values: object) -> str:
    """The id of a visitor's sweep, all images of which are ready."""
    data = {"act": "startsweep", "axes": axes, "name": name, "press": secrets.token_hex(8), "form": 0}
    payer = {"payer": "owner", "token": f"{one.token}.{one.visit}"}
    answer = one.ask("act_read", one.form(**values), **data, **payer)
    found = re.search(rb'data-started=\\"([0-9a-f]{32})\\"', answer.body)
    assert found is not None, answer.body
    sweep_id = found[1].decode()

    def is_ready() -> bool:
        sheet = get(one, f"/sweeps/sheet/{sweep_id}").body.decode()
        return sheet.count('data-state="ready"') == sheet.count("<td ") > 0

    wait_until(is_ready)
    return sweep_id
