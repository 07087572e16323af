"""Tasks, the folder that keeps them, and a restart in the same folder."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flux_playground.local import LocalServer, results
from flux_playground.local.backend import Backend, Options
from flux_playground.local.ports import Ports
from flux_playground.local.results import Results
from flux_playground.local.tasks import Task, TaskStore

from .requests_to_server import PATH, accept, download, wait_for_end


def make_task(number: int = 1, **values: Any) -> Task:
    """A rendered task that takes ten seconds."""
    task_id = f"{number:08x}-0000-4000-8000-000000000000"
    defaults: dict[str, Any] = {"started_at": 0.0, "done_at": 10.0, "prompt": ""}
    return Task(
        task_id, PATH, "account", seed=number, output_format="jpeg", cost=7.0, size=(64, 64), **{**defaults, **values}
    )


def test_limits(tmp_path: Path) -> None:
    """The oldest tasks and images are deleted above the limits, also at the start."""
    store = TaskStore(tmp_path, max_tasks=50, max_images=5)
    for number in range(60):
        store.add(make_task(number), {"prompt": "a hill"})
        store.image_path(make_task(number)).write_bytes(b"image")
        store.add_image(make_task(number).id)
    assert len(store) == len(list(tmp_path.glob("*.json"))) == 50
    assert len(list(tmp_path.glob("*.image"))) == 5
    assert store.get(make_task(0).id) is None
    assert store.get(make_task(59).id) == make_task(59)
    TaskStore(tmp_path, max_tasks=20, max_images=2)
    assert len(list(tmp_path.glob("*.json"))) == 20
    assert len(list(tmp_path.glob("*.image"))) == 2


def test_request_bytes(tmp_path: Path) -> None:
    """The stored requests are bounded by their bytes; the newest is always kept."""
    store = TaskStore(tmp_path, max_request_bytes=10_000)
    for number in range(9):
        store.add(make_task(number), {"image_prompt": "A" * 4000})
    assert [store.get(make_task(number).id) is not None for number in (0, 6, 7, 8)] == [False, False, True, True]
    store.add(make_task(9), {"image_prompt": "A" * 40_000})
    assert [path.stem for path in tmp_path.glob("*.json")] == [make_task(9).id]


@pytest.mark.parametrize("text", ["[]", "{}", "", "null"])
def test_foreign_file(tmp_path: Path, text: str) -> None:
    """A file that is not a task is not found."""
    (tmp_path / f"{make_task().id}.json").write_text(text)
    store = TaskStore(tmp_path)
    assert [store.get(task_id) for task_id in (make_task().id, make_task(2).id, "../secret", "")] == [None] * 4


def test_progress() -> None:
    """The progress climbs from 0 to 1 and is None at both ends."""
    values = [make_task().progress(now) for now in (0.0, 0.6, 5.0, 9.5, 9.7)]
    assert values == [None, 0.0, 0.51, 1.0, None]


def status_after(seconds: float, word: str, folder: Path) -> dict[str, Any]:
    """The body of a poll some seconds after the start of a task with a fault."""
    backend = Backend(Options(renderer="flat"), folder)
    task = make_task(started_at=0.0, done_at=1000.0, triggers=(word,))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(results, "time", SimpleNamespace(time=lambda: seconds, monotonic=time.monotonic))
        body = Results(backend, Ports((1,), 1)).status(task, "http://127.0.0.1:1")
    backend.close()
    return body


@pytest.mark.parametrize(
    ("word", "seconds", "status"),
    [
        ("reasoning", 100, "Reasoning"),
        ("reasoning", 600, "Generating"),
        ("unknown-status", 100, "Dreaming"),
        ("not-yet", 0.1, "Task not found"),
        ("not-yet", 1.1, "Pending"),
        ("lost", 100, "Pending"),
        ("lost", 600, "Task not found"),
        ("no-progress", 600, "Pending"),
    ],
)
def test_status(word: str, seconds: float, status: str, tmp_path: Path) -> None:
    """A fault of a task decides its status over time."""
    assert status_after(seconds, word, tmp_path)["status"] == status


def test_no_progress(tmp_path: Path) -> None:
    """The fault no-progress leaves out the progress."""
    assert status_after(500, "reasoning", tmp_path)["progress"] == 0.51
    assert status_after(500, "no-progress", tmp_path)["progress"] is None


@pytest.mark.parametrize(
    ("words", "kind"),
    [(("slow",), None), (("preview",), str), (("preview-object",), dict), (("preview", "no-preview"), None)],
)
def test_preview(words: tuple[str, ...], kind: type | None, tmp_path: Path) -> None:
    """A fault decides whether a running task has a preview, and its form."""
    backend, now = Backend(Options(renderer="flat"), tmp_path), time.time()
    task = make_task(started_at=now - 500, done_at=now + 500, triggers=words)
    backend.store.add_image(task.id)
    preview = Results(backend, Ports((1,), 1)).status(task, "http://127.0.0.1:1")["preview"]
    backend.close()
    url = preview["url"] if isinstance(preview, dict) else preview
    assert preview is None if kind is None else isinstance(preview, kind)
    assert url is None or url.startswith(f"http://127.0.0.1:1/results/{task.id}/preview-128.jpeg?se=")


def test_restart(tmp_path: Path) -> None:
    """After a restart a task is known, and a deleted image is rendered again with the same bytes."""
    options: dict[str, Any] = {"speed": 300, "folder": tmp_path, "renderer": "flat", "scale": 0.1}
    with LocalServer(**options) as server:
        done, running = accept(server, seed=1), accept(server, seed=2)
        first = download(wait_for_end(done["polling_url"]))
    for path in tmp_path.glob("*.image"):
        path.unlink()
    with LocalServer(**options) as server:
        bodies = [wait_for_end(f"{server.url}/v1/get_result?id={task['id']}") for task in (done, running)]
        assert [body["result"]["seed"] for body in bodies] == [1, 2]
        assert download(bodies[0]) == first
        assert download(bodies[1]) != first
