"""Routes of the gallery: results, filters, one image, the comparison, earlier prompts.

They answer with pieces of HTML. Each request carries the token of its tab, and finds the images of its visitor only.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ... import reproduce
from ...generation import Generation
from ...images.pixel_difference import Comparison, compare
from ...storage.annotations import Annotation
from ...storage.search import MAX_COUNTED, Entry, PromptUse
from ...storage.search_query import is_filtered
from ..events.context import Context
from ..events.visit_requests import InvalidParameter, endpoint, fragment, own_generations
from ..generate.result_view import ResultContext, render_result
from ..recipes.reproduction_view import describe_reproduction, figures, verdict
from ..text import image_urls
from ..text.templates import render
from .compare_view import MAX_COMPARED_IMAGES, render_comparison
from .gallery_view import describe_filter, filterable_fields, render_cards, render_filters, render_notes
from .query_params import MAX_TEXT_CHARS, parse_query, read_number, search_note

CARDS_PER_PAGE, MAX_CARDS_PER_PAGE = 60, 500
MAX_UNIX_SECONDS = 1e12
PROMPTS_PER_PAGE, MAX_CHARS_OF_PROMPTS = 40, 400_000  # the page gets each prompt in full


def show_cards(context: Context, request: Request) -> Response:
    """Return a page of `limit` results; without a cursor (`after`) the first one, with the number of all.

    With `more`, it is a part of the number.
    """
    store, params = context.playground.store, request.query_params
    query = parse_query(params, filterable_fields(context.playground.document))
    after, limit = params.get("after", ""), read_number(params.get("limit", "")) or CARDS_PER_PAGE
    page = store.search.page(context.visitor.id, query, after, int(min(max(limit, 1), MAX_CARDS_PER_PAGE)))
    headers = {"next": page.next}
    has_filter = is_filtered(query)
    if not after:
        count = store.search.count(context.visitor.id, query)
        headers |= {"count": str(count), "note": search_note(query.text)}
        if has_filter and count > MAX_COUNTED:
            headers |= {"count": str(MAX_COUNTED), "more": "1"}
    cards = render_cards(page, first=not after, is_complete=not store.backlog.is_running, is_filtered=has_filter)
    return fragment(cards, **headers)


def show_filters(context: Context, _: Request) -> Response:
    """Return the filters that this visitor's images offer."""
    playground, owner = context.playground, context.visitor.id
    search = playground.store.search
    offered = (
        describe_filter(field, search.values(owner, name, 60))
        for name, field in filterable_fields(playground.document).items()
    )
    endpoints = [operation.path for operation in playground.document.operations]
    html = render_filters([one for one in offered if one], endpoints, playground.store.annotations.tags(owner))
    return fragment(html)


def show_image(context: Context, request: Request) -> Response:
    """Return the notes, actions and details of one image, with its neighbors among the results of the filters."""
    found = own_generations(context, [request.path_params["id"]])
    if not found:
        return _missing()
    generation, store = context.playground.get(found[0].id), context.playground.store
    query = parse_query(request.query_params, filterable_fields(context.playground.document))
    neighbors = store.search.neighbors(context.visitor.id, query, generation.id)
    entry = store.search.entries(context.visitor.id, [generation.id])
    annotation = entry[0].annotation if entry else Annotation()
    outlook = describe_reproduction(context, generation)
    result = render_result(ResultContext(generation, outlook=outlook, is_demo=context.is_local(generation)))
    below = result.below if reproduce.image_exists(generation) else result.frame + result.below
    return fragment(render_notes(Entry(generation, annotation), below, neighbors))


def show_comparison(context: Context, request: Request) -> Response:
    """Return the comparison of two to four images."""
    ids = list(dict.fromkeys(request.query_params.get("ids", "").split(",")))[:MAX_COMPARED_IMAGES]
    found = own_generations(context, ids)
    annotations = context.playground.store.annotations.get(context.visitor.id, [one.id for one in found])
    return fragment(render_comparison(found, annotations, len(ids) - len(found)))


def show_difference(context: Context, request: Request) -> Response:
    """Return the difference of two images as a PNG, its measures in the header; 422 with a sentence for no image."""
    found = own_generations(context, request.query_params.get("ids", "").split(",")[:2])
    if len(found) < 2:
        return _missing()
    comparison, problem = _compare(context, found, small="small" in request.query_params)
    if comparison is None:
        return PlainTextResponse(problem, 422)
    title, sentence = verdict(comparison)
    text = " ".join(part for part in (f"{title}.", sentence, figures(comparison)) if part)
    if not comparison.difference_png:
        return PlainTextResponse(text, 422)
    headers = {"x-flux-measure": text.replace("×", "x"), "x-flux-gain": str(comparison.gain)}
    return Response(comparison.difference_png, media_type="image/png", headers={"cache-control": "no-store", **headers})


def _compare(context: Context, pair: list[Generation], *, small: bool) -> tuple[Comparison | None, str]:
    """Compare two images, or their thumbnails; return why that cannot be done."""
    if not small:
        report = reproduce.compare_generations(pair[0], pair[1], context.playground.store)
        return report.comparison, report.problem
    thumbnails = [context.playground.store.thumbnail(one) for one in pair]
    if None in thumbnails:
        return None, "One of the two images has no thumbnail."
    return compare(*(data for data in thumbnails if data)), ""


def show_prompts(context: Context, request: Request) -> Response:
    """Return earlier prompts with their number of images and the best one of them."""
    params, store = request.query_params, context.playground.store
    after = read_number(params.get("after", ""))
    if after is not None and not 0 <= after < MAX_UNIX_SECONDS:
        raise InvalidParameter("This is not a page of the prompts.")
    text = params.get("q", "").strip()
    if len(text) > MAX_TEXT_CHARS:
        raise InvalidParameter(f"A search has at most {MAX_TEXT_CHARS} characters.")
    uses = store.search.prompts(context.visitor.id, text, PROMPTS_PER_PAGE, after)
    shown = fit_page(uses)
    prompts = [{"prompt": one.prompt, "count": one.count, "thumbnail": _thumbnail(store, one.best_id)} for one in shown]
    has_more = len(uses) == PROMPTS_PER_PAGE or len(shown) < len(uses)
    following = repr(shown[-1].last_used) if has_more else ""
    return fragment(render("prompts.html", prompts=prompts), next=following, note=search_note(text))


def fit_page(uses: Sequence[PromptUse]) -> Sequence[PromptUse]:
    """Return the first prompt, and those after it that are not too long together."""
    lengths = itertools.accumulate(len(use.prompt) for use in uses)
    return uses[: max(1, sum(length <= MAX_CHARS_OF_PROMPTS for length in lengths))]


def _thumbnail(store: Any, generation_id: str) -> str:
    best: Generation | None = store.get(generation_id) if generation_id else None
    return image_urls.thumbnail(best) if best is not None and reproduce.image_exists(best) else ""


def _missing() -> Response:
    return PlainTextResponse("This image is not in your history.", 404)


ROUTES = (
    Route("/gallery/cards", endpoint(show_cards)),
    Route("/gallery/filters", endpoint(show_filters)),
    Route("/gallery/image/{id}", endpoint(show_image)),
    Route("/gallery/comparison", endpoint(show_comparison)),
    Route("/gallery/difference", endpoint(show_difference)),
    Route("/gallery/prompts", endpoint(show_prompts)),
)
