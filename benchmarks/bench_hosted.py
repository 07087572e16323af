"""Loads a hosted page: 200 visitors at once, 200 for a while, and a soak with visitors who come and go.

    python benchmarks/bench_hosted.py                       all three; the soak lasts ten minutes
    python benchmarks/bench_hosted.py --soak 0              200 visitors only
    python benchmarks/bench_hosted.py --visitors 50 --soak 1
    python benchmarks/bench_hosted.py --processes 2 --soak 0    two pages behind nginx, chosen by address
    python benchmarks/bench_hosted.py --processes 2 --soak 0 --postgres     the same with one database

The API is a separate process that takes six seconds for each image and delivers the same JPEG. Each visitor has its own
address (127.x.y.z), opens the page, presses Generate and listens until the image is shown. An event is answered when
the page has something new to show; the ideal is six seconds for each visitor. First all press at the same moment, then
each at random times, and looks at another image in between. The page has made a few images before, so it knows how long
they take.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import random
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlsplit

from PIL import Image

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.app_process import environment, free_port, wait_for  # noqa: E402
from tests.postgres_server import running_postgres  # noqa: E402

DRAWING = 6.0
BOUND = 1.3


# The API


async def serve(seconds: float) -> None:
    """Respond like the API; each image takes `seconds`. Prints its address first."""
    out = io.BytesIO()
    Image.effect_noise((1024, 576), 60).convert("RGB").save(out, "JPEG")
    tasks: dict[str, float] = {}

    def answer(path: str) -> bytes:
        if path.startswith("/v1/get_result"):
            task = path.partition("=")[2]
            ready = time.monotonic() >= tasks[task]
            result = {"sample": f"{url}/sample.jpeg"} if ready else None
            return json.dumps({"id": task, "status": "Ready" if ready else "Pending", "result": result}).encode()
        if path.startswith("/v1/"):
            task = str(len(tasks))
            tasks[task] = time.monotonic() + seconds
            return json.dumps({"id": task, "polling_url": f"{url}/v1/get_result?id={task}", "cost": 7}).encode()
        return out.getvalue()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                await reader.readexactly(int(length[0].split(b":")[1]) if length else 0)
                body = answer(head.split(b" ")[1].decode())
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, backlog=1024)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    print(url, flush=True)
    await server.serve_forever()


# The page


@dataclass(frozen=True)
class Page:
    """A running page: its address, its process, the folder of all files that it writes."""

    url: str
    process: int
    folder: Path

    def memory(self) -> float:
        """Resident memory in megabytes."""
        lines = Path(f"/proc/{self.process}/status").read_text(encoding="utf-8").splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024

    def cpu(self) -> float:
        """Seconds of one core that the process has used: on a busy machine, time alone says little."""
        user, system = Path(f"/proc/{self.process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def threads(self) -> int:
        """Number of threads."""
        return sum(1 for _ in Path(f"/proc/{self.process}/task").iterdir())

    def handles(self) -> int:
        """Number of open files and sockets."""
        return sum(1 for _ in Path(f"/proc/{self.process}/fd").iterdir())

    def temporary(self) -> int:
        """Number of files of Gradio."""
        return sum(1 for path in (self.folder / "gradio").rglob("*") if path.is_file())


@contextmanager
def opened(seconds: float, database: str = "") -> Iterator[Page]:
    """A hosted page with an API that takes `seconds` for each image; its records are in SQLite or a database."""
    command = [sys.executable, __file__, "--serve", str(seconds)]
    with (
        tempfile.TemporaryDirectory() as name,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as api,
        (Path(name) / "log").open("wb") as log,
    ):
        assert api.stdout
        settings = {
            "FLUX_PLAYGROUND_HOSTED": "1",
            "BFL_API_KEY": "bench-key",
            "FLUX_PLAYGROUND_BASE_URL": api.stdout.readline().strip(),
            "FLUX_PLAYGROUND_ALLOWANCE": "unlimited",
            "FLUX_PLAYGROUND_BUDGET": "unlimited",
            "FLUX_PLAYGROUND_MAX_IN_FLIGHT": "250",
            "FLUX_PLAYGROUND_TRUSTED_PROXIES": "127.0.0.1",
            "FLUX_PLAYGROUND_DATABASE": database,
        }
        environ = environment(Path(name), **settings)
        page = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environ, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{environ['GRADIO_SERVER_PORT']}/"
            wait_for(url, lambda: page.poll() is None, Path(name) / "log", 120)
            yield Page(url, page.pid, Path(name))
        finally:
            page.terminate()
            page.wait(30)
            api.terminate()


NGINX = """daemon off; pid {folder}/pid; error_log {folder}/log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  upstream pages {{ hash $remote_addr consistent; {servers} keepalive 200; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://pages; proxy_http_version 1.1; proxy_buffering off; proxy_read_timeout 1h;
      proxy_set_header Connection ""; proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto http;
      proxy_set_header X-Forwarded-Host $http_host;
    }}
  }}
}}
"""


@contextmanager
def one_door(pages: Sequence[Page]) -> Iterator[str]:
    """The address for visitors: of the one page, or of an nginx that sends each address to one of several pages."""
    if len(pages) == 1:
        yield pages[0].url
        return
    port = free_port()
    servers = " ".join(f"server {urlsplit(page.url).netloc};" for page in pages)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "nginx.conf").write_text(NGINX.format(folder=folder, servers=servers, port=port), encoding="utf-8")
        program = subprocess.Popen(["/usr/sbin/nginx", "-c", f"{folder}/nginx.conf", "-e", f"{folder}/log"])
        try:
            wait_for(f"http://127.0.0.1:{port}/", lambda: program.poll() is None, Path(folder, "log"), 20)
            yield f"http://127.0.0.1:{port}/"
        finally:
            program.terminate()
            program.wait(20)


# The visitors


@dataclass
class Visitor:
    """One tab with its own address; `answers` are the seconds from each press to the first response."""

    page: Page
    number: int
    config: dict[str, Any]
    session: str = field(default_factory=lambda: secrets.token_hex(6))
    visit: str = field(default_factory=lambda: secrets.token_hex(16))
    answers: list[float] = field(default_factory=list)
    shown: str = ""

    async def ask(self, method: str, path: str, body: bytes = b"") -> AsyncIterator[bytes]:
        """The lines of a response; raises `AssertionError` for an error."""
        split = urlsplit(self.page.url)
        source = (f"127.{1 + self.number // 60000}.{self.number // 240 % 250}.{1 + self.number % 240}", 0)
        reader, writer = await asyncio.open_connection(split.hostname, split.port, local_addr=source, limit=2**24)
        try:
            head = f"{method} {path} HTTP/1.0\r\nHost: {split.netloc}\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
            status = (await reader.readline()).split()[1]
            assert status.startswith(b"2"), (path, status)
            while await reader.readline() != b"\r\n":
                pass
            async for line in reader:
                yield line
        finally:
            writer.close()

    async def event(self, kind: str, data: list[Any], **event: Any) -> bytes:
        """Start an event, read it to the end, and return its last message."""
        number = next(
            one["id"] for one in self.config["dependencies"] if any(target[1] == kind for target in one["targets"])
        )
        body = {"data": data, "event_data": event, "fn_index": number, "session_hash": self.session}
        began, news, heard = time.monotonic(), False, b""
        async for _ in self.ask("POST", "/gradio_api/queue/join", json.dumps(body).encode()):
            pass
        async for line in self.ask("GET", f"/gradio_api/queue/data?session_hash={self.session}"):
            if not news and (b'"process_generating"' in line or b'"process_completed"' in line):
                self.answers.append(time.monotonic() - began)
                news = True
            heard += line if b"image/" in line else b""
            if b'"close_stream"' in line:
                break
        return heard

    async def stay(self) -> float:
        """Open the page, make an image and leave; return the seconds from the press to the image."""
        async for _ in self.ask("GET", "/"):
            pass
        await self.event("load", [f"{secrets.token_hex(16)}.{self.visit}"])
        return await self.make()

    async def make(self) -> float:
        """Press Generate; return the seconds until the image is shown."""
        began = time.monotonic()
        heard = await self.event("click", [json.dumps({"press": secrets.token_hex(8)}), *form(self.config)])
        found = re.search(rb"image/([0-9a-f]{32})", heard)
        assert found, "there is no image"
        self.shown = found[1].decode()
        return time.monotonic() - began

    async def visit_for(self, until: float) -> list[float]:
        """Make images at random times until `until`; return the seconds of each."""
        made: list[float] = []
        await asyncio.sleep(random.uniform(0, DRAWING))
        while time.monotonic() < until:
            made.append(await self.make())
            await asyncio.sleep(random.uniform(0, 1))
            await self.event("act_watch", [], act="show", id=self.shown)
            await asyncio.sleep(random.uniform(0, 1))
        return made

    async def leave(self) -> None:
        """Close the tab."""
        async for _ in self.ask("POST", "/leave", self.visit.encode()):
            pass


def form(config: dict[str, Any]) -> list[Any]:
    """The inputs of Generate as an untouched page sends them, with a finetune."""
    parts = {one["id"]: one["props"] for one in config["components"]}
    go = next(one for one in config["dependencies"] if one["targets"][0][1] == "act_read")
    wanted = {"input-finetune_id": "my-finetune", "input-prompt": "a mill"}
    return [wanted.get(parts[one].get("elem_id"), parts[one].get("value")) for one in go["inputs"]]


async def configuration(page: Page) -> dict[str, Any]:
    """Gradio's description of the page."""
    lines = [line async for line in Visitor(page, 0, {}).ask("GET", "/config")]
    return dict(json.loads(b"".join(lines)))


