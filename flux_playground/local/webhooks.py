"""Sends webhooks of finished tasks, in both formats that were recorded of the real API, with retries.

Webhooks have their own threads and a bounded number of connections, so that a silent receiver delays nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import ipaddress
import json
import socket
import ssl
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from .backend import Options

RETRY_DELAYS_SECONDS = (1.0, 5.0, 30.0)  # at speed 1
ATTEMPT_TIMEOUT_SECONDS = 5.0
MAX_CONNECTIONS = 32
MAX_PENDING_WEBHOOKS = 1_000
LOOKUP_THREADS = 2
WEBHOOK_FORMATS = ("signature", "secret")


class WebhookSender:
    """Sends webhooks from one event loop; above `MAX_PENDING_WEBHOOKS` a new webhook is dropped."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._connections = asyncio.Semaphore(MAX_CONNECTIONS)
        self._lookups = ThreadPoolExecutor(LOOKUP_THREADS, thread_name_prefix="webhook-lookup")
        self._pending: set[asyncio.Task[Any]] = set()

    def schedule(self, delivery: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine that waits for a task and sends its webhook."""
        if len(self._pending) >= MAX_PENDING_WEBHOOKS:
            delivery.close()
            return
        pending = asyncio.create_task(delivery)
        self._pending.add(pending)
        pending.add_done_callback(self._pending.discard)

    async def send(self, url: str, secret: str, body: Mapping[str, Any]) -> bool:
        """Send the body of a finished task; return whether an attempt got a status below 300."""
        data, headers = build_message(body, secret, self._options.webhook_format)
        for delay in (0.0, *RETRY_DELAYS_SECONDS):
            await asyncio.sleep(delay / self._options.speed)
            async with self._connections:
                with contextlib.suppress(OSError, ValueError, IndexError):  # TimeoutError is an OSError
                    async with asyncio.timeout(ATTEMPT_TIMEOUT_SECONDS):
                        if await self._attempt(urlsplit(url), data, headers) < 300:
                            return True
        return False

    async def _attempt(self, url: SplitResult, data: bytes, headers: Mapping[str, str]) -> int:
        """Send one POST and return the status code of its response."""
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ValueError("A webhook needs an http or https URL.")
        port = url.port or (443 if url.scheme == "https" else 80)
        loop = asyncio.get_running_loop()
        addresses = await loop.run_in_executor(
            self._lookups, lambda: socket.getaddrinfo(url.hostname, port, type=socket.SOCK_STREAM)
        )
        address = str(addresses[0][4][0])
        if not self._options.allow_remote_webhooks and not ipaddress.ip_address(address).is_loopback:
            raise ValueError("Webhooks are sent to this machine only.")
        tls = ssl.create_default_context() if url.scheme == "https" else None
        reader, writer = await asyncio.open_connection(
            address, port, ssl=tls, server_hostname=url.hostname if tls else None
        )
        try:
            path = (url.path or "/") + (f"?{url.query}" if url.query else "")
            lines = {"Host": url.netloc.rpartition("@")[2], **headers, "Content-Length": str(len(data))}
            if any("\r" in text or "\n" in text for text in (path, *lines.values())):
                raise ValueError("A webhook's URL and secret need to be one line.")
            head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
            writer.write(head.encode() + b"Connection: close\r\n\r\n" + data)
            await writer.drain()
            return int((await reader.readline()).split()[1])
        finally:
            writer.transport.abort()

    def close(self) -> None:
        """Stop accepting lookups."""
        self._lookups.shutdown(wait=False, cancel_futures=True)


def build_message(body: Mapping[str, Any], secret: str, webhook_format: str) -> tuple[bytes, dict[str, str]]:
    """Return the bytes and headers of a webhook: signed with the secret ("signature") or with it ("secret")."""
    headers = {"Content-Type": "application/json"}
    if webhook_format == "secret":
        status = "SUCCESS" if body["status"] == "Ready" else str(body["status"]).upper().replace(" ", "_")
        data = json.dumps({"task_id": body["id"], "status": status, "result": body["result"]}).encode()
        return data, {**headers, **({"x-webhook-secret": secret} if secret else {})}
    data = json.dumps({"id": body["id"], "status": body["status"], "result": body["result"]}).encode()
    signature = hmac.new(secret.encode("utf-8", "surrogatepass"), data, hashlib.sha256).hexdigest()
    return data, {**headers, **({"X-BFL-Signature": f"sha256={signature}"} if secret else {})}
