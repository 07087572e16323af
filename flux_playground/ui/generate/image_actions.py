"""Action that checks the images in the form as soon as they are uploaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...schema.image_places import map_images
from ..events.action import action
from ..events.context import Context
from ..events.update import Update
from ..form import image_notes


@action("checkimages", reads_form=True)
async def check_images(context: Context) -> Update:
    """Show how images in the form are changed before they are sent, or why they cannot be sent.

    The page says which files are new to it.
    """
    number, wanted = context.data.get("check"), context.data.get("paths")
    values = context.form.read(context.raw)
    rows: list[dict[str, str]] = []
    for field in context.form.fields:
        images: list[Any] = []
        map_images(field.name, field.schema, values.get(field.name), lambda *one: images.append(one[2]))  # noqa: B023
        paths = [one for one in images if isinstance(one, Path) and isinstance(wanted, list) and str(one) in wanted]
        if paths:
            address = context.visitor.identity.address
            rows.extend(await context.page.image_threads(address, image_notes.check_images, field, paths))
    return Update(image_notes=image_notes.render_notes(number if type(number) is int else 0, rows))
