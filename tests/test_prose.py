"""Comments, docstrings, texts and documents use plain American English and one noun for each thing."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent

BANNED = {
    r"whom|whoever|whomever|whence|whither|thence|thereof|therein|wherein|hitherto|lest|forthwith": "archaic",
    r"anew|by itself|so many": "archaic: use again, automatically, a number",
    r"told": "say who sends what: sends, reports, receives",
    r"pictures?|pictured": "the API makes an image",
    r"amongst|whilst": "British",
    r"colou?rise\w*|\w*colour\w*|favour\w*|behaviour\w*|neighbour\w*|honour\w*|flavour\w*|labour\w*": "British",
    r"\w*(?:recogn|organ|normal|serial|initial|synthes|optim|summar|minim|maxim|custom|capital|author|character)is"
    r"(?:e|ed|es|er|ers|ing|able|ation)": "British",
    r"analys(?:e|ed|es|ing)|licences?|centre[ds]?|defence|judgement|artefacts?|grey|greyed|cheque|catalogue": "British",
}
"""Words as regular expressions, and what is wrong with them."""

PATTERN = re.compile(r"(?<![\w.#-])(?:" + "|".join(BANNED) + r")(?![\w-])", re.IGNORECASE)
ALLOWED = {
    ("flux_playground/schema/known_fields.py", "picture"),  # in descriptions of other documents
    ("flux_playground/local/renderer/scene.py", "grey"),  # in prompts
    ("tests/schema/test_load.py", "picture"),  # in test documents
    ("tests/schema/test_load.py", "pictures"),
    ("tests/ui/form/test_compound.py", "picture"),
    ("tests/ui/form/test_compound.py", "pictures"),
}
"""Words of other people that a file has to know."""

SKIPPED = {"tests/test_prose.py", "LICENSE"}
FOLDERS = ("flux_playground", "assets", "benchmarks", "docs", "scripts", "tests", ".github")
SUFFIXES = {".py", ".js", ".css", ".html", ".json", ".md", ".yaml", ".yml", ".toml", ".conf"}
DATA = ("tests/documents/",)


def files() -> Iterator[Path]:
    """Every file with text of the project; documents that tests read are data."""
    for path in [*ROOT.glob("*"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))]:
        name = path.relative_to(ROOT).as_posix()
        if name in SKIPPED or name.startswith(DATA) or not path.is_file():
            continue
        if path.suffix in SUFFIXES or path.name in ("Makefile", "Dockerfile"):
            yield path


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """The text of a file by line; of Python only comments and strings, not names."""
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield from enumerate(source.splitlines(), 1)
        return
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for offset, line in enumerate(node.value.splitlines()):
                yield node.lineno + offset, line


def findings(path: Path) -> list[str]:
    """Each banned word of a file with its line."""
    name = path.relative_to(ROOT).as_posix()
    matches = [(line, match[0]) for line, text in texts(path) for match in PATTERN.finditer(text)]
    return [f"{name}:{line}: {word}" for line, word in matches if (name, word.lower()) not in ALLOWED]


def test_no_banned_words() -> None:
    """No text has a banned word; `python -m tests.test_prose` lists all of them."""
    assert [finding for path in files() for finding in findings(path)] == []


def test_a_banned_word_is_found(tmp_path: Path) -> None:
    """Words are found in comments, strings and f-strings, not in names or CSS classes."""
    source = 'picture = 1  # whoever\nprint(f"a {picture} of colour", ".picture")\n'
    (tmp_path / "a.py").write_text(source, encoding="utf-8")
    words = [match[0] for _, text in texts(tmp_path / "a.py") for match in PATTERN.finditer(text)]
    assert words == ["whoever", "colour"]


if __name__ == "__main__":
    for finding in sorted(finding for path in files() for finding in findings(path)):
        sys.stdout.write(f"{finding}\n")
