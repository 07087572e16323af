"""Finds the OpenAPI document in a Markdown page of documentation.

Newer pages contain a complete document. Older pages use keywords of their own (`schemaArray`, `requiredProperties`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

LITERAL_KEYWORDS = ("default", "example", "examples", "enum", "const")


def fenced_blocks(page: str) -> Iterator[tuple[str, str, str]]:
    """Yield the language and the text of each fenced block of a page, and the text between it and the block before."""
    fence, language, lines, prose = "", "", list[str](), ""
    for line in page.replace("\r\n", "\n").split("\n"):
        mark = re.match(r"`{3,}|~{3,}", line)
        if not fence and mark:
            name = re.match(r"\W*(\w*)", line[mark.end() :])
            fence, language, lines = mark[0], name[1].lower() if name else "", []
        elif fence and mark and mark[0].startswith(fence) and not line.strip(fence[0] + " "):
            yield language, "\n".join(lines), prose
            fence, prose = "", ""
        elif fence:
            lines.append(line)
        else:
            prose += f"{line}\n"


def to_openapi(block: Mapping[str, Any], prose: str) -> dict[str, Any]:
    """Convert a block to an OpenAPI document.

    Summary and description are the last title in the text before the block, and the first quote behind that title.
    """
    paths = block.get("paths")
    if not isinstance(paths, Mapping) or not isinstance(paths.get("path"), str):
        return dict(block)
    *_, heading = None, *re.finditer(r"^# +(.+)$", prose, re.MULTILINE)
    quote = re.compile(r"^> +(.+)$", re.MULTILINE).search(prose, heading.end() if heading else 0)
    responses = _object(paths.get("response"))
    operation = {
        "summary": heading[1].strip() if heading else "",
        "description": quote[1].strip() if quote else "",
        "servers": paths.get("servers", []),
        "requestBody": {"required": True, "content": _content(_object(paths.get("request")).get("body"))},
        "responses": {str(code): {"content": _content(response)} for code, response in responses.items()},
    }
    method = str(paths.get("method", "post")).lower()
    return {
        "openapi": "3.1.0",
        "info": {"title": operation["summary"], "version": "1"},
        "paths": {paths["path"]: {method: operation}},
        "components": block.get("components", {}),
    }


def join_documents(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return one document with the paths of all; raises `ValueError` if two of them define one name differently."""
    joined = dict(documents[0])
    for one in documents[1:]:
        servers = (
            {"servers": one["servers"]} if one.get("servers", joined.get("servers")) != joined.get("servers") else {}
        )
        paths = {path: {**servers, **_object(item)} for path, item in _object(one.get("paths")).items()}
        joined["paths"] = _join(_object(joined.get("paths")), paths)
        joined["components"] = _join(_object(joined.get("components")), _object(one.get("components")))
    return joined


def _join(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Join two objects of objects."""
    joined = {group: dict(_object(named)) for group, named in one.items()}
    for group, named in other.items():
        known = joined.setdefault(group, {})
        for name, value in _object(named).items():
            if known.setdefault(name, value) != value:
                raise ValueError(f"several pages that define {str(name)[:100]} of {str(group)[:100]} differently")
    return joined


def _content(body: Any) -> dict[str, Any]:
    contents = {}
    for media_type, content in _object(body).items():
        if isinstance(content, Mapping):
            schemas = content.get("schemaArray")
            branches = [_convert_schema(schema) for schema in schemas] if isinstance(schemas, list) else []
            contents[media_type] = {"schema": branches[0] if len(branches) == 1 else {"anyOf": branches}}
            if not branches:
                contents[media_type] = {"schema": {}}
    return contents


def _convert_schema(raw: Any) -> Any:
    if isinstance(raw, list):
        return [_convert_schema(item) for item in raw]
    if not isinstance(raw, Mapping):
        return raw
    out = {key: value if key in LITERAL_KEYWORDS else _convert_schema(value) for key, value in raw.items()}
    if isinstance(properties := raw.get("properties"), Mapping):
        out["properties"] = {name: _convert_schema(schema) for name, schema in properties.items()}
    if "requiredProperties" in raw:
        out["required"] = raw["requiredProperties"]
    return out


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
