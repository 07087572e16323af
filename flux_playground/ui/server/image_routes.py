"""Routes of images: the delivered bytes, thumbnails, previews, recipes, copies with the recipe, differences.

Each address is signed (`image_urls.py`). A wrong signature is answered like an unknown id, with 404.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ... import reproduce
from ...errors import InvalidImage, InvalidRecipe
from ...generation import ID, Generation
from ...images import media_types
from ...playground import Playground
from ...recipe import dump_recipe
from ..session.caller import address_bucket
from ..session.worker_threads import WorkerThreads
from ..text import image_urls
from .byte_ranges import respond_with_bytes

Respond = Callable[[Playground, Generation, Request], Response]
"""Makes the response for a kind of address."""

log = logging.getLogger(__name__)

HEADERS = {
    "cache-control": "private, max-age=31536000, immutable",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'",
}


def routes(playground: Playground) -> list[Route]:
    """Return the routes `/<kind>/{id}/{signature}`; `?download` makes the browser save an image."""

    threads = WorkerThreads()

    def route(kind: str, respond: Respond) -> Route:
        async def answer(request: Request) -> Response:
            address = address_bucket(request.client.host if request.client else "")
            generation = await threads(address, _find, playground, request.path_params["id"])
            if generation is None or not image_urls.is_valid(kind, generation, request.path_params["signature"]):
                return _missing()
            return await threads(address, _respond, respond, playground, generation, request)

        return Route(f"/{kind}/{{id}}/{{signature}}", answer)

    kinds: dict[str, Respond] = {
        "image": _image,
        "thumbnail": _thumbnail,
        "preview": _preview,
        "recipe": _recipe,
        "copy": _copy,
        "difference": _difference,
    }
    return [route(kind, respond) for kind, respond in kinds.items()]


def _respond(respond: Respond, playground: Playground, generation: Generation, request: Request) -> Response:
    try:
        return respond(playground, generation, request)
    except FileNotFoundError:
        return _missing()
    except InvalidImage as error:
        log.warning("the file of image %s is damaged: %s", generation.id, error.message)
        return _missing()
    except OSError as error:
        log.warning("an image cannot be read: %s", error.strerror or error)
        return PlainTextResponse("The image cannot be read at the moment. Try again.", 503, {"retry-after": "5"})


def _image(playground: Playground, generation: Generation, request: Request) -> Response:
    store, blob = playground.store, playground.store.find_image(generation)
    if blob is None:
        return _missing()
    where = "attachment" if "download" in request.query_params else "inline"
    headers = {**HEADERS, "content-disposition": f'{where}; filename="{blob.key.name}"'}
    headers |= {"etag": f'"{generation.sha256}"'} if generation.sha256 else {}
    media_type = media_types.media_type(generation.format)
    return respond_with_bytes(request, blob.size, partial(store.stream_image, generation), media_type, headers)


def _thumbnail(playground: Playground, generation: Generation, _: Request) -> Response:
    data = playground.store.thumbnail(generation)
    return _missing() if data is None else Response(data, media_type="image/webp", headers=HEADERS)


def _preview(playground: Playground, generation: Generation, _: Request) -> Response:
    run = playground.run(generation.id)
    if run is None or run.preview is None:
        return _missing()
    return Response(run.preview, media_type="image/webp", headers={**HEADERS, "cache-control": "private, no-store"})


def _recipe(_: Playground, generation: Generation, __: Request) -> Response:
    text = dump_recipe(reproduce.recipe(generation))
    return _data(text.encode(), "application/json", f"{_stem(generation)}.recipe.json")


def _copy(playground: Playground, generation: Generation, _: Request) -> Response:
    try:
        data = reproduce.image_with_recipe(generation, playground.store)
    except InvalidRecipe:
        return _missing()
    suffix = "" if generation.image is None else generation.image.suffix
    return _data(data, f"image/{generation.format}", f"{_stem(generation)}-with-recipe{suffix}")


def _difference(playground: Playground, generation: Generation, _: Request) -> Response:
    before = _find(playground, generation.reproduces)
    if before is None or before.owner != generation.owner:
        return _missing()
    comparison = reproduce.compare_generations(before, generation, playground.store).comparison
    if comparison is None or not comparison.difference_png:
        return _missing()
    return Response(comparison.difference_png, media_type="image/png", headers=HEADERS)


def _stem(generation: Generation) -> str:
    return f"flux-{generation.id}" if generation.image is None else generation.image.stem


def _data(data: bytes, mime: str, name: str) -> Response:
    where = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "private, no-store"}
    return Response(data, media_type=mime, headers={**HEADERS, **where})


def _find(playground: Playground, generation_id: str) -> Generation | None:
    if not ID.fullmatch(generation_id):
        return None
    try:
        return playground.get(generation_id)
    except KeyError:
        return None


def _missing() -> Response:
    return PlainTextResponse("Not found", 404)
