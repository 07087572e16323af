"""The README and the files beside it describe the program as it is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from flux_playground import schema
from flux_playground.local import LocalServer
from flux_playground.schema import Field
from flux_playground.settings import DEFAULT_ENDPOINT, VARIABLES, Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


def block(name: str) -> str:
    """What stands between a pair of markers."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", README, re.S)
    assert found, f"the README has no block {name}"
    return found.group(1).strip()


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def accepts(field: Field) -> str:
    """The type and bounds of a field in a few words."""
    kind = " or ".join(f"`{value}`" for value in field.enum) or field.type
    bounds = (
        [f"{field.minimum:g} to {field.maximum:g}"] if field.minimum is not None and field.maximum is not None else []
    )
    return ", ".join([kind, *bounds, *(["or unset"] if field.nullable else [])])


def fields_table() -> str:
    rows = []
    for field in schema.load().operation(DEFAULT_ENDPOINT).fields:
        default = "required" if field.required else "" if field.default in (None, "") else f"`{field.default}`"
        rows.append([f"`{field.name}`", accepts(field), default, field.description])
    return table(["field", "takes", "default", "what it does"], rows)


def settings_table() -> str:
    rows = []
    for variable in VARIABLES:
        default = getattr(Settings(), variable.setting)
        shown = str(default).replace(str(Path.home()), "~") if default else ""
        rows.append([f"`{variable.name}`", variable.takes, f"`{shown}`" if shown else "", variable.help])
    return table(["variable", "takes", "default", "what for"], rows)


def written() -> str:
    """The README with its generated blocks as they should be."""
    text = README
    for name, content in (("fields", fields_table()), ("settings", settings_table())):
        before, _, rest = text.partition(f"<!-- {name} -->\n")
        text = f"{before}<!-- {name} -->\n{content}\n<!-- /{name} -->{rest.partition(f'<!-- /{name} -->')[2]}"
    return text


@pytest.mark.parametrize(("name", "make"), [("fields", fields_table), ("settings", settings_table)])
def test_a_generated_block_is_what_the_code_says(name: str, make: object) -> None:
    assert callable(make)
    assert block(name) == make(), "run `python -m tests.test_readme` to write it anew"


def test_the_snippet_makes_an_image(server: LocalServer, tmp_path: Path) -> None:
    snippet = re.search(r"```python\n(.*?)```", README, re.S)
    assert snippet
    given = {"BFL_API_KEY": "a-key", "FLUX_PLAYGROUND_BASE_URL": server.url, "FLUX_PLAYGROUND_DATA": str(tmp_path)}
    command = [sys.executable, "-W", "error", "-c", snippet[1]]
    done = subprocess.run(command, env={**os.environ, **given}, capture_output=True, text=True, check=True, cwd=ROOT)
    image, seed = done.stdout.splitlines()[-1].rsplit(" ", 1)
    assert Path(image).is_file()
    assert int(seed) >= 0


def test_the_front_matter_is_that_of_a_space() -> None:
    front = re.match(r"---\n(.*?)\n---\n", README, re.S)
    assert front
    values = dict(line.split(": ", 1) for line in front[1].splitlines())
    assert set(values) >= {"title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "app_file", "python_version"}
    assert {values["colorFrom"], values["colorTo"]} <= COLOURS
    assert values["sdk"] == "gradio"
    assert (ROOT / values["app_file"]).is_file()
    assert len(values["short_description"]) <= 60
    assert values["python_version"].strip('"') == PROJECT["requires-python"].removeprefix(">=")
    gradio = next(line for line in PROJECT["dependencies"] if line.startswith("gradio"))
    lowest, highest = re.findall(r"[\d.]+", gradio)
    version = tuple(map(int, values["sdk_version"].split(".")))
    assert tuple(map(int, lowest.split("."))) <= version < tuple(map(int, highest.split(".")))
    assert f"gradio=={values['sdk_version']}\n" in (ROOT / "requirements.txt").read_text(encoding="utf-8")


def test_the_two_commands_stand_before_anything_else() -> None:
    body = README.split("---\n", 2)[2]
    first = re.search(r"```\n(.*?)```", body, re.S)
    assert first
    assert [line.split()[:2] for line in first[1].splitlines()] == [["make", "run"], ["make", "test"]]
    for target in re.findall(r"`?make (\w+)", README):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M), f"there is no make {target}"


def test_every_file_that_the_readme_names_is_there() -> None:
    for name in re.findall(r"\]\((?!http)([^)]+)\)|`((?:flux_playground|tests|assets|\.ci)/[\w./-]+)`", README):
        assert (ROOT / (name[0] or name[1])).exists(), name


def test_the_version_is_in_the_changelog() -> None:
    assert f"## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text()


if __name__ == "__main__":
    (ROOT / "README.md").write_text(written())
