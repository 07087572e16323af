"""Import and export on a hosted page: what a visitor takes out or brings in touches no other visitor."""

from __future__ import annotations

import io
import itertools
import json
import re
import time
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.archive.gallery import draw
from tests.hosted_page import HostedPage, kept, spent
from tests.http_visitor import Answer, Stranger


@pytest.fixture(scope="module")
def addresses() -> Iterator[str]:
    """Addresses that no other test uses."""
    return (f"127.11.{number // 200 + 1}.{number % 200 + 1}" for number in itertools.count())


@pytest.fixture
def visitors(hosted: HostedPage, addresses: Iterator[str]) -> list[Stranger]:
    """Two visitors with an open page, the first with an image."""
    opened = [Stranger(hosted.url, next(addresses)) for _ in range(2)]
    for one in opened:
        one.hello()
    opened[0].generate(prompt="a secret garden")
    return opened


def export(one: Stranger, file_format: str = "zip", **fields: str) -> Answer:
    """The export of a visitor's images."""
    form = urlencode({"token": f"{one.token}.{one.visit}", "format": file_format, **fields})
    return one.call("POST", "/gallery/export", form, content_type="application/x-www-form-urlencoded")


def bring(one: Stranger, name: str, data: bytes) -> dict[str, Any]:
    """What the page says to an import."""
    answer = one.call(
        "POST", f"/gallery/import?{urlencode({'name': name})}", data, x_flux_visit=f"{one.token}.{one.visit}"
    )
    assert answer.status == 200, answer.body
    return dict(json.loads(answer.body))


def cards(one: Stranger) -> list[str]:
    """The ids that a visitor's gallery shows."""
    body = one.get("/gallery/cards", x_flux_visit=f"{one.token}.{one.visit}").body.decode()
    return re.findall(r'<li data-id="([0-9a-f]{32})"', body)


def test_export_has_only_the_own(visitors: list[Stranger]) -> None:
    """Another visitor's ids bring nothing into an export, in any format."""
    (secret,) = cards(visitors[0])
    for file_format in ("zip", "csv", "jsonl", "html"):
        for ids in ("", secret):
            answer = export(visitors[1], file_format, ids=ids)
            assert answer.status == 200
            assert b"garden" not in answer.body
            assert secret.encode() not in answer.body


def test_import_changes_no_other(hosted: HostedPage, visitors: list[Stranger]) -> None:
    """What one visitor exports becomes another's own under new ids; nothing is paid and the first sees no change."""
    (first,) = cards(visitors[0])
    paid = spent(hosted.api)
    data = export(visitors[0]).body
    assert bring(visitors[1], "a.zip", data) == {"added": 1, "known": 0, "rejected": []}
    assert bring(visitors[1], "a.zip", data) == {"added": 0, "known": 1, "rejected": []}
    (second,) = cards(visitors[1])
    assert second != first
    assert cards(visitors[0]) == [first]
    records = {one.id: one for one in kept(hosted.folder)}
    assert records[first].owner != records[second].owner
    assert records[first].imported == ""
    assert (records[second].spender, records[second].account, records[second].task_id) == (None, "", "")
    assert records[second].imported == "FLUX Playground"
    assert spent(hosted.api) == paid


def test_attacks_are_sentences(hosted: HostedPage, visitors: list[Stranger]) -> None:
    """Harmful files are refused with a sentence; the image beside them is imported; no file is written elsewhere."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../evil.jpg", draw(1))
        archive.writestr("bomb.bmp", bytes(20_000_000))
        archive.writestr("text.jpg", b"no image")
        archive.writestr("fine.jpg", draw(2))
    report = bring(visitors[1], "../../<b>a.zip", file.getvalue())
    assert (report["added"], len(report["rejected"])) == (1, 3)
    assert all(sentence.endswith(".") for _, sentence in report["rejected"])
    assert not list((hosted.folder / "data").rglob("*evil*"))
    assert not list((hosted.folder / "data" / "imports").iterdir())
    assert bring(visitors[1], "a.zip", file.getvalue()[:-50])["rejected"][0][1].endswith("cut short.")


def test_time_of_a_file(hosted: HostedPage, visitors: list[Stranger]) -> None:
    """An image without settings has the time of its file."""
    token = f"{visitors[1].token}.{visitors[1].visit}"
    for number, modified in enumerate(("1600000000500", "99999999999999999", "-1", "x"), start=10):
        path = f"/gallery/import?name=dated-{number}.jpg&modified={modified}"
        assert json.loads(visitors[1].call("POST", path, draw(number), x_flux_visit=token).body)["added"] == 1
    times = {one.file_name: one.created_at for one in kept(hosted.folder)}
    assert times["dated-10.jpg"] == 1_600_000_000.5
    assert all(abs(times[f"dated-{number}.jpg"] - time.time()) < 100 for number in (11, 12, 13))


def test_import_needs_a_visitor(hosted: HostedPage, addresses: Iterator[str]) -> None:
    """An unknown token imports for nobody else; a body over the limit of a hosted page is refused."""
    unknown = Stranger(hosted.url, next(addresses))
    unknown.call("POST", "/gallery/import?name=a.jpg", draw(3), x_flux_visit="")
    assert not any(one.file_name == "a.jpg" and one.owner == "owner" for one in kept(hosted.folder))
    head = "POST /gallery/import HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000001\r\n\r\n"
    assert unknown.raw(head.encode()).startswith(b"HTTP/1.1 413")
