"""A generation as a row of the journal, and back. Knows the columns' kinds; neither SQL nor where the journal is."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from ..bounded_json import LARGE, parse_json
from ..errors import from_dict
from ..generation import Generation, State

log = logging.getLogger(__name__)


def to_row(generation: Generation) -> dict[str, Any]:
    """The values of the columns, by their names."""
    out = dict(vars(generation))
    del out["progress"]  # it is of the moment only
    out["request"] = json.dumps(dict(generation.request), ensure_ascii=False)
    out["seed"] = None if generation.seed is None else str(generation.seed)  # of any size, SQLite's integers are not
    out["error"] = None if generation.error is None else json.dumps(generation.error.as_dict(), ensure_ascii=False)
    out["image"] = None if generation.image is None else generation.image.name  # the folder may be moved
    return out


def from_row_or_none(columns: dict[str, Any], images: Path) -> Generation | None:
    """Return the generation of a row; None, with a line in the log, for a row that cannot be read."""
    try:
        return from_row(columns, images)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        log.warning("generation %s cannot be read (%s)", columns.get("id"), type(error).__name__)
        return None


def from_row(columns: dict[str, Any], images: Path) -> Generation:
    """The generation of a row; its image is a file of the folder `images`."""
    known = {
        "request": parse_json(columns["request"], LARGE),
        "state": State(columns["state"]),
        "seed": None if columns["seed"] is None else int(columns["seed"]),
        "error": None if columns["error"] is None else from_dict(parse_json(columns["error"], LARGE)),
        "image": None if columns["image"] is None else images / columns["image"],
    }
    return Generation(**{**columns, **known})
