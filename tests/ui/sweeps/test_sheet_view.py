"""The sheet of a sweep as HTML."""

from __future__ import annotations

from flux_playground.sweeps.plan import Cell
from flux_playground.sweeps.sheet import SheetCell
from flux_playground.ui.sweeps.sheet_view import sheet_shape


def test_cells_have_the_shape_of_their_images() -> None:
    """Cells have the requested shape, and are squares while images differ or their shape is not known."""

    def shape(*ratios: str) -> tuple[int, int]:
        requests = [{"aspect_ratio": ratio} if ratio else {} for ratio in ratios]
        cells = [SheetCell(Cell(str(at), (at,), ("",), request)) for at, request in enumerate(requests)]
        return sheet_shape(cells)

    assert shape("16:9", "16:9") == (16, 9)
    assert shape("16:9", "1:1") == (1, 1)
    assert shape("16:9", "") == (1, 1)
    assert shape("") == (1, 1)
