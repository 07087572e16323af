"""Reads the JSON that a curl command sends, in the quoting of each shell, and here-documents.

Where it is not certain which shell a command was written for, a value counts only if all shells read the same one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from functools import partial
from itertools import islice

from .found_objects import FoundObject, agree, make_unclear, objects_in_text
from .posix_words import expand_here_document, posix_words
from .powershell_code import powershell_words
from .windows_words import argument_words, cmd_words, doubled_quote_words, split_arguments

MAX_COMMANDS = 50
MAX_WORDS = 1_000
COMMAND = re.compile(
    r"^[ \t]*+(?:[$>%!#][ \t]++|PS[^>\n]{0,200}>[ \t]*+|.{0,200}?[;|&(`=][ \t]*+)?(?:sudo[ \t]++)?"
    r"""(?:curl(?:\.exe)?|wget)(?=[ \t]++[-'"$^`\\@hH{])|^[ \t]*+(?:export[ \t]++)?\w{1,100}=(?=[$'"])""",
    re.MULTILINE,
)
ECHO = re.compile(r"^[ \t]*+(?:[$>%][ \t]++)?echo[ \t]++(?=['\"])", re.MULTILINE)
HERE_DOCUMENT = re.compile(r"<<-?[ \t]*+(?P<quote>['\"\\]?)(?P<name>\w{1,40})['\"]?[^\n]*+\n")

FIRST_QUOTE = re.compile(r"\^\"|['\"]")
ANSI_C_WORD = re.compile(r" \$'(?!')")
CMD_CONTINUATION = re.compile(r"[ \"]\^\n")
POWERSHELL_CONTINUATION = re.compile(r" `\n")
POSIX_CONTINUATION = re.compile(r"[ '\"]\\\n")
BROWSER_CARETS = re.compile(r"\^\\\^\"")

REWRITER = r"(?:^|[|;&(\s])(?:sed|jq|yq|envsubst|perl|g?awk|tr|gomplate|sponge)\b"
REWRITING = re.compile(
    rf"{REWRITER}[^\n]*(?:(?<!<)<<(?!<)|\bcurl\b|\bwget\b|\s-p?i\b)|<<[^\n]*\|[ \t]*{REWRITER}"
    r"|(?:-d|--data[\w-]*|--json)[ =]*\"?\$\((?!\s*(?:cat|echo|printf)\b[^|)\n]*\))"
    r"|\|[ \t]*(?!(?:curl|https?|xhs?|wget|tee)\b)[\w./][^|\n]*\|[ \t]*(?:curl|https?|xhs?|wget)\b"
    r"|\bxargs\b[^\n]*\s-I|\bparallel\b[^\n]*\bcurl\b",
    re.MULTILINE,
)
"""A command that changes what is sent, and not the response."""

REWRITER_LINE = re.compile(rf"^(?:(?!\b(?:curl|http|wget)\b).)*?{REWRITER}.*$", re.MULTILINE)
BODY_VARIABLE = re.compile(
    r"\b(\w{1,100})=(?:\$?['\"]\s{0,100}\{|\"?\$\(cat[ \t]*<<)|\bread\b.{0,100}[ \t](\w{1,100})[ \t]*<<"
)
FILTERED = re.compile(
    r"\w=\"?\$\([ \t]*(?:(?!(?:cat|echo|printf|curl|wget|https?|jq)\b)"
    r"|(?:cat|echo|printf)\b(?![^\n]*\bcurl\b)[^|\n]*\|)[^\n]*"
)
"""A variable that becomes what a command makes of others."""

CHANGED_VARIABLE = re.compile(r"\$\{(\w{1,100})[/%#^,@]")

Split = Callable[[str, int], tuple[list[str], int] | None]


def has_command(text: str) -> bool:
    """Return whether a text has a curl command or a here-document."""
    is_command = any("curl" in match[0] or "wget" in match[0] for match in COMMAND.finditer(text))
    return is_command or next(_here_documents(text), None) is not None


def objects_in_command(text: str, fields: Collection[str]) -> Iterator[FoundObject]:
    """Yield the objects that the commands in a text send; with gaps where another command changes them before."""
    objects = _objects_in_all(text, fields)
    return make_unclear(objects) if is_rewritten_by_shell(text) else objects


def is_rewritten_by_shell(text: str) -> bool:
    """Return whether something changes a body before it is sent: a command, or an expansion such as ${BODY/42/7}."""
    bodies = {name for match in BODY_VARIABLE.finditer(text) for name in match.groups() if name}
    lines = [match[0] for pattern in (REWRITER_LINE, FILTERED) for match in pattern.finditer(text)]
    uses = {name for line in lines for name in re.findall(r"\$\{?(\w{1,100})", line)}
    return bool(REWRITING.search(text) or bodies & (uses | set(CHANGED_VARIABLE.findall(text))))


def _objects_in_all(text: str, fields: Collection[str]) -> Iterator[FoundObject]:
    for body in _here_documents(text):
        yield from objects_in_text(body, fields)
    for echo in islice(ECHO.finditer(text), MAX_COMMANDS):
        words = posix_words(text, echo.end())
        yield from objects_in_text(words[0][0] if words and words[0] else "", fields)
    if command := COMMAND.search(text):
        yield from agree([_objects(text, split, fields) for split in _shells(text, command.end())], fields)


def _shells(text: str, at: int) -> list[Split]:
    """Return how to split the command at an index for each shell that it may be written for.

    The first quote is never inside of a value, and JSON has no line breaks in its strings.
    """
    cmd, doubled = partial(cmd_words, is_doubled=False), partial(cmd_words, is_doubled=True)
    quote = FIRST_QUOTE.search(text, at)
    first = quote[0] if quote else ""
    if first == '^"' or CMD_CONTINUATION.search(text, at):
        return [doubled] if BROWSER_CARETS.search(text, at) else [cmd, doubled]
    if POWERSHELL_CONTINUATION.search(text, at):
        return [powershell_words]
    if ANSI_C_WORD.search(text, at) or POSIX_CONTINUATION.search(text, at) or (first == "'" and "'\\''" in text[at:]):
        return [posix_words]
    if first == "'":
        return [posix_words, powershell_words]
    return [posix_words, powershell_words, cmd, argument_words, doubled_quote_words]


def _objects(text: str, split: Split, fields: Collection[str]) -> Iterator[FoundObject]:
    at, count = 0, 0
    while count < MAX_COMMANDS and (command := COMMAND.search(text, at)):
        count += 1
        result = split(text, command.end())
        if result is None:
            return
        words, at = result
        for word in words[:MAX_WORDS]:
            start = word.find("{")
            if start >= 0:
                yield from objects_in_text(word[start:], fields)
                unquoted = split_arguments(f'"{word[start:]}"') if split is powershell_words else None
                if unquoted:  # Windows PowerShell leaves backslashes before quotes to the program
                    yield from objects_in_text(unquoted[0], fields)
        at = max(at, command.end())


def _here_documents(text: str) -> Iterator[str]:
    at = 0
    for _ in range(MAX_COMMANDS):
        opening = HERE_DOCUMENT.search(text, at)
        if opening is None:
            return
        closing = re.compile(rf"^\t*{opening['name']}$", re.MULTILINE).search(text, opening.end())
        if closing is None:
            return
        at = closing.end()
        body = text[opening.end() : closing.start()]
        yield body if opening["quote"] else expand_here_document(body)
