"""How the local API is started, what it serves of a document, what it keeps, and how much it holds."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from flux_playground.errors import InvalidDocument
from flux_playground.local import LocalServer
from flux_playground.local.__main__ import main
from flux_playground.local.tasks import Shelf, Task
from flux_playground.schema import load

PATH = "/v1/flux-pro-1.1-ultra-finetuned"
ROOT = Path(__file__).parents[2]
KEY = {"x-key": "k"}
SMALL = {"width": 96, "height": 64}  # fields that the endpoint does not name, and the painter knows


def submit(server: LocalServer, path: str = PATH, **values: Any) -> requests.Response:
    body = {"finetune_id": "x", "prompt": "a hill", **SMALL, **values}
    return requests.post(server.url + path, json=body, headers=KEY, timeout=10)


def ready(url: str) -> dict[str, Any]:
    until = time.monotonic() + 15
    while time.monotonic() < until:
        body: dict[str, Any] = requests.get(url, timeout=10).json()
        if body["status"] != "Pending":
            return body
        time.sleep(0.01)
    raise AssertionError("the task did not finish")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flux_playground.local", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)


def test_it_starts_from_a_shell_answers_and_ends_when_told() -> None:
    command = [sys.executable, "-m", "flux_playground.local", "--port", "0", "--speed", "50"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().rpartition(" ")[2].strip()
        assert requests.get(url + "/v1/credits", headers=KEY, timeout=10).status_code == 200
        process.terminate()
        assert process.wait(10) == 0


def test_it_imports_nothing_heavy_to_start() -> None:
    code = "import sys, flux_playground.local; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"gradio", "numpy", "PIL", "requests", "sqlite3"} & set(loaded.stdout.split())


def test_help_shows_every_option() -> None:
    shown = run("--help").stdout
    for option in ("host", "port", "document", "folder", "speed", "seed", "bad-day", "webhook-form", "one-address"):
        assert f"--{option}" in shown


@pytest.mark.parametrize(
    "arguments",
    [["--document", "nowhere.json"], ["--bad-day", "sunday"], ["--host", "192.0.2.1"]],
)
def test_what_cannot_be_used_ends_the_start_with_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port", "0", *arguments]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_a_document_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "none.json").write_text("[]")
    with pytest.raises(InvalidDocument):
        LocalServer(tmp_path / "none.json")


def test_every_operation_of_any_document_is_served(tmp_path: Path) -> None:
    raw = json.loads(json.dumps(load().raw))
    length = {"type": "integer", "minimum": 64}
    body = {"type": "object", "properties": {"prompt": {"type": "string"}, "width": length, "height": length}}
    operation = json.loads(json.dumps(raw["paths"][PATH]))
    operation["post"]["requestBody"]["content"]["application/json"]["schema"] = body
    raw["paths"]["/v1/flux-next"] = operation
    (tmp_path / "openapi.json").write_text(json.dumps(raw))
    with LocalServer(tmp_path / "openapi.json", speed=50) as server:
        assert submit(server).status_code == 200
        assert submit(server, "/v1/flux-next", width=1).status_code == 422
        answer = submit(server, "/v1/flux-next", width=640, height=320)
        assert answer.json()["cost"] == 2.5
        assert ready(answer.json()["polling_url"])["status"] == "Ready"


def test_the_document_is_served_with_this_server_in_it() -> None:
    with LocalServer() as server:
        served = requests.get(server.url + "/openapi.json", timeout=10).json()
        assert served["servers"][0]["url"] == server.url
        assert served["components"] == load().raw["components"]
        assert set(served["paths"]) == set(load().raw["paths"])


def test_samples_and_polls_have_addresses_of_their_own_and_each_answers_for_its_own_only() -> None:
    with LocalServer(speed=50, seed=5) as server:
        ports = {server.url.rpartition(":")[2]}
        task = submit(server).json()
        body = ready(task["polling_url"])
        sample = body["result"]["sample"]
        ports |= {url.split("/")[2].rpartition(":")[2] for url in (task["polling_url"], sample)}
        assert len(ports) == 3
        assert requests.get(sample.replace(sample.split("/")[2], server.url[7:]), timeout=10).status_code == 404
        there = task["polling_url"].split("/")[2]
        assert requests.get(f"http://{there}/v1/credits", headers=KEY, timeout=10).status_code == 404
        regions = {submit(server, prompt="#error").json()["polling_url"].split("/")[2] for _ in range(12)}
        assert len(regions) == 2
        (other,) = regions - {there}
        lost = requests.get(task["polling_url"].replace(there, other), timeout=10)
        assert (lost.status_code, lost.json()["status"]) == (404, "Task not found")


def test_one_address_can_be_had() -> None:
    with LocalServer(speed=50, one_address=True) as server:
        task = submit(server).json()
        assert task["polling_url"].startswith(server.url)
        sample = ready(task["polling_url"])["result"]["sample"]
        assert sample.startswith(server.url)
        assert requests.get(sample, timeout=10).status_code == 200


def test_a_key_can_be_demanded() -> None:
    with LocalServer(key="sesame") as server:
        asked = [requests.get(server.url + "/v1/credits", headers={"x-key": k}, timeout=10) for k in ("k", "sesame")]
        assert [answer.status_code for answer in asked] == [403, 200]


def test_the_seed_settles_ids_and_what_else_is_chance() -> None:
    def first(seed: int) -> list[str]:
        with LocalServer(seed=seed) as server:
            return [submit(server, prompt="#error").json()["id"] for _ in range(2)]

    assert first(1) == first(1) != first(2)


def test_a_task_is_known_after_a_restart_in_the_same_folder(tmp_path: Path) -> None:
    with LocalServer(speed=100, folder=tmp_path) as server:
        done, fresh = submit(server, seed=1).json(), submit(server, seed=2).json()
        ready(done["polling_url"])
    with LocalServer(speed=100, folder=tmp_path) as server:
        for task, seed in ((done, 1), (fresh, 2)):
            body = ready(f"{server.url}/v1/get_result?id={task['id']}")
            assert body["result"]["seed"] == seed
            assert requests.get(body["result"]["sample"], timeout=10).status_code == 200


def test_an_image_prompt_that_is_no_image_ends_its_task_as_an_error() -> None:
    with LocalServer(speed=100) as server:
        body = ready(submit(server, image_prompt="AAAA", image_prompt_strength=0.5).json()["polling_url"])
        assert body["status"] == "Error"
        assert "cannot be read" in body["details"]


def task(number: int) -> Task:
    return Task(f"{number:08x}-0000-4000-8000-000000000000", PATH, "a", 0.0, 0.0, number, "jpeg", 7.0, prompt="")


def test_old_tasks_and_pictures_are_forgotten(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, tasks=50, pictures=5)
    for number in range(60):
        shelf.add(task(number), {"prompt": "a hill"})
        shelf.picture(task(number)).write_bytes(b"picture")
        shelf.pictured(task(number).id)
    assert len(shelf) == len(list(tmp_path.glob("*.json"))) == 50
    assert len(list(tmp_path.glob("*.picture"))) == 5
    assert shelf.get(task(0).id) is None
    assert shelf.get(task(59).id) == task(59)
    assert len(Shelf(tmp_path, tasks=20, pictures=2)) == 0
    assert len(list(tmp_path.glob("*.json"))) == 20
    assert len(list(tmp_path.glob("*.picture"))) == 2


def test_the_images_that_were_sent_take_so_much_room_and_no_more(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, size=10_000)
    for number in range(9):
        shelf.add(task(number), {"image_prompt": "A" * 4000})
    assert [shelf.get(task(number).id) is not None for number in (0, 6, 7, 8)] == [False, False, True, True]
    shelf.add(task(9), {"image_prompt": "A" * 40_000})
    assert [path.stem for path in tmp_path.glob("*.json")] == [task(9).id]


def test_a_picture_that_was_forgotten_is_drawn_again_as_it_was(tmp_path: Path) -> None:
    with LocalServer(speed=100, folder=tmp_path) as server:
        url = ready(submit(server, seed=3).json()["polling_url"])["result"]["sample"]
        first = requests.get(url, timeout=10).content
    for path in tmp_path.glob("*.picture"):
        path.unlink()
    with LocalServer(speed=100, folder=tmp_path) as server:
        name = url.split("/")[4]
        fresh = ready(f"{server.url}/v1/get_result?id={name}")["result"]["sample"]
        assert requests.get(fresh, timeout=10).content == first


def test_what_is_no_task_of_ours_is_not_found(tmp_path: Path) -> None:
    (tmp_path / f"{task(1).id}.json").write_text("[]")
    shelf = Shelf(tmp_path)
    for name in (task(1).id, task(2).id, "../secret", ""):
        assert shelf.get(name) is None


def test_polls_are_answered_at_once_while_pictures_are_drawn() -> None:
    with LocalServer(speed=1) as server, requests.Session() as session:
        url = [submit(server, seed=seed, width=2752, height=1536).json()["polling_url"] for seed in range(4)][-1]
        waits = []
        for _ in range(100):
            start = time.monotonic()
            assert session.get(url, timeout=10).json()["status"] == "Pending"
            waits.append(time.monotonic() - start)
        assert sorted(waits)[90] < 0.05


def test_a_random_client_finds_no_fault() -> None:
    with LocalServer(speed=100, seed=1, key="sesame") as server:
        # The ratio of an image has bounds that a schema cannot say, so that a valid text can be refused.
        command = [sys.executable, "-m", "schemathesis.cli", "run", server.url + "/openapi.json", "-H", "x-key: sesame"]
        command += ["--checks", "all", "--exclude-checks", "positive_data_acceptance", "--max-examples", "25"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout[-4000:]
