"""A PostgreSQL server of Debian's packages in a temporary folder, for as long as the tests run."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flux_playground.storage import postgres_lease

RENEW_SECONDS, LEASE_SECONDS = 0.05, 3.0
QUICK = "-c fsync=off -c full_page_writes=off -c max_connections=200 -c listen_addresses="


@dataclass(frozen=True)
class PostgresServer:
    """A server in a folder, which listens on a socket only. It never runs as root."""

    folder: Path
    user: str | None

    @property
    def url(self) -> str:
        """The address of its database."""
        return f"postgresql://flux@/postgres?host={self.folder}"

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs on the server's files."""
        programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
        command = [str(programs / program), "-D", str(self.folder / "data"), *arguments]
        subprocess.run(command, user=self.user, cwd=self.folder, check=True, stdout=subprocess.DEVNULL)

    def start(self, options: str = QUICK) -> None:
        """Start the server and wait until it answers."""
        self.run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", f"{options} -k {self.folder}", "start")

    def stop(self) -> None:
        """End the server as a crash does."""
        self.run("pg_ctl", "-w", "-m", "immediate", "stop")


def shorten_leases() -> None:
    """Let this process count as ended three seconds after it has renewed its lease."""
    postgres_lease.RENEW_SECONDS, postgres_lease.LEASE_SECONDS = RENEW_SECONDS, LEASE_SECONDS


@contextmanager
def running_postgres(options: str = QUICK) -> Iterator[PostgresServer]:
    """A new server, which ends with the block."""
    user = pwd.getpwnam("postgres").pw_name if os.geteuid() == 0 else None
    server = PostgresServer(Path(tempfile.mkdtemp(prefix="flux-postgres-")), user)
    if user:
        shutil.chown(server.folder, user)
    try:
        server.run("initdb", "--no-sync", "--auth=trust", "--username=flux", "--encoding=UTF8", "--locale=C.UTF-8")
        server.start(options)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(server.folder, ignore_errors=True)
