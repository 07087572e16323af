"""The routes that give out pictures: the delivered bytes as they are, small ones for the cards, recipes and copies.

An id is random and long enough that nobody finds one who was not given it. What tells more than the picture itself has
a mark in its address besides, which is known to the picture's owner only. Knows the playground, not gradio.
"""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from .. import media, reproduction
from ..errors import InvalidRecipe
from ..generation import Generation
from ..playground import Playground
from ..recipe import write

HEADERS = {
    "cache-control": "private, max-age=31536000, immutable",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'",
}


def routes(playground: Playground) -> list[Route]:
    """`/picture/{id}` (with `?download`, to be saved), `/thumbnail/{id}`, and the marked ones, to be saved as well."""

    async def picture(request: Request) -> Response:
        one = await asyncio.to_thread(_known, playground, request.path_params["id"])
        if one is None or one.image is None or not one.image.is_file():
            return _missing()
        where = "attachment" if "download" in request.query_params else "inline"
        return _file(one.image, media.mime(one.format), where)

    async def thumbnail(request: Request) -> Response:
        one = await asyncio.to_thread(_known, playground, request.path_params["id"])
        path = await asyncio.to_thread(playground.thumbnail, one.id) if one else None
        return _missing() if path is None else _file(path, "image/webp", "inline")

    def told(give: Callable[[Playground, Generation], Response]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            one = await asyncio.to_thread(_known, playground, request.path_params["id"])
            if one is None or not hmac.compare_digest(reproduction.mark(one), request.path_params["mark"]):
                return _missing()
            return await asyncio.to_thread(give, playground, one)

        return answer

    return [
        Route("/picture/{id}", picture),
        Route("/thumbnail/{id}", thumbnail),
        Route("/recipe/{id}/{mark}", told(_recipe)),
        Route("/copy/{id}/{mark}", told(_copy)),
        Route("/difference/{id}/{mark}", told(_difference)),
    ]


def _recipe(_: Playground, one: Generation) -> Response:
    text = write(reproduction.recipe(one))
    return _data(text.encode(), "application/json", f"{_stem(one)}.recipe.json")


def _copy(_: Playground, one: Generation) -> Response:
    try:
        data = reproduction.copy(one)
    except (InvalidRecipe, OSError):
        return _missing()
    suffix = "" if one.image is None else one.image.suffix
    return _data(data, f"image/{one.format}", f"{_stem(one)}-with-recipe{suffix}")


def _difference(playground: Playground, one: Generation) -> Response:
    before = _known(playground, one.origin)
    told = reproduction.report(before, one).comparison if before and before.owner == one.owner else None
    if told is None or not told.picture:
        return _missing()
    return Response(told.picture, media_type="image/png", headers=HEADERS)


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