async def crowd(pages: Sequence[Page], url: str, number: int, minutes: float) -> None:
    """Let `number` visitors press at once, then at random times for `minutes`; print the figures and bounds."""
    door, empty = replace(pages[0], url=url), sum(page.memory() for page in pages)
    config = await configuration(door)
    visitors = [Visitor(door, one, config) for one in range(number)]
    for start in range(0, number, 20):
        await asyncio.gather(*(v.event("load", [f"{secrets.token_hex(16)}.{v.visit}"]) for v in visitors[start:][:20]))
    await asyncio.gather(*(visitor.make() for visitor in visitors[: 6 * len(pages)]))
    idle = sum(page.memory() for page in pages)
    ended, answers, took = await measured(visitors, [visitor.make() for visitor in visitors])
    print(f"\n{number} visitors press at the same moment, {DRAWING:.0f} s for each image")
    print(f"  all served after {took:.2f} s: {took / DRAWING:.2f} of the ideal (bound {BOUND})")
    print_summary(ended, answers)
    print(f"  memory {idle:.0f} MB before, {sum(page.memory() for page in pages):.0f} MB after")
    until, cpu = time.monotonic() + minutes * 60, sum(page.cpu() for page in pages)
    ended, answers, took = await measured(visitors, [visitor.visit_for(until) for visitor in visitors])
    print(
        f"\n{number} visitors, each pressing again and again for {minutes:g} minutes: {len(ended) / took:.0f} images/s"
    )
    print_summary(ended, answers)
    for page in pages:
        print(f"  memory {page.memory():.0f} MB; threads {page.threads()}, handles {page.handles()}")
    grown, used = sum(page.memory() for page in pages) - empty, sum(page.cpu() for page in pages) - cpu
    print(f"  {1000 * used / len(ended):.0f} ms of one core for each image, with another event between two images")
    print(f"  {empty:.0f} MB without visitors and {grown / number:.2f} MB for each of {number}")


