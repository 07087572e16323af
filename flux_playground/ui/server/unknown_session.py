"""Answers 404 for the event stream of a session that Gradio does not know."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send

from .asgi import Refusal, request_path

STREAM_PATH = "/gradio_api/queue/data"
UNKNOWN_SESSION = Refusal(404, "Not found")


class UnknownSessionMiddleware:
    """Answers 404 for the stream of an unknown session: Gradio writes 6 kB of traceback to the log for each.

    The sessions are a private attribute of Gradio's queue. Where it is missing, every request is passed on.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and request_path(scope).rstrip("/") == STREAM_PATH and not _is_known(scope):
            await UNKNOWN_SESSION.send(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _is_known(scope: Scope) -> bool:
    try:
        sessions = scope["app"].get_blocks()._queue.pending_messages_per_session
    except (AttributeError, KeyError):
        return True
    names = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True).get("session_hash")
    return not names or names[-1] in sessions  # without a name Gradio answers 422
