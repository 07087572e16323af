"""The sheet of a sweep as an image: its format, what is where, and its limits."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from PIL import Image, ImageChops

from flux_playground import Playground
from flux_playground.errors import ContentModerated, InvalidImage, QueueFull
from flux_playground.generation import Generation, State
from flux_playground.images import tile_table
from flux_playground.storage.sweep_store import StoredSweep
from flux_playground.sweeps.axes import Axis, AxisText, Point
from flux_playground.sweeps.plan import Plan, expand
from flux_playground.sweeps.report import SweepRecord
from flux_playground.sweeps.sheet import CellState, SheetCell
from flux_playground.sweeps.sheet_image import export_image

from .made_sweep import make_record
from .test_report import WORDING

COLORS = ("#ff0000", "#00ff00", "#0000ff", "#ffff00", "#ff00ff", "#00ffff")


def render(record: SweepRecord, format_name: str = "PNG", order: list[int] | None = None) -> Image.Image:
    """The image of a sweep."""
    image = Image.open(io.BytesIO(b"".join(export_image(record, WORDING, format_name, order))))
    image.load()
    return image


def draw_record(folder: Path, columns: int, rows: int, size: tuple[int, int] = (200, 100)) -> SweepRecord:
    """A sweep whose images have one color each."""
    axes = [
        Axis(AxisText(name, ""), tuple(Point(f"{name} {number}", {name: number}) for number in range(count)))
        for name, count in (("strength", columns), ("steps", rows))
    ]
    plan = Plan("/v1/flux-test", {"prompt": "x", "seed": 5}, tuple(axes))
    cells = []
    for number, cell in enumerate(expand(plan)):
        path = folder / f"{number}.png"
        Image.new("RGB", size, COLORS[number % len(COLORS)]).save(path)
        made = Generation(f"{number:032x}", "owner", 1.0, plan.endpoint, "s", {}, State.SUCCEEDED)
        made = replace(made, image=PurePosixPath(path.name), format="png", width=size[0], height=size[1])
        cells.append(SheetCell(cell, CellState.SUCCEEDED, made))
    return SweepRecord(
        StoredSweep("a" * 32, "owner", 1.0, "Test", plan.endpoint, "{}"),
        plan,
        cells,
        lambda one: (folder / str(one.image)).read_bytes(),
    )


def find_color(image: Image.Image, color: str) -> tuple[int, int, int, int]:
    """The box of the pixels of a color, in tiles that were not scaled."""
    difference = ImageChops.difference(image, Image.new("RGB", image.size, color)).convert("L")
    mask = difference.point([255, *[0] * 255])
    box = mask.getbbox()
    assert box is not None, color
    return box


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "WEBP"])
def test_made_sweep_in_each_format(playground: Playground, format_name: str) -> None:
    """A sweep becomes an image of the format that was asked for."""
    record = make_record(playground, AxisText("finetune_strength", "0.5, 1"), AxisText("prompt", "a\nb"))
    image = render(record, format_name)
    assert image.format == format_name
    assert image.width > 2 * 192
    assert image.height > 2 * 96


def test_images_are_in_their_places(tmp_path: Path) -> None:
    """The first axis is from left to right, the second from top to bottom; the order exchanges them."""
    record = draw_record(tmp_path, 3, 2)
    boxes = [find_color(render(record), color) for color in COLORS]
    assert [(box[2] - box[0]) / (box[3] - box[1]) for box in boxes] == [2] * 6
    assert boxes[0][:2] < boxes[1][:2] < boxes[2][:2]
    assert boxes[0][1] == boxes[1][1] < boxes[3][1]
    assert boxes[0][0] == boxes[3][0] < boxes[1][0]
    turned = [find_color(render(record, order=[1, 0]), color) for color in COLORS]
    assert turned[0][0] == turned[1][0] < turned[3][0]


def test_cells_without_an_image(tmp_path: Path) -> None:
    """A failed cell, a damaged file and a missing file keep their places."""
    record = draw_record(tmp_path, 3, 2)
    full = render(record)
    first, second, third, *others = record.cells
    (tmp_path / "1.png").write_bytes(b"no image")
    (tmp_path / "2.png").unlink()
    failed = SheetCell(first.cell, CellState.FAILED, first.generation, error=ContentModerated())
    image = render(replace(record, cells=[failed, second, third, *others]))
    assert image.size == full.size
    for color in COLORS[:3]:
        left, top, right, bottom = find_color(full, color)
        tile = image.crop((left, top, right, bottom))
        assert tile.getpixel((0, 0)) == (0xED, 0xED, 0xED)
        assert len(tile.getcolors(50_000) or ()) > 1, "the reason is written there"
    assert find_color(image, COLORS[3]) == find_color(full, COLORS[3])


def test_other_shapes_are_whole(tmp_path: Path) -> None:
    """An upright image among wide ones is shown whole, in the middle of its place."""
    record = draw_record(tmp_path, 3, 2)
    wide = find_color(render(record), COLORS[1])
    Image.new("RGB", (60, 120), COLORS[1]).save(tmp_path / "1.png")
    box = find_color(render(record), COLORS[1])
    assert (box[3] - box[1]) == (wide[3] - wide[1])
    assert abs((box[0] + box[2]) - (wide[0] + wide[2])) <= 1


def test_png_is_made_row_by_row(tmp_path: Path) -> None:
    """The file begins before an image is read, and no image is read before its row is asked for."""
    record, read = draw_record(tmp_path, 3, 4), []

    def read_image(one: Generation) -> bytes:
        read.append(one.id)
        return (tmp_path / str(one.image)).read_bytes()

    parts = export_image(replace(record, read_image=read_image), WORDING, "PNG")
    assert next(parts).startswith(b"\x89PNG")
    assert read == []
    counts = [len(read) for _ in parts]
    assert sorted({*counts}) == [0, 3, 6, 9, 12]


def test_canvas_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many images become small ones; what does not fit at all gets a sentence."""
    record = draw_record(tmp_path, 12, 10, size=(1000, 500))
    monkeypatch.setitem(tile_table.MAX_CANVAS_PIXELS, "PNG", 2_000_000)
    image = render(record)
    assert 1_000_000 < image.width * image.height <= 2_000_000
    monkeypatch.setitem(tile_table.MAX_CANVAS_PIXELS, "PNG", 500_000)
    with pytest.raises(InvalidImage, match="too many rows"):
        render(record)


