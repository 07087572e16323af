"""The house: who may import whom, how large a room may be, and that nothing is imported that is not declared."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "flux_playground"
SOURCES = sorted([ROOT / "app.py", *PACKAGE.rglob("*.py")])

ROOMS = {
    "app": {"__main__"},
    "__main__": {
        "data_folder",
        "documents",
        "errors",
        "local",
        "network",
        "packaged",
        "playground",
        "settings",
        "ui",
    },
    "data_folder": {"errors"},
    "network": {"errors"},
    "packaged": set(),
    "setting_values": set(),
    "__init__": {"errors", "playground", "settings"},
    "ui": {
        "request",
        "media",
        "documents",
        "accounts",
        "playground",
        "errors",
        "schema",
        "generation",
        "settings",
        "images",
        "recipe",
        "snippets",
        "comparison",
        "reproduction",
    },
    "documents": {"client", "errors", "schema", "settings"},
    "playground": {
        "runner",
        "documents",
        "accounts",
        "clearing",
        "client",
        "errors",
        "generation",
        "journal",
        "ledger",
        "line",
        "quota",
        "recipe",
        "request",
        "road",
        "schema",
        "settings",
        "visitor",
    },
    "visitor": {"errors", "schema", "settings"},
    "request": {"errors", "images", "recipe", "schema"},
    "road": {"client", "errors", "generation", "journal", "pacing"},
    "line": {"errors", "generation"},
    "active_runs": {"line"},
    "runner": {"errors", "accounts", "active_runs", "clearing", "generation", "journal", "ledger", "line", "road"},
    "pending_records": {"errors", "generation"},
    "client": {"errors", "media", "pacing"},
    "pacing": set(),
    "recipe": {"errors", "generation", "metadata"},
    "metadata": {"errors"},
    "reproduction": {"comparison", "errors", "generation", "journal", "metadata", "recipe"},
    "snippets": {"errors", "generation"},
    "comparison": {"errors", "images", "recipe"},
    "journal": {"database", "errors", "files", "generation", "images", "media", "pending_records", "rows", "usage"},
    "database": {"migrations"},
    "usage": {"generation"},
    "rows": {"errors", "generation"},
    "migrations": set(),
    "files": set(),
    "clearing": {"journal"},
    "generation": {"errors"},
    "images": {"errors"},
    "media": {"errors", "images"},
    "schema": {"errors"},
    "accounts": {"client", "line"},
    "ledger": {"generation"},
    "quota": {"allowance", "errors", "generation", "journal"},
    "allowance": set(),
    "settings": {"allowance", "errors", "setting_values"},
    "local": {"schema", "errors"},
    "errors": set(),
}
"""Each room, and the rooms that it may import. Changing the house means changing this table, on purpose."""

ONLY_IN = {
    "gradio": {"ui"},
    "requests": {"client"},
    "urllib3": {"client"},
    "sqlite3": {"data_folder", "journal", "database", "usage"},
    "jsonschema": {"schema"},
    "yaml": {"schema"},
    "PIL": {"images", "local", "comparison"},
    "numpy": {"local"},
    "uvicorn": {"local"},
}
"""Libraries, and the only rooms that may know them."""

IMPORT_NAMES = {"Pillow": "PIL", "PyYAML": "yaml"}


def room(path: Path) -> str:
    """The room of a file: its module, or the folder below the package that it stands in."""
    parts = path.relative_to(PACKAGE).parts if path.is_relative_to(PACKAGE) else (path.name,)
    return parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, by its absolute name, wherever in the file it does so."""
    package = [] if not path.is_relative_to(ROOT) else list(path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{stem}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_the_rooms_that_it_may_know(path: Path) -> None:
    mine = room(path)
    known = {
        name.split(".")[1] if name != "flux_playground" else "__init__"
        for name in imports(path)
        if name.split(".")[0] == "flux_playground" and len(name.split(".")) > 1
    }
    known = {{"Playground": "playground", "Settings": "settings", "PlaygroundError": "errors"}.get(k, k) for k in known}
    assert known - {mine} <= ROOMS[mine]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_library_is_known_only_where_it_belongs(path: Path) -> None:
    libraries = {name.split(".")[0] for name in imports(path)}
    assert {name for name in libraries if room(path) not in ONLY_IN.get(name, {room(path)})} == set()


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        room(path) for path in SOURCES if re.search(r"\bos\.(environ\b(?!\.setdefault|\[)|getenv)", path.read_text())
    }
    assert readers <= {"settings", "__main__"}


def test_every_library_that_is_imported_is_declared_with_its_reason_and_every_declared_one_imported() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    declared = tomllib.loads(text)["project"]["dependencies"]
    names = [re.match(r"[\w-]+", line).group() for line in declared]  # type: ignore[union-attr]
    used = {name.split(".")[0] for path in SOURCES for name in imports(path)}
    foreign = used - set(sys.stdlib_module_names) - {"flux_playground", "__future__"}
    assert {IMPORT_NAMES.get(name, name) for name in names} == foreign
    for name in names:
        assert re.search(rf'"{name}[^"]*",\s+# \w', text), f"{name} is declared without a reason"


def test_the_tests_import_only_what_is_declared() -> None:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = [
        *document["project"]["dependencies"],
        *document["dependency-groups"]["dev"],
        *document["dependency-groups"]["build"],
    ]
    names = {re.match(r"[\w-]+", line).group() for line in lines}  # type: ignore[union-attr]
    declared = {IMPORT_NAMES.get(name, name).replace("-", "_") for name in names} | {"gradio_client"}
    files = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    used = {name.split(".")[0] for path in files for name in imports(path)}
    neighbours = {path.stem for path in files}
    assert used - set(sys.stdlib_module_names) - {"flux_playground", "tests", "app"} - neighbours <= declared


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_opens_with_what_it_is_and_stays_readable(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "a module opens with what it is and what it must not know"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, f"{node.name} is over 60 lines"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_whatever_is_public_says_what_it_is_for(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    members = [*tree.body, *(member for owner in classes for member in owner.body)]
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    public = [member for member in members if isinstance(member, kinds) and not member.name.startswith("_")]
    assert [member.name for member in public if not ast.get_docstring(member)] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_state_lives_at_module_level(path: Path) -> None:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.List | ast.Dict | ast.Set):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            assert all(name.isupper() or name == "__all__" for name in names), f"{names} looks like state"
    assert not any(isinstance(node, ast.Global) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def test_no_file_has_a_name_that_says_nothing() -> None:
    stems = {part.removesuffix(".py") for path in SOURCES for part in path.relative_to(ROOT).parts}
    assert not stems & {"utils", "util", "helpers", "common", "manager", "service", "base", "misc"}


def test_the_page_says_of_each_of_its_files_what_it_is_about_and_of_no_other() -> None:
    text = ast.get_docstring(ast.parse((PACKAGE / "ui" / "__init__.py").read_text())) or ""
    rows = [re.split(r"\s{2,}", line, maxsplit=1) for line in text.splitlines()[2:]]
    named = {name for row in rows for name in row[0].split(", ")}
    rest = " ".join(row[1] for row in rows)
    there = {path.stem for path in (PACKAGE / "ui").glob("*.py")} - {"__init__"}
    assert named <= there
    assert [name for name in sorted(there - named) if not re.search(rf"\b{name}\b", rest)] == []
