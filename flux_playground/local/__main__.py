"""Starts the local server from a shell: `python -m flux_playground.local`; `--help` shows all that can be set."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence

from ..errors import PlaygroundError
from .server import LocalServer
from .webhooks import FORMS


def parser() -> argparse.ArgumentParser:
    """What can be set at the start."""
    out = argparse.ArgumentParser(
        prog="python -m flux_playground.local",
        description="The image API on this machine: no key, no money, and pictures of its own. Ctrl-C ends it.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    out.add_argument("--host", default="127.0.0.1", help="address to answer on")
    out.add_argument("--port", type=int, default=8399, help="port to answer on; 0 is any free one")
    out.add_argument("--one-address", action="store_true", help="samples and polls on the same port as everything else")
    out.add_argument("--document", help="an OpenAPI document instead of the shipped one")
    out.add_argument("--folder", help="where tasks and pictures are kept over a restart; otherwise a temporary one")
    out.add_argument("--speed", type=float, default=1.0, help="how many times faster than the real API")
    out.add_argument("--key", default="", help="the only key that is accepted; otherwise any is")
    out.add_argument("--seed", type=int, help="settles ids, seeds and durations; otherwise each start has its own")
    out.add_argument("--credits", type=float, default=100_000.0, help="what each key begins with")
    out.add_argument("--sample-lifetime", type=float, default=600.0, help="seconds that a sample's address lives")
    out.add_argument("--polls-per-second", type=int, default=1200, help="polls beyond which 429 is answered")
    out.add_argument("--painters", type=int, default=2, help="processes that draw")
    out.add_argument("--scale", type=float, default=1.0, help="of a picture's sides: small ones are drawn sooner")
    out.add_argument("--webhook-form", choices=FORMS, default="signature", help="which of the two forms webhooks have")
    out.add_argument("--webhooks-anywhere", action="store_true", help="webhooks to other machines as well")
    out.add_argument("--bad-day", action="append", default=[], help="what goes wrong, as listed at /; may be repeated")
    return out


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it is interrupted; 2 is the exit code of what cannot be used."""
    options = vars(parser().parse_args(arguments))
    options["bad_days"] = options.pop("bad_day")
    try:
        server = LocalServer(**options)
    except (PlaygroundError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    with server:
        ended = threading.Event()
        for kind in (signal.SIGINT, signal.SIGTERM):
            signal.signal(kind, lambda *_: ended.set())
        print(f"The image API, on this machine: {server.url}", flush=True)
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
