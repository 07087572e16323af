"""HAProxy and PgBouncer of Debian's packages, each in a temporary folder and never as root."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from .app_process import ROOT, free_port
from .http_visitor import Stranger
from .postgres_server import PostgresServer

PGBOUNCER = """
[databases]
* = host={server} user=flux
[pgbouncer]
listen_addr =
unix_socket_dir = {folder}
listen_port = 6432
auth_type = any
pool_mode = transaction
"""
START_SECONDS = 120.0


@contextmanager
def running_pgbouncer(server: PostgresServer) -> Iterator[str]:
    """The URL of a PgBouncer in transaction mode before a PostgreSQL server."""
    with _folder() as folder:
        path = folder / "pgbouncer.ini"
        path.write_text(PGBOUNCER.format(server=server.folder, folder=folder), encoding="utf-8")
        url = f"postgresql://flux@/postgres?host={folder}&port=6432"
        with _running(["/usr/sbin/pgbouncer", str(path)], folder, lambda: psycopg.connect(url).close()):
            yield url


@contextmanager
def running_haproxy(pages: dict[str, str]) -> Iterator[str]:
    """The address of a HAProxy with the configuration of the documentation; `pages` are the URLs of its servers."""
    text = (ROOT / "docs" / "haproxy.cfg").read_text(encoding="utf-8")
    address = f"127.0.0.1:{free_port()}"
    text = text.replace("bind :8080", f"bind {address}")
    text = re.sub(
        r"^(.*(?:timeout [\w-]+|check inter) +)\d+s", r"\g<1>1h", text, flags=re.M
    )  # a slow machine is not down
    for name, url in pages.items():
        text, replaced = re.subn(rf"{name}:7860", urlsplit(url).netloc, text)
        assert replaced == 1
    with _folder() as folder:
        path = folder / "haproxy.cfg"
        path.write_text(text, encoding="utf-8")
        with _running(["/usr/sbin/haproxy", "-f", str(path)], folder, lambda: _get_page(f"http://{address}")):
            yield f"http://{address}/"


def _get_page(url: str) -> None:
    if Stranger(url).get("/health").status != 200:
        raise OSError("no server is up")


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="flux-proxy-"))
    if user := _user():
        shutil.chown(folder, user)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(command: list[str], folder: Path, look: Callable[[], None]) -> Iterator[None]:
    log = folder / "log"
    with log.open("wb") as output:
        program = subprocess.Popen(command, cwd=folder, user=_user(), stdout=output, stderr=output)
    try:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                look()
                break
            except (OSError, psycopg.Error):
                text = log.read_text(encoding="utf-8")
                assert program.poll() is None, text
                assert time.monotonic() < until, text
                time.sleep(0.05)
        yield
    finally:
        program.kill()
        program.wait()


def _user() -> str | None:
    """The user of a program where the tests run as root: it can open the socket of `PostgresServer`."""
    return "postgres" if os.geteuid() == 0 else None
