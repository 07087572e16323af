"""The page as tools for programs: spoken to by a client that others wrote, by raw HTTP, and by strangers."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from mcp import Client, ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ImageContent, TextContent
from mcp.types.version import LATEST_HANDSHAKE_VERSION

from flux_playground import Playground, Settings
from flux_playground.errors import InvalidSettings
from flux_playground.generation import State
from flux_playground.local import LocalServer
from flux_playground.schema import load
from flux_playground.ui.programs import mcp as mcp_routes
from flux_playground.ui.programs import mcp_tools
from flux_playground.ui.programs.mcp_tools import EndpointTools
from flux_playground.ui.text import image_urls
from tests.app_process import running_quick
from tests.hosted_page import ALLOWANCE, HostedPage, kept, spent
from tests.http_visitor import Answer, Stranger
from tests.image_shapes import DOCUMENT
from tests.storage.test_generation_store import jpeg
from tests.waiting import WAIT_SECONDS, wait_until

NAME = "flux_pro_1_1_ultra_finetuned"
VALUES = {"finetune_id": "my-finetune", "prompt": "a mill", "finetune_strength": 0.9}


@pytest.fixture
def api(hosted: HostedPage) -> LocalServer:
    """The API whose money is at stake."""
    return hosted.api


@pytest.fixture
def folder(hosted: HostedPage) -> Path:
    """Where the program keeps everything: its data, gradio's files, its log."""
    return hosted.folder


@pytest.fixture
def url(hosted: HostedPage) -> str:
    """A hosted page on its owner's key whose owner has turned the tools on."""
    return hosted.url


@pytest.fixture
def program(url: str, request: pytest.FixtureRequest) -> Stranger:
    """A program from an address of its own."""
    first, second, *_ = hashlib.sha256(request.node.name.encode()).digest()
    return Stranger(url, f"127.{2 + first % 8}.{first}.{1 + second % 250}")


def ask(program: Stranger, method: str, params: Any = None, **headers: str) -> Answer:
    """One JSON-RPC request."""
    message = {"jsonrpc": "2.0", "id": 7, "method": method, **({} if params is None else {"params": params})}
    return program.post("/mcp", message, **headers)


def called(program: Stranger, arguments: Any, name: str = "generate", **headers: str) -> dict[str, Any]:
    """The result of a tool's call."""
    answer = ask(program, "tools/call", {"name": name, "arguments": arguments}, **headers)
    assert answer.status == 200
    told = json.loads(answer.body)
    assert told["id"] == 7
    return dict(told["result"])


def said(result: Mapping[str, Any]) -> str:
    return " ".join(one["text"] for one in result["content"] if one["type"] == "text")


# What it can do


def test_official_client_makes_an_image(url: str, folder: Path) -> None:
    """The official MCP client lists the tools, makes an image and gets progress."""
    heard: list[tuple[float, str | None]] = []

    async def said(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, message))

    async def talk() -> tuple[Any, Any, Any]:
        transport = httpx2.AsyncHTTPTransport(local_address="127.1.255.1")
        async with (
            httpx2.AsyncClient(transport=transport, timeout=60) as client,
            streamable_http_client(f"{url}mcp", http_client=client) as (read, write),
            ClientSession(read, write) as session,
        ):
            hello = await session.initialize()
            await session.send_ping()
            tools = await session.list_tools()
            made = await session.call_tool("generate", {**VALUES, "prompt": "#slow a mill"}, 60, said)
            return hello, tools, made

    hello, tools, made = asyncio.run(talk())
    assert hello.protocol_version == LATEST_HANDSHAKE_VERSION
    assert hello.server_info.name == "flux-playground"
    tool = tools.tools[0]
    assert tool.input_schema["properties"]["finetune_strength"]["maximum"] == 2
    assert not made.is_error
    image, text = made.content
    assert isinstance(image, ImageContent)
    assert isinstance(text, TextContent)
    record = json.loads(text.text)
    (stored,) = [one for one in kept(folder) if one.id == record["id"]]
    assert stored.image is not None
    delivered = (folder / "data" / stored.image).read_bytes()
    assert base64.b64decode(image.data) == delivered
    assert image.mime_type == "image/jpeg"
    assert record["seed"] == str(stored.seed)
    assert made.structured_content == record
    assert heard
    assert [done for done, _ in heard] == sorted({done for done, _ in heard})
    assert {said for _, said in heard} <= {"Queued", "Sending", "Generating", "Downloading"}
    program = Stranger(url)
    assert program.get("/" + record["image"]).body == delivered
    assert str(stored.seed).encode() in program.get("/" + record["recipe"]).body