async def measured(
    visitors: list[Visitor], work: list[Coroutine[Any, Any, Any]]
) -> tuple[list[float | BaseException], list[float], float]:
    """The seconds of each image or its error, the seconds of each response, and the total seconds."""
    for visitor in visitors:
        visitor.answers.clear()
    began = time.monotonic()
    ended = await asyncio.gather(*work, return_exceptions=True)
    each = [one for some in ended for one in (some if isinstance(some, list) else [some])]
    return each, [answer for visitor in visitors for answer in visitor.answers], time.monotonic() - began


def print_summary(ended: list[float | BaseException], answers: list[float]) -> None:
    """Print how many were served, how fast, and how fast events were answered."""
    errors = [one for one in ended if isinstance(one, BaseException)]
    served = sorted(one for one in ended if not isinstance(one, BaseException))
    late = quantiles(served, n=20)[-1]
    print(f"  served {len(served)}, errors {len(errors)} {set(map(repr, errors)) or ''}")
    print(f"  an image: median {median(served):.2f} s, 95th percentile {late:.2f} s: {late / DRAWING:.2f} of the ideal")
    print(f"  the slowest: {served[-1]:.2f} s: {served[-1] / DRAWING:.2f} of the ideal (bound {BOUND})")
    print(
        f"  events answered: median {median(answers):.3f} s, 95th percentile {quantiles(answers, n=20)[-1]:.3f} s (0.5)"
    )


