"""Reads the object literals in code without running it: `{prompt: "a", seed: 42, n: f()}`.

A value that is no literal is a gap. What reads like an object but is a block of statements is not returned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .code_changes import assigned_properties, find_rewritten
from .code_tokens import Kind, Token
from .gaps import GAP

MAX_DEPTH = 20
MAX_DIGITS = 400
MAX_EXACT_INTEGER = 2**53 - 1  # JavaScript rounds larger ones
CLOSERS = {"{": "}", "[": "]", "(": ")"}
CONSTANTS = {"true": True, "false": False, "null": None, "undefined": None, "True": True, "False": False, "None": None}


class _NotALiteral(Exception):
    """The tokens are not an object literal."""


@dataclass(frozen=True)
class Literal:
    """An object literal; `is_partial` if others are inserted into it, as by `...defaults`."""

    values: dict[str, Any]
    is_partial: bool


class ObjectLiterals:
    """The object literals in a sequence of tokens."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.ends = _matching_brackets(tokens)
        self.assigned = frozenset(assigned_properties(tokens, self.ends))
        """The names of the properties that are set, changed or deleted somewhere."""
        self.rewritten = find_rewritten(tokens, self.ends)

    def literals(self) -> Iterator[Literal]:
        """Yield each literal, outer ones first, as it is written."""
        for index, token in enumerate(self.tokens):
            if token.kind is Kind.MARK and (token.text == "{" or self._is_array_with_keys(index)):
                try:
                    values, is_partial = self._object(index, 0)
                except _NotALiteral:
                    continue
                if index in self.rewritten:
                    values, is_partial = dict.fromkeys(values, GAP), True
                yield Literal(values, is_partial)

    def strings(self) -> Iterator[str]:
        """Yield the content of each string."""
        strings = ((index, token) for index, token in enumerate(self.tokens) if token.kind is Kind.STRING)
        return (token.text for index, token in strings if index not in self.rewritten)

    def _is_array_with_keys(self, index: int) -> bool:
        """Return whether an array of PHP that begins here has keys: `['seed' => 42]`, `array('seed' => 42)`."""
        if self._text(index) == "[" or (self._text(index) == "(" and self._text(index - 1).lower() == "array"):
            return self._text(index + 2) == "=>"
        return False

    def _text(self, index: int) -> str:
        is_mark_or_name = 0 <= index < len(self.tokens) and self.tokens[index].kind in (Kind.MARK, Kind.NAME)
        return self.tokens[index].text if is_mark_or_name else ""

    def _is_mark(self, index: int, *texts: str) -> bool:
        if index >= len(self.tokens):
            raise _NotALiteral
        return self.tokens[index].kind is Kind.MARK and self.tokens[index].text in texts

    def _object(self, index: int, depth: int) -> tuple[dict[str, Any], bool]:
        values: dict[str, Any] = {}
        is_partial = False
        end = self._end_of(index, depth)
        index += 1
        while index < end:
            if self._is_mark(index, "...", "**"):
                is_partial = True
                is_spread = not self._is_mark(index + 1, ",", "}")
                values = dict.fromkeys(values, GAP) if is_spread else values
                index = self._skip(index + 1)
            elif self._is_mark(index, "["):
                is_partial = True
                index = self._colon(self._end_of(index, depth) + 1)
                index = self._skip(index)
            else:
                index += self._is_mark(index, ":")  # a symbol of Ruby
                key = self._key(index)
                index += 1
                if self._is_mark(index, ",", "}"):
                    values[key] = GAP  # a variable of this name
                else:
                    values[key], index = self._value(self._colon(index), depth + 1)
            index += self._is_mark(index, ",")
        return values, is_partial

    def _key(self, index: int) -> str:
        token = self.tokens[index]
        if token.kind is Kind.MARK or GAP in token.text:
            raise _NotALiteral
        return token.text

    def _colon(self, index: int) -> int:
        if not self._is_mark(index, ":", "=>"):
            raise _NotALiteral
        return index + 1

    def _value(self, index: int, depth: int) -> tuple[Any, int]:
        """Return the value that begins here, or a gap, and the index of the comma or the bracket after it."""
        value, end = self._literal(index, depth)
        if self._is_mark(end, ",", "}", "]", ")"):
            return value, end
        return GAP, self._skip(index)

    def _literal(self, index: int, depth: int) -> tuple[Any, int]:
        """Return the literal that begins here and the index after it; the caller checks what follows."""
        index += self._text(index).lower() == "array" and self._text(index + 1) == "("
        if self._is_mark(index, "{") or self._is_array_with_keys(index):
            values, is_partial = self._object(index, depth)
            return (GAP if is_partial else values), self.ends[index] + 1
        if self._is_mark(index, "[", "("):
            return self._array(index, depth), self.ends[index] + 1
        token = self.tokens[index]
        if token.kind is Kind.STRING:
            return self._joined_strings(index)
        if token.kind is Kind.NAME:
            return CONSTANTS.get(token.text, GAP), index + 1
        is_negative = self._is_mark(index, "-")
        index += self._is_mark(index, "-", "+")
        token = self.tokens[index]
        if token.kind is not Kind.NUMBER:
            return GAP, index
        return _number(token.text, is_negative), index + 1

    def _array(self, index: int, depth: int) -> list[Any]:
        items = []
        end = self._end_of(index, depth)
        index += 1
        while index < end:
            item, index = self._value(index, depth + 1)
            items.append(item)
            index += self._is_mark(index, ",")
        return items

    def _joined_strings(self, index: int) -> tuple[str, int]:
        """Return strings that follow each other, as in Python, or are added."""
        parts = []
        while self.tokens[index].kind is Kind.STRING:
            parts.append(self.tokens[index].text)
            index += 1
            if self._is_mark(index, "+") and self.tokens[index + 1].kind is Kind.STRING:
                index += 1
        return "".join(parts), index

    def _skip(self, index: int) -> int:
        """Return the index of the comma or the bracket that ends an expression."""
        is_conditional = False
        while not self._is_mark(index, ",", "}", "]", ")"):
            token = self.tokens[index]
            if token.kind is Kind.MARK and token.text in CLOSERS:
                index = self._end_of(index, 0)
            elif token.text in ("?", "lambda") and token.kind is not Kind.STRING:
                is_conditional = True
            elif token.kind is Kind.MARK and (token.text == ";" or (token.text == ":" and not is_conditional)):
                raise _NotALiteral
            index += 1
        return index

    def _end_of(self, index: int, depth: int) -> int:
        """Return the index of the bracket that closes the one at an index."""
        if depth > MAX_DEPTH or index not in self.ends:
            raise _NotALiteral
        return self.ends[index]


def _matching_brackets(tokens: Sequence[Token]) -> dict[int, int]:
    ends: dict[int, int] = {}
    opened: list[int] = []
    for index, token in enumerate(tokens):
        if token.kind is not Kind.MARK:
            continue
        if token.text in CLOSERS:
            opened.append(index)
        elif token.text in CLOSERS.values():
            while opened and CLOSERS[tokens[opened[-1]].text] != token.text:
                opened.pop()
            if opened:
                ends[opened.pop()] = index
    return ends


def _number(text: str, is_negative: bool) -> Any:
    """Return a number, or a gap for one that has no value or not the same one everywhere."""
    digits = text.replace("_", "").removesuffix("n").lower()
    if len(digits) > MAX_DIGITS or (len(digits) > 1 and digits[0] == "0" and digits[1].isdecimal()):
        return GAP
    try:
        is_integer = digits.isdecimal() or digits.startswith("0x")
        number = int(digits, 0) if is_integer else float(digits)
    except ValueError:
        return GAP
    if is_integer and number > MAX_EXACT_INTEGER and not text.endswith("n"):
        return GAP
    return -number if is_negative else number
