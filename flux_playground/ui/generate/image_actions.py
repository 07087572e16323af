"""Action that checks the images in the form as soon as they are uploaded."""

from __future__ import annotations

from pathlib import Path

from ..events.action import action
from ..events.context import Context
from ..events.update import Update
from ..form import image_notes


@action("checkimages", reads_form=True)
async def check_images(context: Context) -> Update:
    """Show how each image in the form is changed before it is sent, or why it cannot be sent."""
    number = context.data.get("check")
    values = context.form.read(context.raw)
    rows: list[dict[str, str]] = []
    for field in context.form.fields:
        value = values.get(field.name)
        paths = [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, Path)]
        if paths:
            rows.extend(await context.page.image_threads(image_notes.check_images, field, paths))
    return Update(image_notes=image_notes.render_notes(number if type(number) is int else 0, rows))
