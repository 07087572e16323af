"""Several regions of one local server."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import requests

from flux_playground.local import LocalServer
from tests.waiting import WAIT_SECONDS

from .requests_to_server import KEY, PATH, accept, download, get, wait_for_end

NOT_FOUND = {"detail": "Finetune not found or not ready"}


def finetunes_of(url: str) -> list[str]:
    """The finetunes of the region at a URL."""
    listed: list[str] = get(url + "/v1/my_finetunes").json()["finetunes"]
    return listed


def test_finetune_of_one_region() -> None:
    """A finetune is listed, described and accepted in its own region only; both regions share the credits."""
    with LocalServer(regions=2, renderer="flat", scale=0.1) as server:
        first, second = map(finetunes_of, server.urls)
        body = {"finetune_id": second[0], "prompt": "a lake"}
        details = [get(url + "/v1/finetune_details", finetune_id=second[0]) for url in server.urls]
        submits = [requests.post(url + PATH, json=body, headers=KEY, timeout=WAIT_SECONDS) for url in server.urls]
        balances = {get(url + "/v1/credits").json()["credits"] for url in server.urls}
    assert first
    assert not {*first} & {*second}
    for responses in (details, submits):
        assert [response.status_code for response in responses] == [404, 200]
        assert responses[0].json() == NOT_FOUND
    assert balances == {100_000.0 - 7.0}


@pytest.mark.parametrize("single_port", [False, True])
def test_task_of_one_region(single_port: bool) -> None:
    """A task is polled at its polling URL or in its own region; the other region does not know it."""
    with LocalServer(regions=2, speed=300, renderer="flat", scale=0.1, single_port=single_port) as server:
        task = accept(server, finetune_id=finetunes_of(server.url)[0])
        polls = [get(f"{url}/v1/get_result", id=task["id"]) for url in server.urls]
        assert [poll.status_code for poll in polls] == [200, 404]
        assert polls[1].json()["status"] == "Task not found"
        assert download(wait_for_end(task["polling_url"]))


def test_documented_servers() -> None:
    """Each region publishes the same document, which names all regions, the dead one last."""
    with LocalServer(regions=2, dead_region="refuse", renderer="flat") as server:
        documents = [get(url + "/openapi.json").json() for url in server.urls[:2]]
    assert [[entry["url"] for entry in document["servers"]] for document in documents] == [list(server.urls)] * 2
    assert len({urlsplit(url).port for url in server.urls}) == 3


@pytest.mark.parametrize(
    ("kind", "error"),
    [("refuse", requests.ConnectionError), ("drop", requests.ConnectTimeout), ("hang", requests.ReadTimeout)],
)
def test_dead_region(kind: str, error: type[Exception]) -> None:
    """A dead region refuses the connection, drops it or never responds, and does not delay the end of the server."""
    with LocalServer(dead_region=kind, renderer="flat") as server:
        with pytest.raises(error):
            get(server.urls[-1] + "/v1/credits", timeout=0.3)
        assert get(server.url + "/v1/credits").status_code == 200
