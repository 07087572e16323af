"""The lock files are in step with pyproject.toml and name no server."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
RUNTIME = [
    *PROJECT["project"]["dependencies"],
    *(one for name in ("socks", "mcp", "postgres", "s3") for one in EXTRAS[name]),
]
BUILD = [*PROJECT["dependency-groups"]["build"], *PROJECT["build-system"]["requires"]]
DEVELOPMENT = PROJECT["dependency-groups"]["dev"]
LOCKS = {
    "requirements.lock": [*RUNTIME, *BUILD],
    "requirements-dev.lock": [*RUNTIME, *BUILD, *DEVELOPMENT],
    "requirements.txt": RUNTIME,
    "requirements-s3-server.lock": PROJECT["dependency-groups"]["s3-server"],
}


def locked(name: str) -> dict[str, list[str]]:
    """The locked versions by package; a package may have one version per kind of machine."""
    versions: dict[str, list[str]] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if found := re.match(r"([\w.-]+)==([^ ;\\]+)", line):
            versions.setdefault(canonicalize_name(found[1]), []).append(found[2])
    return versions


@pytest.mark.parametrize(("name", "declared"), LOCKS.items())
def test_every_declared_package_is_locked_within_its_range(name: str, declared: list[Any]) -> None:
    """A changed pyproject.toml needs `make lock`."""
    versions = locked(name)
    for line in declared:
        wanted = Requirement(line)
        found = versions.get(canonicalize_name(wanted.name), [])
        assert found, f"{wanted.name} is not in {name}: run `make lock`"
        assert all(wanted.specifier.contains(version) for version in found), f"{line} is {found}: run `make lock`"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.lock"])
def test_the_files_agree_on_every_version(name: str) -> None:
    """One version of a package is tested and run."""
    others = locked(name)
    for package, versions in locked("requirements.lock").items():
        assert others.get(package, versions) == versions


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_server(name: str) -> None:
    """The files work with every index."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash)", text, re.M)


@pytest.mark.parametrize("name", [name for name in LOCKS if name.endswith(".lock")])
def test_every_locked_package_has_a_hash(name: str) -> None:
    """pip refuses a package without one."""
    text = (ROOT / name).read_text(encoding="utf-8")
    for block in re.split(r"^(?=[\w.-]+==)", text, flags=re.M)[1:]:
        assert "--hash=sha256:" in block, block.splitlines()[0]
