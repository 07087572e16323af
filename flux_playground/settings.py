"""The settings of one start, read once from the environment, a `.env` file and a folder of secrets.

A new setting is one field of `Settings`: its variable, `--help`, its error and `docs/settings.md` follow.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from .errors import InvalidSettings
from .rate_limits import Allowance
from .setting_values import LOOPBACK as LOOPBACK
from .setting_values import (
    Network,
    default_folder,
    read_api_key,
    read_base_url,
    read_bucket,
    read_command,
    read_credits,
    read_database,
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
from .setting_values import is_api_key as is_api_key

DEFAULT_ENDPOINT = "/v1/flux-pro-1.1-ultra-finetuned"
DEFAULT_ALLOWANCE, DEFAULT_BUDGET = Allowance.read("10/hour, 30/day"), Allowance.read("60/hour, 300/day")
PRIVATE_NETWORKS = "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10"
DEMO_STORAGE_BYTES = 2e9
LOCAL_SERVER_PREFIX = "http://127.0.0.1:"
PREFIX = "FLUX_PLAYGROUND_"
NOT_VARIABLES = ("demo_url", "space_host")
"""Fields that the program sets itself."""
ENV_FILE, SECRETS_DIR = f"{PREFIX}ENV_FILE", f"{PREFIX}SECRETS_DIR"
"""Variables that name the file and the folder of the other variables."""


def _text(read: Callable[[str], Any]) -> BeforeValidator:
    """Read a field from text with `read`; a value of another type is kept."""
    return BeforeValidator(lambda value: read(value.strip()) if isinstance(value, str) and value.strip() else value)


def _field(default: Any, takes: str, description: str, **options: Any) -> Any:
    """A setting: its default, what its text must be, and what it is for."""
    return Field(default, title=takes, description=description, **options)


class Settings(BaseSettings):
    """The settings of one start. `Settings(...)` reads nothing from outside; `Settings.from_env` does.

    Durations are seconds. An empty `base_url` means the server that the document names. `enable_api=None` means
    "unless hosted". `demo_url` is the address of the local server, which serves generations without a key.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        validate_by_name=True,
        validate_by_alias=True,
    )

    api_key: Annotated[str, _text(read_api_key)] = _field(
        "",
        "the key as one line of plain characters, without quotes",
        "Your key for the API.",
        validation_alias="BFL_API_KEY",
        repr=False,
    )
    base_url: Annotated[str, _text(read_base_url)] = _field(
        "",
        "an https address (http only on this machine), its port from 1 to 65535",
        "Address of the API, such as the region of your finetune. Unset: the server that the document names.",
    )
    data: Annotated[Path, _text(read_folder)] = Field(
        default_factory=lambda: default_folder(),
        title="a folder",
        description="Folder of the generation store and the images.",
    )
    files: Annotated[str, _text(read_bucket)] = _field(
        "",
        "the address of a bucket such as `s3://bucket/prefix`, `gs://bucket` or `az://container`",
        "Bucket of the images, thumbnails and inputs. Unset: the data folder.",
    )
    database: Annotated[str, _text(read_database)] = _field(
        "",
        "an address such as `postgresql://user:password@host/name`",
        "PostgreSQL database of the records, which several processes can share; needs the extra `postgres`. Unset: "
        "SQLite in the data folder.",
        repr=False,
    )
    openapi: Annotated[str, _text(read_document)] = _field(
        "",
        "the path or the https address of an OpenAPI document",
        "OpenAPI document (a path or an https address) to use instead of the shipped one.",
    )
    endpoint: Annotated[str, _text(read_path)] = _field(
        DEFAULT_ENDPOINT,
        "a path such as /v1/flux-pro-1.1",
        "Endpoint that the page starts with. A document without the default starts with its first endpoint.",
    )
    max_in_flight: Annotated[int, _text(read_positive_int)] = _field(
        24, "a whole number from 1 to 10000", "Maximum number of tasks in flight per key. Further requests are queued."
    )
    timeout: Annotated[float | None, _text(read_seconds)] = _field(
        None,
        "a number of seconds from 1 to 86400",
        "Maximum seconds to wait for a task. After that the image can still be fetched. Unset: 300, and 900 for "
        "endpoints that take minutes.",
    )
    local_speed: Annotated[float, _text(read_factor)] = _field(
        1.0, "a number from 0.01 to 1000", "Speed of the local server relative to the real API."
    )
    hosted: Annotated[bool, _text(read_flag)] = _field(
        False,
        "1 or 0",
        "Whether the page is public: visitors see only their own images and no webhook fields. On for a Space.",
    )
    allowance: Annotated[Allowance, NoDecode, _text(Allowance.read)] = _field(
        DEFAULT_ALLOWANCE,
        "limits such as `10/hour, 30/day, 200 credits/day`, or `unlimited`",
        "When hosted: how many images, or credits, each visitor may spend on your key.",
    )
    budget: Annotated[Allowance, NoDecode, _text(Allowance.read)] = _field(
        DEFAULT_BUDGET,
        "limits such as `60/hour, 300/day, 2000 credits/day`, or `unlimited`",
        "When hosted: the same for all visitors together.",
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, _text(read_networks)] = _field(
        (),
        "addresses or networks such as `127.0.0.1, 10.0.0.0/8`",
        "Trusted reverse proxies (IPs or CIDRs). `X-Forwarded-For` is used only from these.",
    )
    user_header: Annotated[str, _text(read_header)] = _field(
        "",
        "the name of a header such as `X-Remote-User`",
        "Header in which a trusted proxy names the signed-in user. The allowance is then per user.",
    )
    enable_api: Annotated[bool | None, _text(read_flag)] = _field(
        None, "1 or 0", "Whether programs may call the page as an API. Default: only when not hosted."
    )
    enable_mcp: Annotated[bool, _text(read_flag)] = _field(
        False, "1 or 0", "Whether MCP clients may call the endpoints as tools, at `/mcp`."
    )
    metrics_token: Annotated[str, _text(read_key)] = _field(
        "",
        "a secret as one line of plain characters",
        "Bearer token for `/metrics`. Unset: `/metrics` does not exist.",
        repr=False,
    )
    max_storage_gb: Annotated[float | None, _text(read_gigabytes)] = _field(
        None,
        "a number of gigabytes such as `20`, or `unlimited`",
        "Maximum size of the images on disk. Beyond it the oldest images are deleted; their records stay. Default: "
        "unlimited; 2 on a hosted demo without a key.",
    )
    hosts: Annotated[tuple[str, ...], NoDecode, _text(read_hosts)] = _field(
        (),
        "host names such as `studio.lan, nas`",
        "Host names of a page that is not hosted, besides localhost and IP addresses.",
    )
    score_command: Annotated[tuple[str, ...], NoDecode, _text(read_command)] = _field(
        (),
        "a program with its arguments such as `python score.py`",
        "Command that scores the images of sweeps: it gets the path of an image as its last argument and prints a "
        "number. It runs without a shell, for 120 seconds at most. On a hosted page, visitors start it.",
    )
    confirm_credits: Annotated[float, _text(read_credits)] = _field(
        200.0,
        "a number of credits such as `200`, or `unlimited`",
        "A sweep that costs more credits, or an unknown amount, starts only after a question.",
    )
    demo_url: str = ""
    space_host: str = ""

    @property
    def api_enabled(self) -> bool:
        """Whether programs may call the page as an API."""
        return not self.hosted if self.enable_api is None else self.enable_api

    @property
    def max_storage_bytes(self) -> float:
        """Maximum size of the images on disk, in bytes; infinite except for free images of strangers."""
        if self.max_storage_gb is not None:
            return self.max_storage_gb * 1e9
        return DEMO_STORAGE_BYTES if self.hosted and self.demo_url and not self.api_key else math.inf

    def replace(self, **changes: Any) -> Settings:
        """Return a copy with other values, which are not validated."""
        return self.model_copy(update=changes)

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read only the arguments: code that builds settings must not pick up a key from the environment."""
        return (init_settings,)

    @classmethod
    def from_env(cls, **overrides: Any) -> Settings:
        """Read the settings of this environment; raises `InvalidSettings`, which never contains a value.

        `overrides` come first, then the environment, the file of `FLUX_PLAYGROUND_ENV_FILE` (`.env`) and the files
        of `FLUX_PLAYGROUND_SECRETS_DIR` (`/run/secrets`), each named like its variable. A blank value is unset.
        """
        env_file = Path(os.environ.get(ENV_FILE) or ".env")
        secrets = Path(os.environ.get(SECRETS_DIR) or "/run/secrets")
        sources: list[PydanticBaseSettingsSource] = [EnvSettingsSource(cls)]
        try:
            sources.append(DotEnvSettingsSource(cls, env_file=env_file, dotenv_filtering="only_existing"))
            sources += [SecretsSettingsSource(cls, secrets_dir=secrets)] if secrets.is_dir() else []
            values = {name: value for source in reversed(sources) for name, value in source().items() if _is_set(value)}
        except (SettingsError, OSError, UnicodeError):
            raise InvalidSettings(f"The settings in {env_file} or {secrets} cannot be read.") from None
        values = {name: value for name, value in values.items() if name not in NOT_VARIABLES}
        if os.environ.get("SPACE_ID"):  # set on every Space of Hugging Face, which is behind its proxy
            space = {"hosted": True, "trusted_proxies": PRIVATE_NETWORKS}
            values = {**space, "space_host": os.environ.get("SPACE_HOST", ""), **values}
        try:
            settings = cls(**(values | overrides))
        except ValidationError as error:
            raise InvalidSettings(_describe_error(error)) from None
        if settings.user_header and not settings.trusted_proxies:
            raise InvalidSettings(
                f"{PREFIX}USER_HEADER requires {PREFIX}TRUSTED_PROXIES: only these proxies may send the header."
            )
        return settings


def environment_of_commands() -> dict[str, str]:
    """Return the environment for commands of the owner: without this program's variables, one of which is the key."""
    own = {variable.name.upper() for variable in list_variables()}
    return {name: value for name, value in os.environ.items() if name.upper() not in own}


@dataclass(frozen=True)
class Variable:
    """The environment variable of a setting: its name, what its text must be, its default as text, and its help."""

    name: str
    field: str
    takes: str
    default: str
    help: str


def list_variables() -> Iterator[Variable]:
    """All environment variables, in the order of the fields of `Settings`."""
    for name, field in Settings.model_fields.items():
        if name in NOT_VARIABLES:
            continue
        default = "~/.flux_playground" if name == "data" else field.default
        text = ", ".join(map(str, default)) if isinstance(default, tuple) else str(default) if default else ""
        yield Variable(
            name=str(field.validation_alias or f"{PREFIX}{name.upper()}"),
            field=name,
            takes=field.title or "",
            default=text,
            help=field.description or "",
        )


def _is_set(value: Any) -> bool:
    return not (isinstance(value, str) and not value.strip())


def _describe_error(error: ValidationError) -> str:
    """One sentence about the first error, without the value, which may be a key."""
    location = str(error.errors(include_input=False, include_url=False, include_context=False)[0]["loc"][0])
    variable = next(one for one in list_variables() if location in (one.field, one.name))
    return f"{variable.name} must be {variable.takes}."
