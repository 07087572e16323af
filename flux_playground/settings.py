"""What the environment says, read once and frozen. The only module that reads `os.environ`; knows how an allowance is
written, and no other room.

Every setting is one row of `VARIABLES`, from which the README's table is checked. A value that cannot be used
ends the start with one sentence that names the variable and what it takes.
"""

from __future__ import annotations

import ipaddress
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import InvalidSettings
from .rate_limits import Allowance
from .setting_values import LOOPBACK as LOOPBACK
from .setting_values import (
    read_api_key,
    read_base_url,
    read_document,
    read_factor,
    read_flag,
    read_folder,
    read_gigabytes,
    read_header,
    read_hosts,
    read_key,
    read_networks,
    read_path,
    read_positive_int,
    read_seconds,
)

DEFAULT_ENDPOINT = "/v1/flux-pro-1.1-ultra-finetuned"
EACH, EVERYBODY = Allowance.read("10/hour, 30/day"), Allowance.read("60/hour, 300/day")
PRIVATE = "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10"
ROOM = 2e9
DRAWN_HERE = "http://127.0.0.1:"


def _default_folder() -> Path:
    try:
        return Path.home() / ".flux_playground"
    except RuntimeError:
        raise InvalidSettings("FLUX_PLAYGROUND_DATA must be a folder: this user has no home folder.") from None


@dataclass(frozen=True)
class Settings:
    """Everything that a start is told from outside. Durations are seconds, sizes bytes, unless a name says otherwise.

    `hosted` means strangers visit: no field that makes the API call somebody, and everybody sees only their own images.
    An empty `base_url` means the server that the document names. `demo_url` is never read from the environment:
    whoever starts the local server sets it, and generations without any key go there. Programs may call the page as an
    `api` (None: unless it is hosted). `keep` is how much of what was made stays on disk (None: see `room`).
    """

    api_key: str = field(default="", repr=False)
    base_url: str = ""
    data: Path = field(default_factory=lambda: _default_folder())
    openapi: str = ""
    endpoint: str = DEFAULT_ENDPOINT
    max_in_flight: int = 24
    patience: float = 300.0
    local_speed: float = 1.0
    hosted: bool = False
    allowance: Allowance = EACH
    budget: Allowance = EVERYBODY
    proxies: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()
    user_header: str = ""
    api: bool | None = None
    mcp: bool = False
    token: str = field(default="", repr=False)
    keep: float | None = None
    demo_url: str = ""
    hosts: tuple[str, ...] = ()
    space_host: str = ""

    @property
    def programs(self) -> bool:
        """Whether programs may call the page as an API."""
        return not self.hosted if self.api is None else self.api

    @property
    def room(self) -> float:
        """How many bytes of pictures may be kept: all, but where strangers make them and they cost nothing."""
        if self.keep is not None:
            return self.keep
        return ROOM if self.hosted and self.demo_url and not self.api_key else math.inf

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """The settings of this environment (or of the mapping given instead); raises `InvalidSettings`.

        A variable that is unset or blank keeps its default.
        """
        environ = os.environ if environ is None else environ
        given = {v: environ.get(v.name, "").strip() for v in VARIABLES}
        values = {v.setting: v.read(text) for v, text in given.items() if text}
        if environ.get("SPACE_ID"):  # set on every Space of Hugging Face, which is behind its proxy
            values = {"space_host": environ.get("SPACE_HOST", ""), **values}
            values = {"hosted": True, "proxies": read_networks(PRIVATE), **values}
        if values.get("user_header") and not values.get("proxies"):
            raise InvalidSettings("FLUX_PLAYGROUND_USER_HEADER needs FLUX_PLAYGROUND_PROXIES: nobody else is believed.")
        return cls(**values)


@dataclass(frozen=True)
class Variable:
    """One environment variable: its name, the setting that it fills, how its text is read, and what it is for."""

    name: str
    setting: str
    parse: Callable[[str], Any]
    takes: str
    help: str

    def read(self, text: str) -> Any:
        """The value of a text; raises `InvalidSettings`, which never repeats what was given, as it may be a key."""
        try:
            return self.parse(text)
        except ValueError:
            raise InvalidSettings(f"{self.name} must be {self.takes}.") from None


