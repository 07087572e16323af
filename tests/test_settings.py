"""Settings from the environment, a `.env` file and a folder of secrets."""

from __future__ import annotations

import math
import os
from ipaddress import ip_network
from pathlib import Path

import pytest

from flux_playground.__main__ import start
from flux_playground.errors import InvalidSettings
from flux_playground.rate_limits import Allowance
from flux_playground.settings import NOT_VARIABLES, Settings, list_variables


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory and an environment without settings."""
    for name in list(os.environ):
        if name.startswith(("FLUX_PLAYGROUND_", "BFL_", "SPACE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("FLUX_PLAYGROUND_SECRETS_DIR", str(tmp_path / "secrets"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read_settings(variables: dict[str, str]) -> Settings:
    """The settings of an environment with these variables."""
    with pytest.MonkeyPatch.context() as patch:
        for name, text in variables.items():
            patch.setenv(name, text)
        return Settings.from_env()


def test_defaults() -> None:
    """An unset or blank variable keeps its default."""
    assert read_settings({}) == Settings()
    assert read_settings({variable.name: "  " for variable in list_variables()}) == Settings()


def test_every_field_is_a_variable() -> None:
    """Each setting but the ones that the program sets itself has a variable."""
    assert [variable.field for variable in list_variables()] == [
        name for name in Settings.model_fields if name not in NOT_VARIABLES
    ]
    assert all(variable.takes and variable.help for variable in list_variables())


def test_fields_without_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address of the local server cannot be set from outside."""
    assert read_settings({"FLUX_PLAYGROUND_DEMO_URL": "http://evil.example", "SPACE_HOST": "x"}) == Settings()


def test_direct_settings_ignore_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`Settings()` never picks up a key."""
    monkeypatch.setenv("BFL_API_KEY", "a-real-key")
    assert Settings().api_key == ""


def test_order_of_sources(folder: Path) -> None:
    """An override wins over the environment, the environment over `.env`, `.env` over the secrets."""
    (folder / "secrets").mkdir()
    for name, text in (("BFL_API_KEY", "from-secret\n"), ("FLUX_PLAYGROUND_METRICS_TOKEN", "secret-token\n")):
        (folder / "secrets" / name).write_text(text)
    (folder / ".env").write_text("BFL_API_KEY=from-file\nFLUX_PLAYGROUND_TIMEOUT=20\nUNRELATED=1\n")
    settings = read_settings({"FLUX_PLAYGROUND_TIMEOUT": "30"})
    assert (settings.api_key, settings.timeout, settings.metrics_token) == ("from-file", 30.0, "secret-token")
    assert read_settings({"BFL_API_KEY": "from-env"}).api_key == "from-env"
    assert Settings.from_env(data=str(folder / "x")).data == folder / "x"


@pytest.mark.parametrize("content", [b"BFL_API_KEY=two words\n", b"\xff\xfe"])
def test_bad_env_file(folder: Path, content: bytes) -> None:
    """A bad value in `.env`, or a file that is not text, is refused in one sentence without the value."""
    (folder / ".env").write_bytes(content)
    with pytest.raises(InvalidSettings) as caught:
        Settings.from_env()
    assert str(caught.value).count(".") >= 1
    assert "two words" not in str(caught.value)


def test_help_lists_the_settings(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` shows each variable."""
    with pytest.raises(SystemExit):
        start(["--help"])
    text = capsys.readouterr().out
    assert all(variable.name in text for variable in list_variables())


