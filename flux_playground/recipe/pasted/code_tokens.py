"""Splits code into tokens: JavaScript, JSON with comments, Python in fragments, or prose with code in it.

A string whose meaning differs between these languages is a gap. The time is linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from .gaps import GAP, join_surrogates, parses_as_json

MAX_TOKENS = 20_000
MAX_TEMPLATE_LEVELS = 8

SPACE = re.compile(r"[\s\ufeff\u200b]++")
NAME = re.compile(r"[^\W\d][\w$]*+|\$[\w$]*+")
NUMBER = re.compile(r"(?:0[xX][\da-fA-F_]++|(?:\d[\d_]*+(?:\.[\d_]*+)?+|\.\d[\d_]*+)(?:[eE][+-]?\d++)?+n?)")
CHANGE = re.compile(r"(?:\*\*|<<|>>>?|\|\||&&|\?\?|[+\-*/%&|^])=|\+\+|--")
"""Marks that change a variable."""

MARK = re.compile(rf"\.\.\.|===?|!==?|=>|{CHANGE.pattern}|\*\*|\|\||&&|\?\?|\?\.|[<>]=|.", re.DOTALL)
LINE_STRINGS = {
    '"': re.compile(r'"((?:[^"\\\n]++|\\.)*+)"', re.DOTALL),
    "'": re.compile(r"'((?:[^'\\\n]++|\\.)*+)'", re.DOTALL),
    "“": re.compile(r"“((?:[^“”\\\n]++|\\.)*+)”", re.DOTALL),
    "”": re.compile(r"”((?:[^“”\\\n]++|\\.)*+)”", re.DOTALL),
}
TRIPLE_STRINGS = {
    '"""': re.compile(r'"""((?:[^"\\]++|\\.|"(?!""))*+)"""', re.DOTALL),
    "'''": re.compile(r"'''((?:[^'\\]++|\\.|'(?!''))*+)'''", re.DOTALL),
}
LONG_STRINGS = {
    '"': re.compile(r'"((?:[^"\\]++|\\.)*+)"', re.DOTALL),
    "'": re.compile(r"'((?:[^'\\]++|\\.)*+)'", re.DOTALL),
}
"""Strings of PHP and Ruby, which can have several lines."""

TEMPLATE_TEXT = re.compile(r"(?:[^`\\$]++|\\.|\$(?!\{))*+", re.DOTALL)
PREFIX = re.compile(r"[rRuUbB]|[bB][rR]|[rR][bB]|[fF][rR]?|[rR][fF]")

GO = re.compile(r":=|\bfunc\b|\bpackage\b|\bbyte\(|\bNewReader\(")
INSERTION = re.compile(r"\$(?=[A-Za-z_{])|\{\$")
"""What PHP, Perl, Kotlin, Scala, Groovy and Dart insert into strings."""

C_SHARP_INSERTION = re.compile(r"\$@?$|@\$$")
"""What is before a string of C# into which values are inserted."""

RUBY_INSERTION = re.compile(r"#(?=[{@$])")
RUBY_OR_PHP = re.compile(
    r"<\?php|^[ \t]*(?:require ['\"]|puts |end$)|=> *['\":\d]|\.to_json\b|\bNet::HTTP\b", re.MULTILINE
)
PLAIN_IN_SINGLE = re.compile(r"\\(?![\\'])")
"""A backslash that PHP and Ruby keep between single quotes."""

ESCAPE = re.compile(r"\\(?:u\{([\da-fA-F]{1,6})\}|u([\da-fA-F]{4})|x([\da-fA-F]{2})|(0)(?!\d)|(.))", re.DOTALL)
ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "\n": ""} | {
    char: char for char in "\\'\"/“”"
}


class Kind(Enum):
    """What a token is."""

    STRING = "string"
    NUMBER = "number"
    NAME = "name"
    MARK = "mark"


@dataclass(frozen=True)
class Token:
    """A part of code from index `start` to `end`. `text` of a string is its content, with gaps."""

    kind: Kind
    text: str
    start: int
    end: int


def tokenize(text: str, line_comment: str = "//") -> list[Token]:
    """Return the tokens of a text, at most `MAX_TOKENS` and one; comments are left out."""
    lexer = _Lexer(text, line_comment)
    return list(lexer.tokens())


def unescape(text: str, extra: str = "") -> str:
    """Return the text between the quotes of a string; characters in `extra` may follow a backslash unchanged."""
    if "\\" not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        digits = match[1] or match[2] or match[3]
        if digits:
            code = int(digits, 16)
            return chr(code) if code < 0x110000 else GAP
        if match[4]:
            return "\0"
        return match[5] if match[5] in extra else ESCAPED.get(match[5], GAP)

    return join_surrogates(ESCAPE.sub(replace, text))


