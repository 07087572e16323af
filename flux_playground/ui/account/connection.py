"""The badge of the page's header: who pays for images, the key in use, the balance. A key is never in the badge."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..events.context import Context, Payer
from ..text.html import button, escape, icon

MALFORMED = "API keys have no spaces or line breaks."
DEMO = "Placeholder images, not FLUX."


def render(context: Context, error: str = "") -> str:
    """Render the badge; `error` says what is wrong with a key that was entered."""
    shortcuts = button("keys", "?", name="? Keyboard shortcuts")
    return f'<div class="connection" data-who="{context.payer}">{_render_account(context, error)}{shortcuts}</div>'


def _render_account(context: Context, error: str) -> str:
    settings, payer = context.playground.settings, context.payer
    if payer is Payer.DEMO:
        return f'<p class="demo"><b>Demo</b> <span>{DEMO}</span></p>{_render_key_form(error)}'
    host = escape(urlsplit(settings.base_url or context.operation.server).hostname or "")
    balance = context.session.balance
    left = "" if balance is None else f' <span class="balance">· {escape(describe_balance(balance))}</span>'
    if payer is Payer.VISITOR:
        return f"<p><b>Your key</b> <span>· {host}</span>{left}</p>{button('key', 'Remove key', key='')}"
    if settings.api_key and settings.hosted:
        limit = escape(settings.allowance)
        return f"<p><b>This page's key</b> <span>· {limit} for each visitor</span></p>{_render_key_form(error)}"
    if settings.api_key:
        return f"<p><b>Connected</b> <span>to {host}</span>{left}</p>"
    return f"<p><b>No API key</b> <span>for {host}</span></p>{_render_key_form(error)}"


def describe_balance(balance: float) -> str:
    """Return a balance in words."""
    return f"{balance:,.0f} credits left"


def _render_key_form(error: str) -> str:
    message = f'<p class="fault" role="alert">{escape(error)}</p>' if error else ""
    return (
        f'<details class="key"{" open" if error else ""}><summary>{icon("key")}<span>Add API key</span></summary>'
        '<form data-act="key" autocomplete="off"><label for="key">BFL API key</label>'
        '<div><input id="key" type="password" autocomplete="off" spellcheck="false" autocapitalize="off">'
        '<button type="submit" class="solid">Save</button></div>'
        f"{message}<p>Kept in memory until you close the page. Sent only to the API.</p>"
        "</form></details>"
    )
