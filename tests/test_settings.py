"""The environment, read once: what is accepted, and the one sentence for what is not."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from flux_playground.errors import InvalidSettings
from flux_playground.rate_limits import Allowance
from flux_playground.settings import VARIABLES, Settings


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.from_env({}) == Settings()
    assert Settings.from_env({variable.name: "  " for variable in VARIABLES}) == Settings()


def test_every_setting_but_the_local_servers_address_can_be_given() -> None:
    assert [v.setting for v in VARIABLES] == [
        f.name for f in fields(Settings) if f.name not in ("demo_url", "space_host")
    ]


@pytest.mark.parametrize(
    ("name", "text", "setting", "value"),
    [
        ("BFL_API_KEY", "abc-123", "api_key", "abc-123"),
        ("FLUX_PLAYGROUND_BASE_URL", "https://api.eu1.bfl.ai/", "base_url", "https://api.eu1.bfl.ai"),
        ("FLUX_PLAYGROUND_BASE_URL", "http://127.0.0.1:8000", "base_url", "http://127.0.0.1:8000"),
        ("FLUX_PLAYGROUND_BASE_URL", "https://api.bfl.ai/v1", "base_url", "https://api.bfl.ai"),
        ("FLUX_PLAYGROUND_BASE_URL", "https://api.bfl.ai/v1/", "base_url", "https://api.bfl.ai"),
        ("FLUX_PLAYGROUND_DATA", "somewhere/else", "data", Path("somewhere/else")),
        ("FLUX_PLAYGROUND_ENDPOINT", "/v1/flux-2-pro", "endpoint", "/v1/flux-2-pro"),
        ("FLUX_PLAYGROUND_MAX_IN_FLIGHT", "6", "max_in_flight", 6),
        ("FLUX_PLAYGROUND_PATIENCE", "90.5", "patience", 90.5),
        ("FLUX_PLAYGROUND_LOCAL_SPEED", "20", "local_speed", 20.0),
        ("FLUX_PLAYGROUND_HOSTED", "1", "hosted", True),
        ("FLUX_PLAYGROUND_ALLOWANCE", "5/hour, 9 credits/day", "allowance", Allowance.read("5/hour,9 credits/day")),
        ("FLUX_PLAYGROUND_BUDGET", "unlimited", "budget", Allowance()),
        (
            "FLUX_PLAYGROUND_PROXIES",
            "127.0.0.1, 10.0.0.0/8",
            "proxies",
            (ip_network("127.0.0.1"), ip_network("10.0.0.0/8")),
        ),
        ("FLUX_PLAYGROUND_API", "1", "api", True),
        ("FLUX_PLAYGROUND_MCP", "on", "mcp", True),
        ("FLUX_PLAYGROUND_TOKEN", "sesame", "token", "sesame"),
        ("FLUX_PLAYGROUND_KEEP", "1.5", "keep", 1.5e9),
        ("FLUX_PLAYGROUND_KEEP", "unlimited", "keep", math.inf),
    ],
)
def test_a_good_value_becomes_its_setting(name: str, text: str, setting: str, value: object) -> None:
    assert getattr(Settings.from_env({name: text}), setting) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("BFL_API_KEY", "two words"),
        ("BFL_API_KEY", "näh"),
        ("BFL_API_KEY", '"abc-123"'),
        ("BFL_API_KEY", "'abc-123'"),
        ("FLUX_PLAYGROUND_BASE_URL", "https://api.bfl.ai:99999"),
        ("FLUX_PLAYGROUND_BASE_URL", "https://api.bfl.ai:x"),
        ("FLUX_PLAYGROUND_BASE_URL", "https://api.bfl.ai\\x"),
        ("FLUX_PLAYGROUND_BASE_URL", "http://api.bfl.ai"),
        ("FLUX_PLAYGROUND_BASE_URL", "api.bfl.ai"),
        ("FLUX_PLAYGROUND_BASE_URL", "https://user:pw@api.bfl.ai"),
        ("FLUX_PLAYGROUND_BASE_URL", "https://[broken"),
        ("FLUX_PLAYGROUND_DATA", __file__),
        ("FLUX_PLAYGROUND_ENDPOINT", "somewhere"),
        ("FLUX_PLAYGROUND_MAX_IN_FLIGHT", "0"),
        ("FLUX_PLAYGROUND_MAX_IN_FLIGHT", "many"),
        ("FLUX_PLAYGROUND_PATIENCE", "nan"),
        ("FLUX_PLAYGROUND_LOCAL_SPEED", "-1"),
        ("FLUX_PLAYGROUND_HOSTED", "maybe"),
        ("FLUX_PLAYGROUND_ALLOWANCE", "ten"),
        ("FLUX_PLAYGROUND_BUDGET", "5/week"),
        ("FLUX_PLAYGROUND_PROXIES", "*"),
        ("FLUX_PLAYGROUND_USER_HEADER", "X_Remote_User"),
        ("FLUX_PLAYGROUND_USER_HEADER", "X-Remote-User:"),
        ("FLUX_PLAYGROUND_API", "perhaps"),
        ("FLUX_PLAYGROUND_KEEP", "0"),
        ("FLUX_PLAYGROUND_KEEP", "nan"),
        ("FLUX_PLAYGROUND_KEEP", "2 GB"),
    ],
)
def test_a_bad_value_is_refused_in_one_sentence_that_names_the_variable_and_not_the_value(name: str, text: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        Settings.from_env({name: text})
    message = str(caught.value)
    assert message.startswith(f"{name} must be ")
    assert message.endswith(".")
    assert text not in message or len(text) < 2


def test_only_what_costs_nothing_is_removed_without_being_asked_for() -> None:
    demo = Settings(hosted=True, demo_url="http://127.0.0.1:1")
    assert demo.room == 2e9
    for other in (Settings(), replace(demo, hosted=False), replace(demo, api_key="k"), replace(demo, demo_url="")):
        assert other.room == math.inf
    assert replace(demo, keep=math.inf).room == math.inf
    assert Settings(keep=5e9).room == 5e9


def test_a_header_for_names_needs_proxies_to_be_believed_of() -> None:
    both = {"FLUX_PLAYGROUND_USER_HEADER": "X-Remote-User", "FLUX_PLAYGROUND_PROXIES": "127.0.0.1"}
    assert Settings.from_env(both).user_header == "X-Remote-User"
    with pytest.raises(InvalidSettings, match="FLUX_PLAYGROUND_PROXIES"):
        Settings.from_env({"FLUX_PLAYGROUND_USER_HEADER": "X-Remote-User"})


def test_the_key_is_not_in_the_repr() -> None:
    assert "sesame" not in repr(Settings(api_key="sesame", token="sesame"))


def test_a_space_is_hosted_unless_it_says_otherwise() -> None:
    assert Settings.from_env({"SPACE_ID": "somebody/something"}).hosted
    assert not Settings.from_env({"SPACE_ID": "somebody/something", "FLUX_PLAYGROUND_HOSTED": "0"}).hosted