class _Lexer:
    def __init__(self, text: str, line_comment: str) -> None:
        self.text = text
        self.line_comment = line_comment
        self.is_go = GO.search(text) is not None
        self.keeps_backslashes = RUBY_OR_PHP.search(text) is not None
        self.closed_after: dict[str, int] = {}
        """By quote: the index up to which a string with this quote does not end, so that nothing is read twice."""

    def tokens(self) -> Iterator[Token]:
        at, count = 0, 0
        while at < len(self.text) and count <= MAX_TOKENS:
            token, at = self._next(at)
            if token is not None:
                count += 1
                yield token

    def _next(self, at: int) -> tuple[Token | None, int]:
        if space := SPACE.match(self.text, at):
            return None, space.end()
        if end := self._comment(at):
            return None, end
        if token := self._string(at):
            return token, token.end
        for kind, pattern in ((Kind.NUMBER, NUMBER), (Kind.NAME, NAME), (Kind.MARK, MARK)):
            if match := pattern.match(self.text, at):
                if kind is Kind.NAME and (token := self._prefixed(match)):
                    return token, token.end
                return Token(kind, match[0], at, match.end()), match.end()
        raise AssertionError("MARK matches any character")

    def _comment(self, at: int) -> int:
        """Return the end of the comment that begins here, or 0."""
        text = self.text
        before = text[at - 1] if at else "\n"
        is_line = text.startswith("//", at) and self.line_comment == "//" and before != ":"
        if is_line or (text[at] == "#" and (before.isspace() or self.line_comment == "#")):
            end = text.find("\n", at)
            return len(text) if end < 0 else end
        if text.startswith("/*", at) and self.line_comment == "//" and at >= self.closed_after.get("*/", 0):
            end = text.find("*/", at + 2)
            self.closed_after["*/"] = len(text) if end < 0 else 0
            return max(end + 2, 0) if end >= 0 else 0
        return 0

    def _string(self, at: int) -> Token | None:
        """Return the string that begins here; a quote after a letter is an apostrophe or an inch."""
        quote = self.text[at]
        if quote == "`":
            return self._template(at)
        if quote not in LINE_STRINGS or (at and (self.text[at - 1].isalnum() or self.text[at - 1] == "_")):
            return None
        return self._quoted(at, at, unescape)

    def _prefixed(self, name: re.Match[str]) -> Token | None:
        """Return a Python string with a prefix, such as r"…"; one that is formatted or of bytes is a gap."""
        if not PREFIX.fullmatch(name[0]) or self.text[name.end() : name.end() + 1] not in ("'", '"'):
            return None
        letters = name[0].lower()
        if "f" in letters or "b" in letters:
            return self._quoted(name.start(), name.end(), lambda text: GAP)
        return self._quoted(name.start(), name.end(), str if "r" in letters else unescape)

    def _quoted(self, start: int, at: int, decode: Callable[[str], str]) -> Token | None:
        quote = self.text[at]
        triple = quote * 3
        if triple in TRIPLE_STRINGS and self.text.startswith(triple, at):
            quote, pattern = triple, TRIPLE_STRINGS[triple]
        else:
            pattern = LONG_STRINGS.get(quote, LINE_STRINGS[quote]) if self.keeps_backslashes else LINE_STRINGS[quote]
        if at < self.closed_after.get(quote, 0):
            return None
        if match := pattern.match(self.text, at):
            is_inserting = "{" in match[1] and C_SHARP_INSERTION.search(self.text[max(at - 2, 0) : at])
            text = GAP if is_inserting or self._is_uncertain(quote, match[1]) else decode(match[1])
            return Token(Kind.STRING, text, start, match.end())
        end = -1 if quote == triple or pattern in LONG_STRINGS.values() else self.text.find("\n", at)
        self.closed_after[quote] = len(self.text) if end < 0 else end
        return None

    def _is_uncertain(self, quote: str, text: str) -> bool:
        """Return whether a string may mean something else in the language of the code: variables are inserted into it,
        or its backslashes stay."""
        if INSERTION.search(text):
            return True
        if quote.startswith("'"):
            return self.keeps_backslashes and PLAIN_IN_SINGLE.search(text.replace("\\\\", "")) is not None
        return RUBY_INSERTION.search(text) is not None

    def _template(self, at: int) -> Token | None:
        """Return a template string of JavaScript, or a code span of Markdown; what is inserted is a gap."""
        if at < self.closed_after.get("`", 0):
            return None
        end, parts = self._template_parts(at + 1, 0)
        if end < 0:
            self.closed_after["`"] = len(self.text)
            return None
        raw, cooked = GAP.join(parts), GAP.join(unescape(part, "`${") for part in parts)
        tag = re.search(r"[\w$.]{0,100}$", self.text[max(at - 100, 0) : at])
        if tag is not None and tag[0]:
            return Token(Kind.STRING, raw if tag[0].endswith("String.raw") else GAP, at, end)
        if raw != cooked and parses_as_json(raw) and not self._is_expression(at):
            return Token(Kind.STRING, raw, at, end)  # a code span of Markdown
        if raw != cooked and parses_as_json(raw) and self.is_go:
            return Token(Kind.STRING, GAP if parses_as_json(cooked) else raw, at, end)
        return Token(Kind.STRING, cooked, at, end)

    def _is_expression(self, at: int) -> bool:
        before = self.text[max(at - 20, 0) : at].rstrip()
        return before.endswith(("=", "(", ",", ":", "+", "?", ">", "&", "|", "return"))

    def _template_parts(self, at: int, level: int) -> tuple[int, list[str]]:
        """Return the index after a template, -1 if it has no end, and the texts between its insertions."""
        parts: list[str] = []
        while True:
            match = TEMPLATE_TEXT.match(self.text, at)
            if match is None or match.end() >= len(self.text) or level > MAX_TEMPLATE_LEVELS:
                return -1, parts
            parts.append(match[0].replace("\r", "\n"))
            if self.text[match.end()] == "`":
                return match.end() + 1, parts
            at = self._insertion_end(match.end() + 2, level)
            if at < 0:
                return -1, parts

    def _insertion_end(self, at: int, level: int) -> int:
        """Return the index after the "}" that ends an insertion, or -1."""
        depth = 1
        while at < len(self.text):
            char = self.text[at]
            if char == "`":
                at, _ = self._template_parts(at + 1, level + 1)
                if at < 0:
                    return -1
                continue
            if char in "'\"" and (string := self._quoted(at, at, str)):
                at = string.end
                continue
            depth += (char == "{") - (char == "}")
            at += 1
            if not depth:
                return at
        return -1
