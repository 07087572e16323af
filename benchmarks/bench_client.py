"""Measures how late images arrive, compared with simple clients that poll the same tasks, and what that costs.

    python benchmarks/bench_client.py            all of it, about ten minutes
    python benchmarks/bench_client.py --quick    40 and 200 tasks only

The server is a separate process that responds like the API and delivers the same 4-megapixel JPEG for each task. Its
generation times are lognormal (median 6 s, sigma 0.3) and follow from the seed, so that all clients wait for the same
tasks. Each client is a separate process. The delay of a task is the time from the moment at which its image is ready at
the server: for this program until the image is verified, stored and on record, for the others until its bytes have
arrived. The others are an eager poller, a lazy one, and a plain schedule that waits for the shortest of the durations
that it has seen and then polls four times a second. A warm client has made 24 images before.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import io
import json
import math
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean, median, quantiles
from typing import Any
from urllib.parse import urlsplit

from PIL import Image

from flux_playground import Playground, Settings
from flux_playground.generation import Generation, State

PATH = "/v1/flux-pro-1.1-ultra-finetuned"
LEARNED = 24
SCENARIOS = ((3, 1), (40, 20), (200, 200), (2_000, 2_000))
"""The number of tasks, and how many are submitted together."""


def duration(seed: int) -> float:
    """The generation time of a task, in seconds."""
    return random.Random(seed).lognormvariate(math.log(6.0), 0.3)


# The server


def sample() -> bytes:
    """A JPEG of the size that the API delivers for 16:9, of one megabyte."""
    image = Image.effect_noise((2752, 1536), 20).convert("RGB")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=60)
    return out.getvalue()


class Server:
    """Answers submits, polls and downloads, each after `delay` seconds; counts the polls of each task."""

    def __init__(self, delay: float) -> None:
        self._delay, self._sample = delay, sample()
        self._tasks: dict[str, tuple[int, float]] = {}
        self._polls: dict[int, int] = {}

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
            self._polls[seed] = 0
            return json.dumps({"id": task, "polling_url": f"{self._url}/v1/get_result?id={task}"}).encode()
        if path == "/times":
            return json.dumps([(seed, ready, self._polls[seed]) for seed, ready in self._tasks.values()]).encode()
        if not path.startswith("/v1/get_result"):
            return self._sample
        task = path.partition("=")[2]
        seed, ready = self._tasks[task]
        self._polls[seed] += 1
        if time.monotonic() < ready:
            return json.dumps({"id": task, "status": "Pending", "result": None, "progress": None}).encode()
        result = {"sample": f"{self._url}/{seed}.jpeg", "seed": seed, "duration": duration(seed)}
        return json.dumps({"id": task, "status": "Ready", "result": result}).encode()


# The clients: each returns when it had the image of each seed, in monotonic seconds

Arrivals = dict[int, float]
Wave = Callable[[list[int]], Arrivals]


@contextmanager
def ours(url: str) -> Iterator[Wave]:
    """This program without its page."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), base_url=url, api_key="bench-key-bench-key", max_in_flight=2_000)
        with Playground(settings) as playground:

            def make(seeds: list[int]) -> Arrivals:
                arrivals: Arrivals = {}
                ended = threading.Event()

                def note(seed: int, generation: Generation) -> None:
                    if generation.finished and seed not in arrivals:
                        arrivals[seed] = time.monotonic()
                        if generation.state is not State.SUCCEEDED or generation.seed != seed:
                            raise AssertionError(generation)
                        if len(arrivals) == len(seeds):
                            ended.set()

                for seed in seeds:
                    started = playground.start({"finetune_id": "a", "prompt": "a mill", "seed": seed})
                    run = playground.run(started.id)
                    if run is None:
                        raise AssertionError("ended too soon")
                    run.add_listener(lambda run=run, seed=seed: note(seed, run.generation))  # type: ignore[misc]
                ended.wait()
                return arrivals

            yield make


@contextmanager
def poller(url: str, pauses: Callable[[list[float]], tuple[float, float]]) -> Iterator[Wave]:
    """A simple client: `pauses` returns the seconds before the first poll and between two polls, by past durations."""
    address = urlsplit(url)
    past: list[float] = []

    async def call(method: str, path: str, body: bytes, streams: tuple[Any, Any]) -> bytes:
        reader, writer = streams
        writer.write(
            b"%s %s HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (method.encode(), path.encode(), len(body)) + body
        )
        answer = await reader.readuntil(b"\r\n\r\n")
        found: bytes = await reader.readexactly(int(answer.split(b"Length: ")[1].split(b"\r\n")[0]))
        return found

    async def make_one(seed: int) -> float:
        streams = await asyncio.open_connection(address.hostname, address.port)
        task = json.loads(await call("POST", PATH, json.dumps({"seed": seed}).encode(), streams))
        began = time.monotonic()
        first, step = pauses(past)
        await asyncio.sleep(first)
        while True:
            polled = json.loads(await call("GET", task["polling_url"].removeprefix(url), b"", streams))
            if polled["status"] == "Ready":
                break
            await asyncio.sleep(step)
        past.append(time.monotonic() - began)
        await call("GET", polled["result"]["sample"].removeprefix(url), b"", streams)
        streams[1].close()
        return time.monotonic()

    async def make_all(seeds: list[int]) -> Arrivals:
        return dict(zip(seeds, await asyncio.gather(*map(make_one, seeds)), strict=True))

    yield lambda seeds: asyncio.run(make_all(seeds))


