"""Reads the dictionaries, keyword arguments and strings of Python code from its syntax tree; nothing is run."""

from __future__ import annotations

import ast
import re
import textwrap
from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any

from .code_tokens import MAX_TOKENS, TRIPLE_STRINGS, Kind, Token, tokenize
from .gaps import GAP, join_surrogates
from .object_literals import Literal
from .python_passing import PassedObjects, is_sending

MAX_DEPTH = 20
KNOWN_ESCAPE = re.compile(r"\\(?:[\\'\"abfnrtvxNuU0-7\n]|\Z)")
PROMPT_LINE = re.compile(r"^(?:>>> ?|\.\.\. ?|In \[\d{1,5}\]: ?)", re.MULTILINE)
MAGIC_LINE = re.compile(r"^[!%].*$", re.MULTILINE)
ONLY_IN_PYTHON = (
    *(ast.Import, ast.ImportFrom, ast.keyword, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
    *(ast.With, ast.AsyncWith, ast.For, ast.JoinedStr),
)
CHANGING_METHODS = frozenset(
    {"pop", "popitem", "setdefault", "clear", "append", "extend", "insert", "__setitem__", "__delitem__"}
)
REWRITING_FUNCTIONS = frozenset(
    {"replace", "format", "format_map", "translate", "substitute", "safe_substitute", "sub", "subn", "exec"}
)
"""What they are called on or given becomes something else."""

ANY_KEY = "*"
"""Stands for all keys of a dictionary, where it is not known which one changes."""


class PythonCode:
    """The literals of a program. `PythonCode.parse` returns None for a text that is not Python for certain."""

    def __init__(self, tree: ast.Module) -> None:
        self.nodes = list(ast.walk(tree))
        self.bindings = _bindings(self.nodes)
        aliases = [node for node in self.nodes if isinstance(node, ast.alias)]
        self.imported = {(one.asname or one.name).partition(".")[0] for one in aliases} | {"self"}
        self.changes = _changes(self.nodes)
        self.changed_keys = set[str]().union(*self.changes.values()) - {ANY_KEY}
        self.rewritten = self._rewritten()

    @classmethod
    def parse(cls, text: str) -> PythonCode | None:
        """Return the program in a text, also in one that was copied from an interpreter or a notebook."""
        tree = _parse(text)
        if tree is None and not any(quotes in text for quotes in TRIPLE_STRINGS):  # in which no line may change
            cleaned = _cleaned(text)
            tree = None if cleaned == text else _parse(cleaned)
        is_python = tree is not None and any(isinstance(node, ONLY_IN_PYTHON) for node in ast.walk(tree))
        return cls(tree) if tree is not None and is_python else None

    def literals(self) -> Iterator[Literal]:
        """Yield the value of each dictionary and of the keyword arguments of each call."""
        for node in self.nodes:
            if isinstance(node, ast.Dict | ast.Call):
                literal = self._object(node, 0)
                if literal is not None and literal.values:
                    is_rewritten = id(node) in self.rewritten
                    yield Literal(dict.fromkeys(literal.values, GAP), is_partial=True) if is_rewritten else literal

    def strings(self) -> Iterator[str]:
        """Yield each string; what an f-string inserts is a gap."""
        parts = {id(part) for node in self.nodes if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in self.nodes:
            is_bytes = isinstance(node, ast.Constant) and isinstance(node.value, bytes)
            value = node.value.decode(errors="replace") if is_bytes else GAP  # type: ignore[attr-defined]
            if id(node) not in parts and not is_bytes and isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp):
                value = self._value(node, 0)
            if isinstance(value, str) and value != GAP and id(node) not in self.rewritten:
                yield value

    def _rewritten(self) -> set[int]:
        """Return the ids of the expressions that become something else before they are sent, or may do so.

        These are what a function rewrites, and the objects with a key that is only known when the program runs; with
        the expressions that are assigned to the names in them.
        """
        waiting: list[ast.AST] = []
        for node in self.nodes:
            match node:
                case ast.Call(func=ast.Attribute(value=owner, attr=name), args=args) if name in REWRITING_FUNCTIONS:
                    waiting += [owner, *args]
                case ast.Call(func=ast.Name(id="exec" | "eval")):
                    waiting += self.nodes
                case ast.Call(func=ast.Name(id=name), args=args) if name in REWRITING_FUNCTIONS:
                    waiting += args
                case ast.BinOp(left=left, op=ast.Mod()):
                    waiting.append(left)
                case ast.BinOp(left=left, op=ast.BitOr(), right=right) if not isinstance(right, ast.Dict):
                    waiting += [left, right]
                case ast.DictComp() if not _is_filter_of_values(node):
                    waiting += [generator.iter for generator in node.generators]
        for name, keys in self.changes.items():
            if ANY_KEY in keys:
                values = self.bindings.get(name, [])
                # A parameter, a variable of a loop or another name may be any object of the program.
                is_any = any(value is None or isinstance(value, ast.Name) for value in values)
                waiting += self.nodes if is_any and name not in self.imported else [one for one in values if one]
        waiting += PassedObjects(self.nodes, self.bindings).changed()
        found, names = set[int](), set[str]()
        while waiting:
            if id(root := waiting.pop()) in found:
                continue
            for node in _walk_values(root):
                found.add(id(node))
                if isinstance(node, ast.Name) and node.id not in names:
                    names.add(node.id)
                    waiting += [value for value in self.bindings.get(node.id, []) if value is not None]
        return found

    def _object(self, node: ast.expr, depth: int) -> Literal | None:
        if isinstance(node, ast.Dict):
            pairs = [(None if key is None else self._value(key, depth + 1), value) for key, value in _items(node)]
        elif isinstance(node, ast.Call):
            pairs = [(keyword.arg, keyword.value) for keyword in node.keywords]
        else:
            return None
        values: dict[str, Any] = {}
        for key, value in pairs:
            if key is None:
                values = dict.fromkeys(values, GAP)
            elif isinstance(key, str) and key != GAP:
                values[key] = self._value(value, depth + 1)
        if isinstance(node, ast.Call) and node.args and "seed" in values:
            values.setdefault("prompt", GAP)  # it may be one of the other arguments
        return Literal(values, is_partial=any(key is None or key == GAP for key, _ in pairs))

    def _value(self, node: ast.expr, depth: int) -> Any:
        """Return the value of an expression, or a gap if it is not a literal."""
        if depth > MAX_DEPTH or (isinstance(node, ast.Dict | ast.Call) and id(node) in self.rewritten):
            return GAP
        match node:
            case ast.Constant(value=str() as text):
                return join_surrogates(text)
            case ast.Constant(value=bool() | int() | float() | None as value):
                return value
            case ast.JoinedStr(values=parts):
                texts = (part.value if isinstance(part, ast.Constant) else GAP for part in parts)
                return "".join(text if isinstance(text, str) else GAP for text in texts)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return -number
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                first, second = self._value(left, depth + 1), self._value(right, depth + 1)
                return first + second if isinstance(first, str) and isinstance(second, str) else GAP
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return [self._value(item, depth + 1) for item in items]
            case ast.Name(id=name):
                return self._named(name, depth)
            case ast.Dict() | ast.Call(func=ast.Name(id="dict"), args=[]):
                literal = self._object(node, depth)
                return GAP if literal is None or literal.is_partial else literal.values
        return GAP

    def _named(self, name: str, depth: int) -> Any:
        """Return the value of a variable that is assigned once and never changed."""
        values = self.bindings.get(name, [])
        if len(values) != 1 or values[0] is None or name in self.changes:
            return GAP
        return self._value(values[0], depth + 1)


def _parse(text: str) -> ast.Module | None:
    tokens = tokenize(text, line_comment="#")
    if len(tokens) > MAX_TOKENS or not all(_is_known(text, token) for token in tokens):
        return None
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _cleaned(text: str) -> str:
    """Return a text without prompts, lines that are not Python, and indentation of all lines."""
    if PROMPT_LINE.match(text):
        text = "\n".join(PROMPT_LINE.sub("", line) for line in text.split("\n") if PROMPT_LINE.match(line))
    return textwrap.dedent(MAGIC_LINE.sub("", text))


def _is_known(text: str, token: Token) -> bool:
    """Return whether Python knows each escape of a string; for another it would write a warning."""
    source = text[token.start : token.end]
    if token.kind is not Kind.STRING or "\\" not in source or "r" in source.lower().partition(source[-1])[0]:
        return True
    return "\\" not in KNOWN_ESCAPE.sub("", source)


def _walk_values(root: ast.AST) -> Iterator[ast.AST]:
    """Yield an expression and the parts of its value, without the requests that it sends for them."""
    waiting = deque([root])
    while waiting:
        node = waiting.popleft()
        yield node
        if not is_sending(node):
            waiting.extend(ast.iter_child_nodes(node))


def _items(node: ast.Dict) -> Iterator[tuple[ast.expr | None, ast.expr]]:
    return zip(node.keys, node.values, strict=True)


def _bindings(nodes: list[ast.AST]) -> dict[str, list[ast.expr | None]]:
    """Return the expressions that are assigned to each name; None for what cannot be known."""
    bindings: dict[str, list[ast.expr | None]] = defaultdict(list)
    simple: dict[int, ast.expr] = {}
    for node in nodes:
        if isinstance(node, ast.Assign):
            simple |= {id(target): node.value for target in node.targets}
            for target in node.targets:
                if isinstance(target, ast.Attribute | ast.Subscript):
                    bindings[_name_of(target)].append(node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            simple[id(node.target)] = node.value
    for node in nodes:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bindings[node.id].append(simple.get(id(node)))
        elif isinstance(node, ast.arg):
            bindings[node.arg].append(None)
        elif isinstance(node, ast.alias):
            bindings[(node.asname or node.name).partition(".")[0]].append(None)
    return bindings


def _changes(nodes: list[ast.AST]) -> dict[str, set[str]]:
    """Return the keys that a program sets or deletes later, by the name of the dictionary, "" without a name."""
    changes: dict[str, set[str]] = defaultdict(set)
    for node in nodes:
        match node:
            case ast.Subscript(value=owner, slice=key, ctx=ast.Store() | ast.Del()):
                changes[_name_of(owner)].add(_text_of(key))
            case ast.Call(func=ast.Attribute(value=owner, attr="update"), args=args, keywords=keywords):
                keys = [key for arg in args for key in (arg.keys if isinstance(arg, ast.Dict) else [None])]
                changes[_name_of(owner)] |= {*map(_text_of, keys), *(keyword.arg or ANY_KEY for keyword in keywords)}
            case ast.Call(func=ast.Attribute(value=owner, attr=method)) if method in CHANGING_METHODS:
                changes[_name_of(owner)].add(ANY_KEY)
            case ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[owner, key, *_]):
                changes[_name_of(owner)].add(_text_of(key))
            case ast.Attribute(value=owner, attr=key, ctx=ast.Store() | ast.Del()) if not _is_self(owner):
                changes[_name_of(owner)].add(key)
            case ast.AugAssign(target=target):
                changes[_name_of(target)].add(ANY_KEY)
    return changes


def _is_filter_of_values(node: ast.DictComp) -> bool:
    """Return whether a comprehension only leaves out entries because of their values: `{… if value is not None}`."""
    if not isinstance(node.key, ast.Name) or not isinstance(node.value, ast.Name):
        return False
    tested = {
        one.id for part in node.generators for test in part.ifs for one in ast.walk(test) if isinstance(one, ast.Name)
    }
    return tested <= {node.value.id}


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _name_of(node: ast.expr) -> str:
    """Return the name at the root of an expression such as `request["input"]`; "" without a name."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _text_of(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ANY_KEY
