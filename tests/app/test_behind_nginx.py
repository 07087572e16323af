"""The page behind nginx, as `docs/nginx.conf` says, with people who sign in there: whose allowance they use up."""

from __future__ import annotations

import base64
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from flux_playground.local import LocalServer
from tests.app_process import ROOT, free_port, running
from tests.http_visitor import Answer, Stranger
from tests.waiting import WAIT_SECONDS, wait_until


class Guest(Stranger):
    """Somebody who comes through nginx, signed in under a name, below the path of the page."""

    def __init__(self, url: str, name: str, address: str = "127.0.0.1", **headers: str) -> None:
        password = base64.b64encode(f"{name}:of-{name}".encode()).decode()
        super().__init__(url, address, {"authorization": f"Basic {password}", **headers})

    def call(self, method: str, path: str, body: bytes | str = b"", **headers: str) -> Answer:
        """One request, its path below that of the page."""
        return super().call(method, f"/flux{path}", body, **headers)


def configured(folder: Path, port: int, page: str) -> Path:
    """The nginx.conf of the documentation with its passwords switched on, on loopback and without TLS."""
    text = re.sub(r"^( +)#(?=\w)", r"\1", (ROOT / "docs" / "nginx.conf").read_text(), flags=re.M)
    text = re.sub(r" +ssl_.*\n", "", text).replace("443 ssl http2", f"127.0.0.1:{port}")
    text = text.replace("127.0.0.1:7860", urlsplit(page).netloc).replace(
        "/etc/nginx/flux.htpasswd", f"{folder}/passwords"
    )
    (folder / "passwords").write_text("".join(f"{name}:{{PLAIN}}of-{name}\n" for name in ("ann", "bob", "eve")))
    (folder / "passwords").chmod(0o644)
    kept = "\n".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root; " if os.geteuid() == 0 else ""  # else a worker could not read the passwords
    head = f"{user}daemon off; pid {folder}/pid; error_log {folder}/error.log;\nevents {{}}\n"
    path = folder / "nginx.conf"
    path.write_text(f"{head}http {{\naccess_log off;\n{kept}\n{text}\n}}\n")
    return path


def is_open(port: int) -> bool:
    """Return whether the port accepts connections."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def nginx(folder: Path, page: str) -> Iterator[str]:
    """The address of an nginx before a page."""
    port = free_port()
    folder.mkdir()
    program = subprocess.Popen(
        ["/usr/sbin/nginx", "-c", str(configured(folder, port, page)), "-e", f"{folder}/error.log"]
    )
    try:
        wait_until(lambda: program.poll() is not None or is_open(port))
        assert program.poll() is None, (folder / "error.log").read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        program.terminate()
        program.wait(WAIT_SECONDS)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page on its owner's key, one image an hour for each, behind nginx."""
    folder = tmp_path_factory.mktemp("behind")
    folder.chmod(0o755)
    with LocalServer(speed=60) as api:
        settings = {
            "FLUX_PLAYGROUND_HOSTED": "1",
            "BFL_API_KEY": "owners-key",
            "FLUX_PLAYGROUND_BASE_URL": api.url,
            "FLUX_PLAYGROUND_ALLOWANCE": "1/hour",
            "FLUX_PLAYGROUND_TRUSTED_PROXIES": "127.0.0.1",
            "FLUX_PLAYGROUND_USER_HEADER": "X-Remote-User",
            "FLUX_PLAYGROUND_ENABLE_MCP": "1",
            "GRADIO_ROOT_PATH": "/flux",
        }
        with running(folder / "page", **settings) as page, nginx(folder / "nginx", page) as address:
            yield address


def made(guest: Stranger) -> bool:
    """Whether an image came of it; if not, it was for want of an allowance."""
    guest.hello()
    heard = guest.generate()
    assert ("image/" in heard) != ("Limit reached" in heard)
    return "image/" in heard


def test_sign_in_is_required(url: str) -> None:
    """The proxy admits signed-in users only."""
    assert Stranger(url).get("/flux/").status == 401
    assert Guest(url, "mallory").get("/").status == 401
    assert Guest(url, "ann").get("/").status == 200


def test_allowance_is_per_user(url: str) -> None:
    """A user has one allowance at all addresses, for page and MCP."""
    assert made(Guest(url, "ann"))
    assert not made(Guest(url, "ann"))
    assert not made(Guest(url, "ann", "127.0.0.7", **{"user-agent": "another browser"}))
    assert made(Guest(url, "bob"))
    tool = {"name": "generate", "arguments": {"finetune_id": "my-finetune", "prompt": "a mill"}}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": tool}
    assert b"Limit reached" in Guest(url, "ann", "127.0.0.8").post("/mcp", call).body
    assert Stranger(url).post("/flux/mcp", call).status == 401


def test_forged_user_is_ignored(url: str) -> None:
    """Headers that name another user are ignored."""
    forged = {"X-Remote-User": "ann", "X-Flux-Playground-Signed-In": "ann"}
    assert made(Guest(url, "eve", **forged))
    for name in ("new", "eve2", ""):
        assert not made(Guest(url, "eve", **dict.fromkeys(forged, name)))
