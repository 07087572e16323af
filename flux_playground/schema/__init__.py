"""Reads an OpenAPI document as a list of endpoints with fields, and validates requests against them."""

from .diff import describe_changes
from .document import Document, load, load_text
from .fields import Field
from .known_fields import FILE_NAME_FIELDS, SIZE_NAMES, has_control_character, normalize, requested_pixels
from .operation import Operation
from .supplement import (
    Facts,
    Price,
    facts,
    find_base_model,
    link_seconds,
    patience_seconds,
    price,
    trained_model,
    usual_seconds,
)

__all__ = [
    "FILE_NAME_FIELDS",
    "SIZE_NAMES",
    "Document",
    "Facts",
    "Field",
    "Operation",
    "Price",
    "describe_changes",
    "facts",
    "find_base_model",
    "has_control_character",
    "link_seconds",
    "load",
    "load_text",
    "normalize",
    "patience_seconds",
    "price",
    "requested_pixels",
    "trained_model",
    "usual_seconds",
]