CLIENTS: dict[str, Callable[[str], Any]] = {
    "ours": ours,
    "50 ms": lambda url: poller(url, lambda _: (0.05, 0.05)),
    "500 ms": lambda url: poller(url, lambda _: (0.5, 0.5)),
    "learned": lambda url: poller(url, lambda past: (min(past, default=0.25), 0.25)),
}


def measure(name: str, url: str, tasks: int, together: int, is_warm: bool) -> dict[str, float]:
    """Make `tasks` images in this process, `together` at a time; return what they cost."""
    threads = [0]
    stop = threading.Event()

    def count_threads() -> None:
        while not stop.wait(0.1):
            threads[0] = max(threads[0], len(os.listdir("/proc/self/task")) - 1)  # noqa: PTH208

    arrivals: Arrivals = {}
    with CLIENTS[name](url) as make:
        if is_warm:
            make(list(range(1_000_000, 1_000_000 + LEARNED)))
        threading.Thread(target=count_threads, daemon=True).start()
        cpu = time.process_time()
        for first in range(0, tasks, together):
            arrivals |= make(list(range(first, min(first + together, tasks))))
        cpu = time.process_time() - cpu
    stop.set()
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    connection.request("GET", "/times")
    times = {seed: (ready, polls) for seed, ready, polls in json.loads(connection.getresponse().read())}
    delays = [arrivals[seed] - times[seed][0] for seed in range(tasks)]
    return {
        "delay, mean s": mean(delays),
        "delay, median s": median(delays),
        "delay, 95 % s": quantiles(delays, n=20)[-1],
        "polls per task": mean(times[seed][1] for seed in range(tasks)),
        "CPU per task, ms": cpu / tasks * 1_000,
        "memory at most, MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024,
        "threads at most": threads[0],
    }


ROWS = [("ours", False), ("ours", True), ("50 ms", False), ("500 ms", False), ("learned", False), ("learned", True)]
"""Each client, and whether it is warm; those that do not learn are measured once."""


def run(tasks: int, together: int, delay: float) -> None:
    """One scenario: a server for each client in turn; prints a row for each, then the ratios of this program to it."""
    found: dict[str, dict[str, float]] = {}
    command = [sys.executable, __file__]
    for name, is_warm in ROWS:
        with subprocess.Popen([*command, "--serve", str(delay)], stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout
                wanted = [name, server.stdout.readline().strip(), str(tasks), str(together), str(int(is_warm))]
                done = subprocess.run([*command, "--client", *wanted], check=True, stdout=subprocess.PIPE, text=True)
                found[f"{name} {'warm' if is_warm else 'cold'}"] = json.loads(done.stdout)
            finally:
                server.terminate()
    print(f"\n{tasks} tasks, {together} together, {delay * 1_000:.0f} ms added to each call")
    print(f"{'':20}" + "".join(f"{name:>14}" for name in found))
    for figure in found["ours cold"]:
        print(f"{figure:20}" + "".join(f"{one[figure]:>14.3f}" for one in found.values()))
    for start in ("cold", "warm"):
        ours = found[f"ours {start}"]
        lost = ours["delay, mean s"] - found["50 ms cold"]["delay, mean s"]
        print(f"{start}: later than the eager poller, on average: {lost:.3f} s; ", end="")
        others = {"500 ms": found["500 ms cold"], "learned": found[f"learned {start}"]}
        ratios = (f"{ours['delay, mean s'] / other['delay, mean s']:.2f} of {name}" for name, other in others.items())
        print("mean delay " + ", ".join(ratios), flush=True)


def main() -> None:
    """Run the scenarios, or one of their processes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer tasks")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds added to each call")
    parser.add_argument("--serve", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--client", nargs=5, help=argparse.SUPPRESS)
    arguments: Any = parser.parse_args()
    if arguments.serve is not None:
        asyncio.run(Server(arguments.serve).run())
    elif arguments.client:
        name, url, *numbers = arguments.client
        tasks, together, is_warm = map(int, numbers)
        print(json.dumps(measure(name, url, tasks, together, bool(is_warm))))
    else:
        for tasks, together in SCENARIOS[1:3] if arguments.quick else SCENARIOS:
            run(tasks, together, arguments.delay)


if __name__ == "__main__":
    main()
