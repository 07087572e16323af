"""The style and the script of the page are joined from their files."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

from flux_playground.packaged import IMPORT, STYLES, assets, join_scripts, join_styles, project_links
from flux_playground.ui.text.templates import render

NAMES = re.compile(r"^(?:async )?(?:const|let|function) (?:\{|\[)?([\w, ]+)", re.MULTILINE)


def test_every_style_file_is_joined() -> None:
    """The page has each style file once."""
    assert sorted(STYLES) == sorted(path.stem for path in (assets() / "css").glob("*.css"))
    assert join_styles().count("{") == join_styles().count("}")


def test_every_module_is_joined() -> None:
    """The script has each module, and no import or export is left."""
    script = join_scripts()
    for path in (assets() / "js").glob("*.js"):
        assert script.count(path.read_text(encoding="utf-8").splitlines()[0]) == 1, path.name
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)


def test_modules_share_no_name() -> None:
    """A name is declared at the top level of one module only, because all modules share a scope."""
    names = Counter(name.strip() for group in NAMES.findall(join_scripts()) for name in group.split(","))
    assert len(names) > 100
    assert [name for name, count in names.items() if count > 1] == []


def test_modules_import_in_one_direction() -> None:
    """No module imports itself through others, so that each runs after the modules that it imports."""
    imports = {
        path.name: set(IMPORT.findall(path.read_text(encoding="utf-8"))) for path in (assets() / "js").glob("*.js")
    }
    while free := {name for name, imported in imports.items() if not imported & imports.keys()}:
        for name in free:
            del imports[name]
    assert imports == {}


def test_modules_are_short() -> None:
    """No module has more than 200 lines."""
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in (assets() / "js").glob("*.js")}
    assert {name: length for name, length in lengths.items() if length > 200} == {}


def test_foot_has_the_links_of_the_project() -> None:
    """The foot links each address of `project.urls`, such as that of the source code once it is there."""
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project_links() == project["urls"]
    html = render("foot.html", has_api=False, links={"GitHub": "https://github.com/someone/flux-playground"})
    assert (
        'href="https://github.com/someone/flux-playground" target="_blank" rel="noopener noreferrer">GitHub</a>' in html
    )
