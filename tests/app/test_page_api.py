"""The program as it is started: what it refuses to start with, what its API gives, which doors stay shut."""

from __future__ import annotations

import json
import urllib.request
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest
from gradio_client import Client, handle_file

from flux_playground.images import image_file
from flux_playground.schema import load
from flux_playground.schema.document import BUNDLED_DOCUMENT

from ..http_visitor import Stranger
from ..waiting import WAIT_SECONDS


@pytest.fixture
def address(home: str) -> str:
    """The page at home that all tests share."""
    return home


@pytest.fixture
def api(address: str) -> Client:
    """A client of the page's own API."""
    return Client(address, verbose=False)


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=WAIT_SECONDS) as answer:
            return int(answer.status)
    except HTTPError as error:
        error.close()
        return error.code


def call(api: Client, **values: Any) -> tuple[str, str, dict[str, Any]]:
    image, seed, record = api.predict(api_name="/generate", **values)
    return image, seed, record


def test_parameters_are_those_of_the_schema(api: Client) -> None:
    """The page's API has an endpoint for each operation, with the schema's names."""
    endpoints = api.view_api(return_format="dict")["named_endpoints"]
    assert len(endpoints) == len(load().operations) + 1  # the first one has a second name
    names = [one["parameter_name"] for one in endpoints["/generate"]["parameters"]]
    assert endpoints["/flux_pro_1_1_ultra_finetuned"]["parameters"] == endpoints["/generate"]["parameters"]
    document = json.loads((BUNDLED_DOCUMENT.parent / "openapi.json").read_text())
    schema = next(s for s in document["components"]["schemas"].values() if "finetune_id" in s.get("properties", {}))
    assert sorted(names) == sorted(schema["properties"])


def test_image_seed_and_record(api: Client, tmp_path: Path) -> None:
    """A call returns the image, the exact seed as text and the record."""
    image, seed, record = call(api, finetune_id="my-finetune", prompt="a red kite 🪁", seed=str(2**64 - 1))
    assert seed == str(2**64 - 1)
    assert record["request"]["seed"] == 2**64 - 1
    assert record["request"]["prompt"] == "a red kite 🪁"
    info = image_file.verify(Path(image).read_bytes())
    assert (info.width, info.height) == (record["width"], record["height"])


def test_seed_zero_is_sent(api: Client) -> None:
    """A seed of 0 is sent; no seed draws one."""
    assert call(api, finetune_id="my-finetune", seed="0")[2]["request"]["seed"] == 0
    assert call(api, finetune_id="my-finetune")[2]["request"]["seed"] != 0


def test_same_seed_gives_same_bytes(api: Client) -> None:
    """The same seed gives the same file."""
    first = call(api, finetune_id="my-finetune", prompt="a mill", seed="7", aspect_ratio="1:1")
    again = call(api, finetune_id="my-finetune", prompt="a mill", seed="7", aspect_ratio="1:1")
    assert Path(first[0]).read_bytes() == Path(again[0]).read_bytes()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("finetune_strength", 2.4),
        ("seed", "abc"),
        ("aspect_ratio", "5:1"),
        ("aspect_ratio", "banana"),
        ("finetune_id", ""),
        ("safety_tolerance", 7),
        ("output_format", "gif"),
    ],
)
def test_refused_value_is_named(api: Client, field: str, value: Any) -> None:
    """A value that the schema refuses is named in the error."""
    values = {"finetune_id": "my-finetune", field: value}
    with pytest.raises(Exception, match=field):
        call(api, **values)


def test_text_file_as_image_is_refused(api: Client, tmp_path: Path) -> None:
    """A text file as image prompt is named in the error."""
    (tmp_path / "notes.png").write_text("this is no image")
    with pytest.raises(Exception, match="image_prompt"):
        call(api, finetune_id="my-finetune", image_prompt=handle_file(tmp_path / "notes.png"))


def test_long_prompt_arrives_whole(api: Client) -> None:
    """A prompt of 100,000 characters is not cut."""
    prompt = "long " * 20_000
    assert call(api, finetune_id="my-finetune", prompt=prompt)[2]["request"]["prompt"] == prompt


def test_files_of_the_machine_cannot_be_named(api: Client, address: str) -> None:
    """A path of the machine is refused as image prompt."""
    with pytest.raises(Exception, match=r"."):
        call(
            api, finetune_id="my-finetune", image_prompt={"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}}
        )


@pytest.mark.parametrize(
    "path",
    [
        "gradio_api/deep_link?session_hash=abc",
        "?deep_link=abc",
        "gradio_api/file=https://example.com/",
        "gradio_api/file=%68ttp://127.0.0.1/",
        "gradio_api/file=//example.com/x",
        "gradio_api/proxy=https://example.com/",
        "monitoring",
        "monitoring/summary",
        "docs",
        "openapi.json",
        "image/../../journal.sqlite",
        "image/" + "0" * 32,
        "image/" + "0" * 32 + "/" + "0" * 32,
        "thumbnail/" + "0" * 32,
    ],
)
def test_closed_routes(address: str, path: str) -> None:
    """Routes that the API does not need answer 401, 403 or 404."""
    assert status(address + path) in (401, 403, 404)


def test_large_body_is_refused(address: str) -> None:
    """A body of more than 4 MB is refused before it is read."""
    connection = HTTPConnection(urlsplit(address).netloc, timeout=WAIT_SECONDS)
    connection.putrequest("POST", "/gradio_api/queue/join")
    connection.putheader("content-length", "5000000")
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_browser_loads_nothing_from_elsewhere(address: str) -> None:
    """The content policy allows the page's own host only."""
    with urllib.request.urlopen(address, timeout=WAIT_SECONDS) as answer:
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_seed_minus_one(api: Client) -> None:
    """Seed -1, which other tools write for random, is a new random seed in each call."""
    records = [call(api, finetune_id="my-finetune", prompt="a mill", seed=seed)[2] for seed in ("-1", "-1")]
    assert all(int(record["seed"]) >= 0 for record in records)
    assert records[0]["seed"] != records[1]["seed"]


def test_icon_of_manifest(home: str) -> None:
    """The icon that the manifest names exists."""
    visitor = Stranger(home)
    for icon in json.loads(visitor.get("/manifest.json").body)["icons"]:
        assert visitor.get(icon["src"]).status == 200
