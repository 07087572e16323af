"""Two replicas behind HAProxy, their records behind PgBouncer, their images in a bucket; one of them is killed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import psycopg

from flux_playground.client import Client
from flux_playground.generation import State
from flux_playground.local import LocalServer
from tests.app_process import environment, wait_for
from tests.forked_program import fork_program
from tests.http_visitor import Answer, Stranger
from tests.postgres_server import PostgresServer
from tests.proxies import running_haproxy, running_pgbouncer
from tests.s3_server import S3Server
from tests.waiting import wait_until

KEY, PRICE = "owners-key", 7
COOKIE = "flux-replica"


class Visitor(Stranger):
    """A browser that keeps the cookie of the proxy; `replicas` are the replicas that it was sent to."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.replicas: list[str] = []

    def call(self, method: str, path: str, body: bytes | str = b"", **headers: str) -> Answer:
        """One request with the cookie."""
        answer = super().call(method, path, body, **headers)
        if found := re.match(rf"{COOKIE}=(\w+);", answer.headers.get("set-cookie", "")):
            self.replicas.append(found[1])
            self.headers["cookie"] = f"{COOKIE}={found[1]}"
        return answer

    def go_to(self, replica: str, session: str) -> None:
        """Send the next requests to a replica, from a page that it has or will get."""
        self.headers["cookie"], self.session = f"{COOKIE}={replica}", session

    def images(self) -> dict[str, str]:
        """The ids of the own images in the gallery, each with its path, or "" while it is made."""
        cards = self.fetch("/gallery/cards").body.decode()
        found = re.findall(r'<li data-id="(\w+)"(.*?)</li>', cards, flags=re.S)
        paths = {one: re.search(r'data-image="(image/[^"]+)"', card) for one, card in found}
        return {one: f"/{path[1]}" if path else "" for one, path in paths.items()}


@contextmanager
def replica(folder: Path, **extra: str) -> Iterator[tuple[BaseProcess, str]]:
    """A program that the test may kill, and its address."""
    folder.mkdir()
    environ, log = environment(folder, **extra), folder / "log"
    url = f"http://127.0.0.1:{environ['GRADIO_SERVER_PORT']}/"
    program = fork_program(environ, log)
    try:
        wait_for(url, program.is_alive, log)
        yield program, url
    finally:
        program.kill()
        program.join()


def test_killed_replica(tmp_path: Path, postgres_server: PostgresServer, empty_database: str, s3: S3Server) -> None:
    """Visitors stay with a replica; when it is killed they find everything at the other one, and nothing of others."""
    with ExitStack() as opened:
        api = opened.enter_context(LocalServer(speed=6, scale=0.1, renderer="flat", credits=1000))
        settings = {
            "FLUX_PLAYGROUND_HOSTED": "1",
            "BFL_API_KEY": KEY,
            "FLUX_PLAYGROUND_BASE_URL": api.url,
            "FLUX_PLAYGROUND_TRUSTED_PROXIES": "127.0.0.1",
            "FLUX_PLAYGROUND_DATABASE": opened.enter_context(running_pgbouncer(postgres_server)),
            "FLUX_PLAYGROUND_FILES": s3.new_bucket(),
            **s3.environment,
        }
        started = {number: opened.enter_context(replica(tmp_path / number, **settings)) for number in ("1", "2")}
        address = opened.enter_context(running_haproxy({f"page{one}": url for one, (_, url) in started.items()}))
        ann, bob = visitors_of_both(address)
        ann.generate(prompt="a secret garden")
        bob.generate(prompt="a mill")
        ((secret, image),) = ann.images().items()
        stop_elsewhere(bob, empty_database)
        ann.join(ann.number("click"), ann.pressed(ann.form(prompt="a secret tower #slow")))
        wait_until(lambda: count(empty_database, State.RUNNING) + count(empty_database, State.SUCCEEDED) == 3)
        assert (ann.replicas, bob.replicas) == (["1"], ["2"])

        started["1"][0].kill()
        ann.session = "reloaded"
        ann.hello()
        assert ann.replicas == ["1", "2"]
        (tower,) = ann.images().keys() - {secret}
        assert ann.images()[secret] == image
        assert ann.get(image).status == 200
        wait_until(lambda: count(empty_database, State.SUCCEEDED) == 3)
        assert ann.get(ann.images()[tower]).status == 200
        assert b"a secret tower" in ann.fetch(f"/gallery/image/{tower}").body
        with Client(api.url, KEY) as client:
            assert client.credits() == 1000 - 4 * PRICE

        assert not bob.images().keys() & {secret, tower}
        for path in ("/gallery/cards?q=secret", f"/gallery/image/{secret}", f"/gallery/image/{tower}"):
            assert b"a secret" not in bob.fetch(path).body
        assert b"secret" not in bob.heard
        assert bob.replicas == ["2"]


def visitors_of_both(address: str) -> tuple[Visitor, Visitor]:
    """A visitor of each replica, who has opened the page."""
    found: dict[str, Visitor] = {}
    for _ in range(20):
        if len(found) == 2:
            break
        one = Visitor(address)
        one.hello()
        found[one.replicas[0]] = one
    return found["1"], found["2"]


def stop_elsewhere(bob: Visitor, database: str) -> None:
    """A visitor of one replica stops an image in a page of the other one."""
    session = bob.session
    bob.go_to("1", "elsewhere")
    bob.hello()
    bob.go_to("2", session)
    bob.join(bob.number("click"), bob.pressed(bob.form(prompt="a mill #stuck")))
    wait_until(lambda: count(database, State.RUNNING) == 1)
    (running,) = (one for one, path in bob.images().items() if not path)
    bob.go_to("1", "elsewhere")
    bob.act("stop", id=running)
    assert count(database, State.DETACHED) == 1
    bob.go_to("2", session)


def count(url: str, state: State) -> int:
    """The number of records in a state."""
    with closing(psycopg.connect(url, autocommit=True)) as database:
        row = database.execute("SELECT count(*) FROM generations WHERE state = %s", [state]).fetchone()
    return int(row[0]) if row else 0
