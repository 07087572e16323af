"""The routes of the local API."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import time
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from PIL import Image

from flux_playground.local import LocalServer
from tests.waiting import WAIT_SECONDS

from .added_endpoint import FLUX_2, FLUX_3, with_endpoint
from .requests_to_server import KEY, PATH, accept, download, get, submit, wait_for_end


def test_landscape_size() -> None:
    """The default renderer delivers an image of the requested ratio, with seed and prompt."""
    with LocalServer(speed=300, scale=0.125) as server:
        body = wait_for_end(accept(server, aspect_ratio="1:1")["polling_url"])
        image = Image.open(io.BytesIO(download(body)))
    assert (body["result"]["seed"], body["result"]["prompt"]) == (42, "a lake")
    assert image.size == (256, 256)
    assert len(image.getcolors(maxcolors=1 << 20) or ()) > 100


def test_seed_and_bytes(server: LocalServer) -> None:
    """The same seed gives the same bytes, another seed gives other bytes."""
    first, again, other = (download(wait_for_end(accept(server, seed=n)["polling_url"])) for n in (7, 7, 8))
    assert first == again
    assert first != other


@pytest.mark.parametrize("headers", [{}, {"x-key": ""}])
def test_no_key(server: LocalServer, headers: dict[str, str]) -> None:
    """A submit without a key gets the recorded 403."""
    response = requests.post(server.url + PATH, json={}, headers=headers, timeout=WAIT_SECONDS)
    assert response.status_code == 403
    assert response.json() == {"detail": "Not authenticated - Invalid Authentication"}


def test_required_key() -> None:
    """With the option `key` other keys are rejected."""
    with LocalServer(key="local-demo", renderer="flat") as server:
        statuses = [submit(server, key=key).status_code for key in ("other", "local-demo")]
    assert statuses == [403, 200]


def test_credits(server: LocalServer) -> None:
    """The credits go down by the cost in the response to a submit."""
    cost = accept(server, key="credits")["cost"]
    left = requests.get(server.url + "/v1/credits", headers={"x-key": "credits"}, timeout=WAIT_SECONDS).json()[
        "credits"
    ]
    assert 100_000 - left == cost == 7.0


def test_webhook_body(server: LocalServer) -> None:
    """A submit with a webhook gets no polling URL; the task can be polled by id."""
    body = accept(server, webhook_url="http://127.0.0.1:9/hook")
    assert "polling_url" not in body
    assert body["webhook_url"] == "http://127.0.0.1:9/hook"
    assert get(server.url + "/v1/get_result", id=body["id"]).json()["status"] in ("Pending", "Ready")


def test_finetunes(server: LocalServer) -> None:
    """Finetunes are listed and described; an unknown one gets the recorded 404."""
    first = get(server.url + "/v1/my_finetunes").json()["finetunes"][0]
    details = get(server.url + "/v1/finetune_details", finetune_id=first).json()["finetune_details"]
    unknown = get(server.url + "/v1/finetune_details", finetune_id="unknown")
    assert details["trigger_word"]
    assert (unknown.status_code, unknown.json()) == (404, {"detail": "Finetune not found or not ready"})


def test_unknown_paths(server: LocalServer) -> None:
    """An unknown path and an unknown task get the 404 of the API."""
    task = get(server.url + "/v1/get_result", id="unknown")
    assert get(server.url + "/v1/nothing").json() == {"detail": "Not Found"}
    assert (task.status_code, task.json()["status"]) == (404, "Task not found")


def test_sample_url(server: LocalServer) -> None:
    """The URL of an image has the recorded query, and a changed one is rejected."""
    url = wait_for_end(accept(server)["polling_url"])["result"]["sample"]
    pattern = (
        r"/sample\.jpeg\?se=\d{4}-\d\d-\d\dT\d\d%3A\d\d%3A\d\dZ&sp=r&sv=2024-11-04&sr=b&rsct=image/jpeg&sig=.+%3D$"
    )
    assert re.search(pattern, url)
    assert get(url.replace("se=2", "se=3")).status_code == 403


def test_sample_headers(server: LocalServer) -> None:
    """A download has the recorded headers and supports ranges."""
    url = wait_for_end(accept(server)["polling_url"])["result"]["sample"]
    response = get(url)
    digest = base64.b64encode(hashlib.md5(response.content, usedforsecurity=False).digest()).decode()
    assert response.headers["Cache-Control"] == "max-age=1200"
    assert response.headers["Content-MD5"] == digest
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["ETag"]
    assert response.headers["Last-Modified"].endswith("GMT")
    part = requests.get(url, headers={"Range": "bytes=2-5"}, timeout=WAIT_SECONDS)
    assert (part.status_code, part.content) == (206, response.content[2:6])


def test_sample_expiry() -> None:
    """An expired URL is rejected, and the next poll returns a new URL."""
    with LocalServer(speed=300, renderer="flat", sample_lifetime=-1.0) as server:
        polling_url = accept(server)["polling_url"]
        assert get(wait_for_end(polling_url)["result"]["sample"]).status_code == 403
        backend = server._api.backend
        backend.options = replace(backend.options, sample_lifetime=60.0)
        assert get(wait_for_end(polling_url)["result"]["sample"]).status_code == 200


@pytest.mark.parametrize(("path", "seconds"), [(PATH, 600), (FLUX_3, 3600)])
def test_link_life(path: str, seconds: int) -> None:
    """The URL of an image works for ten minutes after the end of its task, that of a FLUX 3 image for an hour."""
    with LocalServer(with_endpoint(FLUX_3), speed=300, renderer="flat") as server:
        task = accept(server, path=path)
        sample = wait_for_end(task["polling_url"])["result"]["sample"]
        ended = server._api.backend.store.get(task["id"])
    expiry = datetime.fromisoformat(parse_qs(urlsplit(sample).query)["se"][0])
    assert ended is not None
    assert expiry.timestamp() == int(ended.done_at) + seconds


def test_poll_headers() -> None:
    """A poll has the recorded headers of the rate limit."""
    with LocalServer(renderer="flat") as server:
        headers = get(accept(server)["polling_url"]).headers
    assert (headers["Retry-After"], headers["X-Ratelimit-Limit"]) == ("1", "1200")
    assert (headers["X-Ratelimit-Remaining"], headers["X-Ratelimit-Reset"]) == ("1199", "1")


def test_ports() -> None:
    """Requests, regional polls and images have ports of their own, and each serves its own paths only."""
    with LocalServer(speed=300, seed=5, renderer="flat") as server:
        task = accept(server)
        sample = wait_for_end(task["polling_url"])["result"]["sample"]
        hosts = [url.split("/")[2] for url in (server.url, task["polling_url"], sample)]
        assert len(set(hosts)) == 3
        assert get(sample.replace(hosts[2], hosts[0])).status_code == 404
        assert get(f"http://{hosts[1]}/v1/credits").status_code == 404
        regions = {accept(server, prompt="#error")["polling_url"].split("/")[2] for _ in range(12)}
        (other,) = regions - {hosts[1]}
        response = get(task["polling_url"].replace(hosts[1], other))
        assert (response.status_code, response.json()["status"]) == (404, "Task not found")


def test_single_port() -> None:
    """With `single_port` polls and images are on the main port."""
    with LocalServer(speed=300, single_port=True, renderer="flat") as server:
        task = accept(server)
        body = wait_for_end(task["polling_url"])
        assert task["polling_url"].startswith(server.url)
        assert body["result"]["sample"].startswith(server.url)
        assert download(body)


def test_other_document() -> None:
    """Every operation of a document is served, with its own fields; a stray size does not count."""
    side = {"type": "integer", "minimum": 64}
    document = with_endpoint(FLUX_2, width=side, height=side)
    with LocalServer(document, speed=300, renderer="flat", scale=0.5) as server:
        assert submit(server, FLUX_2, width=1).status_code == 422
        task = accept(server, path=FLUX_2, width=512, height=256)
        result = wait_for_end(task["polling_url"])["result"]
        assert (task["cost"], task["input_mp"], task["output_mp"]) == (2.5, 0.0, 0.03)
        assert set(result) == {"sample", "prompt", "start_time"}  # an endpoint without a seed
        assert Image.open(io.BytesIO(download({"result": result}))).size == (256, 128)
        stray = wait_for_end(accept(server, width=512, height=256)["polling_url"])
        assert Image.open(io.BytesIO(download(stray))).size == (1376, 768)


def test_running_task() -> None:
    """A task of FLUX 3 is Pending, Reasoning, then Generating with a sharper and sharper preview; polls have a cost."""
    with LocalServer(with_endpoint(FLUX_3), renderer="flat") as server:
        task, store = accept(server, path=FLUX_3), server._api.backend.store
        seen: list[tuple[str, int]] = []
        for percent in (1, 20, 45, 60, 90, 100):
            stored, now = store.get(task["id"]), time.time()
            assert stored is not None
            store.update(replace(stored, started_at=now - 10 * percent, done_at=now + 10 * (100 - percent)))
            body = get(task["polling_url"]).json()
            # Until it is rendered.
            while body["status"] != "Ready" and (percent == 100 or (percent > 40 and body["preview"] is None)):
                body = get(task["polling_url"]).json()
            preview = body["preview"] and get(body["preview"])
            seen.append((body["status"], max(Image.open(io.BytesIO(preview.content)).size) if preview else 0))
            assert body["cost"] == task["cost"]
        url = body["result"]["sample"].replace("sample.jpeg", "preview-64.jpeg")
        refused = [get(url.replace("se=2", "se=3")).status_code, get(url.replace("-64", "-4096")).status_code]
    assert [one for one in seen if one[0] == "Generating"] == [
        ("Generating", 64),
        ("Generating", 128),
        ("Generating", 256),
    ]
    assert [status for status, _ in seen if status != "Generating"] == ["Pending", "Reasoning", "Ready"]
    assert refused == [403, 404]
    assert (task["input_mp"], task["output_mp"]) == (0.0, 1.0)


def image_text(width: int, height: int) -> str:
    """A gray image as base64."""
    file = io.BytesIO()
    Image.new("L", (width, height)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


IMAGE_LIST = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "maxItems": 3}],
    "description": "Images: URL or base64.",
}


@pytest.mark.parametrize(
    ("images", "size", "megapixels"),
    [
        (image_text(400, 200), (1440, 736), 0.08),
        ([image_text(200, 400), "data:image/png;base64," + image_text(512, 1024)], (736, 1440), 0.58),
        (["https://example.org/a.png", image_text(1024, 1024)], (1024, 1024), 1.0),
        (["https://example.org/a.png"], (1024, 1024), 0.0),
    ],
)
def test_input_images(images: Any, size: tuple[int, int], megapixels: float) -> None:
    """Images in a text or in a list are measured; the first readable one gives the ratio for "auto"."""
    text = {"type": "string"}
    document = with_endpoint(FLUX_3, images=IMAGE_LIST, aspect_ratio=text, resolution=text)
    with LocalServer(document, speed=300, renderer="flat") as server:
        task = accept(server, path=FLUX_3, images=images, aspect_ratio="auto", resolution="1k")
        assert task["input_mp"] == megapixels
        assert Image.open(io.BytesIO(download(wait_for_end(task["polling_url"])))).size == size


def test_rejected_images() -> None:
    """A list that is too long is rejected by each branch of the union; an unreadable image ends the task."""
    with LocalServer(with_endpoint(FLUX_3, images=IMAGE_LIST), speed=300, scale=0.1) as server:
        rejected = submit(server, FLUX_3, images=["https://example.org/a.png"] * 4)
        unreadable = wait_for_end(accept(server, path=FLUX_3, images=[image_text(8, 8), "AAAA"])["polling_url"])
    assert [error["loc"] for error in rejected.json()["detail"]] == [
        ["body", "images", "str"],
        ["body", "images", "list[str]"],
    ]
    assert unreadable["details"]["error"].startswith("The image cannot be read")


def test_price_by_size() -> None:
    """An endpoint with a price by megapixels charges those of the image and of its input images."""
    side = {"type": "integer", "minimum": 64, "default": 0}
    document = with_endpoint("/v1/flux-2-klein-9b", width=side, height=side, input_image={"type": "string"})
    with LocalServer(document, renderer="flat") as server:
        costs = [
            accept(server, path="/v1/flux-2-klein-9b", prompt="#error", **values)["cost"]
            for values in ({}, {"width": 2048, "height": 1024}, {"input_image": image_text(1024, 1024)})
        ]
    assert costs == [1.5, 1.7, 1.7]


def test_seeded_server() -> None:
    """The server's seed determines the ids."""

    def ids(seed: int) -> list[str]:
        with LocalServer(seed=seed, renderer="flat") as server:
            return [accept(server, prompt="#error")["id"] for _ in range(2)]

    assert ids(1) == ids(1) != ids(2)


def test_unreadable_image_prompt() -> None:
    """An image prompt that is not an image ends its task as an Error, without the name of an exception."""
    with LocalServer(speed=300, scale=0.1) as server:
        body = wait_for_end(accept(server, image_prompt="AAAA", image_prompt_strength=0.5)["polling_url"])
    assert body["status"] == "Error"
    assert body["details"]["error"].startswith("The image cannot be read")


def test_key_header(server: LocalServer) -> None:
    """Polls need no key, account requests do."""
    assert requests.get(accept(server)["polling_url"], timeout=WAIT_SECONDS).status_code == 200
    assert requests.get(server.url + "/v1/credits", timeout=WAIT_SECONDS).status_code == 403
    assert requests.get(server.url + "/v1/credits", headers=KEY, timeout=WAIT_SECONDS).status_code == 200
