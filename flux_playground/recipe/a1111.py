"""Parses and writes the `parameters` text that image tools such as A1111 put into their files.

    a lighthouse at dawn, oil painting
    Negative prompt: people
    Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 768x512, Model: something

Some tools put all of it on one line. Names are converted to lower case with underscores.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from .recipe import Recipe
from .settings_line import KNOWN_NAMES, SettingsLine, parse_settings_line
from .settings_list import parse_settings_list
from .tool_settings import (
    GRID,
    INCOMPLETE,
    SEVERAL,
    TWO_SEEDS,
    UNCLEAR_PROMPT,
    ToolSettings,
    build_settings,
    field_name,
    unclear,
    whole_number,
)

MIN_KNOWN_NAMES = 2
MIN_KNOWN_NAMES_ON_ONE_LINE = 3
MAX_TEXT_CHARACTERS = 1_000_000
MAX_STARTS = 50  # places where a line of settings may begin
MAX_LINES_BEHIND = 50

KNOWN = "|".join(KNOWN_NAMES)
LINE_START = re.compile(rf"^[ \t]*(?=(?:{KNOWN}):)", re.IGNORECASE | re.MULTILINE)
INLINE_START = re.compile(r"(?:(?i:(?<!\w)steps)|(?<=[^\W\d_A-Z])Steps):[ \t]*\d{1,6}[ \t]*(?=,|$)", re.MULTILINE)
"""The number of steps within a line; after a letter only with a capital, where a line break was removed."""

NAME_BEFORE = re.compile(
    rf"(?<!\w)(?:{KNOWN}):\s|^\s*(?!negative)\w[\w -]{{0,30}}: [^,\n]{{1,100}},\s*\Z", re.IGNORECASE
)
"""A setting before the number of steps on the same line."""

NEGATIVE_LINE = re.compile(r"^[ \t]*negative[ _]prompt[:：]", re.IGNORECASE | re.MULTILINE)
NEGATIVE = re.compile(r"negative prompt[:：]", re.IGNORECASE)
NEGATIVE_NAME = re.compile(r"(?:(?:adetailer|hires|refiner|raw) )?negative prompt(?: \d\w\w)?:", re.IGNORECASE)
"""A negative prompt as a setting of its own, also of a later step."""

HEADING = re.compile(
    r"(?:```\w*[ \t]*\n\s*)?(?:(?:parameters|user ?comment)[ \t]*(?::[ \t]*\n?|\n)\s*)?"
    r"(?:(?:positive )?prompt:[ \t]*\n?)?",
    re.IGNORECASE,
)
LABEL = re.compile(r"\n[ \t]+parameters:[ \t]+", re.IGNORECASE)
QUOTED_LINE = re.compile(r"^>+ ?", re.MULTILINE)
HTML = re.compile(r"</?(?:p|div|span|pre|code|li|td|tr|table)\b[^<>\n]{0,200}>", re.IGNORECASE)
WRITTEN_LINE_BREAK = re.compile(r"\\r\\n|\\n|<br ?/?>|[\0\u2028\u2029\x0b\x0c\x85]")
SETTINGS = re.compile(r"(?<!\w)(?:negative prompt[:：]|steps[:：]\s*\d|seed[:：]\s*\d)", re.IGNORECASE)
CODE = re.compile(
    r"""["']\w{0,20}(?:prompt|seed)["']\s*[:=]|^\s*(?:prompt|seed|steps)\s*=""", re.IGNORECASE | re.MULTILINE
)
"""Settings as another format writes them, such as {'seed': 5} or seed=5."""

SEPARATED_SEED = re.compile(r"^\d{1,3}\nseed:\n\d\d\d$", re.IGNORECASE | re.MULTILINE)
"""A seed such as 1,234 in the text outside of quotes, where each comma begins a line and a value is before its name."""

LISTED_NUMBER = re.compile(r"^[ \t]*(?:seed|width|height|steps)[ \t]*:[ \t]*\d+[ \t]*$", re.IGNORECASE | re.MULTILINE)
"""A setting on a line of its own, which is no part of a prompt."""

UNKNOWN_LINE = re.compile(r"(?:[^\W\d_][\w ]{0,30}: ?[^,:\n]{1,60}, ?){1,50}[^\W\d_][\w ]{0,30}: ?[^,:\n]{1,60}")
NUMBER = re.compile(r": ?\d+(?:,|$)")
"""A line of settings whose names are not known, such as translated ones, has a number."""

