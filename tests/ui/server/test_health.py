"""The routes of operators during an outage of the bucket."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from flux_playground import Playground, Settings
from flux_playground.storage import blob_bucket
from flux_playground.ui.server import health
from tests.s3_server import S3Server


def test_outage_of_the_bucket(settings: Settings, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process without its bucket lives, and is not ready until the bucket is there again."""
    monkeypatch.setattr(blob_bucket, "CHECK_SECONDS", 0.0)
    monkeypatch.setattr(blob_bucket, "FAILURE_SECONDS", 0.0)
    url = s3.new_bucket()
    with Playground(settings.replace(files=url)) as playground:
        client = TestClient(Starlette(routes=health.routes(playground)))
        assert client.get("/ready").text == "ok"
        s3.remove_everything()
        assert client.get("/health").text == "ok"
        answer = client.get("/ready")
        sentence = "Images cannot be stored: the bucket does not exist. Nothing was sent."
        assert (answer.status_code, answer.text) == (503, sentence)
        assert answer.headers["cache-control"] == "no-store"
        s3.create(urlsplit(url).netloc)
        assert client.get("/ready").text == "ok"