@pytest.mark.parametrize(
    ("name", "text", "setting", "value"),
    [
        ("BFL_API_KEY", "abc-123", "api_key", "abc-123"),
        ("FLUX_PLAYGROUND_BASE_URL", "https://api.eu1.bfl.ai/", "base_url", "https://api.eu1.bfl.ai"),
        ("FLUX_PLAYGROUND_BASE_URL", "http://127.0.0.1:8000", "base_url", "http://127.0.0.1:8000"),
        ("FLUX_PLAYGROUND_BASE_URL", "https://api.bfl.ai/v1", "base_url", "https://api.bfl.ai"),
        ("FLUX_PLAYGROUND_BASE_URL", "https://api.bfl.ai/v1/", "base_url", "https://api.bfl.ai"),
        ("FLUX_PLAYGROUND_DATA", "somewhere/else", "data", Path("somewhere/else")),
        ("FLUX_PLAYGROUND_DATABASE", "postgresql://a:b@h/n", "database", "postgresql://a:b@h/n"),
        ("FLUX_PLAYGROUND_DATABASE", "postgresql:///n?host=/run", "database", "postgresql:///n?host=/run"),
        ("FLUX_PLAYGROUND_ENDPOINT", "/v1/flux-2-pro", "endpoint", "/v1/flux-2-pro"),
        ("FLUX_PLAYGROUND_MAX_IN_FLIGHT", "6", "max_in_flight", 6),
        ("FLUX_PLAYGROUND_TIMEOUT", "90.5", "timeout", 90.5),
        ("FLUX_PLAYGROUND_LOCAL_SPEED", "20", "local_speed", 20.0),
        ("FLUX_PLAYGROUND_HOSTED", "1", "hosted", True),
        ("FLUX_PLAYGROUND_ALLOWANCE", "5/hour, 9 credits/day", "allowance", Allowance.read("5/hour,9 credits/day")),
        ("FLUX_PLAYGROUND_BUDGET", "unlimited", "budget", Allowance()),
        (
            "FLUX_PLAYGROUND_TRUSTED_PROXIES",
            "127.0.0.1, 10.0.0.0/8",
            "trusted_proxies",
            (ip_network("127.0.0.1"), ip_network("10.0.0.0/8")),
        ),
        ("FLUX_PLAYGROUND_ENABLE_API", "1", "enable_api", True),
        ("FLUX_PLAYGROUND_ENABLE_MCP", "on", "enable_mcp", True),
        ("FLUX_PLAYGROUND_METRICS_TOKEN", "sesame", "metrics_token", "sesame"),
        ("FLUX_PLAYGROUND_MAX_STORAGE_GB", "1.5", "max_storage_gb", 1.5),
        ("FLUX_PLAYGROUND_MAX_STORAGE_GB", "unlimited", "max_storage_gb", math.inf),
        (
            "FLUX_PLAYGROUND_SCORE_COMMAND",
            "'my python' score.py --fast",
            "score_command",
            ("my python", "score.py", "--fast"),
        ),
    ],
)
def test_good_value(name: str, text: str, setting: str, value: object) -> None:
    """A variable is read into its field."""
    assert getattr(read_settings({name: text}), setting) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("BFL_API_KEY", "two words"),
        ("BFL_API_KEY", "näh"),
        ("BFL_API_KEY", '"abc-123"'),
        ("BFL_API_KEY", "'abc-123'"),
        ("BFL_API_KEY", "`abc-123`"),
        ("FLUX_PLAYGROUND_BASE_URL", "https://api.bfl.ai:99999"),
        ("FLUX_PLAYGROUND_BASE_URL", "https://api.bfl.ai:x"),
        ("FLUX_PLAYGROUND_BASE_URL", "https://api.bfl.ai\\x"),
        ("FLUX_PLAYGROUND_BASE_URL", "http://api.bfl.ai"),
        ("FLUX_PLAYGROUND_BASE_URL", "api.bfl.ai"),
        ("FLUX_PLAYGROUND_BASE_URL", "https://user:pw@api.bfl.ai"),
        ("FLUX_PLAYGROUND_BASE_URL", "https://[broken"),
        ("FLUX_PLAYGROUND_DATA", __file__),
        ("FLUX_PLAYGROUND_DATABASE", "mysql://user:secret@host/name"),
        ("FLUX_PLAYGROUND_DATABASE", "postgresql://user:secret@host:port/name"),
        ("FLUX_PLAYGROUND_DATABASE", "postgres:"),
        ("FLUX_PLAYGROUND_ENDPOINT", "somewhere"),
        ("FLUX_PLAYGROUND_MAX_IN_FLIGHT", "0"),
        ("FLUX_PLAYGROUND_MAX_IN_FLIGHT", "many"),
        ("FLUX_PLAYGROUND_TIMEOUT", "nan"),
        ("FLUX_PLAYGROUND_LOCAL_SPEED", "-1"),
        ("FLUX_PLAYGROUND_HOSTED", "maybe"),
        ("FLUX_PLAYGROUND_ALLOWANCE", "ten"),
        ("FLUX_PLAYGROUND_BUDGET", "5/week"),
        ("FLUX_PLAYGROUND_TRUSTED_PROXIES", "*"),
        ("FLUX_PLAYGROUND_USER_HEADER", "X_Remote_User"),
        ("FLUX_PLAYGROUND_USER_HEADER", "X-Remote-User:"),
        ("FLUX_PLAYGROUND_ENABLE_API", "perhaps"),
        ("FLUX_PLAYGROUND_MAX_STORAGE_GB", "0"),
        ("FLUX_PLAYGROUND_MAX_STORAGE_GB", "nan"),
        ("FLUX_PLAYGROUND_MAX_STORAGE_GB", "2 GB"),
        ("FLUX_PLAYGROUND_SCORE_COMMAND", "python 'score.py"),
        ("FLUX_PLAYGROUND_SCORE_COMMAND", "''"),
    ],
)
def test_bad_value(name: str, text: str) -> None:
    """A bad value is refused in one sentence that names the variable and not the value."""
    with pytest.raises(InvalidSettings) as caught:
        read_settings({name: text})
    message = str(caught.value)
    assert message.startswith(f"{name} must be ")
    assert message.endswith(".")
    assert text not in message or len(text) < 2


def test_default_storage_limit() -> None:
    """Only free images of strangers have a limit by default."""
    demo = Settings(hosted=True, demo_url="http://127.0.0.1:1")
    assert demo.max_storage_bytes == 2e9
    for other in (Settings(), demo.replace(hosted=False), demo.replace(api_key="k"), demo.replace(demo_url="")):
        assert other.max_storage_bytes == math.inf
    assert demo.replace(max_storage_gb=math.inf).max_storage_bytes == math.inf
    assert Settings(max_storage_gb=5).max_storage_bytes == 5e9


def test_user_header_requires_proxies() -> None:
    """A user header without trusted proxies is refused."""
    both = {"FLUX_PLAYGROUND_USER_HEADER": "X-Remote-User", "FLUX_PLAYGROUND_TRUSTED_PROXIES": "127.0.0.1"}
    assert read_settings(both).user_header == "X-Remote-User"
    with pytest.raises(InvalidSettings, match="FLUX_PLAYGROUND_TRUSTED_PROXIES"):
        read_settings({"FLUX_PLAYGROUND_USER_HEADER": "X-Remote-User"})


def test_repr_has_no_secrets() -> None:
    """Keys are not in the repr."""
    assert "sesame" not in repr(Settings(api_key="sesame", metrics_token="sesame"))


def test_space_is_hosted() -> None:
    """A Space is hosted unless its settings say otherwise."""
    assert read_settings({"SPACE_ID": "somebody/something"}).hosted
    assert not read_settings({"SPACE_ID": "somebody/something", "FLUX_PLAYGROUND_HOSTED": "0"}).hosted
