"""Finds what Python code passes to functions that may change it, or that return something else, before it is sent.

What a function does that is defined elsewhere is not known; what its name says about sending and printing counts.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from .known_functions import is_serializer, may_change, plain, sends

BODY_KEYWORDS = frozenset({"json", "data", "body", "content", "input", "arguments", "payload"})
SAFE_METHODS = frozenset({"schema", "close", "raiseforstatus"})
MAX_PARENTS, MAX_ALIASES, MAX_GIVEN = 20, 20, 100


class PassedObjects:
    """The calls of a program, and what becomes of the objects in their arguments."""

    def __init__(self, nodes: Sequence[ast.AST], bindings: Mapping[str, list[ast.expr | None]]) -> None:
        self.bindings = bindings
        self.calls = [node for node in nodes if isinstance(node, ast.Call)]
        self.parents = {id(child): node for node in nodes for child in ast.iter_child_nodes(node)}
        functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        self.defined = {node.name for node in functions}
        self.last_use: dict[str, tuple[int, int]] = {}
        for node in nodes:
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                name = node.id if isinstance(node, ast.Name) else f".{node.attr}"
                self.last_use[name] = max(self.last_use.get(name, (0, 0)), (node.lineno, node.col_offset))
        self.given = self._given(functions, nodes)
        self.attributes: dict[str, list[ast.expr]] = defaultdict(list)
        for node in nodes:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Attribute):
                        self.attributes[target.attr].append(node.value)
        self.aliases = self._aliases()
        self.bodies, self.sent = self._body_names()

    def changed(self) -> Iterator[ast.expr]:
        """Yield the expressions that may be something else when they are sent."""
        for call in self.calls:
            name = _function_name(call)
            owner = call.func.value if isinstance(call.func, ast.Attribute) else None
            if name in self.defined:
                continue
            if may_change(name):
                for argument in (*call.args, *(keyword.value for keyword in call.keywords if keyword.arg)):
                    for part in self._objects(argument):
                        if self._may_be_sent(part, call, name):
                            yield from self._with_given(part)
                is_method = owner is not None and plain(name) not in SAFE_METHODS and self._is_request(owner)
                if owner is not None and is_method and self._may_be_sent(owner, call, name):
                    yield owner
            elif sends(name) and self._is_sent(call, is_sender=True):
                for argument in call.args:
                    for part in self._objects(argument):
                        yield from self._with_given(part)

    def _may_be_sent(self, part: ast.expr, call: ast.Call, name: str) -> bool:
        """Return whether an argument, or what a function returns for it, is used after the call."""
        if isinstance(part, ast.Attribute) and self._last_use_of(f".{part.attr}") >= _end(call):
            return True
        if isinstance(part, ast.Name):
            end = _end(call)
            is_text = any(isinstance(value, ast.Constant) for value in self.bindings.get(part.id, []))
            if not is_text and self._last_use_of(part.id) >= end:
                return True
        return self._is_sent(call, is_sender=sends(name), name=part.id if isinstance(part, ast.Name) else "")

    def _last_use_of(self, name: str) -> tuple[int, int]:
        """Return the last place at which an object is used, also by another name that is assigned to or from this."""
        return max(self.last_use.get(one, (0, 0)) for one in (name, *islice(self.aliases.get(name, ()), MAX_ALIASES)))

    def _is_sent(self, node: ast.AST, *, is_sender: bool, name: str = "") -> bool:
        """Return whether the value of a call becomes the body of a request."""
        for _ in range(MAX_PARENTS):
            parent = self.parents.get(id(node))
            match parent:
                case ast.keyword(arg=arg) if arg in BODY_KEYWORDS:
                    return True
                case ast.Call() if parent.func is not node and not is_sender:
                    function = _function_name(parent)
                    if is_serializer(function) or sends(function):
                        return True
                case (
                    ast.Assign(targets=[ast.Name(id=target)])
                    | ast.AnnAssign(target=ast.Name(id=target))
                    | ast.NamedExpr(target=ast.Name(id=target))
                    | ast.For(target=ast.Name(id=target))
                    | ast.comprehension(target=ast.Name(id=target))
                    | ast.withitem(optional_vars=ast.Name(id=target))
                ):
                    return target == name or target in (self.bodies if is_sender else self.sent)
                case ast.Return():
                    return not is_sender
                case None | ast.stmt():
                    return False
            node = parent
        return True

    def _body_names(self) -> tuple[set[str], set[str]]:
        """Return the names that are the body of a request for certain, and with them those that are sent or written."""
        bodies, sent = set[str](), set[str]()
        for call in self.calls:
            function = _function_name(call)
            for keyword in call.keywords:
                if keyword.arg in BODY_KEYWORDS:
                    bodies |= {part.id for part in self._objects(keyword.value) if isinstance(part, ast.Name)}
            if is_serializer(function) or sends(function):
                sent |= {
                    part.id for argument in call.args for part in self._objects(argument) if isinstance(part, ast.Name)
                }
        return bodies, bodies | sent

    def _aliases(self) -> dict[str, set[str]]:
        aliases: dict[str, set[str]] = defaultdict(set)
        for name, values in self.bindings.items():
            for value in values:
                if isinstance(value, ast.Name):
                    aliases[name].add(value.id)
                    aliases[value.id].add(name)
        return aliases

    def _is_request(self, node: ast.expr) -> bool:
        """Return whether an expression is an object of a class, such as `Request(prompt="a")`."""
        if isinstance(node, ast.Name):
            return any(value is not None and self._is_request(value) for value in self.bindings.get(node.id, []))
        return isinstance(node, ast.Call) and _function_name(node)[:1].isupper() and bool(node.keywords)

    def _objects(self, node: ast.expr) -> Iterator[ast.expr]:
        """Yield the objects and names in an argument, without what is in a further call."""
        match node:
            case ast.Name() | ast.Dict() | ast.Call(func=ast.Name(id="dict")):
                yield node
            case ast.Attribute(attr=name) if name in self.attributes:
                yield node
            case ast.Subscript(value=ast.Name(id=name) as owner, slice=ast.Constant(value=key)):
                values = [value for value in self.bindings.get(name, []) if isinstance(value, ast.Dict)]
                items = (item for value in values for item in zip(value.keys, value.values, strict=True))
                if any(isinstance(one, ast.Constant) and one.value == key and _is_object(item) for one, item in items):
                    yield owner
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                for part in parts:
                    yield from self._objects(part)
            case ast.Starred(value=value) | ast.Await(value=value):
                yield from self._objects(value)

    def _with_given(self, part: ast.expr) -> Iterator[ast.expr]:
        """Yield an expression, and what is given for it if it is a parameter or a variable of a loop."""
        yield part
        if isinstance(part, ast.Name):
            yield from self.given.get(part.id, ())
        elif isinstance(part, ast.Attribute):
            yield from self.attributes.get(part.attr, ())

    def _given(
        self, functions: Sequence[ast.FunctionDef | ast.AsyncFunctionDef], nodes: Sequence[ast.AST]
    ) -> dict[str, list[ast.expr]]:
        """Return what is given for each parameter of the functions of the program, and for variables of loops."""
        given: dict[str, list[ast.expr]] = defaultdict(list)
        arguments: dict[str, list[ast.expr]] = defaultdict(list)
        for call in self.calls:
            arguments[_function_name(call)] += (*call.args, *(keyword.value for keyword in call.keywords))
        for function in functions:
            for parameter in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs):
                given[parameter.arg] += arguments.get(function.name, [])[:MAX_GIVEN]
        for node in nodes:
            if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension) and isinstance(node.target, ast.Name):
                given[node.target.id].append(node.iter)
        return given


def _function_name(call: ast.Call) -> str:
    function = call.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def is_sending(node: ast.AST) -> bool:
    """Return whether a call sends a request, so that what it returns is a response."""
    if not isinstance(node, ast.Call):
        return False
    name = _function_name(node)
    has_body = any(keyword.arg in BODY_KEYWORDS for keyword in node.keywords)
    return not name[:1].isupper() and (sends(name) or (has_body and not may_change(name)))


def _is_object(node: ast.expr) -> bool:
    return isinstance(node, ast.Dict | ast.List | ast.Name | ast.Call)


def _end(call: ast.Call) -> tuple[int, int]:
    return call.end_lineno or 0, call.end_col_offset or 0
