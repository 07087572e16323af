"""The dialog of an import: what would change in the form, and what can be done. All of its texts are untrusted."""

from __future__ import annotations

from typing import Any

from ...recipe import Detected, SourceKind
from ...reproduce import image_exists
from ..form.widgets import UNSET
from ..text import field_hints, image_urls
from ..text.templates import render
from .reproduction_view import SIGNATURE_PRESENT, SIGNATURE_UNVERIFIED, SIGNATURE_VOID, format_value
from .settings_import import Change, ImportPreview

MAX_REASON_CHARS = 300
MAX_NAME_CHARS = 100

TITLES = {
    SourceKind.IMAGE: "Image without settings",
    SourceKind.COPY: "Image with settings",
    SourceKind.RECIPE: "Recipe",
    SourceKind.LINK: "Link with settings",
    SourceKind.REQUEST: "Request",
    SourceKind.PARAMETERS: "Settings of another tool",
}


def render_import(preview: ImportPreview) -> str:
    """Render the dialog that shows what an import would change before anything changes."""
    original = preview.original
    own_image = original is not None and preview.found.kind is SourceKind.IMAGE
    return render(
        "import_view.html",
        title="Your image" if own_image else _title(preview.found),
        failure="",
        original=original,
        thumbnail=image_urls.thumbnail(original) if original is not None and image_exists(original) else "",
        lead=_lead(preview),
        signed=_signature(preview.found, is_own=own_image),
        changes=[_row(change) for change in preview.changes],
        refused=[(field_hints.label(field), reason[:MAX_REASON_CHARS]) for field, reason in preview.refused],
        unknown=[(name[:MAX_NAME_CHARS], format_value(value)) for name, value in preview.unknown],
        warnings=preview.warnings,
        elsewhere=preview.elsewhere,
        has_image=preview.image is not None,
    )


def render_failure(sentence: str) -> str:
    """Render the dialog for a source without settings."""
    return render(
        "import_view.html",
        title="Nothing to import",
        failure=sentence,
        changes=(),
        original=None,
        elsewhere="",
        has_image=False,
    )


def _signature(found: Detected, *, is_own: bool) -> str:
    """Return what is known of the Content Credentials in a file."""
    if not found.credentials:
        return ""
    if found.recipe is not None:
        return f"Content Credentials are present. {SIGNATURE_VOID}"
    return SIGNATURE_PRESENT if is_own else SIGNATURE_UNVERIFIED


def _title(found: Detected) -> str:
    return TITLES[SourceKind.COPY] if found.kind is SourceKind.IMAGE and found.problem else TITLES[found.kind]


def _lead(preview: ImportPreview) -> str:
    if not preview.changes and not preview.same and not preview.refused:
        if preview.found.notes or preview.found.problem or preview.unknown:
            return "None of its settings can be used here."
        is_image = preview.found.kind in (SourceKind.IMAGE, SourceKind.COPY)
        return "It has no settings and was not generated here." if is_image else "It has no settings for this form."
    if not preview.changes:
        return "The form has these settings already."
    return f"{len(preview.changes)} change{'' if len(preview.changes) == 1 else 's'}"


def _row(change: Change) -> dict[str, Any]:
    has_default = change.field.default not in (None, "")
    return {
        "label": field_hints.label(change.field),
        "now": _format(change, change.now),
        "then": _format(change, change.then),
        "blank": UNSET if has_default else "empty",
    }


def _format(change: Change, value: Any) -> str:
    return "an image" if change.field.media and value else format_value(value)
