"""A page of documentation in Markdown as an OpenAPI document: finds the block that holds it, writes it anew if need be.

Some pages hold a small complete document; older ones have a dialect of their own (`schemaArray`,
`requiredProperties`). Must not know what the endpoints are, or how a block's text is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

LITERAL = ("default", "example", "examples", "enum", "const")
"""Keywords whose values are values, not schemas."""


def fenced_blocks(page: str) -> Iterator[tuple[str, str]]:
    """The fenced blocks of a page: the language that each says it is in, and its text."""
    fence, language, lines = "", "", list[str]()
    for line in page.replace("\r\n", "\n").split("\n"):
        mark = re.match(r"`{3,}|~{3,}", line)
        if not fence and mark:
            named = re.match(r"\W*(\w*)", line[mark.end() :])
            fence, language, lines = mark[0], named[1].lower() if named else "", []
        elif fence and mark and mark[0].startswith(fence) and not line.strip(fence[0] + " "):
            yield language, "\n".join(lines)
            fence = ""
        elif fence:
            lines.append(line)


def to_openapi(block: Mapping[str, Any], page: str) -> dict[str, Any]:
    """The block as an OpenAPI document; what a dialect leaves out comes from the page's title and opening quote."""
    paths = block.get("paths")
    if not isinstance(paths, Mapping) or not isinstance(paths.get("path"), str):
        return dict(block)
    heading = re.search(r"^# +(.+)$", page, re.MULTILINE)
    quote = re.search(r"^> +(.+)$", page, re.MULTILINE)
    operation = {
        "summary": heading[1].strip() if heading else "",
        "description": quote[1].strip() if quote else "",
        "servers": paths.get("servers", []),
        "requestBody": {"required": True, "content": _content(_within(paths, "request", "body"))},
        "responses": {str(code): {"content": _content(one)} for code, one in _within(paths, "response").items()},
    }
    method = str(paths.get("method", "post")).lower()
    return {
        "openapi": "3.1.0",
        "info": {"title": operation["summary"], "version": "1"},
        "paths": {paths["path"]: {method: operation}},
        "components": block.get("components", {}),
    }


def _content(body: Any) -> dict[str, Any]:
    kinds = body if isinstance(body, Mapping) else {}
    return {kind: {"schema": _union(one.get("schemaArray"))} for kind, one in kinds.items() if isinstance(one, Mapping)}


def _union(schemas: Any) -> Any:
    forms = [_schema(one) for one in schemas] if isinstance(schemas, list) else []
    return forms[0] if len(forms) == 1 else {"anyOf": forms} if forms else {}


def _schema(raw: Any) -> Any:
    if isinstance(raw, list):
        return [_schema(one) for one in raw]
    if not isinstance(raw, Mapping):
        return raw
    out = {key: value if key in LITERAL else _schema(value) for key, value in raw.items()}
    if isinstance(properties := raw.get("properties"), Mapping):
        out["properties"] = {name: _schema(one) for name, one in properties.items()}
    if "requiredProperties" in raw:
        out["required"] = raw["requiredProperties"]
    return out


def _within(value: Any, *names: str) -> Mapping[str, Any]:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}
