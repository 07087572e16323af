"""The action that makes an image again from its recipe, to compare both."""

from __future__ import annotations

from ...errors import InvalidRecipe, InvalidRequest
from ...reproduce import values as recipe_values
from ..events.action import Updates, action
from ..events.context import Context
from ..events.update import Update
from ..text import notices
from .generate_actions import start


@action("reproduce", paid=True)
async def reproduce(context: Context) -> Updates:
    """Make the image of a generation again; the form stays as it is."""
    generation = await context.find_own()
    if generation is None or generation.image is None or generation.seed is None:
        return
    values = recipe_values(generation)
    async for update in start(context, values, endpoint=generation.endpoint, reproduces=generation.id):
        if update.field_errors:
            # Errors of an old request are not marked in a form with other values.
            error = InvalidRecipe(InvalidRequest(update.field_errors).message)
            yield Update(notice=notices.render_error(error))
        else:
            yield update
