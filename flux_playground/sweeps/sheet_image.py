"""Exports the sheet of a sweep as one image with labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

from ..bounded_json import dump_json
from ..build_request import SEED
from ..images import media_types
from ..images.tile_table import TableSheet, Tile, TileTable, encode_table_sheet
from ..packaged import assets
from .report import SweepRecord, Wording, axis_name, fixed_values
from .sheet import CellState, SheetCell, SheetPage, arrange, count_states, split_columns

FONT = "inter-latin.woff2"


def export_image(
    record: SweepRecord, wording: Wording, format_name: str, order: Sequence[int] | None = None
) -> Iterator[bytes]:
    """Return the parts of the file of an image in the format "PNG", "JPEG" or "WEBP".

    A PNG is made row by row. `order` has the axes of columns, rows, pages. Raises `InvalidImage` for a sheet with too
    many rows, and `ValueError` for an order that does not name each axis once.
    """
    axes = list(order or range(len(record.plan.axes)))
    names = [axis_name(record.plan.axes[axis], wording) for axis in axes]
    pages = arrange(record.plan, record.cells, axes)
    sheet = TableSheet(
        title=record.title,
        facts=_describe_fixed(record, wording),
        tables=[_table(record, part, names, wording) for page in pages for part in split_columns(page)],
        footer=_describe_sweep(record),
    )
    return encode_table_sheet(sheet, assets() / "fonts" / FONT, format_name)


def _table(record: SweepRecord, page: SheetPage, names: Sequence[str], wording: Wording) -> TileTable:
    return TileTable(
        heading=f"{names[2]}: {page.label}" if page.label else "",
        corner=f"{names[1]} / {names[0]}" if len(names) > 1 else "",
        columns=page.columns if len(names) > 1 else [f"{names[0]} {label}" for label in page.columns],
        rows=[(row.label, [_tile(record, one, wording) for one in row.cells]) for row in page.rows],
    )


def _tile(record: SweepRecord, one: SheetCell, wording: Wording) -> Tile:
    generation = one.generation
    has_image = one.state is CellState.SUCCEEDED and generation is not None
    if generation is None or not has_image or media_types.display_kind(generation.format) != "image":
        reason = f": {wording.reason(one.error)}" if one.error else ""
        return Tile(None, None, "No image" if has_image else f"{wording.states[one.state]}{reason}")
    size = (generation.width, generation.height) if generation.width and generation.height else None
    return Tile(partial(record.read_image, generation), size, "No image")


def _describe_fixed(record: SweepRecord, wording: Wording) -> str:
    values = {name: value for name, value in fixed_values(record.plan).items() if name != SEED}
    return " · ".join(
        f"{wording.label(name)}: {value if isinstance(value, str) else dump_json(value)}"
        for name, value in values.items()
    )


def _describe_sweep(record: SweepRecord) -> str:
    seed, ready = fixed_values(record.plan).get(SEED), count_states(record.cells)[CellState.SUCCEEDED]
    parts = [record.plan.endpoint, f"seed {seed}" if seed is not None else ""]
    parts += [f"{ready} of {len(record.cells)} images"]
    parts += [datetime.fromtimestamp(record.sweep.created_at, UTC).strftime("%Y-%m-%d")]
    return " · ".join(filter(None, parts))
