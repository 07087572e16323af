"""Finds the files of `assets/`, in a checkout and in an installed wheel, and says which version this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def assets() -> Path:
    """The folder with the page's style, script and examples: inside the package in a wheel, else beside it."""
    package = Path(__file__).resolve().parent
    inside = package / "assets"
    return inside if inside.is_dir() else package.parent / "assets"


def program_version() -> str:
    """The installed version, or "unknown" in a checkout that was never installed."""
    try:
        return version("flux-playground")
    except PackageNotFoundError:
        return "unknown"
