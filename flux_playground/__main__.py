"""The command `flux-playground`: builds the page and serves it. A start error is one sentence and exit code 2."""

from __future__ import annotations

import argparse
import gc
import io
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import active_document, archive_command, migrate_command, network, sweep_command
from .errors import InvalidDocument, InvalidSettings, StorageError
from .local import LocalServer
from .log_limit import limit_repeated_lines
from .open_files import raise_open_file_limit
from .packaged import assets, join_scripts, join_styles, program_version, read_media
from .playground import Playground
from .process_memory import return_large_blocks
from .settings import Settings, list_variables
from .storage import data_folder
from .takeover import start_takeover


@dataclass(frozen=True)
class Program:
    """A page that is ready to be served: Gradio's blocks and the arguments of `launch`."""

    demo: Any
    launch: dict[str, Any]
    playground: Playground
    server: LocalServer | None

    def serve(self) -> int:
        """Serve the page until SIGINT or SIGTERM; return the exit code."""
        stop = threading.Event()
        for kind in (signal.SIGINT, signal.SIGTERM):
            signal.signal(kind, lambda *_: stop.set())
        try:
            self.demo.launch(**self.launch, prevent_thread_lock=True)
            # With a timeout: a signal that arrives in another thread is handled at the next step of this thread.
            while not stop.wait(0.5):
                pass
            self.demo.close(verbose=False)
        except (OSError, ValueError) as error:
            print(f"The page cannot be served: {error}.", file=sys.stderr)
            return 1
        finally:
            self.demo.binding.page.scores.close()
            self.demo.binding.page.sweeps.close()
            self.playground.close()
            if self.server is not None:
                self.server.close()
        return 0


def start(arguments: Sequence[str] = ()) -> Program:
    """Build the page of this environment and these arguments; a start error exits with one sentence and code 2."""
    _escape_unprintable()
    options = _parser().parse_args(arguments)
    try:
        return _start(options)
    except (InvalidSettings, InvalidDocument, StorageError) as error:
        print(error.message, file=sys.stderr)
        sys.exit(2)


def main() -> int:
    """Run the command; return the exit code."""
    if sys.argv[1:2] and sys.argv[1] in archive_command.COMMANDS:
        _escape_unprintable()
        return archive_command.run(sys.argv[1:])
    if sys.argv[1:2] == [migrate_command.COMMAND]:
        _escape_unprintable()
        return migrate_command.run(sys.argv[2:])
    if sys.argv[1:2] == [sweep_command.COMMAND]:
        _escape_unprintable()
        logging.getLogger(__package__).setLevel(logging.ERROR)  # the report has the reason of each failure
        return sweep_command.run(sys.argv[2:], _open_playground)
    return start(sys.argv[1:]).serve()


def _parser() -> argparse.ArgumentParser:
    width = max(len(variable.name) for variable in list_variables())
    lines = [f"  {variable.name:{width}}  {variable.help}" for variable in list_variables()]
    parser = argparse.ArgumentParser(
        "flux-playground",
        description="A playground for the image API of BFL. `export`, `import`, `migrate` and `sweep` have a --help.",
        epilog="\n".join(["settings, as environment variables or in a file named .env:", *lines]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {program_version()}")
    parser.add_argument("--host", default="", help="the address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", default="", help="the port to listen on (default: the first free one from 7860)")
    parser.add_argument("--share", action="store_true", help="give the page a public address through Gradio")
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    parser.add_argument("--data", default="", help="the folder of the generation store and the images")
    return parser


def _start(options: argparse.Namespace) -> Program:
    for name in [name for name, value in os.environ.items() if name.startswith("GRADIO_") and not value.strip()]:
        del os.environ[name]  # blank is unset
    address = _address(options)
    os.environ.update(network.usable_proxies(os.environ, address["server_name"] or ""))
    settings = Settings.from_env(**({"data": options.data} if options.data else {}))
    data_folder.check_data_folder(settings.data)
    _choose_gradio_folder(settings.data)
    # Nothing is garbage until the page is built; the collector would take a fifth of the start.
    gc.disable()
    playground, server = _open_playground(settings)
    _log_generations()
    limit_repeated_lines()
    return_large_blocks()
    raise_open_file_limit()
    playground.resume()
    if settings.database:
        start_takeover(playground)
    playground.store.usage.load()
    # Gradio takes seconds to load: a bad setting is reported before that.
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    from .ui import build

    examples = json.loads((assets() / "examples.json").read_text(encoding="utf-8"))
    demo = build(playground, examples, server.serve if server else None)
    launch = {**launch_options(playground), **address, "inbrowser": options.open, "share": options.share or None}
    gc.enable()
    return Program(demo, launch, playground, server)


def launch_options(playground: Playground) -> dict[str, Any]:
    """The arguments of `launch`, with the style and the script of `assets/`."""
    from .ui import options

    return options(
        playground,
        style=join_styles(),
        script=join_scripts(),
        media=read_media(),
        favicon=str(assets() / "logo.svg"),
    )


def _address(options: argparse.Namespace) -> dict[str, Any]:
    """The host and the port for Gradio; raises `InvalidSettings` for an address that cannot be used."""
    host = options.host or os.environ.get("GRADIO_SERVER_NAME", "").strip()
    given = options.port or os.environ.get("GRADIO_SERVER_PORT", "").strip()
    host_name = "--host" if options.host else "GRADIO_SERVER_NAME"
    port_name = "--port" if options.port else "GRADIO_SERVER_PORT"
    if given:
        # Gradio reads the variable at import; later arguments do not replace it.
        os.environ["GRADIO_SERVER_PORT"] = str(network.number_of(given, port_name))
    else:
        os.environ.pop("GRADIO_SERVER_PORT", None)
    port = int(given) if given else None
    network.check_address(host, port, host_name, port_name)
    if number := os.environ.get("GRADIO_NUM_PORTS", ""):
        network.number_of(number, "GRADIO_NUM_PORTS", "a whole number from 1 to 65535")
    network.check_root_path(os.environ.get("GRADIO_ROOT_PATH", ""))
    return {"server_name": host or None, "server_port": port}


def _choose_gradio_folder(data: Path) -> None:
    """Keep Gradio's uploads in the data folder, not in a folder that another user of this machine may own."""
    folder = Path(os.environ.get("GRADIO_TEMP_DIR") or data.resolve() / "gradio")
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    data_folder.check_writable(folder, "folder of Gradio", "GRADIO_TEMP_DIR")


def _open_playground(settings: Settings) -> tuple[Playground, LocalServer | None]:
    """The playground of these settings; without a key and a base URL, with a local server."""
    if settings.api_key or settings.base_url:
        return Playground(settings), None
    document = active_document.load_active(settings)
    try:
        server = LocalServer(document, speed=settings.local_speed)
    except OSError as error:
        raise InvalidSettings(f"The local server cannot start: {error.strerror or error}.") from None
    return Playground(settings.replace(demo_url=server.url), document), server


def _log_generations() -> None:
    """One line for each generation on standard error."""
    logger = logging.getLogger("flux_playground.runs.usage_log")
    logger.addHandler(logging.StreamHandler())
    logger.setLevel(logging.INFO)


def _escape_unprintable() -> None:
    """Print a character that the encoding of the terminal lacks as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
