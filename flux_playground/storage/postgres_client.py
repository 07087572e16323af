"""Connections to a PostgreSQL server, and its errors as text."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg

CONNECT_TIMEOUT_SECONDS = 10
KEEPALIVE: dict[str, Any] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,  # milliseconds
}


def connect(url: str) -> psycopg.Connection[Any]:
    """Return a new connection, on which each statement is a transaction of its own; raises `psycopg.Error`."""
    return psycopg.connect(
        url,
        autocommit=True,
        prepare_threshold=None,
        cursor_factory=psycopg.ClientCursor,
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        application_name="flux-playground",
        **KEEPALIVE,
    )


def describe(error: Exception, url: str) -> str:
    """Return the first line of an error as the reason in a sentence, without the password."""
    text = next(iter(str(error).splitlines()), "").strip().rstrip(".")
    secret = urlsplit(url).password or ""
    for hidden in {secret, unquote(secret), url} - {""}:
        text = text.replace(hidden, "***")
    return text or type(error).__name__


def read_secret(url: str, create: Callable[[], bytes]) -> bytes:
    """Return the secret of a database, which the first call in any process creates; raises `psycopg.Error`."""
    with closing(connect(url)) as database, database.transaction():
        database.execute("LOCK TABLE secrets")
        row = database.execute("SELECT value FROM secrets").fetchone()
        if row is None:
            row = database.execute("INSERT INTO secrets VALUES (%s) RETURNING value", [create()]).fetchone()
    return bytes(row[0]) if row else b""
