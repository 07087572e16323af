"""Actions of the account: a visitor's own key, the finetunes and the credits."""

from __future__ import annotations

from functools import partial

from ...settings import is_api_key
from ..events.action import Updates, action
from ..events.context import Context
from ..events.update import Update
from . import connection, finetune_list, price

MAX_KEY_CHARS = 500
FINETUNES_MAX_AGE_SECONDS = 60.0
CREDITS_MAX_AGE_SECONDS = 3.0
"""How long a result is shared; credits change with every image."""


@action("key")
async def use_key(context: Context) -> Updates:
    """Use a visitor's own key from now on; an empty text removes the key."""
    key = context.text("key").strip()
    if len(key) > MAX_KEY_CHARS or (key and not is_api_key(key)):
        yield Update(connection=connection.render_connection(context, connection.MALFORMED))
        return
    context.page.sessions.use_key(context.session, key)
    yield Update(connection=connection.render_connection(context), notice="", price=price.render_price(context))


@action("account")
async def load_account(context: Context) -> Updates:
    """Show the finetunes and the credits of the account, or with `balance` in the data the credits alone."""
    visitor, calls = context.visitor, context.page.account_calls
    key = (context.server, visitor.api_key, context.operation.path)
    if not context.data.get("balance"):
        load = partial(finetune_list.load_finetunes, context.playground, visitor, context.operation)
        finetunes = await calls(("finetunes", *key), FINETUNES_MAX_AGE_SECONDS, load)
        yield Update(finetunes=finetune_list.render_choices(finetunes))
    load_credits = partial(finetune_list.load_credits, context.playground, visitor)
    balance = await calls(("credits", *key), CREDITS_MAX_AGE_SECONDS, load_credits)
    if balance is not None and context.visitor.api_key == visitor.api_key:  # the key may have changed meanwhile
        context.session.balance = balance
        cost = await context.run(price.render_price, context)
        yield Update(connection=connection.render_connection(context), price=cost)
