"""The same API on this machine: a real HTTP server that needs no key and no money, and draws its own pictures.

`with LocalServer() as server: server.url`, or `python -m flux_playground.local`. Made from the same document as
everything else; it never imports the client, so that the two cannot be wrong together.

    server.py      sockets and thread
    api.py         routes, submits, account    results.py   polls and samples
    addresses.py   ports that stand for hosts  replies.py   how an answer is written, and its bad manners
    desk.py        taking requests on          tasks.py     tasks and where they are kept
    bad_days.py    what can go wrong, on cue   webhooks.py  telling others when a task is done
    overview.py    the page at /               image_size.py   how large an image is
    renderer/      a request → its image, drawn in processes of its own
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .server import LocalServer as LocalServer

__all__ = ["LocalServer"]


def __getattr__(name: str) -> Any:
    # The server is loaded when it is asked for: a render process needs none of it.
    if name != "LocalServer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .server import LocalServer

    return LocalServer
