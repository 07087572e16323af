"""The hosted page while one address attacks it: the page load of another visitor, and the memory of the program.

One visitor loads the page before and during each attack; the ratio of both medians is from one run. The targets are a
page load under 3 s and a process below 1.5 GB. Exit code 1 when a target is missed.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import secrets
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import cache
from http.client import HTTPException
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from PIL import Image

from flux_playground.local import LocalServer
from tests.app_process import running
from tests.http_visitor import Stranger
from tests.waiting import wait_until

ATTACK_SECONDS = 8.0
WARM_UP_SECONDS = 2.0
MAX_PAGE_SECONDS = 3.0
MAX_PROCESS_MB = 1_500
THREADS = 16


def main() -> int:
    """Run each attack; print the figures."""
    with tempfile.TemporaryDirectory() as place, LocalServer(speed=30, renderer="flat") as api:
        settings = {
            "FLUX_PLAYGROUND_HOSTED": "1",
            "BFL_API_KEY": "owners-key",
            "FLUX_PLAYGROUND_BASE_URL": api.url,
            "FLUX_PLAYGROUND_ALLOWANCE": "100000/hour",
        }
        with running(Path(place), **settings) as url:
            process = find_process(place)
            calm = load_seconds(url, 5)
            print(f"calm: page {statistics.median(calm):.2f} s, memory {memory_mb(process):.0f} MB", flush=True)
            results = [attack(url, number, process, calm) for number in range(len(ATTACKS))]
    return 0 if all(results) else 1


def attack(url: str, number: int, process: int, calm: list[float]) -> bool:
    """Run one attack from one address; return whether the targets were met."""
    name = list(ATTACKS)[number]
    context = multiprocessing.get_context("spawn")
    requests = context.Value("i", 0)
    attacker = context.Process(target=repeat_attack, args=(url, number, requests), daemon=True)
    stop, peak = threading.Event(), [0.0]

    def watch() -> None:
        while not stop.wait(0.1):
            peak[0] = max(peak[0], memory_mb(process))

    watching = threading.Thread(target=watch)
    watching.start()
    attacker.start()
    wait_until(lambda: requests.value)
    time.sleep(WARM_UP_SECONDS)
    during = load_seconds(url, 5, until=time.monotonic() + ATTACK_SECONDS)
    attacker.kill()
    attacker.join()
    stop.set()
    watching.join()
    ratio = statistics.median(during) / statistics.median(calm)
    print(
        f"{name}: page median {statistics.median(during):.2f} s (slowest {max(during):.2f} s, {ratio:.1f} × calm), "
        f"memory at most {peak[0]:.0f} MB, {requests.value:,} attacks",
        flush=True,
    )
    return max(during) < MAX_PAGE_SECONDS and peak[0] < MAX_PROCESS_MB


def repeat_attack(url: str, number: int, requests: Synchronized[int]) -> None:
    """Repeat an attack on many threads until the process is killed; count in `requests`.

    The process of an attacker is another one than that of the visitor, with the lowest priority, because a real
    attacker takes no processor of the server.
    """
    act = list(ATTACKS.values())[number]
    stranger = Stranger(url, f"127.0.1.{number + 1}")

    def attack_once() -> None:
        try:
            act(stranger)
        except (OSError, HTTPException):
            time.sleep(0.05)  # refused
        with requests.get_lock():
            requests.value += 1

    def repeat() -> None:
        while True:
            attack_once()

    attack_once()  # it loads once what all threads use
    os.nice(19)
    for _ in range(THREADS - 1):
        threading.Thread(target=repeat, daemon=True).start()
    repeat()


def load_seconds(url: str, times: int, until: float = 0.0) -> list[float]:
    """Return the seconds of page loads of another visitor, at least `times`, until a moment."""
    visitor = Stranger(url, f"127.0.3.{secrets.randbelow(250) + 1}")
    seconds: list[float] = []
    while len(seconds) < times or time.monotonic() < until:
        began = time.monotonic()
        for path in ("/", "/config"):
            visitor.get(path)
        seconds.append(time.monotonic() - began)
        time.sleep(0.2)
    return seconds


def find_process(folder: str) -> int:
    """Return the process id of the program whose data is in a folder."""
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"FLUX_PLAYGROUND_DATA={folder}".encode() in path.read_bytes():
                return int(path.parent.name)
        except OSError:
            continue
    raise LookupError("the program is not running")


def memory_mb(process: int) -> float:
    """Return the resident memory of a process."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1000


def press(stranger: Stranger, **values: object) -> None:
    """Press Generate with these values."""
    stranger.join(stranger.number("click"), stranger.pressed(stranger.form(**values)))


@cache
def large_tiff() -> bytes:
    """Return a small file of an image with 8,600 × 8,600 pixels and transparency."""
    file = io.BytesIO()
    Image.new("RGBA", (8_600, 8_600), (20, 90, 140, 200)).save(file, "TIFF", compression="tiff_deflate")
    return file.getvalue()


def upload(stranger: Stranger, data: bytes) -> object:
    """Upload a file and press Generate with it as image prompt."""
    head = b'--X\r\nContent-Disposition: form-data; name="files"; filename="a.tiff"\r\nContent-Type: image/tiff\r\n\r\n'
    body = head + data + b"\r\n--X--\r\n"
    answer = stranger.call("POST", "/gradio_api/upload", body, content_type="multipart/form-data; boundary=X")
    if answer.status == 200:
        path = answer.body.decode().strip('[]"')
        press(stranger, image_prompt={"path": path, "meta": {"_type": "gradio.FileData"}})
    return answer


def join(stranger: Stranger, session: str = "", data: str = "[]") -> object:
    """Put an event into the queue under a session, a new one each time; nobody reads its messages."""
    session = session or secrets.token_hex(6)
    body = f'{{"fn_index": {stranger.number("load")}, "session_hash": "{session}", "data": {data}}}'
    return stranger.call("POST", "/gradio_api/queue/join", body, content_type="application/json")


def upload_parts(stranger: Stranger) -> object:
    """Upload 250,000 files of one byte in one request."""
    part = b'--X\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nx\r\n'
    body = part * 250_000 + b"--X--\r\n"
    return stranger.call("POST", "/gradio_api/upload", body, content_type="multipart/form-data; boundary=X")


LONG_PROMPT = "a mill " * 550_000
ATTACKS: dict[str, Callable[[Stranger], object]] = {
    "presses with prompts of 3.8 MB": lambda stranger: press(stranger, prompt=LONG_PROMPT),
    "large images as image prompt": lambda stranger: upload(stranger, large_tiff()),
    "made-up keys": lambda stranger: stranger.act("key", key=f"made-up-{time.monotonic_ns()}"),
    "pages": lambda stranger: stranger.get("/"),
    "streams of unknown sessions": lambda stranger: stranger.get("/gradio_api/queue/data?session_hash=unknown"),
    "sessions that nobody reads": join,
    "session hashes of 3.9 MB": lambda stranger: join(stranger, "h" * 3_900_000),
    "bodies of a million objects": lambda stranger: join(stranger, data=f"[{'{},' * 1_290_000}0]"),
    "bodies of long numbers": lambda stranger: join(stranger, data=f"[{','.join(['9' * 4_200] * 900)}]"),
    "uploads of 250,000 files": upload_parts,
}

if __name__ == "__main__":
    sys.exit(main())
