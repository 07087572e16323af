"""Sweeps of visitors without a browser."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping, Sequence

from tests.http_visitor import Answer, Stranger

WAIT_SECONDS = 20.0


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
    until = time.monotonic() + WAIT_SECONDS
    while True:
        sheet = get(one, f"/sweeps/sheet/{sweep_id}").body.decode()
        if sheet.count('data-state="ready"') == sheet.count("<td ") > 0:
            return sweep_id
        assert time.monotonic() < until, sheet
        time.sleep(0.05)
