"""Measures how long a running image of a killed process waits for another process of the same database.

    python benchmarks/bench_takeover.py                    ten killed processes, one after another
    python benchmarks/bench_takeover.py --kills 3

Each process has one running task and is killed with SIGKILL at a random moment. One process survives. The database is a
PostgreSQL server in a temporary folder, the API is the local server. The bound is the lease.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from statistics import median

import psycopg

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from flux_playground import Playground, Settings  # noqa: E402
from flux_playground.local import LocalServer  # noqa: E402
from flux_playground.storage.postgres_lease import LEASE_SECONDS, RENEW_SECONDS  # noqa: E402
from flux_playground.takeover import start_takeover  # noqa: E402
from tests.postgres_server import running_postgres  # noqa: E402
from tests.waiting import wait_until  # noqa: E402

PROCESS = """
import sys, time
from flux_playground import Playground, Settings
playground = Playground(Settings(data=sys.argv[1], base_url=sys.argv[2], api_key="key", database=sys.argv[3]))
running = playground.start({"finetune_id": "my-finetune", "prompt": "a mill"})
while playground.get(running.id).state != "running":
    time.sleep(0.01)
print(running.id, playground.store.database._lease.number, flush=True)
time.sleep(600)
"""


def measure(folder: str, api: str, database: str) -> tuple[float, float]:
    """Kill a process; return the seconds from the kill and from the end of its lease until the takeover."""
    command = [sys.executable, "-c", PROCESS, folder, api, database]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process,
        closing(psycopg.connect(database, autocommit=True)) as connection,
    ):
        assert process.stdout is not None
        generation, number = process.stdout.readline().split()
        time.sleep(random.uniform(RENEW_SECONDS, 2 * RENEW_SECONDS))
        process.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        left = "SELECT extract(epoch FROM expires_at - clock_timestamp())::float8 FROM processes WHERE number = %s"
        row = connection.execute(left, [number]).fetchone()
        assert row is not None
        end = time.monotonic() + row[0]
        moved = b"SELECT 1 FROM generations WHERE id = %s AND holder <> %s"
        wait_until(lambda: connection.execute(moved, [generation, number]).fetchone())
        return time.monotonic() - killed, time.monotonic() - end


def main() -> None:
    """Kill the processes and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=10)
    kills = parser.parse_args().kills
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalServer(speed=0.001, renderer="flat") as api,
        running_postgres() as postgres,
    ):
        settings = Settings(data=Path(folder), base_url=api.url, api_key="key", database=postgres.url)
        with Playground(settings) as survivor:
            start_takeover(survivor)
            time.sleep(LEASE_SECONDS)  # it takes over only when its own lease has lasted for a while
            measured = [measure(folder, api.url, postgres.url) for _ in range(kills)]
    after_kill, after_end = zip(*measured, strict=True)
    print(f"{kills} killed processes, a lease of {LEASE_SECONDS:g} s that is renewed every {RENEW_SECONDS:g} s")
    print(f"  taken over after the kill: median {median(after_kill):.2f} s, longest {max(after_kill):.2f} s")
    print(f"  longest: {max(after_kill) / LEASE_SECONDS:.2f} of a lease (bound 1)")
    print(f"  after the lease ended: median {1000 * median(after_end):.0f} ms, longest {1000 * max(after_end):.0f} ms")


if __name__ == "__main__":
    main()
