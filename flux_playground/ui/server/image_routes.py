"""Routes of images: the delivered bytes, thumbnails, previews, recipes, copies with the recipe, differences.

Each address is signed (`image_urls.py`). A wrong signature is answered like an unknown id, with 404.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from ... import reproduce
from ...errors import InvalidRecipe
from ...generation import Generation
from ...images import media_types
from ...playground import Playground
from ...recipe import dump_recipe
from ..text import image_urls

Respond = Callable[[Playground, Generation, bool], Response]
"""Makes the response for generation kind of address; the flag asks for a download."""

HEADERS = {
    "cache-control": "private, max-age=31536000, immutable",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'",
}


def routes(playground: Playground) -> list[Route]:
    """Return the routes `/<kind>/{id}/{signature}`; `?download` makes the browser save an image."""

    def route(kind: str, respond: Respond) -> Route:
        async def answer(request: Request) -> Response:
            generation = await asyncio.to_thread(_find, playground, request.path_params["id"])
            if generation is None or not image_urls.is_valid(kind, generation, request.path_params["signature"]):
                return _missing()
            return await asyncio.to_thread(respond, playground, generation, "download" in request.query_params)

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


def _image(_: Playground, generation: Generation, download: bool) -> Response:
    if generation.image is None or not generation.image.is_file():
        return _missing()
    return _file(generation.image, media_types.media_type(generation.format), "attachment" if download else "inline")


def _thumbnail(playground: Playground, generation: Generation, _: bool) -> Response:
    path = playground.store.thumbnail(generation)
    return _missing() if path is None else _file(path, "image/webp", "inline")


def _preview(playground: Playground, generation: Generation, _: bool) -> Response:
    run = playground.run(generation.id)
    if run is None or run.preview is None:
        return _missing()
    return Response(run.preview, media_type="image/webp", headers={**HEADERS, "cache-control": "private, no-store"})


def _recipe(_: Playground, generation: Generation, __: bool) -> Response:
    text = dump_recipe(reproduce.recipe(generation))
    return _data(text.encode(), "application/json", f"{_stem(generation)}.recipe.json")


def _copy(_: Playground, generation: Generation, __: bool) -> Response:
    try:
        data = reproduce.image_with_recipe(generation)
    except (InvalidRecipe, OSError):
        return _missing()
    suffix = "" if generation.image is None else generation.image.suffix
    return _data(data, f"image/{generation.format}", f"{_stem(generation)}-with-recipe{suffix}")


def _difference(playground: Playground, generation: Generation, _: bool) -> Response:
    before = _find(playground, generation.reproduces)
    same_owner = before is not None and before.owner == generation.owner
    comparison = reproduce.compare_generations(before, generation).comparison if before and same_owner else None
    if comparison is None or not comparison.difference_png:
        return _missing()
    return Response(comparison.difference_png, media_type="image/png", headers=HEADERS)


def _stem(generation: Generation) -> str:
    return f"flux-{generation.id}" if generation.image is None else generation.image.stem


def _data(data: bytes, mime: str, name: str) -> Response:
    where = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "private, no-store"}
    return Response(data, media_type=mime, headers={**HEADERS, **where})


def _find(playground: Playground, generation_id: str) -> Generation | None:
    if not re.fullmatch(r"[0-9a-f]{32}", generation_id):
        return None
    try:
        return playground.get(generation_id)
    except KeyError:
        return None


def _file(path: Path, mime: str, where: str) -> Response:
    return FileResponse(path, media_type=mime, filename=path.name, content_disposition_type=where, headers=HEADERS)


def _missing() -> Response:
    return PlainTextResponse("Not found", 404)
