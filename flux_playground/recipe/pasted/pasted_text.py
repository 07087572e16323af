"""Reads the request in a pasted text: JSON, code in several languages, a command, an HTTP message, a response."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ...bounded_json import InvalidJson, dump_json, parse_json_at
from ..hide_secrets import has_secret, hide_secrets
from ..tool_settings import whole_number
from .code_tokens import MAX_TOKENS, Token, tokenize
from .curl_command import has_command, is_rewritten_by_shell, objects_in_command
from .found_objects import FoundObject, agree, choose, make_unclear, objects_in, objects_in_text, with_gaps
from .gaps import GAP, has_gap, has_placeholder
from .httpie_command import has_httpie_command, objects_in_httpie_command
from .object_literals import ObjectLiterals
from .powershell_code import is_rewritten, powershell_tokens
from .python_code import PythonCode
from .yaml_mapping import objects_in_yaml

MAX_CODE_CHARACTERS = 1_000_000
MAX_JSON_VALUES = 1_000
MAX_BLOCKS = 100
URL = re.compile(r"https?://[^\s\"'`^<>\\,;)(]{1,2000}")
PATH = re.compile(r"/v\d{1,3}/[^/\s].*")
FENCE = re.compile(r"[ \t>]{0,8}(```|~~~)[\w+#. -]{0,100}")
HERE_STRING = re.compile(r"@['\"]\n")
POWERSHELL = re.compile(
    r"\b(?:Invoke-RestMethod|Invoke-WebRequest|ConvertTo-Json|irm|iwr)\b|@\{|^\$\w{1,100}[ \t]*=|@['\"]\n",
    re.MULTILINE | re.IGNORECASE,
)
PIPE = re.compile(r"\|[ \t]*(?:https?|xhs?|curl|wget|xargs|parallel)\b")
HTTP_MESSAGE = re.compile(r"^(?:POST|PUT|PATCH)[ \t]+\S+", re.MULTILINE)
HTTP_VARIABLE = re.compile(r"\{\{[^{}\n]{1,200}\}\}")
CODE = re.compile(
    r"[{}]|\bcurl\b|^[ \t]*(?:import|from|const|let|var|def|POST|GET) |<\?php|=> ?['\"\d]|\w\(['\"]|;[ \t]*$",
    re.MULTILINE,
)
RANDOM_SEED = re.compile(r"(?:randomize|random|use_random)_?seed", re.IGNORECASE)


@dataclass(frozen=True)
class PastedRequest:
    """The request in a text. `values` has what is certain, without secrets.

    `unread` names the fields whose value is not a literal, or has a key in it.

    `has_random_seed` if it asks for any seed. `is_partial` if the request has more than what is here. `server` and
    `endpoint` are "" if the text does not name them. `count` is the number of different requests in the text; this is
    one of them.
    """

    values: Mapping[str, Any]
    unread: tuple[str, ...]
    is_partial: bool
    server: str
    endpoint: str
    count: int
    has_random_seed: bool = False


def read_pasted(text: str, fields: Collection[str]) -> PastedRequest | None:
    """Return the request in a text: the object with most of these fields. None if there is no such object.

    It has no values if the text has a request of which nothing is certain.
    """
    if len(text) > MAX_CODE_CHARACTERS:
        return None
    text = text.replace("\r\n", "\n")
    found = choose(_objects(text, fields), fields)
    if found is None:
        return None
    readable = {name: value for name, value in found.values.items() if not has_gap(value) and GAP not in name}
    has_marks = "uc" in found.values  # NovelAI emphasizes words by {{braces}}
    settings = {name: value for name, value in readable.items() if name in fields and not has_secret(value)}
    settings = {name: value for name, value in settings.items() if has_marks or not has_placeholder(value)}
    others = {name: value for name, value in readable.items() if name not in fields}
    values = {**settings, **hide_secrets(others)}
    unread = tuple(name for name in found.values if name in fields and name not in values)
    has_random_seed = "seed" in values and _is_random(values)
    if has_random_seed:
        del values["seed"]
    server, endpoint = _address(text, values)
    is_partial = found.is_partial or found.is_result
    return PastedRequest(values, unread, is_partial, server, endpoint, found.count, has_random_seed)


def _is_random(values: Mapping[str, Any]) -> bool:
    """Return whether the seed of a request stands for any seed: it is negative, or is ignored."""
    number = whole_number(values["seed"])
    is_ignored = any(RANDOM_SEED.fullmatch(name) and value is True for name, value in values.items())
    return is_ignored or (number is not None and number < 0)


def looks_like_code(text: str) -> bool:
    """Return whether a text is rather code than prose."""
    return CODE.search(text) is not None


def _objects(text: str, fields: Collection[str], *, is_block: bool = False) -> Iterator[FoundObject]:
    """Yield the objects in a text, read as what it is; a block of Markdown has no blocks in it."""
    if values := _json_values(text):
        for value in values:
            if code := _notebook_code(value):
                yield from _objects(code, fields)
            else:
                yield from objects_in(value, fields)
    elif program := PythonCode.parse(text):
        yield from with_gaps(_objects_in_code(program, fields), program.changed_keys, fields)
    elif found := list(objects_in_yaml(text, fields)):
        yield from found
    elif blocks := [] if is_block else _fenced_blocks(text):
        for block in blocks:
            yield from _objects(block, fields, is_block=True)
    elif has_command(text) and any(quote in text for quote in "\"'"):
        yield from objects_in_command(text, fields)
    elif has_httpie_command(text):
        objects = objects_in_httpie_command(text, fields)
        yield from make_unclear(objects) if is_rewritten_by_shell(text) else objects
    else:
        objects = agree(_readings(text, fields), fields)
        yield from make_unclear(objects) if PIPE.search(text) and is_rewritten_by_shell(text) else objects


def _readings(text: str, fields: Collection[str]) -> Iterator[Iterator[FoundObject]]:
    """Yield the objects in a text for each language that it may be in: a string of one may look like the other."""
    if POWERSHELL.search(text):
        objects = _objects_in_tokens(powershell_tokens(text), fields)
        yield make_unclear(objects) if is_rewritten(text) else objects
    if HTTP_MESSAGE.search(text):
        yield _objects_in_messages(text, fields)
    yield _objects_in_tokens(tokenize(text), fields)


def _json_values(text: str) -> list[Any]:
    """Return the JSON values that a text consists of, such as the lines of a log; none if it has anything else."""
    values: list[Any] = []
    at = len(text) - len(text.lstrip())
    while at < len(text) and len(values) < MAX_JSON_VALUES and text[at] in "{[":
        try:
            value, at = parse_json_at(text, at)
        except InvalidJson:
            return []
        values.append(value)
        while at < len(text) and text[at].isspace():
            at += 1
    return values if at >= len(text) else []


def _notebook_code(value: Any) -> str:
    """Return the code in the cells of a Jupyter notebook; "" for any other value."""
    cells = value.get("cells") if isinstance(value, dict) and "nbformat" in value else None
    sources = [
        cell.get("source", "")
        for cell in (cells if isinstance(cells, list) else [])
        if isinstance(cell, dict) and cell.get("cell_type") == "code"
    ]
    texts = [source if isinstance(source, str) else "".join(map(str, source)) for source in sources]
    return "\n".join(texts)


def _fenced_blocks(text: str) -> list[str]:
    """Return the blocks of code of a Markdown text, without one in a string of PowerShell."""
    blocks: list[list[str]] = []
    fence = ""
    for line in text.split("\n"):
        match = FENCE.fullmatch(line)
        if match and not fence:
            fence = match[1]
            blocks.append([])
        elif match and line.strip(" \t>") == fence:
            fence = ""
        elif fence:
            blocks[-1].append(line)
        elif HERE_STRING.match(line[-2:] + "\n"):
            return []
    return ["\n".join(lines) for lines in blocks[:MAX_BLOCKS]]


def _objects_in_tokens(tokens: list[Token], fields: Collection[str]) -> Iterator[FoundObject]:
    if len(tokens) > MAX_TOKENS:
        return
    literals = ObjectLiterals(tokens)
    yield from with_gaps(_objects_in_code(literals, fields), literals.assigned, fields)


def _objects_in_code(code: PythonCode | ObjectLiterals, fields: Collection[str]) -> Iterator[FoundObject]:
    for literal in code.literals():
        yield from objects_in(literal.values, fields, is_partial=literal.is_partial)
    for string in code.strings():
        yield from objects_in_text(string, fields)


def _objects_in_messages(text: str, fields: Collection[str]) -> Iterator[FoundObject]:
    """Yield the objects in the bodies of a file of HTTP requests; a variable of the editor is a gap."""
    for message in re.split(r"^###.*$", text, flags=re.MULTILINE):
        if request := HTTP_MESSAGE.search(message):
            body = HTTP_VARIABLE.sub(GAP, message[request.start() :].partition("\n\n")[2])
            yield from objects_in_text(body, fields)
            yield from _objects_in_tokens(tokenize(body), fields)


def _address(text: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """Return the server and the endpoint of the first URL of an API that is not in a value; "" for none."""
    inside = set(URL.findall(dump_json(values)))
    for match in URL.finditer(text):
        try:
            url = urlsplit(match[0])
        except ValueError:
            continue
        if match[0] not in inside and PATH.fullmatch(url.path) and url.netloc and "@" not in url.netloc:
            return f"{url.scheme}://{url.netloc}", url.path
    return "", ""
