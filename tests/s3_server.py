"""An S3 server on loopback: moto, in an environment of its own. It stores in memory and checks no signature."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import requests

PYTHON = Path(sys.prefix).resolve().parent / ".venv-s3-server" / "bin" / "python"
SERVE = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True)
class S3Server:
    """A running server."""

    url: str
    numbers: Iterator[int] = field(default_factory=count)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead obstore to this server."""
        return {
            "AWS_ACCESS_KEY_ID": "an-access-key",
            "AWS_SECRET_ACCESS_KEY": "a-secret-key",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": "us-east-1",
        }

    def new_bucket(self) -> str:
        """Make a bucket and return the URL of a folder in it."""
        name = f"bucket-{next(self.numbers)}"
        self.create(name)
        return f"s3://{name}/a/folder"

    def create(self, name: str) -> None:
        """Make a bucket."""
        self._call("PUT", f"/{name}")

    def remove_everything(self) -> None:
        """Remove all buckets."""
        self._call("POST", "/moto-api/reset")

    def check_credentials(self, *, every: bool) -> None:
        """Refuse all credentials from now on, or accept all."""
        self._call("POST", "/moto-api/reset-auth", b"0" if every else b"inf")

    def _call(self, method: str, path: str, data: bytes = b"") -> None:
        requests.request(method, self.url + path, data=data, timeout=60).raise_for_status()


@contextmanager
def running_s3_server() -> Iterator[S3Server]:
    """Run a server as long as the block."""
    command, pipe = [str(PYTHON), "-c", SERVE], subprocess.PIPE
    process = subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield S3Server(f"http://127.0.0.1:{int(process.stdout.readline())}")
        process.stdin.close()
