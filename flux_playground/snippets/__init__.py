"""Renders a request as code that works without this program: curl, a shell script, Python, JavaScript, or the JSON.

The calls of curl are for reading and trying. All other code never repeats a submit whose response was lost, obeys
Retry-After, sets a timeout for every call, reads the key from the environment and sends it to no other host.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from .languages import render_curl, render_javascript, render_python, render_shell
from .template import prepare_template

__all__ = ["Language", "render_snippet"]


class Language(StrEnum):
    """A language for code, by its usual name."""

    CURL = "curl"
    SHELL = "Shell script"
    PYTHON = "Python"
    JAVASCRIPT = "JavaScript"
    JSON = "JSON"


def render_snippet(language: Language, server: str, endpoint: str, request: Mapping[str, Any]) -> str:
    """Return the code that sends a request to an endpoint and saves the image in a file, named after the task.

    `server` is a URL without path. Image references in the request become files next to the code. Webhooks are left
    out, because the code polls. Raises `ValueError` for a value that JSON cannot hold.
    """
    template = prepare_template(server, endpoint, request)
    renderers = {
        Language.CURL: render_curl,
        Language.SHELL: render_shell,
        Language.PYTHON: render_python,
        Language.JAVASCRIPT: render_javascript,
    }
    return renderers[language](template) if language in renderers else template.request