GRID_SCRIPT = re.compile(r"plot|matrix|grid", re.IGNORECASE)
BEHIND = re.compile(r"([^\W\d_][\w \-/]{0,60}):\s*(.*)")
NEVER_BEHIND = frozenset({"prompt", "negative_prompt", "seed", "width", "height", "size", "aspect_ratio"})
SEPARATORS = ("|", ";", "/")  # what tools write for a line break
QUOTES = ("'", '"', "“", "”", "‘", "„", "«", "»", "`")


def parse_parameters(text: str, *, is_parameters: bool = False, dash_is_negative: bool = False) -> ToolSettings | None:
    """Return the settings in a text; None if it does not look like such a text.

    With `is_parameters`, a text without settings is the prompt. A text that cannot be divided into prompt and settings
    without doubt has no values, and a note says so. With `dash_is_negative`, "-people" is the negative prompt.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").strip()
    if text[:1] == text[-1:] == '"' and text.count('"') == 2:
        text = text[1:-1].strip()
    if len(text) > MAX_TEXT_CHARACTERS:
        return unclear() if is_parameters else None
    if text.startswith(">") and all(line.startswith(">") for line in text.split("\n")):
        text = QUOTED_LINE.sub("", text).strip()
    if HTML.search(text) and SETTINGS.search(text):
        return unclear()
    if settings := parse_settings_list(text):
        return settings
    for candidate in (text, WRITTEN_LINE_BREAK.sub("\n", text)):
        lines = list(_iter_lines(candidate))
        if any(_has_seed(line) for line in lines[:-1]):
            return unclear()
        if lines:
            return _divide(candidate, lines[-1], (SEVERAL,) if len(lines) > 1 else (), dash_is_negative)
    if inline := _find_inline(text):
        return _divide_inline(text, inline)
    seen = {match[0][:5].lower() for match in SETTINGS.finditer(text)}
    if len(seen) > 1 or (is_parameters and (seen or CODE.search(text) or _has_unknown_line(text))):
        return unclear()
    return build_settings(text, "", None, None, {}) if is_parameters and text else None


def format_parameters(recipe: Recipe) -> str:
    """Return the prompt, seed, size and model of a recipe as such a text."""
    prompt = recipe.prompt or recipe.request.get("prompt") or ""
    settings = {
        "Seed": recipe.seed,
        "Size": f"{recipe.width}x{recipe.height}" if recipe.width and recipe.height else "",
        "Model": recipe.endpoint.rpartition("/")[2],
        "Version": "flux_playground",
    }
    return f"{prompt}\n" + ", ".join(f"{name}: {value}" for name, value in settings.items() if value not in (None, ""))


def _iter_lines(text: str) -> Iterator[SettingsLine]:
    """Yield each line of settings that begins at a line's head; what looks like one inside of another is part of it."""
    end = 0
    for match in list(LINE_START.finditer(text))[-MAX_STARTS:]:
        if match.start() < end:
            continue
        line = parse_settings_line(text, match.end())
        if _is_settings(line, MIN_KNOWN_NAMES):
            end = line.end
            yield line


def _find_inline(text: str) -> SettingsLine | None:
    """Return the line of settings that begins within a line, if there is one."""
    for match in list(INLINE_START.finditer(text))[:MAX_STARTS]:
        line = parse_settings_line(text, match.start())
        if _is_settings(line, MIN_KNOWN_NAMES_ON_ONE_LINE):
            return line
    return None


def _is_settings(line: SettingsLine, min_known_names: int) -> bool:
    """Return whether a line has enough known names, one of them with a number of steps or a seed."""
    known = {name.lower(): value for name, value, _ in reversed(line.pairs) if value and name.lower() in KNOWN_NAMES}
    has_number = any(whole_number(known.get(name)) is not None for name in ("steps", "seed"))
    return has_number and len(known) >= min_known_names


def _has_seed(line: SettingsLine) -> bool:
    return any(name.lower() == "seed" for name, _, _ in line.pairs)


def _divide(text: str, line: SettingsLine, notes: tuple[str, ...], dash_is_negative: bool) -> ToolSettings:
    """Return the settings of a text with a line of settings, where "Negative prompt:" counts at a line's head."""
    body = text[: line.start].strip()
    if above := LABEL.search(body):  # a listing of the properties of a file
        body = body[above.end() :]
    body = HEADING.sub("", body, count=1)
    names = {name.lower() for name, _, _ in line.pairs}
    dash_is_negative = dash_is_negative or "guidance scale" in names  # Draw Things
    negatives = list(NEGATIVE_LINE.finditer(body))
    prompt, negative = body, ""
    if negatives:
        prompt, negative = body[: negatives[0].start()], body[negatives[0].end() :]
    elif dash_is_negative and "\n-" in f"\n{body}":
        prompt, _, negative = f"\n{body}".rpartition("\n-")
    words = list(islice(NEGATIVE.finditer(body), MAX_STARTS))
    inside = not negatives and not all(_is_quoted(body, match.start()) for match in words)
    if LISTED_NUMBER.search(body):
        return unclear()
    if inside or len(words) == MAX_STARTS or len(negatives) > 1 or _has_prompt(line):
        return _build(text, line, "", "", (*notes, UNCLEAR_PROMPT))
    return _build(text, line, prompt, negative, notes)