def test_client_without_handshake(url: str) -> None:
    """The SDK's client uses revision 2026-07-28."""

    async def talk() -> tuple[str, str]:
        async with Client(f"{url}mcp") as client:
            tools = await client.list_tools()
            return client.protocol_version, tools.tools[0].name

    assert asyncio.run(talk()) == ("2026-07-28", NAME)


def test_progress_needs_a_token(program: Stranger) -> None:
    """A call with a progress token gets progress messages before its result."""
    params = {"name": "generate", "arguments": {**VALUES, "prompt": "#slow a mill"}, "_meta": {"progressToken": "t"}}
    answer = ask(
        program, "tools/call", params, accept="application/json, text/event-stream", accept_encoding="br, gzip"
    )
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers.get("content-encoding", "identity") == "identity"
    told = [json.loads(line[6:]) for line in answer.body.decode().splitlines() if line.startswith("data: ")]
    assert len(told) >= 2  # progress, then the result
    assert [one.get("method", "") for one in told[:-1]] == ["notifications/progress"] * (len(told) - 1)
    assert all(one["params"]["progressToken"] == "t" for one in told[:-1])
    assert told[-1]["id"] == 7
    assert not told[-1]["result"]["isError"]


BOTH = "application/json, text/event-stream"


def test_call_without_progress_is_json(program: Stranger) -> None:
    """A call that asks for no progress gets its image in one JSON response: streamed events have a size limit."""
    answer = ask(program, "tools/call", {"name": "generate", "arguments": VALUES}, accept=BOTH)
    assert answer.headers["content-type"] == "application/json"
    result = json.loads(answer.body)["result"]
    assert [one["type"] for one in result["content"]] == ["image", "text"]


def test_large_image_with_progress_is_a_link(playground: Playground) -> None:
    """An image that is larger than a streamed event may be is named by its address."""
    assert mcp_tools.MAX_STREAMED_IMAGE_BYTES * 4 / 3 < 1_000_000
    *_, made = playground.generate({**VALUES, "output_format": "png"})
    for max_bytes, kind in ((10, "resource_link"), (10_000_000, "image")):
        content = mcp_tools._result(playground, made, "http://page/", max_bytes)["content"][0]
        assert (content["type"], content["mimeType"]) == (kind, "image/png")
        assert kind == "image" or content["uri"] == f"http://page/{image_urls.image(made)}"


def test_all_faults_of_a_call(program: Stranger) -> None:
    """An unknown argument hides no other fault."""
    result = called(program, {"finetune_strength": 9, "aspect_ratio": "banana", "extra": 1})
    assert result["isError"]
    assert all(name in said(result) for name in ("finetune_strength", "aspect_ratio", "extra", "finetune_id"))


@pytest.mark.parametrize("body", [b'{"jsonrpc":"2.0","id":"\\ud800","method":"ping"}'])
def test_half_a_surrogate_pair(program: Stranger, body: bytes) -> None:
    """Text that cannot be answered is refused as a request."""
    assert program.call("POST", "/mcp", body, content_type="application/json").status == 400


def test_huge_number_as_text(program: Stranger) -> None:
    """A number of 400 digits as text is refused at its field."""
    result = called(program, {**VALUES, "finetune_strength": "9" * 400})
    assert result["isError"]
    assert "finetune_strength" in said(result)


