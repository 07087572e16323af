"""Limits the events and the sessions that Gradio's queue keeps for one address.

Gradio keeps the messages of a session until its stream reads them, under any name, and the newest 2,000 sessions: one
address could fill the memory, or push out the sessions that others wait in.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...address_shares import AddressShares
from ...bounded_json import InvalidJson
from ..session.caller import address_bucket
from .asgi import Refusal, request_path
from .json_body import parse_body

STREAM_PATH = "/gradio_api/queue/data"
GRADIO_EVENT_PATHS = re.compile(r"/gradio_api/(queue/join|run/predict|cancel|reset|call/.*)/?")
EVENT_PATHS = re.compile(rf"{GRADIO_EVENT_PATHS.pattern}|/mcp/?")
CALL_PATHS = re.compile(r"/gradio_api/call/.*")
QUEUE_PATHS = re.compile(r"/gradio_api/(queue/join|call/.*)/?")

MAX_NAME_CHARS = 64
"""Characters of a session hash and of an event's id; Gradio's have 10 and 32."""

MAX_SESSIONS = 1_900
MAX_SESSIONS_PER_ADDRESS = 300
"""More than the streams that one address may have open, so that a session without a stream can always be dropped."""

MAX_UNREAD_EVENTS = 50
"""Events of a session whose messages no stream has read."""

UNKNOWN_SESSION = Refusal(404, "Not found")
INVALID_BODY = Refusal(400, "The JSON is not valid, or it has too many values")
INVALID_NAME = Refusal(400, "The session or the event is not one of this page")
INVALID_EVENT = Refusal(400, "The event is not one of this page")
TOO_MANY_EVENTS = Refusal(429, "Too many events")


log = logging.getLogger(__name__)


class QueueSessions:
    """The sessions that have put events into Gradio's queue, by address; `drop` makes Gradio forget a session."""

    def __init__(
        self,
        drop: Callable[[str], None],
        max_sessions: int = MAX_SESSIONS,
        max_per_address: int = MAX_SESSIONS_PER_ADDRESS,
    ) -> None:
        self._drop = drop
        self._streams: Counter[str] = Counter()
        self._shares: AddressShares[str] = AddressShares(
            max_sessions, max_per_address, is_kept=lambda session: session in self._streams
        )

    def add(self, session: str, address: str) -> None:
        """Count a session for the address of its latest event; drop the oldest sessions beyond the limits."""
        oldest = self._shares.add(session, address)
        if oldest is not None:
            self._drop(oldest)

    def start_stream(self, session: str) -> None:
        """Keep a session while a stream reads its messages."""
        self._streams[session] += 1

    def end_stream(self, session: str) -> None:
        """A stream of this session has ended."""
        self._streams[session] -= 1
        if not self._streams[session]:
            del self._streams[session]


class EventSessionMiddleware:
    """Checks the events of clients before Gradio keeps them; answers 404 for the stream of an unknown session.

    Gradio writes 6 kB of traceback to the log for each unknown stream. The names of its queue are private: where they
    are missing, requests are passed on.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._queue: Any = None
        self._sessions = QueueSessions(self._forget)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        path = request_path(scope) if scope["type"] == "http" else ""
        if path.rstrip("/") == STREAM_PATH:
            await self._stream(scope, receive, send)
        elif EVENT_PATHS.fullmatch(path) and scope["method"] == "POST":
            await self._event(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        queue = self._find_queue(scope)
        names = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True).get("session_hash")
        # Without a name Gradio answers 422.
        if queue is not None and names and names[-1] not in queue.pending_messages_per_session:
            await UNKNOWN_SESSION.send(scope, receive, send)
            return
        session = names[-1] if names else ""
        self._sessions.start_stream(session)
        try:
            await self.app(scope, receive, send)
        except Exception as error:  # another stream of the session has ended before, and Gradio has forgotten both
            if queue is None or session in queue.pending_messages_per_session:
                raise
            log.warning("The stream of a forgotten session has ended: %s", type(error).__name__)
        finally:
            self._sessions.end_stream(session)

    async def _event(self, scope: Scope, receive: Receive, send: Send) -> None:
        parts, more = [], True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        body, refusal = b"".join(parts), None
        try:
            value = parse_body(body) if body else None
            if CALL_PATHS.fullmatch(request_path(scope)) and isinstance(value, dict) and not value.get("session_hash"):
                # Gradio would make another session for each call, beyond the limits.
                value["session_hash"] = secrets.token_hex(6)
                body = json.dumps(value).encode()
            refusal = self._check(scope, value)
        except InvalidJson:
            refusal = INVALID_BODY
        if refusal is not None:
            await refusal.send(scope, receive, send)
            return
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return messages.pop() if messages else await receive()

        if GRADIO_EVENT_PATHS.fullmatch(request_path(scope)):
            await self._forward_event(scope, replay, send)
        else:
            await self.app(scope, replay, send)

    async def _forward_event(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an event on to Gradio, which raises an error for many that no page sends; such an error is answered."""
        response_started = False

        async def send_noted(message: Message) -> None:
            nonlocal response_started
            response_started = True
            await send(message)

        try:
            await self.app(scope, receive, send_noted)
        except Exception as error:
            if response_started:
                raise
            log.warning("Gradio cannot read an event: %s", type(error).__name__)
            await INVALID_EVENT.send(scope, receive, send)

    def _check(self, scope: Scope, value: Any) -> Refusal | None:
        names = [value.get(name) for name in ("session_hash", "event_id")] if isinstance(value, dict) else []
        if any(isinstance(name, str) and len(name) > MAX_NAME_CHARS for name in names):
            return INVALID_NAME
        queue, session = self._find_queue(scope), names[0] if names else None
        if queue is None or not isinstance(session, str) or not QUEUE_PATHS.fullmatch(request_path(scope)):
            return None
        if len(queue.pending_event_ids_session.get(session, ())) >= MAX_UNREAD_EVENTS:
            return TOO_MANY_EVENTS
        self._sessions.add(session, address_bucket((scope.get("client") or ("", 0))[0]))
        return None

    def _find_queue(self, scope: Scope) -> Any:
        """Gradio's queue, or None where it has other names."""
        try:
            queue = scope["app"].get_blocks()._queue
            known = (queue.pending_messages_per_session, queue.pending_event_ids_session, queue.event_ids_to_events)
        except (AttributeError, KeyError):
            return None
        self._queue = queue if all(hasattr(names, "pop") for names in known) else None
        return self._queue

    def _forget(self, session: str) -> None:
        """Make Gradio forget a session that no stream reads, and the results of its events."""
        self._queue.pending_messages_per_session.pop(session, None)
        for event_id in self._queue.pending_event_ids_session.pop(session, ()):
            event = self._queue.event_ids_to_events.get(event_id)
            if event is not None:
                event.alive = False
