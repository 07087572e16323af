"""The routes that give out pictures: the delivered bytes as they are, and the small ones for the cards.

An id is random and long enough that nobody finds one who was not given it. Knows the playground, not gradio.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from ..generation import Generation
from ..playground import Playground

HEADERS = {
    "cache-control": "private, max-age=31536000, immutable",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'",
}


def routes(playground: Playground) -> list[Route]:
    """`/picture/{id}` (with `?download`, to be saved) and `/thumbnail/{id}`."""

    async def picture(request: Request) -> Response:
        one = await asyncio.to_thread(_known, playground, request.path_params["id"])
        if one is None or one.image is None or not one.image.is_file():
            return _missing()
        where = "attachment" if "download" in request.query_params else "inline"
        return _file(one.image, f"image/{one.format}", where)

    async def thumbnail(request: Request) -> Response:
        one = await asyncio.to_thread(_known, playground, request.path_params["id"])
        path = await asyncio.to_thread(playground.thumbnail, one.id) if one else None
        return _missing() if path is None else _file(path, "image/webp", "inline")

    return [Route("/picture/{id}", picture), Route("/thumbnail/{id}", thumbnail)]


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
