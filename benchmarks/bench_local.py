"""Measures the local server on one core: images and polls per second.

Images are rendered and encoded in this process. Polls are sent over eight open connections, first to an idle server,
then to one that renders on the same core. Only the ratio can be compared between machines.
"""

from __future__ import annotations

import http.client
import json
import os
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from flux_playground.local.renderer import encode, render

PATH = "/v1/flux-pro-1.1-ultra-finetuned"
PROMPTS = (
    "a mountain lake at dawn",
    "a city at night",
    "a meadow of poppies",
    "a forest in fog",
    "portrait of a woman",
)
SECONDS = 4.0


def on_core(core: int) -> None:
    """Pin this process to one core, where the system allows it."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[core % len(cores)]})


def images(form: str) -> tuple[float, float]:
    """Images per second on this core, and the slowest in seconds."""
    took = []
    for number, prompt in enumerate(PROMPTS * 2):
        start = time.perf_counter()
        request = {"prompt": prompt, "finetune_id": "x", "finetune_strength": 1.2}
        encode(render(request, number, (2752, 1536))[0], form)
        took.append(time.perf_counter() - start)
    return len(took) / sum(took), max(took)


def submit(url: str, prompt: str) -> str:
    """Start a task and return its polling URL."""
    host = urlsplit(url)
    connection = http.client.HTTPConnection(str(host.hostname), host.port)
    body = json.dumps({"finetune_id": "x", "prompt": prompt})
    connection.request("POST", PATH, body, {"x-key": f"bench {time.monotonic_ns()}".replace(" ", "-")})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return str(answer["polling_url"])


def polls(url: str, seconds: float) -> tuple[float, float]:
    """Polls per second over eight connections, and the slowest response in seconds."""
    host = urlsplit(url)
    request = f"GET {host.path}?{host.query} HTTP/1.1\r\nHost: {host.netloc}\r\n\r\n".encode()
    ready = selectors.DefaultSelector()
    asked: dict[socket.socket, float] = {}
    for _ in range(8):
        line: socket.socket = socket.create_connection((str(host.hostname), host.port or 80))
        ready.register(line, selectors.EVENT_READ)
        line.sendall(request)
        asked[line] = time.perf_counter()
    start, count, slowest = time.perf_counter(), 0, 0.0
    while time.perf_counter() - start < seconds:
        for key, _ in ready.select(1.0):
            assert isinstance(key.fileobj, socket.socket)
            line = key.fileobj
            if not line.recv(65536).endswith(b"}"):
                continue
            now = time.perf_counter()
            count, slowest = count + 1, max(slowest, now - asked[line])
            asked[line] = now
            line.sendall(request)
    for line in asked:
        line.close()
    return count / (time.perf_counter() - start), slowest


def resident(process: int) -> float:
    """Resident memory of a process in megabytes, or 0 if it cannot be read."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text(encoding="utf-8").split()[1]
    except OSError:
        return 0.0
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


def task_memory(tasks: int) -> tuple[float, float, float]:
    """Megabytes before and after `tasks` finished tasks, and submits per second."""
    command = [sys.executable, "-m", "flux_playground.local", "--port", "0", "--speed", "1000000", "--credits", "1e9"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        host = urlsplit(server.stdout.readline().rpartition(" ")[2].strip())
        line = http.client.HTTPConnection(str(host.hostname), host.port)
        before, start = 0.0, time.perf_counter()
        for number in range(tasks):
            before = resident(server.pid) if number == 100 else before
            line.request("POST", PATH, json.dumps({"finetune_id": "x", "prompt": f"#error {number}"}), {"x-key": "k"})
            assert line.getresponse().read().startswith(b'{"id"')
        rate, after = tasks / (time.perf_counter() - start), resident(server.pid)
        line.close()
        server.terminate()
    return before, after, rate


def main() -> None:
    """Print all figures."""
    on_core(1)
    for form in ("jpeg", "png", "webp"):
        rate, slowest = images(form)
        print(f"images of 2752×1536 as {form}: {rate:.1f} a second on one core, the slowest {slowest:.2f} s")
    before, after, rate = task_memory(12_000)
    print(f"12,000 tasks: from {before:.0f} to {after:.0f} MB, {rate:.0f} submits a second; the last 10,000 are kept")
    on_core(0)
    command = [sys.executable, "-m", "flux_playground.local", "--port", "0", "--polls-per-second", "1000000"]
    folder = tempfile.TemporaryDirectory()
    command += ["--render-workers", "1", "--folder", folder.name]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    on_core(1)
    assert server.stdout is not None
    try:
        url = server.stdout.readline().rpartition(" ")[2].strip()
        idle, slow_idle = polls(submit(url, "#stuck #error"), SECONDS)
        drawn = [submit(url, f"{PROMPTS[number % 5]} {number}") for number in range(120)]
        before = len(list(Path(folder.name).glob("*.image")))
        busy, slow_busy = polls(drawn[-1], SECONDS)
        done = (len(list(Path(folder.name).glob("*.image"))) - before) / SECONDS
        print(f"polls, idle: {idle:.0f} a second, the slowest {1000 * slow_idle:.0f} ms")
        print(f"polls, drawing on the same core: {busy:.0f} a second, the slowest {1000 * slow_busy:.0f} ms;", end=" ")
        print(f"{done:.1f} images a second meanwhile")
        print(f"ratio: {busy / idle:.2f}")
    finally:
        server.terminate()
        server.wait()
        folder.cleanup()


if __name__ == "__main__":
    main()
