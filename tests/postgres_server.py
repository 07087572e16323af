"""A PostgreSQL server of Debian's packages in a temporary folder, for as long as the tests run."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

QUICK = "-c fsync=off -c full_page_writes=off -c max_connections=200 -c listen_addresses="


@contextmanager
def running_postgres(options: str = QUICK) -> Iterator[str]:
    """The URL of a new server, which listens on a socket only. It never runs as root."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
    user = pwd.getpwnam("postgres").pw_name if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="flux-postgres-"))
    if user:
        shutil.chown(folder, user)

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), *arguments]
        subprocess.run(command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    data = str(folder / "data")
    try:
        run("initdb", "--no-sync", "--auth=trust", "--username=flux", "--encoding=UTF8", "--locale=C.UTF-8", "-D", data)
        run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", f"{options} -k {folder}", "start")
        try:
            yield f"postgresql://flux@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
