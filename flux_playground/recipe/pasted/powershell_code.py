"""Reads PowerShell: words of a command, strings, and hash tables such as `@{ prompt = "a"; seed = 42 }`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .code_tokens import CHANGE, MAX_TOKENS, NAME, NUMBER, Kind, Token
from .gaps import GAP

SINGLE = re.compile(r"'((?:[^']++|'')*+)'")
DOUBLE = re.compile(r'"((?:[^"`]++|`.|"")*+)"', re.DOTALL)
SINGLE_HERE = re.compile(r"@'[ \t]*+\n(.*?)\n'@", re.DOTALL)
DOUBLE_HERE = re.compile(r'@"[ \t]*+\n(.*?)\n"@', re.DOTALL)
STRINGS = (("@'", SINGLE_HERE), ('@"', DOUBLE_HERE), ("'", SINGLE), ('"', DOUBLE))
HERE_STRINGS = (SINGLE_HERE, DOUBLE_HERE)
OPENS_HERE_STRING = re.compile(r"@['\"][ \t]*+\n")
INSERTION = r"\$(?:\w++|\{[^}\n]{0,200}+\}|\([^)\n]{0,200}+\)|[({?$^])"
IN_DOUBLE = re.compile(
    rf'`u\{{(?P<code>[\da-fA-F]{{1,6}})\}}|`(?P<char>.)|(?P<quote>"")|(?P<gap>{INSERTION})', re.DOTALL
)
ESCAPED = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "e": "\x1b",
    "\n": "",
}

WORD_SPACE = re.compile(r"(?:[ \t]|`\n)++")
WORD_END = re.compile(r"[\n;|&]")
WORD_PLAIN = re.compile(r"[^\s'\"`$;|&]++")

SPACE = re.compile(r"(?:[^\S\n]|`\n)++")
COMMENT = re.compile(r"#[^\n]*+")
REWRITING = re.compile(r"\s-[ci]?replace\b|\bAdd-Member\b|-ExcludeProperty\b", re.IGNORECASE)
PASSING = re.compile(
    r"^[ \t]*(?:(\$\w{1,100})[ \t]*=[ \t]*)?(\w{1,100}-\w{1,100})[ \t][^\n|;]{0,500}?(\$\w{1,100})", re.MULTILINE
)
"""A command that is given a variable, at the beginning of a statement."""

DEFINED = re.compile(r"^[ \t]*function[ \t]+([\w-]{1,100})", re.MULTILINE | re.IGNORECASE)
ASSIGNED = re.compile(r"(\$\w{1,100})[ \t]*=[ \t]*(?:\[\w{1,100}\])?[ \t]*[@'\"]")
SAFE_COMMANDS = re.compile(
    r"(?:ConvertTo|ConvertFrom|Invoke|Write|Out|Get|Start|Read|Test|Format|Export|Tee|Send|Submit|Show)-\w+|Set-Content",
    re.IGNORECASE,
)

VARIABLE = re.compile(r"\$(?:\w++|\{[^}\n]{0,200}+\})")
CLOSERS = {"@{": "}", "{": ")", "@(": "]", "(": ")", "[": "]"}


def is_rewritten(text: str) -> bool:
    """Return whether a script changes a request in a way that is not followed: by an operator or an unknown command."""
    if REWRITING.search(text):
        return True
    defined = {name.lower() for name in DEFINED.findall(text)}
    assigned = {name.lower() for name in ASSIGNED.findall(text)}
    for match in PASSING.finditer(text):
        is_known = match[2].lower() in defined or SAFE_COMMANDS.fullmatch(match[2])
        if not is_known and match[3].lower() in assigned:
            return True
    return False


def powershell_words(text: str, at: int) -> tuple[list[str], int] | None:
    """Return the words of the command at an index, and the index of its end; None if a quote is not closed."""
    words: list[str] = []
    word: str | None = None
    strings = _Strings(text)
    while at < len(text) and not WORD_END.match(text, at):
        if space := WORD_SPACE.match(text, at):
            words += [] if word is None else [word]
            word, at = None, space.end()
            continue
        if string := strings.at(at):
            part, at = string
        elif plain := WORD_PLAIN.match(text, at):
            part, at = plain[0], plain.end()
        elif text[at] in "'\"":
            return None
        elif text[at] == "`":
            part, at = ESCAPED.get(text[at + 1 : at + 2], text[at + 1 : at + 2]), at + 2
        else:
            variable = VARIABLE.match(text, at)
            part, at = GAP, variable.end() if variable else at + 1
        word = (word or "") + part
    return [*words, *([] if word is None else [word])], at


def powershell_tokens(text: str) -> list[Token]:
    """Return the tokens of a script, with the marks of JavaScript for its hash tables and arrays."""
    return list(_tokens(text))


def _tokens(text: str) -> Iterator[Token]:
    strings, at, count = _Strings(text), 0, 0
    opened: list[str] = []
    last = ","
    while at < len(text) and count <= MAX_TOKENS:
        if skipped := SPACE.match(text, at) or COMMENT.match(text, at):
            at = skipped.end()
            continue
        token = _token(strings, at, opened)
        at = token.end
        is_separator = token.kind is Kind.MARK and token.text == ","
        if is_separator and text[token.start] != "," and last in (",", "{", "["):
            continue  # an empty line
        if token.text != "\n":
            last = token.text if token.kind is Kind.MARK else ""
            count += 1
            yield token


def _token(strings: _Strings, at: int, opened: list[str]) -> Token:
    text = strings.text
    if string := strings.at(at):
        return Token(Kind.STRING, string[0], at, string[1])
    if variable := VARIABLE.match(text, at):
        name = variable[0][1:].lower()
        return Token(Kind.NAME, name if name in ("true", "false", "null") else variable[0], at, variable.end())
    for kind, pattern in ((Kind.NUMBER, NUMBER), (Kind.NAME, NAME)):
        if match := pattern.match(text, at):
            return Token(kind, match[0] if kind is Kind.NUMBER else _name(match[0]), at, match.end())
    two = text[at : at + 2]
    mark = two if two in ("@{", "@(") or CHANGE.fullmatch(two) else text[at]
    return Token(Kind.MARK, _translate(mark, opened), at, at + len(mark))


def _name(text: str) -> str:
    return f"${text}" if text in ("true", "false", "null", "None", "True", "False", "undefined") else text


def _translate(mark: str, opened: list[str]) -> str:
    """Return the mark of JavaScript with the meaning of a mark; `opened` has the brackets around it."""
    if mark in CLOSERS:
        opened.append(mark)
        return {"@{": "{", "{": "(", "@(": "["}.get(mark, mark)  # a block of statements is no object
    inside = opened[-1] if opened else ""
    if mark in ")}]":
        if opened:
            opened.pop()
        return CLOSERS.get(inside, mark)
    if mark in ";\n":
        return "," if inside in ("@{", "@(") else mark
    return ":" if mark == "=" and inside == "@{" else mark


class _Strings:
    """Reads the strings in a text; each kind of quote is searched for its end in vain only once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.unclosed: set[re.Pattern[str]] = set()

    def at(self, index: int) -> tuple[str, int] | None:
        """Return the content of the string that begins at an index, and the index after it."""
        for start, pattern in STRINGS:
            if not self.text.startswith(start, index) or pattern in self.unclosed:
                continue
            if match := pattern.match(self.text, index):
                return _content(match), match.end()
            if pattern not in HERE_STRINGS or OPENS_HERE_STRING.match(self.text, index):
                self.unclosed.add(pattern)
        return None


def _content(match: re.Match[str]) -> str:
    if match.re is SINGLE:
        return match[1].replace("''", "'")
    return match[1] if match.re is SINGLE_HERE else _expand(match[1], is_here=match.re is DOUBLE_HERE)


def _expand(text: str, *, is_here: bool) -> str:
    """Return the text between double quotes, with a gap for each variable."""

    def replace(match: re.Match[str]) -> str:
        if match["code"]:
            code = int(match["code"], 16)
            return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else GAP
        if match["quote"]:
            return match[0] if is_here else '"'
        return GAP if match["gap"] else ESCAPED.get(match["char"], match["char"])

    return IN_DOUBLE.sub(replace, text)
