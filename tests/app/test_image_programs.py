"""Images in every shape from programs: the page's API and its MCP tools."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client, handle_file

from flux_playground.schema.image_places import GivenImage, arrange_images
from tests.app_process import running_quick
from tests.http_visitor import Stranger
from tests.image_shapes import ADDRESS, DOCUMENT, FIELDS, png

SHAPES = Path(__file__).parents[1] / "documents" / "image-shapes.yaml"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A program whose document has images in every shape, with its MCP tools."""
    extra = {"FLUX_PLAYGROUND_OPENAPI": str(SHAPES), "FLUX_PLAYGROUND_ENDPOINT": "/v1/flux-3-image"}
    folder = tmp_path_factory.mktemp("programs")
    with running_quick(folder, FLUX_PLAYGROUND_ENABLE_MCP="1", **extra) as url:
        yield url


def test_page_api_takes_files_and_addresses(address: str, tmp_path: Path) -> None:
    """A program gives one image or several, as files, base64 or addresses, or objects as the schema has them."""
    for color in ("red", "teal"):
        (tmp_path / f"{color}.png").write_bytes(png(color))
    files = [handle_file(tmp_path / f"{color}.png") for color in ("red", "teal")]
    client = Client(address, verbose=False)
    text = base64.b64encode(png("navy")).decode()
    for images, count in ((files[0], 0), ([*files, ADDRESS, text], 4), (ADDRESS, 0)):
        *_, record = client.predict(prompt="a mill", images=images, api_name="/generate")
        sent = record["request"]["images"]
        assert len(sent) == count if count else isinstance(sent, str)
    *_, record = client.predict(
        prompt="a mill", references=[{"base64": files[0], "weight": 0.5}, {"url": ADDRESS}], api_name="/objects"
    )
    first, second = record["request"]["references"]
    assert (first["base64"][:7], first["weight"], second) == ("sha256:", 0.5, {"url": ADDRESS})
    with pytest.raises(Exception, match="images"):
        client.predict(prompt="a mill", images=["http://example.org/a.png"], api_name="/generate")


@pytest.mark.parametrize("path", FIELDS)
def test_tools_take_each_shape(address: str, path: str) -> None:
    """A tool takes images as base64 or addresses in the shape of its schema, and the record has references."""
    field = DOCUMENT.operation(path).field(FIELDS[path])
    assert field.images is not None
    texts = [base64.b64encode(png(color)).decode() for color in ("red", "teal")][: field.images.most]
    value = arrange_images(field.name, field.schema, [GivenImage(text) for text in texts])
    name = "generate" if path == "/v1/flux-3-image" else path.removeprefix("/v1/").replace("-", "_")
    arguments = {"prompt": "a mill", field.name: value}
    result = call_tool(address, name, arguments)
    assert not result["isError"], result
    assert "sha256:" in json.dumps(result["structuredContent"]["request"][field.name])
    assert texts[0] not in json.dumps(result["structuredContent"])


def call_tool(address: str, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The result of a tool."""
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
    answer = Stranger(address).post("/mcp", message)
    return dict(json.loads(answer.body)["result"])
