"""A visitor without a browser: sends raw HTTP to the page and keeps all responses."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from tests.waiting import WAIT_SECONDS


@dataclass(frozen=True)
class Answer:
    """What came back; `headers` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Stranger:
    """Comes from an address of its own (127.0.0.x) with headers of its own; `heard` is every byte that it was sent."""

    def __init__(self, url: str, address: str = "127.0.0.1", headers: Mapping[str, str] | None = None) -> None:
        self.url, self.address, self.headers = url, address, dict(headers or {})
        self.session, self.token = secrets.token_hex(6), secrets.token_hex(16)
        self.visit = secrets.token_hex(16)
        self.heard = b""

    def connect(self, timeout: float = WAIT_SECONDS) -> HTTPConnection:
        """A fresh connection from this stranger's address."""
        split = urlsplit(self.url)
        source = (self.address, 0)
        return HTTPConnection(split.hostname or "", split.port, timeout=timeout, source_address=source)

    def call(self, method: str, path: str, body: bytes | str = b"", **headers: str) -> Answer:
        """One request, the path exactly as given."""
        connection = self.connect()
        try:
            connection.request(method, path, body or None, {**self.headers, **_named(headers)})
            answer = connection.getresponse()
            data = answer.read()
            self.heard += data
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, data)
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        """A GET of a path."""
        return self.call("GET", path, **headers)

    def post(self, path: str, values: Any, **headers: str) -> Answer:
        """A POST of values as JSON."""
        return self.call("POST", path, json.dumps(values), **{"content_type": "application/json", **headers})

    @cached_property
    def config(self) -> dict[str, Any]:
        """What gradio tells every page of itself."""
        return dict(json.loads(self.get("/config").body))

    def number(self, event: str) -> int:
        """Gradio's number of the first handler of an event."""
        known = self.config["dependencies"]
        return int(next(one["id"] for one in known if any(target[1] == event for target in one["targets"])))

    def join(self, fn_index: Any, data: Any, event: Any = None, **headers: str) -> Answer:
        """Put an event into gradio's queue."""
        body = {"data": data, "event_data": event, "fn_index": fn_index, "session_hash": self.session}
        return self.post("/gradio_api/queue/join", body, **headers)

    def listen(self) -> str:
        """Everything that the queue says to this session until it has no more to say."""
        body = self.get(f"/gradio_api/queue/data?session_hash={self.session}").body
        return body.decode()

    def hello(self) -> str:
        """Open the page, as its own script does."""
        self.join(self.number("load"), [f"{self.token}.{self.visit}", ""])
        return self.listen()

    def act(self, name: str, **data: Any) -> str:
        """An act of the page that needs nothing of the form, such as "show", and what it said."""
        self.join(self.number("act_watch"), [], {**data, "act": name})
        return self.listen()

    def ask(self, event: str, inputs: list[Any], **data: Any) -> Answer:
        """The answer to an event that does not wait in the queue."""
        body = {"data": inputs, "event_data": data, "fn_index": self.number(event), "session_hash": self.session}
        return self.post("/gradio_api/run/predict", body)

    def form(self, **values: Any) -> list[Any]:
        """The contents of the form's inputs in their order, untouched but for `values`."""
        config = self.config
        parts = {one["id"]: one["props"] for one in config["components"]}
        event = next(one for one in config["dependencies"] if one["targets"][0][1] == "act_read")
        inputs = event["inputs"]
        known = {str(parts[one].get("elem_id")).removeprefix("input-"): parts[one].get("value") for one in inputs}
        filled = {**known, "finetune_id": "my-finetune", "prompt": "a mill", **values}
        return [filled[name] for name in known]

    def pressed(self, form: list[Any] | None = None, **data: Any) -> list[Any]:
        """What a press on Generate sends: the data of the press, then the contents of the form."""
        return [json.dumps({"press": secrets.token_hex(8), **data}), *(self.form() if form is None else form)]

    def fetch(self, path: str) -> Answer:
        """A GET of the page's script, with the token of its tab."""
        return self.get(path, x_flux_visit=f"{self.token}.{self.visit}")

    def send(self, path: str, values: Any, **headers: str) -> Answer:
        """A POST of the page's script, with the token of its tab."""
        return self.post(path, values, x_flux_visit=f"{self.token}.{self.visit}", **headers)

    def generate(self, **values: Any) -> str:
        """Press Generate and hear it out."""
        self.join(self.number("click"), self.pressed(self.form(**values)))
        return self.listen()

    def raw(self, data: bytes, patience: float = 5.0) -> bytes:
        """Bytes that need not be HTTP, and what comes back until the other side closes or says nothing more."""
        split = urlsplit(self.url)
        with socket.create_connection((split.hostname, split.port), patience, (self.address, 0)) as wire:
            wire.settimeout(patience)
            heard = b""
            try:
                wire.sendall(data)
                while part := wire.recv(65536):
                    heard += part
            except OSError:
                pass
            return heard


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
