"""Actions that switch to another endpoint and carry the form's values over."""

from __future__ import annotations

from ..account import price
from ..events.action import action
from ..events.context import Context
from ..events.update import Update
from . import switch


@action("leave", reads_form=True)
async def leave(context: Context) -> Update:
    """Keep the form's values for the next endpoint and hide the form."""
    session = context.session
    names = {field.name for field in context.form.fields}
    kept = {
        name: value
        for name, value in session.carried_values.items()
        if name not in names or name in session.rejected_values
    }
    session.carried_values = {**kept, **context.form.changed(context.raw)}
    return Update(form_visible=False)


@action("arrive", writes_form=True)
async def arrive(context: Context) -> Update:
    """Show the form of another endpoint with the values that came along."""
    carried = await context.run(switch.carry_over, context.form, context.session.carried_values)
    context.session.rejected_values = frozenset(name for name, _ in carried.rejected)
    return Update(
        form_visible=True,
        notice=switch.render_rejected(carried),
        field_errors=(),
        price=await price.render_latest(context),
        inputs=carried.inputs,
    )


@action("endpoint", reads_form=True)
async def choose(context: Context) -> Update:
    """Show what depends on the endpoint after another one of the same form was chosen."""
    return Update(price=await price.render_latest(context))
