"""Measures the steps between the last byte of an image and its record on disk, in milliseconds.

    python benchmarks/bench_arrival.py

A server in this process sends a JPEG of one megabyte at 5 MB/s, as a fast network does, so that work can overlap with
the transfer. "after the last byte" is the time until the client returns the verified image; the other steps follow.
"""

from __future__ import annotations

import hashlib
import io
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from PIL import Image

from flux_playground.client import Client
from flux_playground.generation import Generation, State
from flux_playground.images.media_types import verify
from flux_playground.reproduce import add_image_facts
from flux_playground.storage.generation_store import GenerationStore

ROUNDS = 25
PIECE_BYTES, PIECE_SECONDS = 50_000, 0.01


def jpeg() -> bytes:
    """A JPEG of 4 megapixels and about one megabyte."""
    file = io.BytesIO()
    Image.effect_noise((2752, 1536), 20).convert("RGB").save(file, "JPEG", quality=60)
    return file.getvalue()


def serve(listener: socket.socket, data: bytes, sent: list[float]) -> None:
    """Send the data slowly to each caller, and note when the last byte was sent."""
    while True:
        sock, _ = listener.accept()
        with sock:
            sock.recv(65_536)
            sock.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(data))
            for start in range(0, len(data), PIECE_BYTES):
                time.sleep(PIECE_SECONDS)
                sock.sendall(data[start : start + PIECE_BYTES])
            sent.append(time.perf_counter())


def milliseconds(work: Callable[[], object]) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1_000


def main() -> None:
    """Print the median of each step."""
    data, sent = jpeg(), [0.0]
    found: dict[str, list[float]] = {}
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    threading.Thread(target=serve, args=(listener, data, sent), daemon=True).start()
    with tempfile.TemporaryDirectory() as folder, Client(url) as client:
        store = GenerationStore(Path(folder))
        for number in range(ROUNDS):
            client.download(f"{url}/image.jpeg")
            arrived = time.perf_counter()
            request = {"prompt": "a mill", "seed": 5}
            new = Generation(f"{number:032}", "o", time.time(), "/v1/x", url, request, state=State.RUNNING)
            saved = store.save_image(new, data)
            steps = {
                "after the last byte": (arrived - sent[-1]) * 1_000,
                "  (decoding it alone)": milliseconds(lambda: verify(data)),
                "hash and image file": milliseconds(lambda new=new: store.save_image(new, data)),  # type: ignore[misc]
                "  (hash alone)": milliseconds(lambda: hashlib.sha256(data).hexdigest()),
                "facts of the image": milliseconds(lambda saved=saved: add_image_facts(saved, data)),  # type: ignore[misc]
                "record": milliseconds(lambda saved=saved: store.save(saved)),  # type: ignore[misc]
            }
            for step, value in steps.items():
                found.setdefault(step, []).append(value)
        store.close()
    print(f"{len(data):,} bytes, medians of {ROUNDS}, in ms")
    for step, values in found.items():
        print(f"{step:24}{median(values):8.1f}")
    total = sum(median(values) for step, values in found.items() if not step.startswith(" "))
    print(f"{'together':24}{total:8.1f}")


if __name__ == "__main__":
    main()
