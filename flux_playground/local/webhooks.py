"""Tells an address that a task is done, in either of the forms that the real API was seen to use; tried again.

Knows how to send one message; nothing of tasks. To this machine only, unless the start allows more.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from .backend import Options

RETRIES = (1.0, 5.0, 30.0)  # seconds at speed 1, before each further try
PATIENCE = 5.0  # seconds, for one try
FORMS = ("signature", "secret")


async def deliver(url: str, secret: str, body: Mapping[str, Any], options: Options) -> bool:
    """Sends the body of a finished task; whether some try was answered with a code below 300."""
    data, headers = message(body, secret, options.webhook_form)
    for pause in (0.0, *RETRIES):
        await asyncio.sleep(pause / options.speed)
        if await asyncio.to_thread(_send, url, data, headers, options.webhooks_anywhere):
            return True
    return False


def message(body: Mapping[str, Any], secret: str, form: str) -> tuple[bytes, dict[str, str]]:
    """The bytes and headers of a webhook: signed with the secret ("signature"), or carrying it ("secret")."""
    headers = {"Content-Type": "application/json"}
    if form == "secret":
        status = "SUCCESS" if body["status"] == "Ready" else str(body["status"]).upper().replace(" ", "_")
        data = json.dumps({"task_id": body["id"], "status": status, "result": body["result"]}).encode()
        return data, {**headers, **({"x-webhook-secret": secret} if secret else {})}
    data = json.dumps({"id": body["id"], "status": body["status"], "result": body["result"]}).encode()
    signature = hmac.new(secret.encode("utf-8", "surrogatepass"), data, hashlib.sha256).hexdigest()
    return data, {**headers, **({"X-BFL-Signature": f"sha256={signature}"} if secret else {})}


def _send(url: str, data: bytes, headers: dict[str, str], anywhere: bool) -> bool:
    try:
        parts = urlsplit(url)
        connection = _connection(parts, anywhere)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, data, headers)
            return connection.getresponse().status < 300
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException):
        return False


def _connection(parts: SplitResult, anywhere: bool) -> http.client.HTTPConnection:
    secure = parts.scheme == "https"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("A webhook needs an http address.")
    port = parts.port or (443 if secure else 80)
    address = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)[0][4][0]
    if not anywhere and not ipaddress.ip_address(address).is_loopback:
        raise ValueError("Webhooks go to this machine only.")
    if secure:
        return http.client.HTTPSConnection(parts.hostname, port, timeout=PATIENCE)
    # The address that was looked at is the one that is called.
    return http.client.HTTPConnection(str(address), port, timeout=PATIENCE)
