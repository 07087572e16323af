"""Finds and joins the files of `assets/`, in a checkout and in an installed wheel, and reads the package's metadata."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, metadata, version
from pathlib import Path

STYLES = (
    "base",
    "form",
    "result",
    "history",
    "gallery",
    "sweeps",
    "overlays",
    "recipes",
    "endpoints",
    "first_paint",
    "switches",
    "responsive",
)
"""The style files of the page in the order of the cascade."""

IMPORT = re.compile(r'^import .* from "\./(\w+\.js)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export ", re.MULTILINE)


def assets() -> Path:
    """The folder with the page's style, script and examples: inside the package in a wheel, else beside it."""
    package = Path(__file__).resolve().parent
    inside = package / "assets"
    return inside if inside.is_dir() else package.parent / "assets"


def join_styles() -> str:
    """Return the style files of the page as one text."""
    return "\n".join((assets() / "css" / f"{name}.css").read_text(encoding="utf-8") for name in STYLES)


def join_scripts(folder: Path | None = None) -> str:
    """Return the modules of the page's script as one script, each after the modules that it imports.

    One file needs one request and may block the page until it has run. All modules share one scope, so that no two of
    them may use the same name at their top level.
    """
    folder = folder or assets() / "js"
    seen: set[str] = set()
    texts: list[str] = []

    def add(name: str) -> None:
        if name in seen:
            return
        seen.add(name)
        text = (folder / name).read_text(encoding="utf-8")
        for imported in IMPORT.findall(text):
            add(imported)
        texts.append(EXPORT.sub("", IMPORT.sub("", text)))

    add("main.js")
    return '(() => {\n"use strict";\n' + "\n".join(texts) + "})();\n"


def read_media() -> dict[str, bytes]:
    """Return the font and the example images of the page by file name."""
    paths = [*(assets() / "fonts").glob("*.woff2"), *(assets() / "examples").glob("*.webp")]
    return {path.name: path.read_bytes() for path in sorted(paths)}


def program_version() -> str:
    """The installed version, or "unknown" in a checkout that was never installed."""
    try:
        return version("flux-playground")
    except PackageNotFoundError:
        return "unknown"


def project_links() -> dict[str, str]:
    """Return the addresses of `project.urls` by name; none in a checkout that was never installed."""
    try:
        lines = metadata("flux-playground").get_all("Project-URL") or []
    except PackageNotFoundError:
        return {}
    return {name: address for name, _, address in (line.partition(", ") for line in lines)}
