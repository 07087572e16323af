"""The shipped document with one more endpoint."""

from __future__ import annotations

import json
from typing import Any

from flux_playground.schema import Document, load, load_text

from .requests_to_server import PATH

FLUX_2, FLUX_3 = "/v1/flux-2-next", "/v1/flux-3-image"


def with_endpoint(path: str, **properties: Any) -> Document:
    """The shipped document with an endpoint of these properties and a prompt."""
    raw = dict(load().raw)
    schema = {"type": "object", "properties": {"prompt": {"type": "string"}, **properties}}
    body = {"content": {"application/json": {"schema": schema}}}
    post = {**raw["paths"][PATH]["post"], "requestBody": body}
    return load_text(json.dumps({**raw, "paths": {**raw["paths"], path: {"post": post}}}))