def _divide_inline(text: str, line: SettingsLine) -> ToolSettings:
    """Return the settings of a text on one line, which is divided only where each word occurs once."""
    body = HEADING.sub("", text[: line.start], count=1)
    negatives = list(NEGATIVE.finditer(body))
    steps = [name for name, _, _ in line.pairs if name.lower() == "steps"]
    before = body[negatives[-1].end() if negatives else body.rfind("\n") + 1 :]
    if len(steps) > 1 or len(negatives) > 1 or _has_prompt(line) or _find_inline(text[line.end :]):
        return unclear()
    if NAME_BEFORE.search(before):
        return unclear()
    if any(_is_quoted(body, match.start()) for match in negatives):
        return _build(text, line, "", "", (UNCLEAR_PROMPT,))
    if not negatives:
        return _build(text, line, body.removesuffix(".").rstrip(" ,|;"), "")
    prompt, negative = body[: negatives[0].start()].rstrip(" "), body[negatives[0].end() :].rstrip(" ")
    if len(prompt) == negatives[0].start():  # a period or comma without a blank behind it is a line break
        prompt = prompt.removesuffix(",.") if prompt.endswith(",.") else prompt.removesuffix(".")
    if prompt[-1:] == negative[-1:] == "," or prompt.endswith(SEPARATORS):
        prompt = prompt[:-1]
    return _build(text, line, prompt, negative.strip(" ,.|;/"))


def _has_prompt(line: SettingsLine) -> bool:
    """Return whether what looks like a line of settings has a part of the prompts inside."""
    texts = [text for text in line.plain if not NEGATIVE_NAME.fullmatch(text.strip())]
    return any(NEGATIVE.search(text) or INLINE_START.search(text, 1) for text in texts)


def _build(text: str, line: SettingsLine, prompt: str, negative: str, notes: tuple[str, ...] = ()) -> ToolSettings:
    settings: dict[str, Any] = {}
    for name, value, is_quoted in line.pairs:
        one = field_name(name)
        if one not in ("prompt", "negative_prompt", "aspect_ratio") or is_quoted:
            settings.setdefault(one, value if is_quoted else _parse_value(value))
    for behind in text[line.end :].strip().split("\n")[:MAX_LINES_BEHIND]:
        if (match := BEHIND.match(behind.strip())) and (one := field_name(match[1])) not in NEVER_BEHIND:
            settings.setdefault(one, match[2])
    if line.is_cut:
        notes = (*notes, INCOMPLETE)
    inside = settings.pop("prompt", ""), settings.pop("negative_prompt", "")
    if UNCLEAR_PROMPT not in notes:
        prompt, negative = prompt.strip() or inside[0], negative.strip() or inside[1]
    seed, size = settings.pop("seed", None), settings.pop("size", None)
    seeds = {value for name, value, _ in line.pairs if name.lower() == "seed"}
    if any(name.lower() == "script" and GRID_SCRIPT.search(value) for name, value, _ in line.pairs):
        notes = (*notes, GRID)
    if len(seeds) > 1:
        notes = (*notes, TWO_SEEDS)
    if SEPARATED_SEED.search(line.plain_text):
        seed = None
    return build_settings(prompt, negative, seed, size, settings, notes=notes)


def _has_unknown_line(text: str) -> bool:
    """Return whether the last of several lines is a line of settings whose names are not known."""
    _, line_break, last = text.rpartition("\n")
    return bool(line_break and UNKNOWN_LINE.fullmatch(last) and NUMBER.search(last))


def _is_quoted(text: str, position: int) -> bool:
    """Return whether a position is in quotes within its line."""
    line = text[text.rfind("\n", 0, position) + 1 : position].rstrip()
    return line.endswith(QUOTES) or line.count('"') % 2 == 1 or line.count("“") > line.count("”")


def _parse_value(text: str) -> Any:
    number = whole_number(text)
    return text if number is None else number
