"""Requests to a local server."""

from __future__ import annotations

from typing import Any

import requests

from flux_playground.local import LocalServer

from ..waiting import WAIT_SECONDS, wait_until

PATH = "/v1/flux-pro-1.1-ultra-finetuned"
KEY = {"x-key": "local-demo"}
RUNNING = ("Pending", "Dreaming", "Reasoning", "Generating")


def submit(
    server: LocalServer, path: str = PATH, key: str = "local-demo", timeout: float = WAIT_SECONDS, **values: Any
) -> requests.Response:
    """Submit a request with some values changed."""
    body = {"finetune_id": "my-finetune", "prompt": "a lake", "seed": 42, **values}
    return requests.post(server.url + path, json=body, headers={"x-key": key}, timeout=timeout)


def accept(server: LocalServer, **values: Any) -> dict[str, Any]:
    """Submit a request and return the body of the 200."""
    response = submit(server, **values)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def get(url: str, timeout: float = WAIT_SECONDS, **parameters: str) -> requests.Response:
    """Send a GET with a key."""
    return requests.get(url, params=parameters, headers=KEY, timeout=timeout)


def wait_for_end(polling_url: str) -> dict[str, Any]:
    """Poll a task until it ends."""

    def find_end() -> dict[str, Any] | None:
        body: dict[str, Any] = get(polling_url).json()
        return None if body["status"] in RUNNING else body

    return wait_until(find_end) or {}


def download(body: dict[str, Any]) -> bytes:
    """Download the image of a task."""
    response = get(body["result"]["sample"])
    assert response.status_code == 200
    return response.content
