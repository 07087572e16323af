"""The routes that give out images: the delivered bytes as they are, small ones for the cards, recipes and copies.

Each has a mark in its address, which is known only to whom the address was given (`addresses.py`): without the right
one there is nothing here, as for an id that there is none of. Knows the playground, not gradio.
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

Give = Callable[[Playground, Generation, bool], Response]
"""What one kind of address gives; the flag says that it is to be saved."""

HEADERS = {
    "cache-control": "private, max-age=31536000, immutable",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'",
}


def routes(playground: Playground) -> list[Route]:
    """`/image/{id}/{mark}` (with `?download`, to be saved), and likewise what belongs to it."""

    def route(kind: str, give: Give) -> Route:
        async def answer(request: Request) -> Response:
            one = await asyncio.to_thread(_known, playground, request.path_params["id"])
            if one is None or not image_urls.is_valid(kind, one, request.path_params["mark"]):
                return _missing()
            return await asyncio.to_thread(give, playground, one, "download" in request.query_params)

        return Route(f"/{kind}/{{id}}/{{mark}}", answer)

    kinds: dict[str, Give] = {
        "image": _picture,
        "thumbnail": _thumbnail,
        "recipe": _recipe,
        "copy": _copy,
        "difference": _difference,
    }
    return [route(kind, give) for kind, give in kinds.items()]


def _picture(_: Playground, one: Generation, download: bool) -> Response:
    if one.image is None or not one.image.is_file():
        return _missing()
    return _file(one.image, media_types.media_type(one.format), "attachment" if download else "inline")


def _thumbnail(playground: Playground, one: Generation, _: bool) -> Response:
    path = playground.thumbnail(one.id)
    return _missing() if path is None else _file(path, "image/webp", "inline")


def _recipe(_: Playground, one: Generation, __: bool) -> Response:
    text = dump_recipe(reproduce.recipe(one))
    return _data(text.encode(), "application/json", f"{_stem(one)}.recipe.json")


def _copy(_: Playground, one: Generation, __: bool) -> Response:
    try:
        data = reproduce.image_with_recipe(one)
    except (InvalidRecipe, OSError):
        return _missing()
    suffix = "" if one.image is None else one.image.suffix
    return _data(data, f"image/{one.format}", f"{_stem(one)}-with-recipe{suffix}")


def _difference(playground: Playground, one: Generation, _: bool) -> Response:
    before = _known(playground, one.origin)
    told = reproduce.compare_generations(before, one).comparison if before and before.owner == one.owner else None
    if told is None or not told.difference_png:
        return _missing()
    return Response(told.difference_png, media_type="image/png", headers=HEADERS)


def _stem(one: Generation) -> str:
    return f"flux-{one.id}" if one.image is None else one.image.stem


def _data(data: bytes, mime: str, name: str) -> Response:
    where = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "private, no-store"}
    return Response(data, media_type=mime, headers={**HEADERS, **where})


def _known(playground: Playground, generation_id: str) -> Generation | None:
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
