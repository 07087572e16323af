"""Starts the local server from a shell: `python -m flux_playground.local`; `--help` lists the options."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence

from ..errors import PlaygroundError
from .renderer import RENDERERS
from .server import DEAD_REGIONS, LocalServer
from .webhooks import WEBHOOK_FORMATS


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m flux_playground.local",
        description="The image API on this machine: it needs no key, costs nothing and renders its own images.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=int, default=8399, help="port to listen on; 0 is any free port")
    add("--single-port", action="store_true", help="serve polls and images on the same port as everything else")
    add("--regions", type=int, default=1, help="number of regions, each with a port and finetunes of its own")
    add("--dead-region", choices=DEAD_REGIONS, default="", help="add a region that does not respond")
    add("--document", help="an OpenAPI document instead of the shipped one")
    add("--folder", help="keep tasks and images here over a restart, instead of in a temporary folder")
    add("--speed", type=float, default=1.0, help="how many times faster than the real API")
    add("--key", default="", help="the only accepted key; empty accepts any")
    add("--seed", type=int, help="makes ids, seeds and durations repeatable")
    add("--credits", type=float, default=100_000.0, help="initial credits of each key")
    add("--sample-lifetime", type=float, help="seconds until the URL of an image expires; unset is as the API")
    add("--polls-per-second", type=int, default=1200, help="more polls get 429")
    add("--renderer", choices=RENDERERS, default="landscape", help="flat renders one color, in milliseconds")
    add("--render-workers", type=int, default=2, help="number of render processes")
    add("--scale", type=float, default=1.0, help="multiplies both sides of every image")
    add("--webhook-format", choices=WEBHOOK_FORMATS, default="signature", help="format of webhooks")
    add("--allow-remote-webhooks", action="store_true", help="send webhooks to other machines too")
    add("--fault", action="append", default=[], help="simulate an error listed at /; may be repeated")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; return 2 for invalid options."""
    options = vars(build_parser().parse_args(arguments))
    options["faults"] = options.pop("fault")
    try:
        server = LocalServer(**options)
    except (PlaygroundError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    with server:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        print(f"Local image API: {', '.join(server.urls)}", flush=True)
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