VARIABLES = (
    Variable(
        "BFL_API_KEY",
        "api_key",
        read_api_key,
        "the key as one line of plain characters, without quotes",
        "Your key for the API.",
    ),
    Variable(
        "FLUX_PLAYGROUND_BASE_URL",
        "base_url",
        read_base_url,
        "an https address (http only on this machine), its port from 1 to 65535",
        "The API's address, such as your finetune's region; the document's own server when unset.",
    ),
    Variable(
        "FLUX_PLAYGROUND_DATA",
        "data",
        read_folder,
        "a folder",
        "Where the journal and the images are kept.",
    ),
    Variable(
        "FLUX_PLAYGROUND_OPENAPI",
        "openapi",
        read_document,
        "the path or the https address of an OpenAPI document",
        "An OpenAPI document, a file's path or an https address, to use instead of the one that is shipped.",
    ),
    Variable(
        "FLUX_PLAYGROUND_ENDPOINT",
        "endpoint",
        read_path,
        "a path such as /v1/flux-pro-1.1",
        "Which of the document's endpoints the page begins with; where it lacks the default, with its first.",
    ),
    Variable(
        "FLUX_PLAYGROUND_MAX_IN_FLIGHT",
        "max_in_flight",
        read_positive_int,
        "a whole number from 1 to 10000",
        "How many tasks of one key may be in flight; what is over waits its turn.",
    ),
    Variable(
        "FLUX_PLAYGROUND_PATIENCE",
        "patience",
        read_seconds,
        "a number of seconds from 1 to 86400",
        "How many seconds to wait for a task before it is left uncollected.",
    ),
    Variable(
        "FLUX_PLAYGROUND_LOCAL_SPEED",
        "local_speed",
        read_factor,
        "a number from 0.01 to 1000",
        "How many times faster than the real API the local server answers.",
    ),
    Variable(
        "FLUX_PLAYGROUND_HOSTED",
        "hosted",
        read_flag,
        "1 or 0",
        "Whether strangers visit: everybody sees only their own images, and nobody a webhook field. On for a Space.",
    ),
    Variable(
        "FLUX_PLAYGROUND_ALLOWANCE",
        "allowance",
        Allowance.read,
        "limits such as `10/hour, 30/day, 200 credits/day`, or `unlimited`",
        "When hosted: how many images, or credits, each visitor may spend on your key.",
    ),
    Variable(
        "FLUX_PLAYGROUND_BUDGET",
        "budget",
        Allowance.read,
        "limits such as `60/hour, 300/day, 2000 credits/day`, or `unlimited`",
        "When hosted: the same for all visitors together.",
    ),
    Variable(
        "FLUX_PLAYGROUND_PROXIES",
        "proxies",
        read_networks,
        "addresses or networks such as `127.0.0.1, 10.0.0.0/8`",
        "The proxies before the page, whose word on a visitor's address is believed; nobody else's is.",
    ),
    Variable(
        "FLUX_PLAYGROUND_USER_HEADER",
        "user_header",
        read_header,
        "the name of a header such as `X-Remote-User`",
        "The header in which those proxies say who signed in there; an allowance is then that name's.",
    ),
    Variable(
        "FLUX_PLAYGROUND_API",
        "api",
        read_flag,
        "1 or 0",
        "Whether programs may call the page as an API; by default only when it is not hosted.",
    ),
    Variable(
        "FLUX_PLAYGROUND_MCP",
        "mcp",
        read_flag,
        "1 or 0",
        "Whether programs that speak MCP may use the endpoints as tools, at `/mcp`; off unless you turn it on.",
    ),
    Variable(
        "FLUX_PLAYGROUND_TOKEN",
        "token",
        read_key,
        "a secret as one line of plain characters",
        "With it as bearer token, `/counts` says what the page does and has spent; without it there is no `/counts`.",
    ),
    Variable(
        "FLUX_PLAYGROUND_KEEP",
        "keep",
        read_gigabytes,
        "a number of gigabytes such as `20`, or `unlimited`",
        "How much of what was made is kept; beyond it the oldest pictures go, their records stay. By default all; on a "
        "hosted demo without any key, 2.",
    ),
    Variable(
        "FLUX_PLAYGROUND_HOSTS",
        "hosts",
        read_hosts,
        "host names such as `studio.lan, nas`",
        "Names under which the page at home may be opened, beside localhost and addresses.",
    ),
)
