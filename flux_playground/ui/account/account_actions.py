"""Actions of the account: a visitor's own key, the finetunes and the credits."""

from __future__ import annotations

from functools import partial

from ...errors import PlaygroundError
from ...settings import is_api_key
from ..events.action import Updates, action
from ..events.context import Context, Payer
from ..events.update import Update
from ..text import notices
from . import connection, finetune_list, price, regions

MAX_KEY_CHARS = 500
FINETUNES_MAX_AGE_SECONDS = 60.0
CREDITS_MAX_AGE_SECONDS = 3.0
REGIONS_MAX_AGE_SECONDS = 10.0
"""How long a result is shared; credits change with every image."""


@action("key")
async def use_key(context: Context) -> Updates:
    """Use a visitor's own key from now on, and show its account; an empty text removes the key."""
    key = context.text("key").strip()
    if len(key) > MAX_KEY_CHARS or (key and not is_api_key(key)):
        yield Update(connection=connection.render_connection(context, connection.MALFORMED))
        return
    context.page.sessions.use_key(context.session, key)
    badge = connection.render_connection(context, checking=bool(key))
    yield Update(connection=badge, notice="", price=price.render_price(context))
    if key:
        async for update in load_account(context):
            yield update


@action("account")
async def load_account(context: Context) -> Updates:
    """Show the finetunes and the credits of the account, or with `balance` in the data the credits alone.

    With `chosen` in the data, another server was chosen.
    """
    visitor, calls = context.visitor, context.page.account_calls
    if context.data.get("chosen"):
        text = f"New requests go to {connection.host_of(context.server)}."
        yield Update(connection=connection.render_connection(context), notice=notices.notice(text))
    key = (context.server, visitor.api_key, context.operation.path)
    if not context.data.get("balance"):
        load = partial(finetune_list.load_finetunes, context.playground, visitor)
        finetunes = await calls(("finetunes", *key), FINETUNES_MAX_AGE_SECONDS, load)
        if context.visitor == visitor and len(finetunes) < finetune_list.MAX_FINETUNES:  # else some are missing
            context.session.finetunes = frozenset(one.id for one in finetunes)
        yield Update(finetunes=finetune_list.render_choices(finetunes))
    load_credits = partial(finetune_list.load_credits, context.playground, visitor)
    try:
        balance, problem = await calls(("credits", *key), CREDITS_MAX_AGE_SECONDS, load_credits), ""
    except PlaygroundError as error:
        balance, problem = None, connection.describe_problem(error)
    is_changed = balance is not None or problem or context.page.servers or context.payer is Payer.VISITOR
    if is_changed and context.visitor == visitor:  # the key may have changed meanwhile
        context.session.balance = balance
        cost = await price.render_latest(context)
        yield Update(connection=connection.render_connection(context, problem=problem), price=cost)


@action("price", reads_form=True)
async def update_price(context: Context) -> Update:
    """Show the price of an image of the size in the form."""
    return Update(price=await price.render_latest(context))


@action("regions")
async def find_regions(context: Context) -> Updates:
    """Look for the finetune of a generation on each server of the document, and offer to use the right server."""
    generation = await context.find_own()
    if generation is None or not context.page.servers:
        return
    name = str(generation.request.get("finetune_id") or "")
    key = ("regions", context.visitor.api_key, name)
    found = await context.page.account_calls(
        key, REGIONS_MAX_AGE_SECONDS, partial(regions.find_regions, context.page, name, context.visitor)
    )
    yield Update(notice=regions.render_regions(name, found))
