"""Prints the names of all declared dependencies without their bounds, for `make test-newest`."""

import re
import tomllib
from pathlib import Path

document = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
project, groups = document["project"], document["dependency-groups"]
for line in [*project["dependencies"], *sum(project["optional-dependencies"].values(), []), *sum(groups.values(), [])]:
    print(re.match(r"[\w-]+", line).group())
