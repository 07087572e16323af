"""An OpenAPI document as a list of endpoints that start a task."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InvalidDocument
from ..url_policy import origin
from .dereference import Resolver, resolve_pointer
from .fields import parse_fields
from .load import parse_document, read_file
from .operation import Operation
from .simplify import merge_object_union, simplify, union_branches
from .supplement import add_endpoints

BUNDLED_DOCUMENT = Path(__file__).parent.parent / "openapi.json"
TASK_RESPONSES = ({"id", "polling_url"}, {"id", "status", "webhook_url"})


@dataclass(frozen=True)
class Document:
    """An OpenAPI document with the endpoints of the supplement: `operations`, its own first and in its order.

    `source` is the content of the document itself, `raw` that with the endpoints that the supplement adds.
    """

    source: Mapping[str, Any]
    raw: Mapping[str, Any]
    operations: tuple[Operation, ...]

    @property
    def servers(self) -> tuple[str, ...]:
        """The base URLs of the document's servers that use https or are on this machine, in its order."""
        listed = self.raw.get("servers")
        urls = [_server({"servers": [server]}) for server in (listed if isinstance(listed, list) else [])]
        return tuple(dict.fromkeys(url for url in urls if url))

    def operation(self, path: str) -> Operation:
        """Return the endpoint at a path; raises `InvalidDocument`."""
        for operation in self.operations:
            if operation.path == path:
                return operation
        paths = ", ".join(operation.path for operation in self.operations[:5])
        more = f" and {len(self.operations) - 5} more" if len(self.operations) > 5 else ""
        raise InvalidDocument(f"The document has no endpoint {path}. It has {paths}{more}.")


def load(source: str | Path | None = None) -> Document:
    """Return the document in a file, or the bundled one; raises `InvalidDocument`."""
    path = BUNDLED_DOCUMENT if source is None else Path(source).expanduser()
    return load_text(read_file(path), path.name)


def load_text(text: str, name: str = "The text") -> Document:
    """Return the document in a text; `name` is the source in messages. Raises `InvalidDocument`."""
    source = parse_document(text, name)
    try:
        operations = tuple(_parse_operations(source))
    except InvalidDocument as error:
        raise InvalidDocument(f"{name}: {error.message}") from None
    if not operations:
        raise InvalidDocument(f"{name} has no endpoint that responds with a task.")
    raw = add_endpoints(source)
    return Document(source, raw, (*operations, *_parse_operations(raw, except_for=source["paths"])))


def _parse_operations(raw: Mapping[str, Any], *, except_for: Collection[str] = ()) -> Iterator[Operation]:
    resolver = Resolver(raw)
    for path, item in _object(raw.get("paths")).items():
        if path in except_for:
            continue
        item = _object(resolve_pointer(raw, item))
        post = _object(item.get("post"))
        responses = _response_names(resolver, post)
        is_task = any(names <= set(response) for response in responses for names in TASK_RESPONSES)
        if is_task and isinstance(path, str) and path.startswith("/"):
            schema = resolver.resolve(_json_schema(resolve_pointer(raw, post.get("requestBody", {}))))
            yield Operation(
                path=path,
                server=_server(post, item, raw),
                summary=_text(post.get("summary")) or path,
                description=_text(post.get("description")),
                fields=parse_fields(merge_object_union(schema)),
                schema=schema,
                response_names=tuple(dict.fromkeys(name for response in responses for name in response)),
                deprecated=post.get("deprecated") is True,
            )


def _response_names(resolver: Resolver, post: Mapping[str, Any]) -> list[list[str]]:
    """Return the property names of each variant of the first successful response."""
    for code, response in _object(post.get("responses")).items():
        if str(code).startswith("2"):
            schema = simplify(resolver.resolve(_json_schema(resolve_pointer(resolver.root, response))))
            return [list(simplify(branch).get("properties", {})) for branch in union_branches(schema) or [schema]]
    return []


def _json_schema(body: Any) -> Any:
    """Return the schema of the JSON content of a request or response; {} if there is none."""
    for media_type, content in _object(_object(body).get("content")).items():
        if str(media_type).partition(";")[0].strip() == "application/json":
            return _object(content).get("schema", {})
    return {}


def _server(*objects: Mapping[str, Any]) -> str:
    """Return the first server URL, without "/v1". The key is sent to it, so it must use https or be on this machine."""
    for parent in objects:
        servers = parent.get("servers")
        first = _object(servers[0]) if isinstance(servers, list) and servers else {}
        url = _text(first.get("url"))
        for name, variable in _object(first.get("variables")).items():
            url = url.replace(f"{{{name}}}", str(_object(variable).get("default", "")))
        if url:
            try:
                server = origin(url)
            except ValueError:
                return ""
            is_safe = server.scheme == "https" or server.loopback
            return url.rstrip("/").removesuffix("/v1").rstrip("/") if is_safe else ""
    return ""


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
