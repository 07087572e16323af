"""Parses the line of settings in a `parameters` text: `Steps: 20, Seed: 42, Lora hashes: "a: 1, b: 2"`.

A value in quotes or brackets can have commas, colons and line breaks. What is inside is never a setting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

NAME = re.compile(r"[^\W\d_][\w \-/().]{0,60}?:(?!//)")
CLOSING = {'"': '"', "'": "'", "`": "`", "“": "”", "‘": "’", "„": "“", "«": "»"}
STRICT_QUOTES = '"'  # may be anywhere in a value; other quotes also are apostrophes, so they have to enclose the value
BRACKETS = {"[": "]", "{": "}", "(": ")"}
STRING_OR_BRACKET = re.compile(r'["\[\]{}]')
STRING_OR_PARENTHESIS = re.compile(r'["()\n]')
KNOWN_NAMES = ("steps", "seed", "sampler", "size", "model", "cfg scale", "guidance scale", "schedule type")
MAX_PAIRS = 500
MAX_BRACKET_CHARACTERS = 200_000
MAX_UNCLOSED = 5  # brackets that are not closed, in one line
MAX_DEPTH = 200
WORD = re.compile(r"\w")
BLANKS, BLANKS_AND_COMMAS, BLANKS_AND_BREAKS = re.compile(r"[ \t]*"), re.compile(r"[ \t,]*"), re.compile(r"[ \t\n]*")
STOP = re.compile(r'[,\n"\[{(]')


@dataclass
class SettingsLine:
    """The pairs from `start` to `end` of a text, in order. `plain` is the text outside of quotes and brackets.

    `is_cut` says that a quote or bracket is not closed; the line ends there.
    """

    start: int
    end: int = 0
    pairs: list[tuple[str, str, bool]] = field(default_factory=list)  # name, value, whether the value is in quotes
    plain: list[str] = field(default_factory=list)
    is_cut: bool = False
    unclosed: int = 0

    @property
    def plain_text(self) -> str:
        """The text outside of quotes and brackets."""
        return "\n".join(self.plain)


def parse_settings_line(text: str, start: int) -> SettingsLine:
    """Return the line of settings that begins at an index of a text. The time is linear in the length of the line."""
    line = SettingsLine(start)
    position = start
    while len(line.pairs) < MAX_PAIRS:
        position = _skip(text, position, BLANKS_AND_COMMAS)
        if position >= len(text) or text[position] == "\n":
            following = _skip(text, position, BLANKS_AND_BREAKS)
            if not _continues(text, position, following, line):
                break
            position = following
        name = NAME.match(text, position)
        first = _skip(text, name.end() if name else position, BLANKS)
        end, is_quoted = _value_end(text, first, line)
        value = text[first:end].strip()
        if name:
            line.plain.append(name[0])
            if not line.is_cut:
                line.pairs.append((name[0][:-1], value[1:-1] if is_quoted else value, is_quoted))
        position = max(end, position + 1)
        if line.is_cut:
            break
    line.end = min(position, len(text))
    return line


def _continues(text: str, position: int, following: int, line: SettingsLine) -> bool:
    """Return whether a line goes on after its break.

    It does if it ends with a comma and a name follows, or if it begins with the number of steps and the next line
    begins with a known name that it does not have yet.
    """
    name = NAME.match(text, following)
    if name is None or not position < following:
        return False
    if text[max(line.start, position - 10) : position].rstrip(" \t").endswith(","):
        return True
    known = name[0][:-1].lower()
    names = [one.lower() for one, _, _ in line.pairs]
    begins_with_steps = bool(line.pairs) and names[0] == "steps" and line.pairs[0][1].isdecimal()
    is_next_line = "\n" not in text[position + 1 : following]
    return begins_with_steps and is_next_line and known in KNOWN_NAMES and known not in names


def _value_end(text: str, first: int, line: SettingsLine) -> tuple[int, bool]:
    """Return where a value ends, and whether it is in quotes as a whole."""
    opening = text[first : first + 1]
    if opening in CLOSING:
        end = _quote_end(text, first)
        after = _skip(text, end, BLANKS) if end else 0
        if end and (after >= len(text) or text[after] in ",\n"):
            return after, True
    position = plain_from = first
    while match := STOP.search(text, position):
        at, character = match.start(), match[0]
        if character in ",\n":
            line.plain.append(text[plain_from:at])
            return at, False
        is_inside_word = at > first and WORD.match(text[at - 1]) is not None
        if is_inside_word and character in STRICT_QUOTES:  # inches, or the end of a quote
            position = at + 1
            continue
        end = _quote_end(text, at) if character in STRICT_QUOTES else _bracket_end(text, at)
        if not end and (is_inside_word or character == "(") and line.unclosed < MAX_UNCLOSED:
            line.unclosed += 1  # it is a part of a name
            position = at + 1
            continue
        line.plain.append(text[plain_from:at])
        if not end or (character in STRICT_QUOTES and WORD.match(text, end)):  # a quote inside of a quote
            line.is_cut = True
            return at, False
        position = plain_from = end
    line.plain.append(text[plain_from:])
    return len(text), False


def _quote_end(text: str, start: int) -> int:
    """Return the index after a quoted text, 0 if it is not closed. A backslash protects the next character."""
    closing = CLOSING[text[start]]
    position = start + 1
    while (found := text.find(closing, position)) >= 0:
        if not _is_escaped(text, found):
            return found + 1
        position = found + 1
    return 0


def _bracket_end(text: str, start: int) -> int:
    """Return the index after a bracket that is closed, stepping over strings and brackets inside; 0 if it is open."""
    waiting = list[str]()
    pattern = STRING_OR_PARENTHESIS if text[start] == "(" else STRING_OR_BRACKET
    for match in pattern.finditer(text, start, start + MAX_BRACKET_CHARACTERS):
        character = match[0]
        if character == "\n":
            return 0
        if waiting and waiting[-1] == '"':
            if character == '"' and not _is_escaped(text, match.start()):
                waiting.pop()
        elif character == '"':
            waiting.append('"')
        elif character in BRACKETS:
            waiting.append(BRACKETS[character])
        elif waiting.pop() != character:
            return 0
        if not waiting:
            return match.end()
        if len(waiting) > MAX_DEPTH:
            return 0
    return 0


def _is_escaped(text: str, position: int) -> bool:
    count = 0
    while position - count > 0 and text[position - count - 1] == "\\":
        count += 1
    return count % 2 == 1


def _skip(text: str, position: int, characters: re.Pattern[str]) -> int:
    match = characters.match(text, position)
    return match.end() if match else position
