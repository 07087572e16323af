"""Panels of an image: its recipe, and the comparison with its reproduction."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ... import reproduce
from ...errors import InvalidDocument, InvalidRecipe
from ...generation import Generation, State
from ...images.pixel_difference import Comparison, Verdict
from ...recipe import build_link
from ...settings import LOOPBACK
from ..account.price import describe_again
from ..events.context import Context, Payer
from ..text import image_urls
from ..text.amounts import format_credits
from ..text.templates import render

MAX_VALUE_CHARS = 300
MAX_DIFFERENCES = 40
MIN_SHOWN_SHARE = 0.001
SIGNATURE_PRESENT = "Content Credentials are present in the delivered file."
SIGNATURE_UNVERIFIED = "Content Credentials are present. They are not verified here."
SIGNATURE_VOID = "Their signature no longer holds in a file with embedded settings."
VERDICTS = {
    Verdict.SAME_BYTES: ("Identical file", "Every byte is the same."),
    Verdict.SAME_PIXELS: ("Identical pixels", "Every pixel is the same; the metadata differs."),
    Verdict.CLOSE: ("Nearly identical", "The images look the same."),
    Verdict.DIFFERENT: ("Different image", ""),
}


@dataclass(frozen=True)
class ReproduceInfo:
    """What the page says about reproducing an image.

    `price` is the cost of another image, `caveats` what may differ. `signed` says that the file has Content
    Credentials. `not_embeddable` says why settings cannot be embedded, "" where they can. `query` is the link's query.
    """

    price: str = ""
    caveats: tuple[str, ...] = ()
    signed: bool = False
    not_embeddable: str = ""
    query: str = ""


def describe_reproduction(context: Context, generation: Generation | None) -> ReproduceInfo:
    """Return what is known about reproducing an image; reads the image of a record of an earlier version."""
    if generation is None:
        return ReproduceInfo()
    if generation.image is None:
        return ReproduceInfo(price(context, generation))
    playground = context.playground
    try:
        server = playground.server(context.visitor, endpoint=generation.endpoint)
        caveats = tuple(reproduce.caveats(generation, server, playground.store))
    except InvalidDocument:
        caveats = ("It cannot be reproduced: the API schema no longer has its endpoint.",)
    try:
        fields = playground.document.operation(generation.endpoint).fields
        names = [field.name for field in fields if not (field.secret or field.media)]
        query = build_link(reproduce.values(generation), names, generation.endpoint)
    except (InvalidDocument, InvalidRecipe):
        query = ""
    return ReproduceInfo(price(context, generation), caveats, *reproduce.embedding(generation, playground.store), query)


def price(context: Context, generation: Generation) -> str:
    """Return what an image costs when it is made again: what it has cost, else an estimate."""
    is_free = context.payer is Payer.DEMO or urlsplit(generation.server).hostname in LOOPBACK
    if generation.cost is None or generation.imported or is_free or generation.state is State.FAILED:
        return describe_again(context, generation.endpoint, generation.request)
    return format_credits(generation.cost)


def render_recipe(generation: Generation, text: str) -> str:
    """Render the panel with the recipe of an image."""
    return render("recipe_panel.html", id=generation.id, address=image_urls.recipe(generation), text=text)


def render_comparison(original: Generation, generation: Generation, report: reproduce.Report) -> str:
    """Render the panel that compares an image with its reproduction."""
    comparison = report.comparison
    words = ("Not comparable", report.problem) if comparison is None else verdict(comparison)
    same = comparison is not None and comparison.verdict in (Verdict.SAME_BYTES, Verdict.SAME_PIXELS)
    differences = [
        {
            "name": difference.name,
            "before": format_value(difference.before),
            "after": format_value(difference.after),
            "hint": difference.hint,
        }
        for difference in report.differences[:MAX_DIFFERENCES]
    ]
    return render(
        "comparison_panel.html",
        id=generation.id,
        verdict=words,
        figures=figures(comparison),
        size=(original.width or 1, original.height or 1),
        images=_compared_images(original, generation, comparison),
        differences=differences,
        same=same,
    )


def render_missing_original(generation: Generation) -> str:
    """Render the same panel where the original is gone."""
    return render("comparison_panel.html", id=generation.id, verdict=None)


def render_panel(what: str, title: str, panel_id: str, body: str) -> str:
    """Render a panel with a body."""
    return render("panel.html", what=what, title=title, id=panel_id, body=body)


def format_value(value: Any) -> str:
    """Return a value as a short text; "" for none."""
    if value in (None, ""):
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MAX_VALUE_CHARS else f"{text[:MAX_VALUE_CHARS]} … ({len(text):,} characters)"


def verdict(comparison: Comparison) -> tuple[str, str]:
    """Return how similar two images are, in a title and a sentence."""
    return VERDICTS[comparison.verdict]


def figures(comparison: Comparison | None) -> str:
    """Return the measures of a difference as sentences; "" for identical pixels."""
    if comparison is None:
        return ""
    before, after = comparison.before, comparison.after
    if (before.width, before.height) != (after.width, after.height):
        sizes = f"{before.width} × {before.height} and {after.width} × {after.height} px"
        return f"{sizes}. Sizes differ, no pixel comparison."
    if not comparison.difference_png or comparison.changed is None:
        return ""
    share = f"{comparison.changed:.1%}" if comparison.changed >= MIN_SHOWN_SHARE else "under 0.1%"
    return f"{share} of the pixels differ; mean difference {comparison.mean:.2g} of 255; {comparison.psnr:.1f} dB PSNR."


def _compared_images(
    original: Generation, generation: Generation, comparison: Comparison | None
) -> list[dict[str, str]]:
    images = [
        {"address": image_urls.image(image), "thumbnail": image_urls.thumbnail(image), "name": name}
        for image, name in ((original, "original"), (generation, "reproduction"))
        if reproduce.image_exists(image)
    ]
    if comparison is not None and comparison.difference_png:
        address = image_urls.difference(generation)
        images.append({"address": address, "thumbnail": address, "name": f"difference × {comparison.gain}"})
    return images