async def soak(page: Page, minutes: float, together: int) -> None:
    """Let visitors come and go for `minutes`; print the resources of the page in the middle and at the end."""
    config, until, numbers = await configuration(page), time.monotonic() + minutes * 60, iter(range(10**9))
    rows: list[tuple[float, ...]] = []
    done, errors = 0, 0

    async def come_and_go() -> None:
        nonlocal done, errors
        while time.monotonic() < until:
            visitor = Visitor(page, next(numbers), config)
            try:
                await visitor.stay()
                await visitor.leave()
                done += 1
            except (AssertionError, OSError) as error:
                errors += 1
                print(repr(error))

    async def look() -> None:
        while time.monotonic() < until:
            await asyncio.sleep(min(5.0, minutes * 60 / 12))
            rows.append((page.memory(), page.threads(), page.handles(), page.temporary()))

    await asyncio.gather(look(), *(come_and_go() for _ in range(together)))
    third = max(1, len(rows) // 3)
    print(f"\nsoak of {minutes:g} minutes, {together} visitors at a time: {done} came and went, {errors} errors")
    print(f"{'':24}{'middle third':>14}{'last third':>14}{'ratio':>8}")
    for name, values in zip(
        ("memory, MB", "threads", "handles", "temporary files"), zip(*rows, strict=True), strict=True
    ):
        first, last = median(values[third : 2 * third] or values), median(values[-third:])
        print(f"{name:24}{first:14.1f}{last:14.1f}{(last + 1) / (first + 1):8.2f}")


def main() -> None:
    """Run the load and the soak, or the API."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--visitors", type=int, default=200)
    parser.add_argument("--processes", type=int, default=1, help="of the page, with a folder each")
    parser.add_argument("--postgres", action="store_true", help="the processes share a PostgreSQL database")
    parser.add_argument("--while", type=float, default=0.5, dest="minutes", help="minutes of 200 visitors")
    parser.add_argument("--soak", type=float, default=10, help="minutes; 0 for none")
    parser.add_argument("--serve", type=float, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve is not None:
        asyncio.run(serve(arguments.serve))
        return
    with ExitStack() as stack:
        database = stack.enter_context(running_postgres("-c listen_addresses=")).url if arguments.postgres else ""
        pages = [stack.enter_context(opened(DRAWING, database)) for _ in range(arguments.processes)]
        url = stack.enter_context(one_door(pages))
        asyncio.run(crowd(pages, url, arguments.visitors, arguments.minutes))
    if arguments.soak:
        with opened(1.0) as page:
            asyncio.run(soak(page, arguments.soak, 20))


if __name__ == "__main__":
    main()
