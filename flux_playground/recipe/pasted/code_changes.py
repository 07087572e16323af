"""Finds what code changes later: the properties that it sets, and the texts and objects that it rewrites.

The tokens may be of JavaScript, PHP, Ruby or a similar language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .code_passing import PassedObjects
from .code_tokens import CHANGE, Kind, Token
from .known_functions import MERGING_FUNCTIONS

REWRITING_FUNCTIONS = frozenset(
    {"replace", "replaceall", "gsub", "sub", "tr", "format", "formatted", "sprintf", "printf", "fprintf", "str_replace"}
    | {"strtr", "preg_replace", "substitute", "map", "fromentries"}
)
"""What they are called on or given becomes something else. In lower case."""

JOINING = frozenset({".", "&", "await", "new", "async"})
CLOSING = frozenset({")", "]", "}"})
MAX_KEY_TOKENS, MAX_ARGUMENT_TOKENS = 20, 500
MAX_REWRITTEN_TOKENS = 200_000
"""Of all rewritten parts together; with more, all of the code counts as rewritten."""


def assigned_properties(tokens: Sequence[Token], ends: Mapping[int, int]) -> Iterator[str]:
    """Yield the names that are changed later: `request.seed = 7`, `delete r["seed"]`, `body.merge(seed: 7)`."""
    starts = {end: start for start, end in ends.items()}
    for index in range(1, len(tokens)):
        before, token = tokens[index - 1 : index + 1]
        if _is_mark(before, "[") and index > 1 and tokens[index - 2].kind is Kind.NAME and index - 1 in ends:
            end = ends[index - 1]
            names = [one.text for one in tokens[index : min(end, index + MAX_KEY_TOKENS)] if one.kind is not Kind.MARK]
            if len(names) == 1 and _is_changed(tokens, index - 2, end + 1):
                yield names[0]
        elif _is_mark(before, "}") and token.text == "=" and (start := starts.get(index - 1)) is not None:
            parts = tokens[start + 1 : min(index - 1, start + MAX_ARGUMENT_TOKENS)]
            if any(_is_mark(part, "...") for part in parts):  # the rest is without these
                yield from (part.text for part in parts if part.kind is Kind.NAME)
        elif _is_mark(before, ".") and token.kind is Kind.NAME and _is_changed(tokens, index - 2, index + 1):
            yield token.text
        elif _is_mark(token, "(") and before.text.lower().rstrip("!") in MERGING_FUNCTIONS and index in ends:
            yield from _keys(tokens[index + 1 : min(ends[index], index + MAX_ARGUMENT_TOKENS)])


def find_rewritten(tokens: Sequence[Token], ends: Mapping[int, int]) -> set[int]:
    """Return the indices of the strings and brackets that become something else before they are sent, or may do so.

    With what is assigned to the names among them.
    """
    starts = {end: start for start, end in ends.items()}
    values = _assigned_values(tokens, ends)
    spans = [*_rewritten_spans(tokens, ends, starts), *PassedObjects(tokens, ends, values).changed()]
    found: set[int] = set()
    length = 0
    while spans:
        start, end = spans.pop()
        length += end - start
        if length > MAX_REWRITTEN_TOKENS:
            return set(range(len(tokens)))
        for index in range(start, end):
            if index not in found:
                found.add(index)
                if tokens[index].kind is Kind.NAME:
                    spans += values.get(tokens[index].text, [])
    return found


def _rewritten_spans(
    tokens: Sequence[Token], ends: Mapping[int, int], starts: Mapping[int, int]
) -> Iterator[tuple[int, int]]:
    for index, token in enumerate(tokens):
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if token.kind is Kind.NAME and following and _is_mark(following, "(", "!"):
            place = index + 1 + _is_mark(following, "!")
            if token.text.lower() in REWRITING_FUNCTIONS and place in ends:
                yield place, ends[place]
                if index > 1 and _is_mark(tokens[index - 1], "."):
                    yield starts.get(index - 2, index - 2), index - 1
        elif token.kind is Kind.STRING and following and _is_mark(following, "%"):
            yield index, index + 1
        elif _is_mark(token, "[") and index in ends and index and _is_mark(tokens[index - 1], "+"):
            yield index, ends[index] + 1
        elif _is_mark(token, "[") and index in ends and index and tokens[index - 1].kind is Kind.NAME:
            end = ends[index]
            names = [one for one in tokens[index + 1 : min(end, index + MAX_KEY_TOKENS)] if one.kind is not Kind.MARK]
            is_certain = (len(names) == 1 and names[0].kind is not Kind.NAME) or end == index + 1
            is_symbol = len(names) == 1 and _is_mark(tokens[index + 1], ":")
            if not is_certain and not is_symbol and _is_changed(tokens, index - 1, end + 1):
                yield index - 1, index


def _assigned_values(tokens: Sequence[Token], ends: Mapping[int, int]) -> dict[str, list[tuple[int, int]]]:
    """Return where the value of each `name = value` or `name := value` is."""
    values: dict[str, list[tuple[int, int]]] = {}
    for index in range(1, len(tokens) - 1):
        if _is_mark(tokens[index], "="):
            at = index - 2 if _is_mark(tokens[index - 1], ":") and index > 1 else index - 1
            while at > 1 and _is_mark(tokens[at - 1], ",") and tokens[at - 2].kind is Kind.NAME:
                at -= 2  # the first of several names: the others are errors, in Go
            name = tokens[at]
            if name.kind is Kind.NAME:
                values.setdefault(name.text, []).append((index + 1, _value_end(tokens, ends, index + 1)))
    return values


def _value_end(tokens: Sequence[Token], ends: Mapping[int, int], start: int) -> int:
    """Return the index after a value: one token, a bracket, a call with its arguments, or names with dots."""
    at = start
    while at < len(tokens):
        token, before = tokens[at], tokens[at - 1].text if at > start else ""
        is_joined = not before or before in (*JOINING, "]")
        if at in ends and (not before or before in CLOSING or tokens[at - 1].kind is Kind.NAME):
            at = ends[at] + 1
        elif (token.kind is Kind.NAME and is_joined) or _is_mark(token, ".", "&"):
            at += 1
        else:
            break
    return max(at, start + 1)


def _keys(tokens: Sequence[Token]) -> Iterator[str]:
    """Yield the names before ":" and "=>" among tokens, and the first string of `Add("seed", 7)`."""
    if tokens and _is_mark(tokens[0], ":"):  # a symbol of Ruby
        tokens = tokens[1:]
    for index, token in enumerate(tokens):
        following = tokens[index + 1].text if index + 1 < len(tokens) else ""
        if token.kind is not Kind.MARK and (following in (":", "=>") or (index == 0 and following == ",")):
            yield token.text


def _is_changed(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Return whether the property from one index to another is assigned, changed or deleted."""
    is_set = end < len(tokens) and (tokens[end].text == "=" or CHANGE.fullmatch(tokens[end].text) is not None)
    return is_set or (start > 0 and tokens[start - 1].text in ("delete", "++", "--"))


def _is_mark(token: Token, *texts: str) -> bool:
    return token.kind is Kind.MARK and token.text in texts
