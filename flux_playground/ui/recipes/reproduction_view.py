"""An image made again, in HTML: what it will cost, what to expect, how it came out, and that it is there already.

Also the actions that are less often wanted, and the prompt that upsampling made. From generations to HTML; knows the
playground, not gradio.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ... import reproduce
from ...errors import InvalidDocument, InvalidRecipe
from ...generation import Generation
from ...recipe import ChangeKind, build_link, diff_words
from ...recipe.compare import Comparison, Difference, Verdict
from ...reproduce import Report
from ...settings import LOOPBACK
from ..account.price import format_credits
from ..events.context import Context, Payer
from ..text import image_urls
from ..text.html import button, escape, icon, join

LONGEST = 300
SIGNED = "Content Credentials present: they are in the original as it was delivered."
UNSIGNED = "In the copy the signature of its Content Credentials no longer holds."
SAID = {
    Verdict.SAME_BYTES: ("Identical bytes", "The same file, bit for bit."),
    Verdict.SAME_PIXELS: ("Identical pixels", "Every pixel is the same; the files differ in what else they hold."),
    Verdict.CLOSE: ("Close", "Alike to the eye, but not the same."),
    Verdict.DIFFERENT: ("Different", "It is another picture."),
}


@dataclass(frozen=True)
class Prospect:
    """What an image's buttons must say: what another one costs, what to expect of it, whether the file is signed, why
    there can be no copy with its recipe inside (""), and the query that sets its settings ("" where there is none).
    """

    price: str = ""
    expected: tuple[str, ...] = ()
    signed: bool = False
    uncopied: str = ""
    query: str = ""


def prospect(context: Context, one: Generation | None) -> Prospect:
    """What can be known of making an image again, before it is done; reads files."""
    if one is None or one.image is None:
        return Prospect()
    playground = context.playground
    try:
        server = playground.server(context.visitor, endpoint=one.endpoint)
        expected = reproduce.caveats(one, server, playground.store)
    except InvalidDocument:
        expected = iter(("It cannot be made again: the API's document no longer has its endpoint.",))
    try:
        fields = playground.document.operation(one.endpoint).fields
        query = build_link(reproduce.values(one), [f.name for f in fields if not (f.secret or f.media)], one.endpoint)
    except (InvalidDocument, InvalidRecipe):
        query = ""
    cost = price(context, one)
    return Prospect(cost, tuple(expected), *reproduce.embedding(one), query)


def price(context: Context, one: Generation) -> str:
    """Return what an image costs when it is made again, as far as its last cost shows it."""
    if context.payer is Payer.DEMO:
        return "free"
    if one.cost is None or urlsplit(one.server).hostname in LOOPBACK:
        return "cost unknown"
    return format_credits(one.cost)


def actions(one: Generation, ahead: Prospect) -> str:
    """The buttons that make it again and that show more."""
    name = f"Make this picture again from its recipe and compare: {ahead.price}"
    again = button("reproduce", "Reproduce", drawing="again", id=one.id, name=name)
    short = ahead.price
    again = again.replace("</button>", f'<small class="price">{escape(short)}</small></button>')
    more = button("more", "More", name="More to do with this picture", id=one.id)
    return again + more.replace("data-act", 'aria-expanded="false" aria-controls="more" data-act')


def more(one: Generation, ahead: Prospect) -> str:
    """What stands below the row of actions: what to expect, and the actions that are less often wanted."""
    warned = " ".join(ahead.expected)
    caveat = f'<p class="caveat">{icon("warn")}<span>{escape(warned)}</span></p>' if warned else ""
    buttons = [button("panel", text, id=one.id, what=what) for what, text in (("recipe", "Recipe"), ("code", "Code"))]
    if ahead.query:
        buttons.append(button("copylink", "Copy link to these settings", drawing="copy", query=ahead.query))
    if not ahead.uncopied:
        inside = f"{icon('download')}<span>Download copy with its recipe inside</span>"
        buttons.append(f'<a class="quiet" href="{image_urls.copy(one)}" download>{inside}</a>')
    notes = [ahead.uncopied and f"No copy with its recipe inside: {ahead.uncopied}"]
    notes += [f"{SIGNED} {UNSIGNED}" if not ahead.uncopied else SIGNED] if ahead.signed else []
    said = join(f'<p class="note">{escape(note)}</p>' for note in notes if note)
    again = " data-again" if one.origin else ""
    return f'{caveat}<div class="more" id="more"{again} hidden><div class="actions">{join(buttons)}</div>{said}</div>'


def rewritten(one: Generation) -> str:
    """The prompt that was really used, beside the one that was sent, word by word; "" where nothing was rewritten."""
    asked = str(one.request.get("prompt") or "")
    if not one.prompt or one.prompt == asked:
        return ""
    marks = {ChangeKind.SAME: "{}", ChangeKind.REMOVED: "<del>{}</del>", ChangeKind.ADDED: "<ins>{}</ins>"}
    words = join(marks[words.kind].format(escape(words.text)) for words in diff_words(asked[:9000], one.prompt[:9000]))
    use = button("recall", "Use this prompt, upsampling off", drawing="use", id=one.id, what="used")
    return f'<p class="used" dir="auto">{words}</p>{use}'


def panel(what: str, title: str, one_id: str, body: str) -> str:
    """A panel that opens in place, with its head and a way to close it."""
    close = button("unpanel", "", drawing="clear", name=f"Close: {title}", kind="tiny")
    facts = f'data-what="{escape(what)}" data-id="{escape(one_id)}" aria-label="{escape(title)}"'
    return (
        f'<section class="panel" tabindex="-1" {facts}><header><h2>{escape(title)}</h2>{close}</header>{body}</section>'
    )


def recipe(one: Generation, text: str) -> str:
    """The recipe of an image, to be read, copied and saved."""
    address, inside = image_urls.recipe(one), f"{icon('download')}<span>Download</span>"
    save = f'<a class="quiet" href="{address}" download>{inside}</a>'
    copy = button("copytext", "Copy", drawing="copy")
    body = (
        '<p class="note">All that makes this picture again. There is no key in it, and no webhook.</p>'
        f'<div class="code"><div class="tools">{copy}{save}</div>'
        f'<pre tabindex="0" role="group" aria-label="Recipe">{escape(text)}</pre></div>'
    )
    return panel("recipe", "Recipe", one.id, body)


def outcome(before: Generation, after: Generation, told: Report) -> str:
    """How an image and its reproduction compare, and what can explain it."""
    if told.comparison is None:
        head, text = "Not comparable", told.problem
        figures = ""
    else:
        head, text = SAID[told.comparison.verdict]
        figures = _figures(told.comparison)
    same = told.comparison is not None and told.comparison.verdict in (Verdict.SAME_BYTES, Verdict.SAME_PIXELS)
    lead = f'<p class="verdict"><b>{head}</b> <span>{escape(text)}</span></p>{figures}'
    body = f"{lead}{_pictures(before, after, told.comparison)}{_reasons(told.differences, same)}"
    return panel("outcome", "Made again", after.id, body)


def gone(after: Generation) -> str:
    """The same, where the first image is no longer known."""
    text = '<p class="note">The picture that this one was to make again is no longer known here.</p>'
    return panel("outcome", "Made again", after.id, text)


def _figures(told: Comparison) -> str:
    if told.before.width != told.after.width or told.before.height != told.after.height:
        sizes = " and ".join(f"{one.width} × {one.height}" for one in (told.before, told.after))
        return f'<p class="note">{sizes} px: of two sizes there is nothing more to measure.</p>'
    if not told.difference_png or told.changed is None:
        return ""
    share = f"{told.changed:.1%}" if told.changed >= 0.001 else "under 0.1%"
    measured = f"{share} of the pixels differ; mean difference {told.mean:.2g} of 255; {told.psnr:.1f} dB PSNR."
    return f'<p class="note">{measured}</p>'


def _pictures(before: Generation, after: Generation, told: Comparison | None) -> str:
    pictures = [
        (image_urls.picture(one), image_urls.thumbnail(one), name)
        for one, name in ((before, "original"), (after, "made again"))
        if reproduce.image_exists(one)
    ]
    if told is not None and told.difference_png:
        address = image_urls.difference(after)
        pictures.append((address, address, f"difference × {told.gain}"))
    figures = join(
        f'<figure><a href="{href}" target="_blank" rel="noopener"><img src="{src}" alt="{name}" loading="lazy"></a>'
        f"<figcaption>{name}</figcaption></figure>"
        for href, src, name in pictures
    )
    return f'<div class="trio" style="--w:{before.width or 1};--h:{before.height or 1}">{figures}</div>'


def _reasons(told: tuple[Difference, ...], same: bool) -> str:
    if not told:
        return "" if same else '<p class="note">Nothing in the recipes explains it.</p>'
    rows = join(
        f"<tr><th scope=row>{escape(one.name)}</th><td>{_value(one.before)}</td><td>{_value(one.after)}</td></tr>"
        + (f'<tr class="hintrow"><td colspan="3">{escape(one.hint)}</td></tr>' if one.hint else "")
        for one in told[:40]
    )
    head = "<tr><th scope=col>What differs</th><th scope=col>original</th><th scope=col>made again</th></tr>"
    return f'<table class="changes"><thead>{head}</thead><tbody>{rows}</tbody></table>'


def _value(value: Any) -> str:
    return shown(value) or '<span class="none">left out</span>'


def shown(value: Any) -> str:
    """A value as it can be shown: escaped, cut, "" for none."""
    if value in (None, ""):
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return escape(text if len(text) <= LONGEST else f"{text[:LONGEST]} … ({len(text):,} characters)")
