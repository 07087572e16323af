"""README and generated pages of docs/ match the program; `python -m tests.test_readme` writes the pages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from flux_playground import schema
from flux_playground.local import LocalServer
from flux_playground.schema import Field
from flux_playground.settings import DEFAULT_ENDPOINT, list_variables

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SPACE_COLORS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}

FIELDS_INTRO = """\
# Fields

The request of `POST {path}`. `python -m tests.test_readme` writes this table from the OpenAPI document.
"""
SETTINGS_INTRO = """\
# Settings

Each setting is an environment variable, a line in the file `.env` of the working directory, or a file in `/run/secrets`
with the name of the variable. The environment wins over `.env`, and `.env` over the secrets. `FLUX_PLAYGROUND_ENV_FILE`
and `FLUX_PLAYGROUND_SECRETS_DIR` name another file and another folder. Settings are read once at the start. An invalid
value ends the start with one sentence and exit code 2; the sentence never contains the value. `--help` lists them.
Gradio's variables for the address (`GRADIO_SERVER_NAME`, `GRADIO_SERVER_PORT`, `GRADIO_ROOT_PATH`) and for uploads
(`GRADIO_TEMP_DIR`) apply too. `python -m tests.test_readme` writes this table from `flux_playground/settings.py`.
"""


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def describe_type(field: Field) -> str:
    """The type and the limits of a field in a few words."""
    kind = " or ".join(f"`{value}`" for value in field.enum) or field.type
    limits = (
        [f"{field.minimum:g} to {field.maximum:g}"] if field.minimum is not None and field.maximum is not None else []
    )
    return ", ".join([kind, *limits, *(["or unset"] if field.nullable else [])])


def fields_page() -> str:
    """docs/fields.md."""
    rows = []
    for field in schema.load().operation(DEFAULT_ENDPOINT).fields:
        default = "required" if field.required else "" if field.default in (None, "") else f"`{field.default}`"
        rows.append([f"`{field.name}`", describe_type(field), default, field.description])
    return f"{FIELDS_INTRO.format(path=DEFAULT_ENDPOINT)}\n{table(['field', 'type', 'default', 'purpose'], rows)}\n"


def settings_page() -> str:
    """docs/settings.md."""
    rows = []
    for variable in list_variables():
        default = f"`{variable.default}`" if variable.default else ""
        rows.append([f"`{variable.name}`", variable.takes, default, variable.help])
    return f"{SETTINGS_INTRO}\n{table(['variable', 'value', 'default', 'purpose'], rows)}\n"


PAGES = {"fields.md": fields_page, "settings.md": settings_page}


@pytest.mark.parametrize("name", PAGES)
def test_generated_page(name: str) -> None:
    """A generated page is what the code says."""
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), "run `python -m tests.test_readme`"


def test_readme_is_short() -> None:
    """The README has at most 130 lines."""
    assert len(README.splitlines()) <= 130


def test_readme_snippet_makes_an_image(server: LocalServer, tmp_path: Path) -> None:
    """The Python code of the README runs."""
    snippet = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert snippet
    settings = {"BFL_API_KEY": "a-key", "FLUX_PLAYGROUND_BASE_URL": server.url, "FLUX_PLAYGROUND_DATA": "data"}
    settings["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-W", "error", "-c", snippet[1]]
    process = subprocess.run(
        command, env={**os.environ, **settings}, capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert int(process.stdout.splitlines()[-1]) >= 0
    with Image.open(tmp_path / "lighthouse.jpg") as image:
        assert image.format == "JPEG"


def test_start_comes_first() -> None:
    """The first code block of the README starts the page."""
    block = re.search(r"```\n(.*?)```", README, re.DOTALL)
    assert block
    assert block[1].startswith("make run")


def test_space_front_matter() -> None:
    """docs/space.md is the README of a Space: its versions are those of the project."""
    front = re.match(r"---\n(.*?)\n---\n", (DOCS / "space.md").read_text(encoding="utf-8"), re.DOTALL)
    assert front
    values = dict(line.split(": ", 1) for line in front[1].splitlines())
    assert set(values) >= {"title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "app_file", "python_version"}
    assert {values["colorFrom"], values["colorTo"]} <= SPACE_COLORS
    assert values["sdk"] == "gradio"
    assert (ROOT / values["app_file"]).is_file()
    assert len(values["short_description"]) <= 60
    assert values["python_version"].strip('"') == PROJECT["requires-python"].removeprefix(">=")
    assert f"gradio=={values['sdk_version']}\n" in (ROOT / "requirements.txt").read_text(encoding="utf-8")


def test_changelog_has_the_version() -> None:
    """The changelog has a section for the version of pyproject.toml."""
    assert f"## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


if __name__ == "__main__":
    for name, make in PAGES.items():
        (DOCS / name).write_text(make(), encoding="utf-8")