def test_base64_image_is_checked(program: Stranger, folder: Path) -> None:
    """An image prompt must be base64 of an image; a data URL is accepted."""
    before = len(kept(folder))
    for wrong in (base64.b64encode(b"no image").decode(), "no base64!", "/etc/passwd", "http://127.0.0.1/x.png"):
        result = called(program, {**VALUES, "image_prompt": wrong})
        assert result["isError"]
        assert "image_prompt" in said(result)
    assert len(kept(folder)) == before
    whole = f"data:image/jpeg;base64,{base64.b64encode(jpeg()).decode()}"
    result = called(program, {**VALUES, "image_prompt": whole})
    assert not result["isError"], said(result)
    assert kept(folder)[-1].request["image_prompt"].startswith("sha256:")


@pytest.mark.parametrize("version", ["2025-11-25", "2025-06-18", "2025-03-26"])
def test_initialize_negotiates_version(program: Stranger, version: str) -> None:
    """A client with `initialize` gets the version it asks for."""
    client = {"name": "test", "version": "1"}
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": client}
    result = json.loads(ask(program, "initialize", params).body)["result"]
    assert result["protocolVersion"] == version
    assert result["serverInfo"]["name"] == "flux-playground"


@pytest.mark.parametrize("header", ["1999-01-01", "2025-06-18", "2026-07-28", "x"])
def test_initialize_ignores_header(program: Stranger, header: str) -> None:
    """`initialize` negotiates the version, whatever an intermediary put into the header."""
    params = {"protocolVersion": "1999-01-01", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    answer = ask(program, "initialize", params, mcp_protocol_version=header)
    assert answer.status == 200, answer.body
    assert json.loads(answer.body)["result"]["protocolVersion"] > "2025"


MODERN = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
}


def test_revision_without_handshake(program: Stranger) -> None:
    """A request of revision 2026-07-28 is answered without `initialize`."""
    params = {"name": "generate", "arguments": VALUES, "_meta": MODERN}
    headers = {"mcp_protocol_version": "2026-07-28", "mcp_method": "tools/call", "mcp_name": "generate"}
    answer = ask(program, "tools/call", params, **headers)
    assert answer.status == 200, answer.body
    result = json.loads(answer.body)["result"]
    assert [part["type"] for part in result["content"]] == ["image", "text"]


def test_unknown_revision(program: Stranger) -> None:
    """An unknown protocol version is refused with the list of the supported versions."""
    meta = {**MODERN, "io.modelcontextprotocol/protocolVersion": "1999-01-01"}
    answer = ask(program, "tools/list", {"_meta": meta}, mcp_protocol_version="1999-01-01", mcp_method="tools/list")
    assert answer.status == 400
    assert b"2026-07-28" in answer.body


def test_tools_follow_the_document(playground: Playground) -> None:
    """Each endpoint of the document is a tool."""
    names = {one["name"] for one in EndpointTools(playground).list_tools()}
    assert NAME in names
    assert len(names) == len(playground.document.operations) + 1  # and the sweep


def test_tool_without_a_seed() -> None:
    """Only the tool of an endpoint with a seed says that an image can be reproduced."""
    seedless, seeded = DOCUMENT.operation("/v1/flux-3-image"), load().operations[0]
    said = [mcp_tools._describe_seed(operation) for operation in (seedless, seeded)]
    assert ("cannot be reproduced" in said[0], "same seed" in said[0]) == (True, False)
    assert ("cannot be reproduced" in said[1], "same seed" in said[1]) == (False, True)


def test_image_at_home_is_the_owners(tmp_path: Path) -> None:
    """An image made through MCP at home appears on the owner's page."""
    with running_quick(tmp_path, FLUX_PLAYGROUND_ENABLE_MCP="1") as address:
        result = called(Stranger(address), VALUES)
        made = json.loads(said(result))
        page = Stranger(address)
        assert made["id"] in page.hello()
        assert page.get("/" + made["image"]).status == 200
    assert [one.owner for one in kept(tmp_path)] == ["owner"]


