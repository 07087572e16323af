"""Finds what code passes to functions that may change it, or that return something else, before it is sent.

The tokens may be of JavaScript, PHP, Ruby, Go or a similar language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .code_tokens import Kind, Token
from .known_functions import MERGING_FUNCTIONS, is_serializer, may_change, plain, sends

Span = tuple[int, int]

KEYWORDS = frozenset(
    {"if", "for", "foreach", "while", "switch", "catch", "return", "function", "func", "fn", "def", "await", "sizeof"}
    | {"async", "new", "else", "elseif", "elif", "not", "in", "of", "typeof", "void", "yield", "throw", "match", "when"}
    | {"print", "echo", "puts", "case", "do", "and", "or", "use", "require", "include", "import", "export", "class"}
    | {"const", "let", "var", "val", "delete", "static", "public", "private", "self", "this"}
)
BODY_NAMES = frozenset({"body", "data", "json", "input", "content", "payload", "arguments", "postfields"})
MAX_PARTS = 50
MAX_CHAIN = 40


class PassedObjects:
    """The calls in a sequence of tokens, and what becomes of the objects in their arguments."""

    def __init__(self, tokens: Sequence[Token], ends: Mapping[int, int], values: Mapping[str, Sequence[Span]]) -> None:
        self.tokens = tokens
        self.ends = ends
        self.starts = {end: start for start, end in ends.items()}
        self.values = values
        self.last_use = {token.text: index for index, token in enumerate(tokens) if token.kind is Kind.NAME}
        self.opened = self._opened()
        self.bodies, self.sent = self._body_names()
        self.defined = {tokens[index].text for index in ends if index and self._is_definition(index - 1)}

    def changed(self) -> Iterator[Span]:
        """Yield the tokens that may be something else when they are sent."""
        for index, token in enumerate(self.tokens):
            place = self._arguments_of(index)
            name = token.text
            is_ruby = token.kind is Kind.NAME and self._mark(index + 1) == "!" and name.lower() not in KEYWORDS
            if is_ruby and self._mark(index + 2) in self.values:  # a method without brackets
                yield index + 2, index + 3
            if not place and token.kind is Kind.NAME and self._is_changed_literal(index):
                yield self.starts[index - 2], index - 1
            if token.kind is not Kind.NAME or not place or name.lower() in KEYWORDS or name in self.defined:
                continue
            if plain(name) in ("stringify", "parse") and self._has_function(place):
                yield place, self.ends[place]
            parts = list(self._parts(place))
            is_copying = plain(name) == "copy" and len(parts) > 1  # into an object
            is_safe = not may_change(name) or self._mark(index - 1) == "new"
            if is_safe and not is_copying and name != "Proxy":
                continue
            if name == "Proxy":
                yield from parts
            is_merging = name.lower().rstrip("!") in MERGING_FUNCTIONS  # what literals set is known
            first = 1 if plain(name) in ("assign", "arraymerge", "arrayreplace") else 0
            if is_merging and not any(self.tokens[start].kind is Kind.NAME for start, _ in parts[first:]):
                continue
            for part in parts:
                if self._may_be_sent(part, index):
                    yield part
            if self._mark(index - 1) == "." and (owner := self._owner(index - 2)) and self._may_be_sent(owner, index):
                yield owner

    def _is_changed_literal(self, index: int) -> bool:
        """Return whether a method without arguments in brackets is called on a literal: `{a: 1}.compact`."""
        name = self.tokens[index].text
        is_method = self._mark(index - 1) == "." and self._mark(index - 2) in ("}", "]") and index - 2 in self.starts
        return is_method and may_change(name) and plain(name) not in ("length", "size")

    def _arguments_of(self, index: int) -> int:
        """Return the index of the bracket with the arguments of a function whose name is at an index; 0 for none."""
        for place in (index + 1, index + 2 if self._mark(index + 1) in ("!", "?") else 0):
            if place and self._mark(place) == "(" and place in self.ends:
                return place
        return 0

    def _parts(self, place: int) -> Iterator[Span]:
        """Yield the names and the objects among the arguments in a bracket."""
        at, end, count = place + 1, self.ends[place], 0
        while at < end and count < MAX_PARTS:
            count += 1
            if self._mark(at) in ("&", "*", "...", "$"):
                at += 1
            while self.tokens[at].kind is Kind.NAME and self._mark(at + 1) == "." and self._mark(at + 2):
                at += 2  # an attribute, such as this.body
            stop = self.ends.get(at, at) + 1
            is_whole = self._mark(stop) in (",", ")")
            is_object = self._mark(at) in ("{", "[") and at in self.ends
            if is_whole and (is_object or self.tokens[at].kind is Kind.NAME):
                yield at, stop
            while at < end and self._mark(at) != ",":
                at = self.ends.get(at, at) + 1
            at += 1

    def _may_be_sent(self, part: Span, function: int) -> bool:
        """Return whether an argument, or what a function returns for it, is used after the call."""
        name = self.tokens[part[0]].text if part[1] == part[0] + 1 else ""
        if name and name not in self.values:
            return False
        is_text = any(self.tokens[start].kind is Kind.STRING for start, _ in self.values.get(name, ())[:MAX_PARTS])
        end = self.ends.get(self._arguments_of(function), function)
        if name and not is_text and self.last_use.get(name, 0) > end:
            return True
        return self._is_sent(function, name)

    def _is_sent(self, function: int, name: str) -> bool:
        """Return whether what a function returns becomes the body of a request."""
        is_sender = sends(self.tokens[function].text)
        before = function - 1
        for _ in range(MAX_CHAIN):  # to the beginning of the expression, such as `await this.tools.f(x)`
            if before >= 0 and (self.tokens[before].kind is Kind.NAME or self._mark(before) in (".", "$", "::", "->")):
                before -= 1
            elif before in self.starts and self._mark(before) in ")]}" and self._mark(before + 1) == ".":
                before = self.starts[before] - 1
            else:
                break
        mark = self._mark(before)
        if mark in ("=", ":", "=>"):
            before -= self._mark(before - 1) == ":"
            target = self.tokens[before - 1].text if before else ""
            if plain(target) in BODY_NAMES or (name and target == name):
                return True
            return mark == "=" and target in (self.bodies if is_sender else self.sent)
        if mark not in ("(", ",") or is_sender:
            return False
        outer = self.tokens[max(self.opened.get(function, 0) - 1, 0)].text
        return is_serializer(outer) or sends(outer)

    def _body_names(self) -> tuple[set[str], set[str]]:
        """Return the names that are the body of a request for certain, and with them those that are sent or written."""
        bodies, sent = set[str](), set[str]()
        for index, token in enumerate(self.tokens):
            if token.kind is not Kind.NAME or self._mark(index + 1) not in (",", ")", "}"):
                continue
            before = self._mark(index - 1)
            is_named = before in (":", "=>") and plain(self.tokens[index - 2].text) in BODY_NAMES
            is_shorthand = before in ("{", ",") and plain(token.text) in BODY_NAMES
            if is_named or (is_shorthand and self._mark(self.opened.get(index, -1)) == "{"):
                bodies.add(token.text)
            outer = self.tokens[max(self.opened.get(index, 0) - 1, 0)].text
            if before in ("(", ",") and (is_serializer(outer) or sends(outer)):
                sent.add(token.text)
        return bodies, bodies | sent

    def _owner(self, index: int) -> Span | None:
        """Return the object whose method is called: a literal, or a name for one or for an object of a class."""
        if index in self.starts and self._mark(index) in "}]":
            start = self.starts[index]
            return (start, index + 1) if self._mark(start - 1) not in (")", "=>", "do", "->") else None
        name = self.tokens[index].text if index >= 0 and self.tokens[index].kind is Kind.NAME else ""
        for start, _ in self.values.get(name, ())[:MAX_PARTS]:
            if self._mark(start) in ("{", "[", "new") or self.tokens[start].kind is Kind.STRING:
                return index, index + 1
        return None

    def _has_function(self, place: int) -> bool:
        """Return whether the second argument of `JSON.stringify` or `JSON.parse` is there and not null."""
        at = place + 1
        while at < self.ends[place] and self._mark(at) != ",":
            at = self.ends.get(at, at) + 1
        return at + 1 < self.ends[place] and self.tokens[at + 1].text not in ("null", "undefined", "true", "false")

    def _is_definition(self, index: int) -> bool:
        """Return whether a function is defined under the name at an index: `f(a) {`, `def f(a)`, `f = (a) =>`."""
        if self.tokens[index].kind is not Kind.NAME:
            return False
        end = self.ends[index + 1]
        return self._mark(end + 1) == "{" or self.tokens[max(index - 1, 0)].text in ("function", "def", "func", "fn")

    def _opened(self) -> dict[int, int]:
        """Return the index of the innermost bracket around each token."""
        opened: dict[int, int] = {}
        around = [-1]
        for index in range(len(self.tokens)):
            if index in self.starts and around[-1] == self.starts[index]:
                around.pop()
            opened[index] = around[-1]
            if index in self.ends:
                around.append(index)
        return opened

    def _mark(self, index: int) -> str:
        """Return the text of a mark or a name; "" for a string, a number and the outside."""
        is_mark = 0 <= index < len(self.tokens) and self.tokens[index].kind in (Kind.MARK, Kind.NAME)
        return self.tokens[index].text if is_mark else ""
