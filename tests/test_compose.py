"""The compose files and the configuration of HAProxy, as far as they can be tested without Docker."""

from __future__ import annotations

import ipaddress
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from flux_playground.settings import ENV_FILE, PREFIX, SECRETS_DIR, Settings, list_variables

ROOT = Path(__file__).parent.parent
REPLICAS = ROOT / "docs" / "compose.replicas.yaml"
PROXY = ROOT / "docs" / "haproxy.cfg"
CHOSEN = {"POSTGRES_PASSWORD": "pass1", "AWS_ACCESS_KEY_ID": "key1", "AWS_SECRET_ACCESS_KEY": "secret1"}


def read(path: Path) -> dict[str, Any]:
    """A compose file with the variables of its `.env` put in."""
    text = re.sub(r"\$\{(\w+):\?\}", lambda found: CHOSEN[found[1]], path.read_text(encoding="utf-8"))
    assert "$" not in text
    return dict(yaml.safe_load(text))


def environment_of_image() -> dict[str, str]:
    """The variables that the Dockerfile sets."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    return dict(re.findall(r"^(?:ENV| +) *([A-Z_]+)=(\S+)", text, flags=re.M))


@pytest.mark.parametrize("path", [ROOT / "compose.yaml", REPLICAS], ids=lambda path: path.name)
def test_names(path: Path) -> None:
    """Volumes, services and mounted files that a service names exist, and settings of the page are settings."""
    compose = read(path)
    services, variables = compose["services"], {variable.name for variable in list_variables()}
    for service in services.values():
        assert service.get("image", service.get("build"))
        assert set(service.get("depends_on", ())) <= services.keys()
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (ROOT / source).is_file()
        for name in service.get("environment", ()):
            assert name in variables or not name.startswith(PREFIX)


def test_settings_of_the_replicas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page of a replica reads its settings; database and bucket are those of the services."""
    compose = read(REPLICAS)
    services = compose["services"]
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    for name, value in {**environment_of_image(), **services["page1"]["environment"]}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(ENV_FILE, str(tmp_path / "none"))
    monkeypatch.setenv(SECRETS_DIR, str(tmp_path))
    settings = Settings.from_env()
    assert settings.hosted
    database = services["database"]["environment"]
    login = f"{database['POSTGRES_USER']}:{database['POSTGRES_PASSWORD']}"
    assert settings.database == f"postgresql://{login}@database/{database['POSTGRES_USER']}"
    bucket = settings.files.removeprefix("s3://").partition("/")[0]
    assert services["bucket"]["entrypoint"][-1].count(f"--bucket {bucket}") == 2
    assert os.environ["AWS_ENDPOINT_URL"] == f"http://files{services['files']['command'][1]}"
    assert settings.trusted_proxies == (
        ipaddress.ip_network(compose["networks"]["default"]["ipam"]["config"][0]["subnet"]),
    )
    assert services["page1"]["volumes"] != services["page2"]["volumes"]
    assert all(services[page]["volumes"][0].endswith(f":{settings.data}") for page in ("page1", "page2"))


def test_haproxy() -> None:
    """HAProxy accepts its configuration, whose servers are the replicas and whose port is published."""
    subprocess.run(["/usr/sbin/haproxy", "-c", "-f", str(PROXY)], check=True, capture_output=True)
    text, services = PROXY.read_text(encoding="utf-8"), read(REPLICAS)["services"]
    servers = re.findall(r"^ +server \w+ (\w+):(\d+) cookie", text, flags=re.M)
    assert servers == [(name, environment_of_image()["GRADIO_SERVER_PORT"]) for name in services if "page" in name]
    (port,) = re.findall(r"^ +bind :(\d+)$", text, flags=re.M)
    assert services["proxy"]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert services["proxy"]["volumes"][0].startswith(f"./{PROXY.relative_to(ROOT)}:")
