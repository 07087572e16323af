"""Parses YAML 1.2 as plain values: 16:9 and `on` are strings, and `<<` is an ordinary key."""

from __future__ import annotations

import math
import re
from typing import Any, ClassVar

import yaml

MAX_YAML_DEPTH = 100
SAFE_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Yaml12Loader(SAFE_LOADER):  # type: ignore[misc]
    """Loads JSON's types only; keys are strings, and a duplicate key is an error."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}
    yaml_constructors: ClassVar[dict[str, Any]] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[str, Any]:
        """Return the values of a mapping by key."""
        values: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in values:
                problem = (
                    f"duplicate key {key.value[:80]}" if isinstance(key, yaml.ScalarNode) else "a key must be text"
                )
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            values[key.value] = self.construct_object(value, deep=deep)
        return values

    def construct_number(self, node: yaml.ScalarNode) -> float | str:
        """Return a finite number, and the text of any other."""
        number = float(node.value)
        return number if math.isfinite(number) else str(node.value)


for name, pattern, construct in (
    ("null", r"~|null|Null|NULL|", lambda loader, node: None),
    ("bool", r"true|True|TRUE|false|False|FALSE", lambda loader, node: node.value.lower() == "true"),
    ("int", r"[-+]?[0-9]{1,4000}", lambda loader, node: int(node.value)),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", Yaml12Loader.construct_number),
):
    Yaml12Loader.add_implicit_resolver(f"tag:yaml.org,2002:{name}", re.compile(f"(?:{pattern})\\Z"), None)
    Yaml12Loader.add_constructor(f"tag:yaml.org,2002:{name}", construct)
Yaml12Loader.add_constructor("tag:yaml.org,2002:str", SAFE_LOADER.construct_yaml_str)
Yaml12Loader.add_constructor("tag:yaml.org,2002:seq", SAFE_LOADER.construct_yaml_seq)
Yaml12Loader.add_constructor("tag:yaml.org,2002:map", SAFE_LOADER.construct_yaml_map)


def parse_yaml(text: str) -> Any:
    """Return the first document of a text; an alias is the same object as its anchor, so the caller limits the size.

    Raises `ValueError` with a reason such as "not valid YAML: line 3: ..." or "nested too deeply".
    """
    try:
        depth = 0
        for event in yaml.parse(text, Loader=SAFE_LOADER):  # first, because the loader recurses
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_YAML_DEPTH:
                raise ValueError("nested too deeply")
        loader = Yaml12Loader(text)
        return loader.get_data() if loader.check_data() else None
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ValueError(f"not valid YAML: {line}{error.problem}") from None
    except yaml.YAMLError as error:
        raise ValueError(f"not valid YAML: {str(error).splitlines()[0]}") from None
