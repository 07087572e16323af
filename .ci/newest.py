"""Print the names of all declared dependencies without their bounds, for `make test-newest`."""

import re
import sys
import tomllib
from itertools import chain
from pathlib import Path

document = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
project = document["project"]
extras, groups = project["optional-dependencies"].values(), document["dependency-groups"]
for line in chain(project["dependencies"], *extras, groups["build"], groups["dev"]):
    sys.stdout.write(re.split(r"[^\w-]", line, maxsplit=1)[0] + "\n")
