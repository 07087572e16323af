"""Measures the client against clients that poll at fixed times: seconds beyond the API's own, polls, CPU, memory.

    python benchmarks/bench_client.py            all of it, about three minutes
    python benchmarks/bench_client.py --quick    a shorter run

The server is a separate process that responds like the API and delivers the same 4-megapixel JPEG for each task. Its
generation times are lognormal (median 6 s, sigma 0.3) and follow from the seed, so that all clients wait for the same
tasks. Each client is a separate process. The overhead of a task is the time from the call of `submit` to the verified
image, minus the generation time. All clients use `Client`; only the times of the polls differ.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import math
import random
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from statistics import mean, median
from typing import Any

from PIL import Image

from flux_playground.client import Client
from flux_playground.client.poll_schedule import PollSchedule

PATH = "/v1/flux-pro-1.1-ultra-finetuned"


def duration(seed: int) -> float:
    """The generation time of a task, in seconds."""
    return random.Random(seed).lognormvariate(math.log(6.0), 0.3)


# The server


def sample() -> bytes:
    """A JPEG of the size that the API delivers for 16:9."""
    image = Image.effect_mandelbrot((2752, 1536), (-2.2, -1.2, 1.0, 1.2), 60).convert("RGB")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


class Server:
    """Answers submits, polls and downloads, each after `delay` seconds."""

    def __init__(self, delay: float) -> None:
        self._delay, self._sample = delay, sample()
        self._tasks: dict[str, tuple[int, float]] = {}

    async def run(self) -> None:
        """Serves until the process is ended; prints its address first."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        self._url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        print(self._url, flush=True)
        await server.serve_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                body = await reader.readexactly(int(length[0].split(b":")[1])) if length else b""
                if self._delay:
                    await asyncio.sleep(self._delay)
                answer = self._answer(head.split(b" ")[1].decode(), body)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, path: str, body: bytes) -> bytes:
        if path == PATH:
            seed, task = json.loads(body)["seed"], str(len(self._tasks))
            self._tasks[task] = (seed, time.monotonic() + duration(seed))
            return json.dumps({"id": task, "polling_url": f"{self._url}/v1/get_result?id={task}"}).encode()
        if not path.startswith("/v1/get_result"):
            return self._sample
        task = path.partition("=")[2]
        seed, ready = self._tasks[task]
        if time.monotonic() < ready:
            return json.dumps({"id": task, "status": "Pending", "result": None, "progress": None}).encode()
        result = {"sample": f"{self._url}/{seed}.jpeg", "seed": seed, "duration": duration(seed)}
        return json.dumps({"id": task, "status": "Ready", "result": result}).encode()


# The clients


class Fixed(PollSchedule):
    """Polls after the same pause each time."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def delay(self, elapsed: float) -> float:
        """The same, whatever has elapsed."""
        return self._seconds


PACES: dict[str, Callable[[list[float]], PollSchedule]] = {
    "ours": PollSchedule,
    "every 50 ms": lambda _: Fixed(0.05),
    "every 500 ms": lambda _: Fixed(0.5),
}
"""From the durations of past tasks to the schedule of the next."""


def measure(name: str, url: str, tasks: int, together: int) -> dict[str, float]:
    """Make `tasks` images in this process, `together` at a time; return what they cost on average."""
    queue: SimpleQueue[int] = SimpleQueue()
    for seed in range(tasks):
        queue.put(seed)
    overheads: list[float] = []
    starts: list[float] = []
    polls: list[int] = []
    past = [duration(-seed) for seed in range(1, 65)]

    def work() -> None:
        while True:
            try:
                seed = queue.get_nowait()
            except Empty:
                return
            began = time.monotonic()
            task = client.submit(PATH, {"seed": seed})
            results = list(client.poll(task, schedule=PACES[name](past)))
            ready = time.monotonic()
            past.append(ready - began)
            client.collect(task, results[-1])
            if results[-1].seed != seed:
                raise AssertionError("an image was mixed up")
            overheads.append(time.monotonic() - began - duration(seed))
            starts.append(ready - began - duration(seed))
            polls.append(len(results))

    threading.stack_size(256 * 1024)
    cpu = time.process_time()
    with Client(url, "bench-key-bench-key") as client:
        threads = [threading.Thread(target=work) for _ in range(together)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if len(overheads) != tasks:
        raise AssertionError(f"{tasks - len(overheads)} images are missing")
    return {
        "overhead, mean s": mean(overheads),
        "overhead, median s": median(overheads),
        "until Ready is known, mean s": mean(starts),
        "polls per task": mean(polls),
        "CPU per task, ms": (time.process_time() - cpu) / tasks * 1_000,
        "memory at most, MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024,
    }


def run(title: str, tasks: int, together: int, delay: float) -> None:
    """One scenario: a server, and each client in turn; prints a row per figure, with ratios to the eager poller."""
    command = [sys.executable, __file__]
    with subprocess.Popen([*command, "--serve", str(delay)], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            url = server.stdout.readline().strip()
            found: dict[str, dict[str, float]] = {}
            for name in PACES:
                wanted = [*command, "--client", name, url, str(tasks), str(together)]
                found[name] = json.loads(subprocess.run(wanted, check=True, capture_output=True, text=True).stdout)
        finally:
            server.terminate()
    print(f"\n{title}")
    print(f"{'':30}" + "".join(f"{name:>16}" for name in found) + f"{'ours : 50 ms':>16}{'ours : 500 ms':>16}")
    for figure, ours in found["ours"].items():
        values = [row[figure] for row in found.values()]
        ratios = "".join(f"{ours / value:>16.2f}" for value in values[1:])
        print(f"{figure:30}" + "".join(f"{value:>16.3f}" for value in values) + ratios)
    lost = found["ours"]["overhead, mean s"] - found["every 50 ms"]["overhead, mean s"]
    print(f"later than the eager poller, on average: {lost:.3f} s")


def main() -> None:
    """Run the scenarios, or one of their processes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer tasks")
    parser.add_argument("--serve", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--client", nargs=4, help=argparse.SUPPRESS)
    arguments: Any = parser.parse_args()
    if arguments.serve is not None:
        asyncio.run(Server(arguments.serve).run())
    elif arguments.client:
        name, url, tasks, together = arguments.client
        print(json.dumps(measure(name, url, int(tasks), int(together))))
    else:
        run("12 at a time", 24 if arguments.quick else 60, 12, 0.0)
        run("200 together", 200, 200, 0.0)
        if not arguments.quick:
            run("200 together, 100 ms added to each call", 200, 200, 0.1)


if __name__ == "__main__":
    main()
