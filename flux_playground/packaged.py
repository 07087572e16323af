"""Finds and joins the files of `assets/`, in a checkout and in an installed wheel, and returns the version."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

STYLES = (
    "base",
    "form",
    "result",
    "history",
    "overlays",
    "recipes",
    "endpoints",
    "first_paint",
    "switches",
    "responsive",
)
"""The style files of the page in the order of the cascade."""


def assets() -> Path:
    """The folder with the page's style, script and examples: inside the package in a wheel, else beside it."""
    package = Path(__file__).resolve().parent
    inside = package / "assets"
    return inside if inside.is_dir() else package.parent / "assets"


def join_styles() -> str:
    """Return the style files of the page as one text."""
    return "\n".join((assets() / "css" / f"{name}.css").read_text(encoding="utf-8") for name in STYLES)


def program_version() -> str:
    """The installed version, or "unknown" in a checkout that was never installed."""
    try:
        return version("flux-playground")
    except PackageNotFoundError:
        return "unknown"
