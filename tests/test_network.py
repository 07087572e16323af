"""What the start refuses about ports, hosts, proxies and locks, without starting the program."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from flux_playground import network
from flux_playground.errors import InvalidSettings
from flux_playground.storage import data_folder


@pytest.mark.parametrize("port", ["abc", "99999999", "-5", "0", "٣"])
def test_a_bad_port_is_refused(port: str) -> None:
    """The sentence names the variable."""
    with pytest.raises(InvalidSettings, match="GRADIO_SERVER_PORT"):
        network.number_of(port, "GRADIO_SERVER_PORT")


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1", "a" * 70])
def test_a_host_of_another_machine_is_refused(host: str) -> None:
    """A page can only listen on this machine."""
    with pytest.raises(InvalidSettings, match="GRADIO_SERVER_NAME"):
        network.check_address(host, None, "GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT")


@pytest.mark.parametrize("path", ["playground", "ftp://x/y", "http://["])
def test_a_bad_root_path_is_refused(path: str) -> None:
    """Gradio would build addresses that do not exist."""
    with pytest.raises(InvalidSettings, match="GRADIO_ROOT_PATH"):
        network.check_root_path(path)


@pytest.mark.parametrize("proxy", ["foo://x", "http://x:y", "http://", "socks4://x:1", "http://["])
def test_a_bad_proxy_is_refused(proxy: str) -> None:
    """The sentence names the variable."""
    with pytest.raises(InvalidSettings, match="all_proxy"):
        network.usable_proxies({"all_proxy": proxy})


def test_loopback_is_never_asked_through_a_proxy() -> None:
    """An existing exception is kept, and `socks://` is understood."""
    changed = network.usable_proxies({"all_proxy": "socks://h:1/", "NO_PROXY": "a.test"}, "10.0.0.5")
    assert changed["all_proxy"] == "socks5h://h:1/"
    assert changed["no_proxy"] == changed["NO_PROXY"] == "a.test,127.0.0.1,localhost,::1,10.0.0.5"
    assert network.usable_proxies({"PATH": "/bin"}) == {}


def test_a_folder_without_locks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that the disk cannot give would be waited for."""

    def refuse(path: Path) -> None:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(data_folder, "_lock", refuse)
    with pytest.raises(InvalidSettings, match="no file locks"):
        data_folder.check_data_folder(tmp_path)
    assert list(tmp_path.iterdir()) == []
