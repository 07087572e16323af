"""The rules of the package: imports between parts, sizes of files and functions, declared dependencies."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "flux_playground"
SOURCES = sorted([ROOT / "app.py", *PACKAGE.rglob("*.py")])

MAY_IMPORT = {
    "app": {"__main__"},
    "__init__": {"errors", "library", "settings", "sweep_control", "sweeps"},
    "__main__": {
        "active_document",
        "archive_command",
        "errors",
        "local",
        "log_limit",
        "network",
        "packaged",
        "playground",
        "open_files",
        "process_memory",
        "settings",
        "storage",
        "migrate_command",
        "sweep_command",
        "takeover",
        "ui",
    },
    "archive_command": {"access", "active_document", "archive", "errors", "schema", "settings", "storage"},
    "playground": {
        *{
            "access",
            "active_document",
            "build_request",
            "client",
            "errors",
            "generation",
            "identity",
            "image_ref",
            "price_estimate",
            "recipe",
            "reproduce",
            "request_images",
            "runs",
            "schema",
        },
        *{"settings", "storage"},
    },
    "access": {
        "rate_limits",
        "errors",
        "generation",
        "identity",
        "runs",
        "schema",
        "settings",
        "storage",
        "url_policy",
    },
    "account_finetunes": {"access", "errors", "playground"},
    "address_shares": set(),
    "active_document": {"client", "errors", "schema", "settings", "storage"},
    "build_request": {"errors", "generation", "image_ref", "recipe", "request_images", "runs", "schema"},
    "request_images": {"errors", "image_ref", "images", "schema"},
    "price_estimate": {"errors", "images", "schema", "storage"},
    "reproduce": {"errors", "generation", "image_ref", "images", "recipe", "storage"},
    "archive": {"bounded_json", "errors", "generation", "image_ref", "images", "recipe", "reproduce", "storage"},
    "runs": {"client", "errors", "generation", "identity", "image_ref", "storage", "url_policy"},
    "client": {"errors", "images", "url_policy"},
    "storage": {"address_shares", "bounded_json", "errors", "generation", "identity", "image_ref", "images"},
    "recipe": {"bounded_json", "errors", "generation", "image_ref", "images", "yaml12"},
    "sweeps": {
        *{"bounded_json", "build_request", "errors", "generation", "image_ref", "images", "packaged"},
        *{"price_estimate", "recipe", "request_images", "schema", "storage"},
    },
    "library": {
        *{"access", "account_finetunes", "client", "errors", "playground", "schema", "settings", "sweep_control"},
        "sweeps",
    },
    "sweep_control": {
        *{"access", "account_finetunes", "errors", "generation", "playground", "saved_plans", "storage"},
        *{"sweep_plans", "sweep_run", "running_sweeps", "sweep_votes", "sweeps"},
    },
    "saved_plans": {
        *{"access", "build_request", "errors", "playground", "request_images", "storage", "sweep_plans", "sweeps"},
    },
    "running_sweeps": {"access", "errors", "storage", "sweep_run", "sweeps"},
    "sweep_votes": {"access", "errors", "storage", "sweeps"},
    "sweep_plans": {
        *{"access", "build_request", "errors", "generation", "playground", "recipe", "storage", "sweep_run", "sweeps"},
    },
    "migrate_command": {"errors", "settings", "storage"},
    "takeover": {"errors", "playground"},
    "sweep_command": {
        *{"account_finetunes", "errors", "playground", "settings", "storage", "sweep_control", "sweeps"},
    },
    "sweep_run": {"access", "errors", "generation", "playground", "start_cell", "storage", "sweeps"},
    "start_cell": {
        *{"access", "errors", "generation", "playground", "recipe", "request_images", "storage", "sweeps"},
    },
    "sweep_scores": {
        *{"access", "errors", "images", "playground", "settings", "sweep_control", "sweeps"},
    },
    "snippets": {"bounded_json", "image_ref"},
    "images": {"errors"},
    "schema": {"bounded_json", "errors", "url_policy", "yaml12"},
    "generation": {"errors", "identity"},
    "identity": set(),
    "bounded_json": set(),
    "yaml12": set(),
    "image_ref": set(),
    "url_policy": set(),
    "network": {"errors", "url_policy"},
    "log_limit": set(),
    "packaged": set(),
    "open_files": set(),
    "process_memory": set(),
    "settings": {"rate_limits", "errors", "setting_values"},
    "setting_values": {"errors", "url_policy"},
    "rate_limits": set(),
    "local": {"errors", "schema"},
    "errors": set(),
    "ui": {"ui.page"},
    "ui.page": {
        *{"ui.account", "ui.press_dispatch", "ui.components", "ui.endpoints", "ui.events", "ui.form", "ui.generate"},
        *{"ui.gallery", "ui.sweeps"},
        *{"ui.gradio_patches", "ui.json_editor", "ui.layout", "ui.programs", "ui.recipes", "ui.server", "ui.session"},
        "ui.theme",
    },
    "ui.press_dispatch": {"ui.account", "ui.components", "ui.events", "ui.form", "ui.layout", "ui.session", "ui.text"},
    "ui.layout": {
        *{"ui.account", "ui.components", "ui.endpoints", "ui.events", "ui.form", "ui.generate", "ui.json_editor"},
        *{"packaged", "ui.gallery", "ui.recipes", "ui.sweeps", "ui.text"},
    },
    "ui.theme": set(),
    "ui.generate": {"ui.account", "ui.events", "ui.form", "ui.recipes", "ui.text"},
    "ui.recipes": {
        *{"ui.account", "ui.components", "ui.events", "ui.form", "ui.gradio_patches", "ui.session", "ui.text"},
    },
    "ui.gallery": {"archive", "storage", "ui.events", "ui.generate", "ui.recipes", "ui.session", "ui.text"},
    "ui.json_editor": {"ui.events", "ui.form", "ui.text"},
    "ui.endpoints": {"ui.account", "ui.components", "ui.events", "ui.form", "ui.text"},
    "ui.account": {"ui.events", "ui.text"},
    "ui.programs": {
        "packaged",
        "storage",
        "ui.press_dispatch",
        "ui.components",
        "ui.events",
        "ui.form",
        "ui.generate",
        "ui.session",
        "ui.text",
    },
    "ui.events": {"ui.form", "ui.session", "ui.text"},
    "ui.form": {"ui.components", "ui.gradio_patches", "ui.text"},
    "ui.sweeps": {"storage", "ui.account", "ui.events", "ui.generate", "ui.recipes", "ui.text"},
    "ui.session": {"storage", "ui.server"},
    "ui.server": {"ui.gradio_patches", "ui.session", "ui.text"},
    "ui.gradio_patches": set(),
    "ui.components": set(),
    "ui.text": set(),
}
"""What each part of the package may import; for a part of `ui`, from within `ui`: of the rest it may import CORE."""

CORE = {
    *{
        "account_finetunes",
        "active_document",
        "address_shares",
        "archive",
        "bounded_json",
        "build_request",
        "errors",
        "generation",
        "identity",
        "image_ref",
        "images",
        "playground",
        "price_estimate",
        "recipe",
        "reproduce",
        "request_images",
        "runs",
    },
    *{"schema", "settings", "snippets", "sweep_control", "sweep_scores", "sweeps"},
}

ONLY_IN = {
    "gradio": {"ui"},
    "requests": {"client"},
    "urllib3": {"client"},
    "sqlite3": {"storage"},
    "psycopg": {"storage"},
    "jsonschema": {"schema"},
    "obstore": {"storage"},
    "yaml": {"yaml12"},
    "PIL": {"images", "local", "recipe"},
    "numpy": {"local"},
    "uvicorn": {"local", "ui"},
    "pydantic": {"settings"},
    "pydantic_settings": {"settings"},
    "prometheus_client": {"ui"},
    "mcp": {"ui"},
}
"""Libraries, and the only rooms that may know them."""

IMPORT_NAMES = {"Jinja2": "jinja2", "MarkupSafe": "markupsafe", "Pillow": "PIL", "PyYAML": "yaml"}


@cache
def parse(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def walk(path: Path) -> tuple[ast.AST, ...]:
    """All nodes of a file."""
    return tuple(ast.walk(parse(path)))


def part_of(path: Path) -> str:
    """The part of the package that a file belongs to: its folder or module, within `ui` that of `ui`."""
    parts = list(path.relative_to(PACKAGE).with_suffix("").parts) if path.is_relative_to(PACKAGE) else [path.stem]
    parts = parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts
    return ".".join(parts[:2]) if parts[0] == "ui" else parts[0]


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, by its absolute name, wherever in the file."""
    package = [] if not path.is_relative_to(ROOT) else list(path.relative_to(ROOT).parent.parts)
    for node in walk(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def parts_imported(path: Path) -> set[str]:
    """The parts of the package that a file imports, without its own."""
    exported = {"Playground": "library", "Settings": "settings", "PlaygroundError": "errors"}
    found = set()
    for name in imports(path):
        head, _, rest = name.partition(".")
        if head == "flux_playground" and rest:
            first, _, second = rest.partition(".")
            inside = second.split(".")[0] if first == "ui" else ""
            known = inside and ((PACKAGE / "ui" / inside).is_dir() or (PACKAGE / "ui" / f"{inside}.py").is_file())
            found.add(f"ui.{inside}" if known else exported.get(first, first))
    return found - {part_of(path)}


def test_imports_go_one_way() -> None:
    """Each part imports only what the table allows."""
    wrong = {}
    for path in SOURCES:
        part = part_of(path)
        allowed = MAY_IMPORT[part] | (CORE if part.startswith("ui") else set())
        if extra := parts_imported(path) - allowed:
            wrong[str(path.relative_to(ROOT))] = extra
    assert wrong == {}


def test_table_is_complete() -> None:
    """The table names every part of the package and no other."""
    assert set(MAY_IMPORT) == {part_of(path) for path in SOURCES}


def test_libraries_stay_in_their_parts() -> None:
    """A library is imported only by the part that wraps it."""
    wrong = {}
    for path in SOURCES:
        libraries = {name.split(".")[0] for name in imports(path)}
        part = part_of(path).split(".")[0]
        if foreign := {name for name in libraries if part not in ONLY_IN.get(name, {part})}:
            wrong[str(path.relative_to(ROOT))] = foreign
    assert wrong == {}


def test_only_the_settings_read_the_environment() -> None:
    """Environment variables are read in the settings only."""
    readers = {
        part_of(path) for path in SOURCES if re.search(r"\bos\.(environ\b(?!\.setdefault|\[)|getenv)", path.read_text())
    }
    assert readers <= {"settings", "__main__"}


def test_dependencies_are_declared() -> None:
    """Each imported library is declared with its reason, and each declared one is imported."""
    text = (ROOT / "pyproject.toml").read_text()
    project = tomllib.loads(text)["project"]
    declared = project["dependencies"]
    extras = {re.split(r"[^\w-]", line)[0] for lines in project["optional-dependencies"].values() for line in lines}
    names = [re.match(r"[\w-]+", line).group() for line in declared]  # type: ignore[union-attr]
    used = {name.split(".")[0] for path in SOURCES for name in imports(path)}
    foreign = used - set(sys.stdlib_module_names) - {"flux_playground", "__future__"}
    assert {IMPORT_NAMES.get(name, name).replace("-", "_") for name in names} == foreign - extras
    for name in names:
        assert re.search(rf'"{name}[^"]*",\s+# \w', text), f"{name} is declared without a reason"


def test_test_imports_are_declared() -> None:
    """Tests and benchmarks import declared libraries only."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = [
        *document["project"]["dependencies"],
        *document["project"]["optional-dependencies"]["mcp"],
        *document["project"]["optional-dependencies"]["postgres"],
        *document["dependency-groups"]["dev"],
        *document["dependency-groups"]["build"],
    ]
    names = {re.match(r"[\w-]+", line).group() for line in lines}  # type: ignore[union-attr]
    declared = {IMPORT_NAMES.get(name, name).replace("-", "_") for name in names} | {"gradio_client"}
    files = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    used = {name.split(".")[0] for path in files for name in imports(path)}
    neighbours = {path.stem for path in files}
    assert used - set(sys.stdlib_module_names) - {"flux_playground", "tests", "app"} - neighbours <= declared


def test_modules_have_docstrings() -> None:
    """Every module and everything public in it says in its docstring what it is for."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    missing = []
    for path in SOURCES:
        tree = parse(path)
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
        members = [*tree.body, *(member for owner in classes for member in owner.body)]
        public = [member for member in members if isinstance(member, kinds) and not member.name.startswith("_")]
        names = [member.name for member in public if not ast.get_docstring(member)]
        missing += [f"{path.name}: {name}" for name in [*([] if ast.get_docstring(tree) else ["module"]), *names]]
    assert missing == []


def test_modules_and_functions_are_short() -> None:
    """A file has at most 300 lines, a function fewer than 60."""
    long = []
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        if len(text.splitlines()) > 300:
            long.append(path.name)
        functions = (n for n in walk(path) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
        long += [f"{path.name}: {one.name}" for one in functions if (one.end_lineno or 0) - one.lineno >= 60]
    assert long == []


def test_no_state_at_module_level() -> None:
    """No module keeps state: its lists, dicts and sets are constants, and it has no global statement."""
    state = []
    for path in SOURCES:
        tree = parse(path)
        for node in tree.body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.List | ast.Dict | ast.Set):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = [target.id for target in targets if isinstance(target, ast.Name)]
                state += [f"{path.name}: {name}" for name in names if not (name.isupper() or name == "__all__")]
        state += [f"{path.name}: global" for node in walk(path) if isinstance(node, ast.Global)]
    assert state == []


def test_file_names() -> None:
    """No file has a name that says nothing, and no two files outside of packages' `__init__` share a name."""
    stems = [path.stem for path in SOURCES if path.stem not in ("__init__", "__main__")]
    folders = {part for path in SOURCES for part in path.relative_to(ROOT).parts[:-1]}
    assert not {*stems, *folders} & {"utils", "util", "helpers", "common", "manager", "service", "base", "misc"}
    assert sorted({stem for stem in stems if stems.count(stem) > 1}) == []
