"""The report of a sweep: one file with everything inside, and nothing that runs."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace

import pytest
from PIL import Image

from flux_playground import Playground
from flux_playground.errors import OutOfCredits
from flux_playground.storage.annotations import Annotation
from flux_playground.storage.sweep_store import Vote
from flux_playground.sweeps import report
from flux_playground.sweeps.axes import AxisKind, AxisText
from flux_playground.sweeps.report import SweepRecord, Wording, export_report
from flux_playground.sweeps.sheet import CellState
from flux_playground.sweeps.votes import rank_points
from tests.stored_files import image_path

from .made_sweep import make_record

WORDING = Wording(
    str.upper,
    {state: f"is {state}" for state in CellState},
    lambda amount: f"{amount:g} credits",
    lambda error: error.message,
)
STRENGTHS = AxisText("finetune_strength", "0, 0.8, 1.2")


def render(record: SweepRecord, order: list[int] | None = None) -> str:
    """The report of a sweep."""
    return b"".join(export_report(record, WORDING, order)).decode()


def test_everything_is_inside(playground: Playground) -> None:
    """The file has each image, the plan, the held seed and the cost, and loads nothing."""
    record = make_record(playground, STRENGTHS, AxisText("prompt", "red -> blue, green", AxisKind.REPLACE), seed=77)
    text = render(record)
    assert text.count('src="data:image/webp;base64,') == 6
    assert set(re.findall(r'\b(?:src|href|action)="(.{5})', text)) == {"data:"}
    assert not re.search(r"<script|<link|@import|url\(", text)
    for part in (
        "<dt>PROMPT</dt><dd>red → blue, green</dd>",
        "<dt>PROMPT</dt><dd>a red cat</dd>",
        "<dt>SEED</dt><dd>77</dd>",
        "<dt>FINETUNE_STRENGTH</dt><dd>no finetune (control), 0.8, 1.2</dd>",
        "<dt>Spent</dt><dd>42 credits</dd>",
        "<dt>For each image</dt><dd>7 credits</dd>",
        "6 is ready",
    ):
        assert part in text
    data = re.findall(r'base64,([^"]+)"', text)
    assert {max(Image.open(io.BytesIO(base64.b64decode(one))).size) for one in data} == {report.IMAGE_SIDE_PIXELS}


def test_rows_follow_the_order(playground: Playground) -> None:
    """The axes of columns and rows can be exchanged."""
    record = make_record(playground, STRENGTHS, AxisText("prompt", "red -> blue, green", AxisKind.REPLACE))
    assert re.findall(r'<th scope="row"><span class="label">(.*?)</span>', render(record)) == ["blue", "green"]
    rows = re.findall(r'<th scope="row"><span class="label">(.*?)</span>', render(record, [1, 0]))
    assert rows == ["no finetune (control)", "0.8", "1.2"]


def test_long_row_is_divided(playground: Playground) -> None:
    """A sweep with one axis becomes several tables, each with its labels."""
    text = render(make_record(playground, AxisText("seed", "1-7")))
    assert [len(re.findall("<td>", table)) for table in text.split("<tbody>")[1:]] == [4, 3]
    assert [label in text for label in ("SEED 1<", "SEED 7<")] == [True, True]


def test_failures_keep_their_reason(playground: Playground) -> None:
    """A failed cell shows its state and reason, and the value that failures share; a retry counts as spent."""
    record = make_record(playground, STRENGTHS, AxisText("prompt", "a cat\na dog #moderated-content"))
    text = render(record)
    assert text.count('src="data:') == 3
    assert text.count('<span class="state">is failed</span>') == 3
    assert text.count('<span class="reason">The API withheld the image.</span>') == 3
    assert "3 of 3 images with PROMPT “a dog #moderated-content” failed." in text
    assert "<dt>Spent</dt><dd>42 credits</dd>" in text
    assert "<dt>For each image</dt><dd>14 credits</dd>" in text


def test_judgments_are_shown(playground: Playground) -> None:
    """Stars, ratings, notes, scores and the ranking of the votes are there."""
    record = make_record(playground, STRENGTHS)
    cells = [one.cell for one in record.cells]
    generation = record.cells[1].generation
    assert generation is not None
    votes = [Vote(cells[0].id, cells[1].id, cells[1].id), Vote(cells[1].id, cells[2].id, "")]
    text = render(
        replace(
            record,
            annotations={generation.id: Annotation(True, 4, ("sea",), "Print this.")},
            scores={generation.id: 0.875},
            rankings={0: rank_points(record.plan, cells, 0, votes)},
        )
    )
    for part in ("★", "4 of 5", "sea", "Print this.", "<dt>Score</dt><dd>0.875</dd>", "2 blind votes. Too few votes"):
        assert part in text
    places = re.findall(
        r"<tr><td>(\d)</td><td class=.value.>(.*?)</td><td>([+-][\d.]+)</td><td>([+-][\d.]+ to [+-][\d.]+)</td>", text
    )
    assert places[0][:2] == ("1", "0.8")
    assert len(places) == 3


def test_scores_along_an_axis(playground: Playground) -> None:
    """Each value of an axis has the mean and the range of its scores, and a bar on a scale that all share."""
    record = make_record(playground, STRENGTHS, AxisText("prompt", "a cat\na dog"))
    ids = [one.generation.id for one in record.cells if one.generation]
    text = render(replace(record, scores=dict(zip(ids, [0, 1, 2, 2, 3, 4], strict=True))))
    table = text.split("Scores: FINETUNE_STRENGTH</h2>")[1].split("</table>")[0]
    rows = re.findall(r'<td class="value">(.*?)</td><td>(.*?)</td><td>(.*?)</td><td>.*?</td><td>(.*?)</td>', table)
    control = "no finetune (control)"
    assert rows == [(control, "1", "0 to 2", "2"), ("0.8", "2", "1 to 3", "2"), ("1.2", "3", "2 to 4", "2")]
    assert re.findall(r'<i style="left:(.*?)%;width:(.*?)%">', table) == [
        ("0.00", "50.00"),
        ("25.00", "50.00"),
        ("50.00", "50.00"),
    ]
    assert "Scores: PROMPT" in text
    assert "Scores:" not in render(replace(record, scores={ids[0]: 1.0}))


def test_free_images_cost_nothing(playground: Playground) -> None:
    """Images of the demo and images that existed before are not counted as paid."""
    text = render(replace(make_record(playground, STRENGTHS), is_free=lambda _: True))
    assert "<dt>Spent</dt><dd>nothing, the images are of the demo</dd>" in text
    assert text.count("<dt>Cost</dt><dd>free</dd>") == 3
    existing = make_record(playground, STRENGTHS)
    again = replace(existing, generations=(), cells=[replace(one, is_existing=True) for one in existing.cells])
    text = render(again)
    assert "<dt>Spent</dt><dd>nothing</dd>" in text
    assert "<dt>Made before</dt><dd>3 images, not paid again</dd>" in text


def test_texts_are_escaped(playground: Playground) -> None:
    """What people wrote is text, also in attributes; keys are hidden in settings."""
    attack = '"><script>alert(1)</script>'
    record = make_record(playground, AxisText("prompt", f"{attack} <b>&amp;\n\\{{\\{{ 7*7 \\}}\\}}"))
    problem = OutOfCredits(attack)
    generation = record.cells[0].generation
    assert generation is not None
    record = replace(
        record,
        sweep=replace(record.sweep, name=attack, problem=problem),
        cells=[replace(record.cells[0], state=CellState.FAILED, error=problem), *record.cells[1:]],
        annotations={generation.id: Annotation(tags=(attack,), note=attack)},
    )
    text = render(record)
    assert "<script" not in text
    assert "<b>&" not in text
    assert text.count("&lt;script&gt;") >= 7
    assert "{{ 7*7 }}" in text


def test_damaged_files(playground: Playground) -> None:
    """A cell without a readable file is shown without an image."""
    record = make_record(playground, STRENGTHS)
    first, second = (image_path(playground.store, one.generation) for one in record.cells[:2] if one.generation)
    first.write_bytes(b"no image")
    second.unlink()
    assert render(record).count("No image") == 2


def test_size_is_bounded(playground: Playground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Images beyond the limit are left out, and the report says so; many images are small ones."""
    record = make_record(playground, STRENGTHS)
    monkeypatch.setattr(report, "MAX_LARGE_IMAGES", 2)
    monkeypatch.setattr(report, "MAX_REPORT_BYTES", 300)
    text = render(record)
    assert 0 < text.count("data:image/webp") < 3
    assert "its last images are left out" in text
    data = re.findall(r'base64,([^"]+)"', text)[0]
    assert max(Image.open(io.BytesIO(base64.b64decode(data))).size) == report.SMALL_SIDE_PIXELS
