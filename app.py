"""Builds the page and launches it: `python app.py`. The only file that knows `assets/`.

`demo` stands at module level, as hosted demos expect it. Host and port are gradio's own variables,
GRADIO_SERVER_NAME and GRADIO_SERVER_PORT; everything else is in `flux_playground/settings.py`.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

# Before gradio is loaded: it would report each start, and look for a newer version of itself.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
# Until the page is built nothing is thrown away: to look for garbage meanwhile takes a fifth of the start.
gc.disable()

from flux_playground import Playground, Settings, documents
from flux_playground.errors import InvalidDocument, InvalidSettings
from flux_playground.local import LocalServer

ASSETS = Path(__file__).parent / "assets"


def open_playground() -> tuple[Playground, LocalServer | None]:
    """The playground of this environment; without a key and an address, with a local server to draw its pictures.

    Ends the program with one sentence when a setting or the document cannot be used.
    """
    try:
        settings = Settings.from_env()
        if settings.api_key or settings.base_url:
            return Playground(settings), None
        document = documents.opened(settings)
        server = LocalServer(document, speed=settings.local_speed)
        return Playground(replace(settings, demo_url=server.url), document), server
    except (InvalidSettings, InvalidDocument) as error:
        print(error.message, file=sys.stderr)
        sys.exit(2)


def launch_options(playground: Playground) -> dict[str, Any]:
    """How the page looks and which doors stay shut, with the style and the script of `assets/`."""
    return options(
        playground,
        style=_all("style.css", "reproduction.css", "endpoints.css", "beside.css"),
        script=_all("page.js", "reproduction.js", "endpoints.js", "lock.js", "notify.js", "curtain.js"),
        favicon=str(ASSETS / "logo.svg"),
    )


def _all(*names: str) -> str:
    return "\n".join((ASSETS / name).read_text() for name in names)


def log_lines() -> None:
    """The line of each generation, on standard error as it is."""
    shown = logging.getLogger("flux_playground.ledger")
    shown.addHandler(logging.StreamHandler())
    shown.setLevel(logging.INFO)


log_lines()
playground, server = open_playground()
playground.resume()

# Only now: a setting that cannot be used is told at once, and gradio takes seconds.
from flux_playground.ui import build, options

demo = build(playground, json.loads((ASSETS / "examples.json").read_text()), server.serve if server else None)
gc.enable()

if __name__ == "__main__":
    try:
        demo.launch(**launch_options(playground))
    finally:
        playground.close()
        if server is not None:
            server.close()