def test_lost_connection_loses_no_image(program: Stranger, folder: Path) -> None:
    """A generation ends with its image after its client is gone."""
    params = {"name": "generate", "arguments": {**VALUES, "prompt": "#slow a lost mill"}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    head = f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"

    def find_states() -> list[State]:
        return [one.state for one in kept(folder) if one.request.get("prompt") == "#slow a lost mill"]

    split = urlsplit(program.url)
    with socket.create_connection((split.hostname, split.port), WAIT_SECONDS, (program.address, 0)) as connection:
        connection.sendall(f"{head}\r\nAccept: text/event-stream\r\n\r\n{body}".encode())
        wait_until(find_states)
    wait_until(lambda: find_states() == [State.SUCCEEDED])


def test_enabled_without_the_sdk(playground: Playground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, the start ends with the command that installs it."""
    monkeypatch.setattr(mcp_routes, "find_spec", lambda name: None)
    with pytest.raises(InvalidSettings, match=r"pip install flux-playground\[mcp\]"):
        mcp_routes.routes(playground)


# What it must not do


def test_mcp_is_off(home: str) -> None:
    """MCP answers 404 unless the setting enables it."""
    somebody = Stranger(home)
    assert ask(somebody, "ping").status == 404
    assert somebody.get("/mcp").status == 404


def test_mcp_has_one_route(program: Stranger) -> None:
    """MCP has one route and one method."""
    for path in ("/gradio_api/mcp", "/gradio_api/mcp/", "/gradio_api/mcp/sse", "/gradio_api/info", "/mcp/x"):
        assert program.get(path).status == 404
    for path in ("/gradio_api/call/generate", "/gradio_api/mcp/http/", "/gradio_api/mcp/messages"):
        assert program.post(path, {}).status == 404
    for method in ("GET", "DELETE", "PUT"):
        assert program.call(method, "/mcp").status == 405


def test_tools_have_no_webhook(program: Stranger) -> None:
    """No tool accepts a webhook, and unknown methods and tools have errors."""
    tools = json.loads(ask(program, "tools/list").body)["result"]["tools"]
    assert tools[0]["name"] == NAME
    assert [said(called(program, {"seed": -1}, name)) for name in (NAME, "generate")] == [
        said(called(program, {"seed": -1}))
    ] * 2
    assert all("webhook" not in json.dumps(tool["inputSchema"]) for tool in tools)
    result = called(program, {**VALUES, "webhook_url": "http://127.0.0.1:9/"})
    assert (result["isError"], "webhook_url" in said(result)) == (True, True)
    for method in ("resources/list", "prompts/list", "completion/complete", "tools/generate", "__init__"):
        assert json.loads(ask(program, method).body)["error"]["code"] in (-32601, -32602)
    for name in ("", "show", "act_read", "generate ", None, ["generate"], {"a": 1}):
        answer = ask(program, "tools/call", {"name": name, "arguments": VALUES})
        assert json.loads(answer.body)["error"]["code"] == -32602


def test_mcp_and_page_share_an_allowance(program: Stranger, folder: Path, api: LocalServer) -> None:
    """Calls and presses of one address count together, whatever headers say."""
    before, paid = len(kept(folder)), spent(api)
    results = []
    for number in range(ALLOWANCE + 2):
        forged = f"198.51.100.{number}"
        named = {"x_forwarded_for": forged, "x_real_ip": forged, "x_flux_playground_signed_in": forged}
        results.append(called(program, VALUES, mcp_session_id=forged, **named))
    assert [one["isError"] for one in results] == [False] * ALLOWANCE + [True] * 2
    assert "Limit reached" in said(results[-1])
    assert "Try again in" in said(results[-1])
    page = Stranger(program.url, program.address)
    page.hello()
    assert "Limit reached" in page.generate()
    assert (len(kept(folder)) - before, spent(api) - paid) == (ALLOWANCE, ALLOWANCE)


def test_program_with_its_own_key_pays(program: Stranger, folder: Path, api: LocalServer) -> None:
    """A call with its own key costs the owner nothing, and the key is stored nowhere."""
    paid, key = spent(api), "programs-key-c0ffee-31337"
    for _ in range(ALLOWANCE + 1):
        assert not called(program, VALUES, x_key=key)["isError"]
    assert spent(api) == paid
    assert called(program, {**VALUES, "prompt": "#no-credits a mill"}, x_key=key)["isError"]
    assert key.encode() not in program.heard
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert [path for path in files if key.encode() in path.read_bytes()] == []


@pytest.mark.parametrize(
    "arguments",
    [
        None,
        [],
        "x",
        {"prompt": "a mill"},
        {**VALUES, "seed": 1.5},
        {**VALUES, "seed": {"a": 1}},
        {**VALUES, "finetune_strength": 99},
        {**VALUES, "finetune_strength": 1e999},
        {**VALUES, "output_format": "exe"},
        {**VALUES, "image_prompt": {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}},
        {**VALUES, "image_prompt": ["/etc/passwd"]},
        {**VALUES, "image_prompt": "sha256:" + "0" * 64},
        {**VALUES, "__class__": 1},
    ],
)
def test_refused_value_makes_nothing(program: Stranger, folder: Path, arguments: Any) -> None:
    """A value that the schema refuses starts no generation."""
    before = len(kept(folder))
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "generate"}})
    body = body.replace('"generate"', f'"generate", "arguments": {json.dumps(arguments).replace("Infinity", "1e999")}')
    answer = program.call("POST", "/mcp", body, content_type="application/json")
    assert answer.status == 200
    message = json.loads(answer.body)
    assert message["result"]["isError"] if "result" in message else message["error"]["code"] == -32602
    assert len(kept(folder)) == before
    assert b"Traceback" not in answer.body


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff", 400),
        (b"NaN", 400),
        (b"[" * 100_000, 400),
        (b"[]", 400),
        (b'[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]', 400),
        (b'{"jsonrpc": "1.0", "id": 1, "method": "ping"}', 400),
        (b'{"jsonrpc": "2.0", "id": [1], "method": "ping"}', 202),  # the SDK takes it for a notification
        (b'{"jsonrpc": "2.0", "id": true, "method": "ping"}', 202),
        (b'{"jsonrpc": "2.0", "id": 1, "method": {"a": 1}}', 400),
        (b'{"jsonrpc": "2.0", "method": "notifications/initialized"}', 202),
        (b'{"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "generate"}}', 202),
        (b'{"jsonrpc": "2.0", "id": 1, "result": {}}', 202),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": [1]}', 400),
    ],
)
def test_malformed_request(program: Stranger, folder: Path, body: bytes, status: int) -> None:
    """A body that is no MCP request has an error and starts nothing."""
    before = len(kept(folder))
    answer = program.call("POST", "/mcp", body, content_type="application/json")
    assert answer.status == status
    assert b"Traceback" not in answer.body
    assert len(kept(folder)) == before


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"sec_fetch_site": "cross-site"}])
def test_other_sites_are_refused(program: Stranger, headers: dict[str, str]) -> None:
    """A request whose origin is another site is refused."""
    assert ask(program, "tools/list", **headers).status == 403


def test_body_must_be_json(program: Stranger) -> None:
    """A body of a type that a form can send is refused."""
    body = '{"jsonrpc": "2.0", "id": 1, "method": "ping"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert program.call("POST", "/mcp", body, content_type=kind).status == 415


def test_large_body_is_refused(program: Stranger) -> None:
    """A body of more than 4 MB is refused before it is read."""
    head = b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    assert program.raw(head + b"Content-Length: 4000001\r\n\r\n", 2).startswith(b"HTTP/1.1 413")


def test_caller_sees_no_images_of_others(program: Stranger, url: str) -> None:
    """A reference to another caller's image prompt is refused."""
    mine = called(program, {**VALUES, "image_prompt": base64.b64encode(jpeg(70, 50)).decode()})
    named = json.loads(said(mine))["request"]["image_prompt"]
    assert named.startswith("sha256:")
    result = called(Stranger(url, "127.1.255.9"), {**VALUES, "image_prompt": named})
    assert result["isError"]
    assert "image_prompt" in said(result)


def test_image_with_an_accent(program: Stranger) -> None:
    """Text outside ASCII is refused as no image at its field; it is no fault of the program."""
    for image in ("été.png", "data:image/png;base64,été", "\u017f" * 8):
        result = called(program, {**VALUES, "image_prompt": image})
        assert result["isError"]
        assert "image_prompt: is not an image as base64" in said(result)


def test_seed_minus_one(program: Stranger) -> None:
    """Seed -1, which other tools write for random, is a new random seed in each call."""
    seeds = [called(program, {**VALUES, "seed": -1})["structuredContent"]["seed"] for _ in range(2)]
    assert "-1" not in seeds
    assert len(set(seeds)) == 2


def test_sweep_tool_says_the_price_first(playground: Playground) -> None:
    """Without a number of images the tool only estimates; with one it makes the sweep, and never more images."""
    tools = EndpointTools(playground)
    arguments = {"values": {**VALUES, "seed": 7}, "axes": [{"field": "finetune_strength", "text": "0.5, 1"}]}

    def sweep(**extra: Any) -> dict[str, Any]:
        return asyncio.run(tools.call(mcp_tools.Call(tools.new_visitor(), "sweep", {**arguments, **extra})))

    assert sweep()["structuredContent"]["estimate"]["images"] == 2
    assert playground.store.count("owner") == 0
    refused = sweep(max_images=1)
    assert refused["isError"]
    assert "more than the 1" in refused["content"][0]["text"]
    made = sweep(max_images=2)["structuredContent"]
    assert [(one["labels"], one["state"], one["seed"]) for one in made["images"]] == [
        (["0.5"], "ready", 7),
        (["1"], "ready", 7),
    ]
    estimate = {"images": 0, "existing": 2, "credits": 0.0, "unlisted_finetunes": []}
    assert sweep()["structuredContent"]["estimate"] == estimate
    assert "steps" in sweep(axes=[{"field": "steps", "text": "1"}])["content"][0]["text"]


def test_sweep_tool_needs_approval_of_a_high_price(settings: Settings, server: LocalServer) -> None:
    """A sweep that costs more than the settings allow is made only after the user was asked."""
    own = settings.replace(demo_url="", base_url=server.url, api_key="key", confirm_credits=13)
    arguments = {"values": VALUES, "axes": [{"field": "seed", "text": "1, 2"}], "max_images": 2}
    with Playground(own) as playground:
        tools = EndpointTools(playground)

        def sweep(**extra: Any) -> dict[str, Any]:
            return asyncio.run(tools.call(mcp_tools.Call(tools.new_visitor(), "sweep", {**arguments, **extra})))

        refused = sweep()
        assert refused["isError"]
        assert "2 images cost about 14 credits. Ask the user" in refused["content"][0]["text"]
        assert playground.store.count("owner") == 0
        made = sweep(approved=True)["structuredContent"]
        assert [one["state"] for one in made["images"]] == ["ready", "ready"]


def test_sweep_tool_names_unlisted_finetunes(settings: Settings, server: LocalServer) -> None:
    """A finetune that the account does not list is named, and used only after the user was asked."""
    own = settings.replace(demo_url="", base_url=server.url, api_key="key")
    arguments = {"values": VALUES, "axes": [{"field": "finetune_id", "text": "my-finetune, mine"}]}
    with Playground(own) as playground:
        tools = EndpointTools(playground)

        def sweep(**extra: Any) -> dict[str, Any]:
            return asyncio.run(tools.call(mcp_tools.Call(tools.new_visitor(), "sweep", {**arguments, **extra})))

        assert sweep()["structuredContent"]["estimate"]["unlisted_finetunes"] == ["mine"]
        refused = sweep(max_images=2)
        assert "finetunes: mine. Ask the user" in refused["content"][0]["text"]
        assert playground.store.count("owner") == 0
        assert len(sweep(max_images=2, approved=True)["structuredContent"]["images"]) == 2


def test_sweep_tool_on_a_hosted_page(program: Stranger, folder: Path) -> None:
    """A sweep of more images than the allowance is refused before anything is sent."""
    axes = [{"field": "finetune_strength", "text": "0-2 [9]"}]
    before = len(kept(folder))
    answer = called(program, {"values": VALUES, "axes": axes, "max_images": 20}, "sweep")
    assert answer["isError"]
    assert f"may make {ALLOWANCE} images" in answer["content"][0]["text"]
    assert len(kept(folder)) == before
