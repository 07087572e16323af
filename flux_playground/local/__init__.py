"""The image API on this machine: a real HTTP server that needs no key, costs nothing and renders its own images.

`with LocalServer() as server: server.url`, or `python -m flux_playground.local`. It never imports the client, so that
an error in one does not hide the same error in the other.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .server import LocalServer as LocalServer

__all__ = ["LocalServer"]


def __getattr__(name: str) -> Any:
    # Loaded on access: a render process does not need the server.
    if name != "LocalServer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .server import LocalServer

    return LocalServer
