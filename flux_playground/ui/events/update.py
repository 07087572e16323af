"""What an action changes on the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import FieldError


@dataclass(frozen=True)
class ResultHtml:
    """The three parts of the result: the frame with the image, the line below it, and the actions and details."""

    frame: str
    line: str
    below: str


@dataclass(frozen=True)
class Update:
    """HTML and values for the parts of the page that change; None for a part that stays as it is.

    `field_errors` are marked in the form, () for none; `rejected_by_api` says whether the API or the schema found them.
    `inputs` are the new contents of the form's inputs, by their keys. `form_visible` shows or hides the form.
    """

    result: ResultHtml | None = None
    history: str | None = None
    field_errors: tuple[FieldError, ...] | None = None
    rejected_by_api: bool = False
    notice: str | None = None
    connection: str | None = None
    finetunes: str | None = None
    image_notes: str | None = None
    price: str | None = None
    panel: str | None = None
    code: str | None = None
    dialog: str | None = None
    json_text: str | None = None
    json_state: str | None = None
    sweep: str | None = None
    inputs: Mapping[str, Any] | None = None
    form_visible: bool | None = None


NO_CHANGE = Update()
