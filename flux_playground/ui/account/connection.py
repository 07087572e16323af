"""The badge that says who draws and who pays: the local demo, the owner's key, or one of the visitor's own.

From a visitor to HTML. The key itself is never in it, nor any part of it. Knows the playground, not gradio.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from ...playground import Playground, Visitor
from ..text.html import button, escape, icon

MALFORMED = "That does not look like a key: one line of plain characters, without spaces."
DEMO = "Pictures are drawn here, not by FLUX. Nothing is sent, nothing is billed."


def badge(playground: Playground, visitor: Visitor, fault: str = "", balance: str = "") -> str:
    """What stands at the right of the page's head; `balance` says what the account still has, where that is known."""
    keys = button("keys", "?", name="Keys of this page")
    who = "demo" if playground.uses_demo(visitor) else "own" if visitor.api_key else "owner"
    return f'<div class="connection" data-who="{who}">{_said(playground, visitor, fault, balance)}{keys}</div>'


def _said(playground: Playground, visitor: Visitor, fault: str, balance: str) -> str:
    hosted = playground.settings.hosted
    if playground.uses_demo(visitor):
        return f'<p class="demo"><b>{"Hosted" if hosted else "Local"} demo</b> <span>{DEMO}</span></p>{_box(fault)}'
    host = escape(urlsplit(playground.settings.base_url or playground.operation.server).hostname or "")
    left = f' <span class="balance">{escape(balance)}</span>' if balance else ""
    if visitor.api_key:
        return f"<p><b>Your key</b> <span>is in use at {host}</span>{left}</p>{button('key', 'Forget it', key='')}"
    if playground.settings.api_key:
        if hosted:
            each = escape(playground.settings.allowance)
            return f"<p><b>On this page's key</b> <span>for each visitor {each}</span></p>{_box(fault)}"
        return f"<p><b>Connected</b> <span>to {host}</span>{left}</p>"
    title = "Bring your own key" if hosted else "No key yet"
    return f"<p><b>{title}</b> <span>for {host}</span></p>{_box(fault)}"


def _box(fault: str) -> str:
    wrong = f'<p class="fault" role="alert">{escape(fault)}</p>' if fault else ""
    return (
        f'<details class="key"{" open" if fault else ""}><summary>{icon("key")}<span>Use a key</span></summary>'
        '<form data-act="key" autocomplete="off"><label for="key">Your key for the API</label>'
        '<div><input id="key" type="password" autocomplete="off" spellcheck="false" autocapitalize="off">'
        '<button type="submit" class="solid">Use it</button></div>'
        f"{wrong}<p>It stays in this program's memory until you close the page, and goes to the API only.</p>"
        "</form></details>"
    )
