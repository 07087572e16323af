"""The comparison in `docs/page.md` has the pictures that it shows, and they are small."""

from __future__ import annotations

import re

from tests.app_process import ROOT
from tests.shots_of_docs import LARGEST, PLACE

TEXT = (ROOT / "docs" / "page.md").read_text()


def test_every_picture_of_the_comparison_is_there_and_shown_and_small() -> None:
    shown = set(re.findall(r'<img src="page/([^"]+)" alt="[^"]+"', TEXT))
    assert shown == {path.name for path in PLACE.glob("*.png")}
    sizes = [path.stat().st_size for path in PLACE.glob("*.png")]
    assert max(sizes) < LARGEST
    assert sum(sizes) < 1_500_000


def test_every_row_of_the_comparison_has_all_its_columns_and_a_picture() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {5}
    assert all("<img " in row for row in rows if not row.startswith(("| detail", "| ---")))
