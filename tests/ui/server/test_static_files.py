"""The static files of the page, in front of a small application."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from flux_playground.ui.gradio_patches.frontend_files import FOLDER, find_frontend_files, list_first_load
from flux_playground.ui.server import static_files
from flux_playground.ui.server.static_files import StaticFilesMiddleware
from tests.http_visitor import Answer, Stranger
from tests.ui.server.test_middleware import serving

BEGIN = next(one.name for one in FOLDER.glob("index-*.js"))
PAGE = f'<html><head><title>ü</title><script src="./assets/{BEGIN}"></script></head><body></head></body></html>'
OURS: dict[str, Any] = {"style": "p { color: red }", "script": "let one = 'ü';"}


async def page(request: Request) -> Response:
    """Gradio's response for the page."""
    return JSONResponse({"a": "</head>"}) if "json" in request.query_params else HTMLResponse(PAGE)


async def gradios(request: Request) -> Response:
    """Gradio's response for a file."""
    return HTMLResponse("gradio's", 206 if "range" in request.headers else 200)


@contextmanager
def somebody(root: str = "") -> Iterator[Stranger]:
    """A visitor of an application behind the middleware."""
    routes = [Route("/", page), Route("/assets/{path:path}", gradios)]
    app = Starlette(routes=routes, middleware=[Middleware(StaticFilesMiddleware, **OURS)])
    with serving(app, root) as url:
        yield Stranger(url)


def text(answer: Answer) -> str:
    """What a browser reads."""
    packed = answer.headers.get("content-encoding") == "gzip"
    return (gzip.decompress(answer.body) if packed else answer.body).decode()


def own(answer: Answer, ending: str) -> str:
    """The address of our own file that a page names."""
    found = re.search(rf'"\.(/assets/flux-\w+\.{ending})"', text(answer))
    assert found
    return found[1]


@pytest.mark.parametrize("packs", ["gzip, br", ""])
def test_own_files_are_linked(packs: str) -> None:
    """The head of the page links our style and script."""
    with somebody() as one:
        answer = one.get("/", accept_encoding=packs)
        assert answer.headers.get("content-encoding", "") == ("gzip" if packs else "")
        assert int(answer.headers["content-length"]) == len(answer.body)
        top, _, rest = text(answer).partition("</head>")
        assert "flux-" in top
        assert rest == PAGE.partition("</head>")[2]
        assert OURS["script"] == text(one.get(own(answer, "js"), accept_encoding=packs))
        assert text(one.get(own(answer, "css"), accept_encoding=packs)).startswith(OURS["style"])


def test_cache_headers() -> None:
    """Files are cached for good, the page is not."""
    with somebody() as one:
        for path in (f"/assets/{BEGIN}", own(one.get("/"), "js")):
            answer = one.get(path, accept_encoding="gzip")
            assert "immutable" in answer.headers["cache-control"]
            assert answer.headers["vary"] == "Accept-Encoding"
        assert "cache-control" not in one.get("/").headers


def test_frontend_files() -> None:
    """Gradio's files are sent unchanged."""
    with somebody() as one:
        for name in (BEGIN, next(FOLDER.glob("core-*.css")).name):
            answer = one.get(f"/assets/{name}", accept_encoding="gzip")
            assert gzip.decompress(answer.body) == (FOLDER / name).read_bytes()
            kind = "text/css" if name.endswith("css") else "text/javascript"
            assert answer.headers["content-type"].startswith(kind)


@pytest.mark.parametrize(
    "path",
    [
        "/assets/",
        "/assets/nothing.js",
        "/assets/../index.html",
        "/assets/..%2findex.html",
        "/assets//etc/passwd",
        "/assets/%2e%2e/gradio.js",
        f"/assets/{BEGIN}/",
        f"/assets/./{BEGIN}",
        f"/other/assets/{BEGIN}",
    ],
)
def test_other_paths(path: str) -> None:
    """Gradio answers for other paths."""
    with somebody() as one:
        answer = one.get(path, accept_encoding="gzip")
        assert answer.body in (b"gradio's", b"Not Found")


def test_head_and_no_gzip() -> None:
    """Gradio answers HEAD, and clients without gzip."""
    with somebody() as one:
        assert one.get(f"/assets/{BEGIN}").body == b"gradio's"
        assert "cache-control" not in one.call("HEAD", f"/assets/{BEGIN}", accept_encoding="gzip").headers


def test_other_media_types() -> None:
    """A response that is not HTML passes unchanged."""
    with somebody() as one:
        assert one.get("/?json", accept_encoding="gzip").body == b'{"a":"</head>"}'


def test_root_path() -> None:
    """A page below a path has the same files."""
    with somebody("/below") as one:
        answer = one.get("/", accept_encoding="gzip")  # the proxy takes the path away
        assert OURS["script"] == text(one.get(own(answer, "js"), accept_encoding="gzip"))


def test_gradio_styles_follow_ours() -> None:
    """Our style contains Gradio's styles of the first load, and links that load nothing name them."""
    styles = [name for name in list_first_load(find_frontend_files()) if name.endswith(".css")]
    with somebody() as one:
        head = text(one.get("/"))
        whole = text(one.get(own(one.get("/"), "css"), accept_encoding="gzip"))
        assert styles
        for name in styles:
            assert f'<link rel="stylesheet" disabled href="./assets/{name}">' in head
            assert whole.index((FOLDER / name).read_text(encoding="utf-8")) > 0


def test_theme_is_preloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page links the theme that Gradio's script will add."""
    config = '<script>window.gradio_config = {"theme_hash": "0a1b"};</script>'
    monkeypatch.setattr(f"{__name__}.PAGE", config + PAGE)
    with somebody() as one:
        assert '<link rel="preload" as="style" href="./theme.css?v=0a1b">' in text(one.get("/"))


def test_first_load_of_another_version() -> None:
    """Files that this version of Gradio does not have are not linked."""
    assert list_first_load({}) == ()


def test_missing_frontend_folder(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Gradio keeps its files elsewhere, a warning is logged and Gradio serves them."""
    assert find_frontend_files(tmp_path / "moved") == {}
    assert "moved" in caplog.text
    monkeypatch.setattr(static_files, "find_frontend_files", dict)
    with somebody() as one:
        assert one.get(f"/assets/{BEGIN}", accept_encoding="gzip").body == b"gradio's"
        assert OURS["script"] == text(one.get(own(one.get("/"), "js")))
