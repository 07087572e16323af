"""Every limit of the client: durations, sizes, counts."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class Limits:
    """The limits of a client; tests shorten them.

    `connect_timeout` bounds one connection with TLS, `read_timeout` the wait for any byte, and `submit_timeout`,
    `poll_timeout`, `download_timeout` and `preview_timeout` one whole call, all in seconds. The attempts count how
    often a submit that certainly had no effect, an account call and a download are tried. `backoff` doubles with each
    attempt, up to `max_pause`. A 429 is retried for `rate_limit_timeout` seconds; a `Retry-After` over
    `max_retry_after` is not waited for but reported. Polls that are refused or answered "Task not found" are repeated
    for `not_found_grace` seconds. `resign_timeout` is how long a fresh URL is polled for. A connection that was idle
    for `idle_timeout` seconds is not used again: servers close idle connections, and a submit that is lost that way
    would be in doubt. `max_poll_step` limits the seconds between two frequent polls, `max_poll_start` those before the
    first of them.
    """

    connect_timeout: float = 5.0
    read_timeout: float = 20.0
    submit_timeout: float = 90.0
    poll_timeout: float = 10.0
    download_timeout: float = 90.0
    preview_timeout: float = 10.0
    submit_attempts: int = 5
    account_attempts: int = 2
    download_attempts: int = 6
    backoff: float = 0.5
    max_pause: float = 5.0
    max_retry_after: float = 60.0
    rate_limit_timeout: float = 300.0
    not_found_grace: float = 10.0
    resign_timeout: float = 30.0
    idle_timeout: float = 4.0
    max_redirects: int = 5
    max_connections: int = 256
    max_poll_step: float = 0.5
    max_poll_start: float = inf
    max_response_bytes: int = 32 * 2**20
    max_image_bytes: int = 64 * 2**20
    max_preview_bytes: int = 8 * 2**20