def test_hostile_texts(tmp_path: Path) -> None:
    """Long texts, scripts, controls and characters without a font neither fail nor change the places of images."""
    record = draw_record(tmp_path, 3, 2)
    strange = "<b>\x00\u202e\U0001f600 灯台 नमस्ते العربية " + "x" * 5_000
    axis = record.plan.axes[0]
    points = tuple(replace(point, label=f"{strange}{number}") for number, point in enumerate(axis.points))
    plan = replace(record.plan, axes=(replace(axis, points=points), *record.plan.axes[1:]))
    sweep = replace(record.sweep, name=strange)
    image = render(replace(record, plan=plan, sweep=sweep))
    boxes = [find_color(image, color) for color in COLORS]
    assert {(box[2] - box[0], box[3] - box[1]) for box in boxes} == {(192, 96)}


@pytest.mark.parametrize("format_name", ["JPEG", "WEBP"])
def test_canvas_is_announced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_name: str) -> None:
    """The first byte comes before an image is read, others while the canvas is drawn; together they are the file."""
    record, read = draw_record(tmp_path, 2, 40), list[object]()

    def read_image(one: Generation) -> bytes:
        read.append(one)
        return record.read_image(one)

    monkeypatch.setattr(tile_table, "BYTE_SECONDS", -1.0)
    chunks = export_image(replace(record, read_image=read_image), WORDING, format_name)
    first = next(chunks)
    assert (len(first), read) == (1, [])
    second = next(chunks)
    assert len(read) < 4
    beginning = tile_table.BEGINNINGS[format_name]
    others = [next(chunks) for _ in beginning[2:]]
    assert b"".join([first, second, *others]) == beginning
    image = Image.open(io.BytesIO(b"".join([beginning, *chunks])))
    image.load()
    assert image.format == format_name


def test_one_canvas_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a canvas is drawn, another one is refused and a PNG is not; one that nobody waits for gives way."""
    monkeypatch.setattr(tile_table, "MAX_CANVAS_WAIT_SECONDS", 0.0)
    record = draw_record(tmp_path, 2, 1)
    drawn = export_image(record, WORDING, "JPEG")
    next(drawn)
    with pytest.raises(QueueFull, match="Another sheet is being drawn"):
        render(record, "WEBP")
    assert render(record, "PNG").format == "PNG"
    del drawn
    assert render(record, "WEBP").format == "WEBP"
