"""A document as its endpoints: every POST that answers with a task.

Knows OpenAPI. Must not know where a document comes from, beyond a file's path, or what is done with an endpoint.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..errors import InvalidDocument
from .dereference import Resolver, resolve_pointer
from .fields import parse_fields
from .load import parse_document, read_file
from .operation import Operation
from .simplify import merge_object_union, simplify, union_branches

BUNDLED_DOCUMENT = Path(__file__).parent.parent / "openapi.json"

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Document:
    """An OpenAPI document; `raw` is the whole of it as plain values, `operations` its endpoints, in its order."""

    raw: Mapping[str, Any]
    operations: tuple[Operation, ...]

    def operation(self, path: str) -> Operation:
        """The endpoint at a path; raises `InvalidDocument` if there is none."""
        for one in self.operations:
            if one.path == path:
                return one
        known = ", ".join(one.path for one in self.operations[:5])
        more = f" and {len(self.operations) - 5} more" if len(self.operations) > 5 else ""
        raise InvalidDocument(f"The document has no endpoint {path}; it has {known}{more}.")


def load(source: str | Path | None = None) -> Document:
    """The document in a file, or the one that is shipped; raises `InvalidDocument` with one sentence."""
    path = BUNDLED_DOCUMENT if source is None else Path(source).expanduser()
    return load_text(read_file(path), path.name)


def load_text(text: str, name: str = "The text") -> Document:
    """The document that a text is; `name` is what it is called in a message.

    Raises `InvalidDocument` with one sentence for what is broken, enormous, recursive, or no such document.
    """
    raw = parse_document(text, name)
    try:
        operations = tuple(_operations(raw))
    except InvalidDocument as error:
        raise InvalidDocument(f"{name}: {error.message}") from None
    if not operations:
        raise InvalidDocument(f"{name} has no endpoint that answers with a task.")
    return Document(raw, operations)


def _operations(raw: Mapping[str, Any]) -> Iterator[Operation]:
    resolver = Resolver(raw)
    for path, item in _object(raw.get("paths")).items():
        item = _object(resolve_pointer(raw, item))
        post = _object(item.get("post"))
        answer = _answer(resolver, post)
        if _is_task(answer) and isinstance(path, str) and path.startswith("/"):
            schema = resolver.resolve(_content(resolve_pointer(raw, post.get("requestBody", {}))))
            yield Operation(
                path=path,
                server=_server(post, item, raw),
                summary=_text(post.get("summary")) or path,
                description=_text(post.get("description")),
                fields=parse_fields(merge_object_union(schema)),
                schema=schema,
                response_names=tuple(dict.fromkeys(name for names in answer for name in names)),
            )


def _answer(resolver: Resolver, post: Mapping[str, Any]) -> list[list[str]]:
    """The names in each form that a successful answer can have."""
    for code, response in _object(post.get("responses")).items():
        if str(code).startswith("2"):
            known = simplify(resolver.resolve(_content(resolve_pointer(resolver.root, response))))
            return [list(simplify(one).get("properties", {})) for one in union_branches(known) or [known]]
    return []


def _is_task(answer: list[list[str]]) -> bool:
    tasks = ({"id", "polling_url"}, {"id", "status", "webhook_url"})
    return any(names <= set(each) for each in answer for names in tasks)


def _content(body: Any) -> Any:
    """The schema of a body or an answer in JSON; one that takes anything where there is none."""
    for kind, content in _object(_object(body).get("content")).items():
        if str(kind).partition(";")[0].strip() == "application/json":
            return _object(content).get("schema", {})
    return {}


def _server(*places: Mapping[str, Any]) -> str:
    """The address that the nearest place names; only https, or a machine's own, as the key goes there."""
    for place in places:
        servers = place.get("servers")
        first = _object(servers[0]) if isinstance(servers, list) and servers else {}
        address = _text(first.get("url"))
        for name, variable in _object(first.get("variables")).items():
            address = address.replace(f"{{{name}}}", str(_object(variable).get("default", "")))
        if address:
            return address.rstrip("/").removesuffix("/v1").rstrip("/") if _is_safe(address) else ""
    return ""


def _is_safe(address: str) -> bool:
    try:
        url = urlsplit(address)
        good_port = url.port != 0
    except ValueError:
        return False
    if not good_port or "\\" in address or "@" in url.netloc:
        return False
    return bool(url.hostname) and (url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK))


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
