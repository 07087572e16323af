"""A request as code that makes the image without this program: curl, Python, JavaScript, or its JSON alone.

Each stands alone and does what is right: a submit whose answer was lost is not sent again, a Retry-After is obeyed,
every call has a timeout, the key comes from the environment and goes to no other host. Knows no HTTP itself, and
nothing of what a field means.

    draft.py        what every language needs: address, request as JSON, image files
    shell.py        curl, in any shell
    python.py       requests
    javascript.py   fetch, in Node
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from . import javascript, python, shell
from .template import prepare_template

__all__ = ["Language", "render_snippet"]


class Language(StrEnum):
    """What a request can be written in, by the name that people know it by."""

    CURL = "curl"
    PYTHON = "Python"
    JAVASCRIPT = "JavaScript"
    JSON = "JSON"


def render_snippet(language: Language, server: str, endpoint: str, request: Mapping[str, Any]) -> str:
    """The request to this endpoint as code; the image comes out as a file named for its task.

    `server` is a base URL without path, `request` a request as it is sent or as it is kept: an image that stands there
    by its hash ("sha256:…") is read from a file beside the code. Webhooks are left out, as the code waits itself.
    Raises `ValueError` for a value that JSON cannot hold.
    """
    drafted = prepare_template(server, endpoint, request)
    if language is Language.CURL:
        return shell.write(drafted)
    if language is Language.PYTHON:
        return python.write(drafted)
    return javascript.write(drafted) if language is Language.JAVASCRIPT else drafted.request
