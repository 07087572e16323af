"""Converts generations to database rows and back."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from ..bounded_json import LARGE, parse_json
from ..errors import from_dict
from ..generation import UNFINISHED, Generation, State
from ..identity import Identity
from .blob_store import IMAGES, BlobKey

UNFINISHED_STATES = ", ".join(f"'{state}'" for state in UNFINISHED)
"""The states of generations that wait or run, as a list in SQL."""

log = logging.getLogger(__name__)


def to_row(generation: Generation) -> dict[str, Any]:
    """Return the values of the columns by name."""
    out = dict(vars(generation))
    del out["progress"], out["image_missing"], out["spender"]  # what holds only now is not stored
    out["request"] = json.dumps(dict(generation.request), ensure_ascii=False)
    out["seed"] = None if generation.seed is None else str(generation.seed)  # text: a seed may exceed 64 bits
    out["error"] = None if generation.error is None else json.dumps(generation.error.as_dict(), ensure_ascii=False)
    out["image"] = None if generation.image is None else generation.image.name
    spender = generation.spender
    out |= {"spender_address": spender and spender.address, "spender_browser": spender and spender.browser}
    return out


def from_row_or_none(columns: dict[str, Any], is_missing: Callable[[BlobKey], bool]) -> Generation | None:
    """Return the generation of a row; log a warning and return None for a row that cannot be read."""
    try:
        return from_row(columns, is_missing)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        log.warning("generation %s cannot be read (%s)", columns.get("id"), type(error).__name__)
        return None


def from_row(columns: dict[str, Any], is_missing: Callable[[BlobKey], bool]) -> Generation:
    """Return the generation of a row; `is_missing` tells whether a file is gone."""
    image = None if columns["image"] is None else IMAGES / columns["image"]
    parsed = {
        "request": parse_json(columns["request"], LARGE),
        "state": State(columns["state"]),
        "seed": None if columns["seed"] is None else int(columns["seed"]),
        "error": None if columns["error"] is None else from_dict(parse_json(columns["error"], LARGE)),
        "image": image,
        "image_missing": image is not None and (columns["image_deleted_at"] is not None or is_missing(image)),
        "signed": None if columns["signed"] is None else bool(columns["signed"]),
    }
    for only_in_postgres in ("holder", "rowid"):
        columns.pop(only_in_postgres, None)
    address, browser = columns.pop("spender_address"), columns.pop("spender_browser")
    spender = None if address is None else Identity(address, browser)
    return Generation(**{**columns, **parsed, "spender": spender})
