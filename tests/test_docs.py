"""The documents name only files, commands and settings that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from flux_playground.settings import ENV_FILE, SECRETS_DIR, list_variables

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
PATH = re.compile(r"`((?:[\w.-]+/)+(?:[\w-]+\.(?:py|js|md|css|html|json|conf|yaml))?)`")
OUTSIDE = ("build/",)


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes from the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """The files and anchors that a page links to."""
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        name, _, anchor = target.partition("#")
        yield (page.parent / name if name else page), anchor


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links(page: Path) -> None:
    """Each link leads to a file, and to a heading in it."""
    for path, anchor in links(page):
        assert path.exists(), path
        assert not anchor or anchor in anchors(path), f"{path}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_paths(page: Path) -> None:
    """Each file or folder in backticks exists, from the root or from the package."""
    for name in PATH.findall(page.read_text(encoding="utf-8")):
        if not name.startswith(OUTSIDE):
            assert (ROOT / name).exists() or (ROOT / "flux_playground" / name).exists(), name


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_make_targets(page: Path) -> None:
    """Each make target in code exists."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    text = page.read_text(encoding="utf-8")
    code = "\n".join([*re.findall(r"```\n(.*?)```", text, re.DOTALL), *re.findall(r"`([^`\n]+)`", text)])
    for target in re.findall(r"^(?:[A-Z_]+=\S+ )*make ([\w-]+)", code, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_variables(page: Path) -> None:
    """Each environment variable of this program is a setting."""
    names = {ENV_FILE, SECRETS_DIR, *(variable.name for variable in list_variables())}
    assert set(re.findall(r"FLUX_PLAYGROUND_[A-Z_]+|BFL_API_KEY", page.read_text(encoding="utf-8"))) <= names
