"""The published OpenAPI document and the index page."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from flux_playground.local import LocalServer
from flux_playground.local.faults import FAULTS
from flux_playground.local.index_page import render_page
from flux_playground.schema import Operation, load
from tests.image_shapes import DOCUMENT
from tests.waiting import WAIT_SECONDS

from .requests_to_server import KEY, PATH, get


def write_document(folder: Path, raw: dict[str, Any]) -> Path:
    """Write a document into a folder."""
    path = folder / "openapi.json"
    path.write_text(json.dumps(raw), "utf-8")
    return path


@pytest.mark.parametrize("operation", DOCUMENT.operations, ids=lambda one: one.path)
def test_example_with_images(operation: Operation) -> None:
    """The example on the index page has images in the shape of the schema."""
    page = render_page(replace(DOCUMENT, operations=(operation,)), "http://127.0.0.1:1")
    example = page.partition("-d &#x27;")[2].partition("&#x27;")[0].replace("&quot;", '"')
    assert operation.check(json.loads(example)) == ()


def test_served_document(server: LocalServer) -> None:
    """The document names this server and has the paths and components of the shipped one."""
    served = get(server.url + "/openapi.json").json()
    assert served["servers"][0]["url"] == server.url
    assert served["components"] == load().raw["components"]
    assert set(served["paths"]) == set(load().raw["paths"])


def test_unserved_path(tmp_path: Path) -> None:
    """A path that this server does not have is left out of the document."""
    raw = dict(load().raw)
    raw["paths"] = {**raw["paths"], "/v1/delete_finetune": {"post": {"responses": {}}}}
    with LocalServer(write_document(tmp_path, raw), renderer="flat") as server:
        assert "/v1/delete_finetune" not in get(server.url + "/openapi.json").json()["paths"]


def test_unknown_task_response(tmp_path: Path) -> None:
    """A document without a 404 for polls gets one that allows the body of an unknown task."""
    raw = dict(load().raw)
    poll = raw["paths"]["/v1/get_result"]["get"]
    responses = {status: response for status, response in poll["responses"].items() if status != "404"}
    raw["paths"] = {**raw["paths"], "/v1/get_result": {"get": {**poll, "responses": responses}}}
    with LocalServer(write_document(tmp_path, raw), renderer="flat") as server:
        served = get(server.url + "/openapi.json").json()
    content = served["paths"]["/v1/get_result"]["get"]["responses"]["404"]["content"]["application/json"]
    assert "status" in content["schema"]["anyOf"][0]["properties"]


def test_index_page(server: LocalServer) -> None:
    """The index page lists every fault, and its example is a valid request."""
    page = get(server.url).text
    assert all(f"#{fault.word}<" in page for fault in FAULTS)
    assert f"{server.url}{PATH}" in page
    example = page.partition("-d &#x27;")[2].partition("&#x27;")[0].replace("&quot;", '"')
    assert requests.post(server.url + PATH, data=example, headers=KEY, timeout=WAIT_SECONDS).status_code == 200


def test_schemathesis() -> None:
    """Generated requests get no response that contradicts the document."""
    with LocalServer(speed=300, seed=1, key="sesame", renderer="flat", scale=0.1) as server:
        # A schema cannot express the bounds of a ratio, so a text that is valid by the schema may be rejected.
        command = [sys.executable, "-m", "schemathesis.cli", "run", server.url + "/openapi.json", "-H", "x-key: sesame"]
        command += ["--checks", "all", "--exclude-checks", "positive_data_acceptance"]
        command += ["--phases", "coverage,fuzzing", "--max-examples", "8"]
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    assert run.returncode == 0, run.stdout[-4000:]
