"""Splits a command line into words as a POSIX shell, or bash, does; expansions are gaps."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .gaps import GAP, join_surrogates

SPACE = re.compile(r"(?:[ \t]|\\\n)++")
END = re.compile(r"[\n;|&<>()]")
PLAIN = re.compile(r"[^\s\\'\"$`;|&<>()]++")
SINGLE = re.compile(r"'([^']*+)'")
ANSI_C = re.compile(r"\$'((?:[^'\\]++|\\.)*+)'", re.DOTALL)
DOUBLE = re.compile(r'\$?"((?:[^"\\]++|\\.)*+)"', re.DOTALL)
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
EXPANSION = re.compile(r"\$(?:\w++|\{[^}\n]{0,200}+\}|\([^)\n]{0,200}+\)|[@*#?!$({-])|`(?:[^`\n]{0,200}+`)?+")
IN_DOUBLE = re.compile(rf"\\(?P<escaped>[\\\"$`\n])|(?P<expansion>{EXPANSION.pattern})")
IN_HERE_DOCUMENT = re.compile(rf"\\(?P<escaped>[\\$`\n])|(?P<expansion>{EXPANSION.pattern})")
IN_ANSI_C = re.compile(
    r"(?P<bytes>(?:\\x[\da-fA-F]{2})++)|\\u(?P<short>[\da-fA-F]{1,4})|\\U(?P<long>[\da-fA-F]{1,8})"
    r"|\\(?P<octal>[0-7]{1,3})|\\(?P<char>.)",
    re.DOTALL,
)
ANSI_C_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b", "E": "\x1b"}


def posix_words(text: str, at: int) -> tuple[list[str], int] | None:
    """Return the words of the command at an index, and the index of its end; None if a quote is not closed."""
    words: list[str] = []
    while at < len(text):
        if space := SPACE.match(text, at):
            at = space.end()
        elif END.match(text, at):
            break
        else:
            word, at = _word(text, at)
            if at < 0:
                return None
            words.append(word)
    return words, at


def expand_here_document(text: str) -> str:
    """Return the text of a here-document whose delimiter has no quotes."""
    return IN_HERE_DOCUMENT.sub(_replace_in_double, text)


def _word(text: str, at: int) -> tuple[str, int]:
    """Return a word and the index of its end, -1 if a quote is not closed."""
    parts: list[str] = []
    while at < len(text) and not SPACE.match(text, at) and not END.match(text, at):
        part, at = _part(text, at)
        if at < 0:
            return "", -1
        parts.append(part)
    return "".join(parts), at


def _part(text: str, at: int) -> tuple[str, int]:
    """Return one part of a word: plain text, a quoted text or an expansion; and the index of its end."""
    if match := PLAIN.match(text, at):
        return match[0], match.end()
    if match := SINGLE.match(text, at):
        return match[1], match.end()
    if match := ANSI_C.match(text, at):
        return decode_ansi_c(match[1]), match.end()
    if match := DOUBLE.match(text, at):
        return IN_DOUBLE.sub(_replace_in_double, match[1]), match.end()
    if match := EXPANSION.match(text, at):
        return GAP, match.end()
    if match := ESCAPED.match(text, at):
        return match[1], match.end()
    return ("", -1) if text[at] in "'\"" else (text[at], at + 1)


def _replace_in_double(match: re.Match[str]) -> str:
    if match["expansion"] is not None:
        return GAP
    return "" if match["escaped"] == "\n" else match["escaped"]


def decode_ansi_c(text: str) -> str:
    """Return the text between $' and '. Surrogate pairs, which browsers write, become one character."""
    return join_surrogates("".join(_ansi_c_parts(text)))


def _ansi_c_parts(text: str) -> Iterator[str]:
    end = 0
    for match in IN_ANSI_C.finditer(text):
        yield text[end : match.start()]
        end = match.end()
        if match["bytes"]:
            try:
                yield bytes.fromhex(match["bytes"].replace("\\x", "")).decode()
            except ValueError:
                yield GAP
        elif digits := match["short"] or match["long"]:
            code = int(digits, 16)
            yield chr(code) if 0 < code < 0x110000 else GAP
        elif match["octal"]:
            code = int(match["octal"], 8)
            yield chr(code) if 0 < code < 0x80 else GAP
        else:
            yield ANSI_C_ESCAPED.get(match["char"], match["char"] if match["char"] in "\\'\"?" else GAP)
    yield text[end:]
