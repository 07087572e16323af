"""Splits a command line into words as Windows does: first cmd.exe reads carets, then the program reads quotes."""

from __future__ import annotations

import re

from .gaps import GAP

CMD_PART = re.compile(r'\^\n(?P<after>.)|\^(?P<escaped>.)|(?P<quote>")|(?P<variable>%[A-Za-z_]\w*+%|%%)|.', re.DOTALL)
ARGUMENT_PART = re.compile(r'(?P<slashes>\\++)(?P<before>"?+)|(?P<quote>""?+)|(?P<space>[ \t]++)|[^\\" \t]++')
DOUBLED_QUOTE = re.compile(r'"((?:[^"\n]++|"")*+)"')
DOUBLED_QUOTE_WORD = re.compile(rf'(?:[^\s"]++|{DOUBLED_QUOTE.pattern})++')
DOUBLED_QUOTE_LINE = re.compile(rf'(?:[^\n"]++|{DOUBLED_QUOTE.pattern})*+(?=\n|\Z)')


def cmd_words(text: str, at: int, *, is_doubled: bool) -> tuple[list[str], int] | None:
    """Return the words of the command that begins at an index, and the index of its end; None if a quote is not closed.

    With `is_doubled`, two backslashes mean one everywhere, as browsers write them, not only before a quote.
    """
    line, end = _read_carets(text, at)
    words = split_arguments(line, is_doubled=is_doubled)
    return None if words is None else (words, end)


def split_arguments(line: str, *, is_doubled: bool = False) -> list[str] | None:
    """Return the arguments that a program of Windows reads from its command line; None if a quote is not closed."""
    words: list[str] = []
    word: str | None = None
    is_quoted = False
    for match in ARGUMENT_PART.finditer(line):
        if match["space"] and not is_quoted:
            words += [] if word is None else [word]
            word = None
            continue
        word = word or ""
        if match["slashes"]:
            count = len(match["slashes"])
            is_literal = match["before"] and count % 2
            halves = bool(match["before"]) or (is_doubled and count % 2 == 0)
            word += "\\" * (count // 2 if halves else count) + ('"' if is_literal else "")
            is_quoted ^= bool(match["before"]) and not is_literal
        elif match["quote"] == '""' and is_quoted:
            word += '"'
        elif match["quote"]:
            is_quoted ^= match["quote"] == '"'
        else:
            word += match[0]
    return None if is_quoted else [*words, *([] if word is None else [word])]


def argument_words(text: str, at: int) -> tuple[list[str], int] | None:
    """Return the words of the command at an index as a program reads them that cmd.exe does not start."""
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    words = split_arguments(text[at:end])
    return None if words is None else (words, end)


def doubled_quote_words(text: str, at: int) -> tuple[list[str], int] | None:
    """Return the words of the command at an index, where only a doubled quote escapes a quote."""
    match = DOUBLED_QUOTE_LINE.match(text, at)
    if match is None:
        return None
    words = (word[0] for word in DOUBLED_QUOTE_WORD.finditer(match[0]))
    return [DOUBLED_QUOTE.sub(lambda part: part[1].replace('""', '"'), word) for word in words], match.end()


def _read_carets(text: str, at: int) -> tuple[str, int]:
    """Return a line without the carets that escape, with a gap for each variable; and the index of its end."""
    parts: list[str] = []
    is_quoted = False
    while at < len(text) and text[at] != "\n":
        match = CMD_PART.match(text, at)
        if match is None or (is_quoted and text[at] == "^"):
            parts.append(text[at])
            at += 1
            continue
        is_quoted ^= bool(match["quote"])
        escaped = match["after"] or match["escaped"]
        parts.append(GAP if match["variable"] else match[0] if escaped is None else escaped)
        at = match.end()
    return "".join(parts), at
