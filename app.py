"""Entry point of a hosted Space and of `python app.py`: builds the page, and serves it when run as a program."""

from __future__ import annotations

import sys

from flux_playground.__main__ import start

program = start(sys.argv[1:] if __name__ == "__main__" else ())
demo = program.demo

if __name__ == "__main__":
    sys.exit(program.serve())
