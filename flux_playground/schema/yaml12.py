"""A text in YAML as plain values, read as version 1.2 does: 16:9 is a text and `on` is a word.

Built from the parser's events, for its own loader takes `16:9` for 969, dies of a hundred thousand brackets, and lets
merged keys multiply. The only file that knows PyYAML. Must not know what a document says.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

DEEPEST = 100
"""Lists and objects within each other."""

WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | {
    word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")
}
INTEGER = re.compile(r"[-+]?\d{1,4000}", re.ASCII)
NUMBER = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)(e[-+]?\d+)?", re.ASCII | re.IGNORECASE)


def parse(text: str) -> Any:
    """The first document in a text; what an alias stands for is one and the same value in both places.

    Raises `ValueError` with a few words (and the line) for what is no YAML, or is nested more than `DEEPEST` deep.
    """
    try:
        return _Composer(text).document()
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ValueError(f"{line}{error.problem}") from None
    except yaml.YAMLError as error:
        raise ValueError(str(error).splitlines()[0]) from None


class _Composer:
    """One pass over a text's events, and what has been given a name so far."""

    def __init__(self, text: str) -> None:
        self.events: Iterator[Any] = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        self.named: dict[str, Any] = {}

    def document(self) -> Any:
        """The first document, or None if there is none."""
        for event in self.events:
            if isinstance(event, yaml.NodeEvent):
                return self.node(event, 0)
        return None

    def node(self, event: Any, depth: int) -> Any:
        """The value that begins with an event."""
        if depth > DEEPEST:
            raise ValueError("it is nested too deeply")
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.named:
                raise ValueError(f"*{event.anchor} stands for nothing yet")
            return self.named[event.anchor]
        value = self._value(event, depth)
        if event.anchor:
            self.named[event.anchor] = value
        return value

    def _value(self, event: Any, depth: int) -> Any:
        if isinstance(event, yaml.ScalarEvent):
            return event.value if event.style or event.tag else scalar(event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            return [self.node(each, depth + 1) for each in self._until(yaml.SequenceEndEvent)]
        return {self._key(each): self.node(next(self.events), depth + 1) for each in self._until(yaml.MappingEndEvent)}

    def _until(self, end: type[yaml.Event]) -> Iterator[Any]:
        """The events up to the end of this list or object; what is within is taken by whoever reads."""
        while not isinstance(event := next(self.events), end):
            yield event

    def _key(self, event: Any) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise ValueError("a name must be a text")
        return str(event.value)


def scalar(text: str) -> Any:
    """What a text without quotes means."""
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text):
        return int(text)
    if NUMBER.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text
