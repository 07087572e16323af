"""Which of gradio's files a page will ask for, known before the browser finds out one after the other.

Gradio's page loads what its components are made of in four steps, each of which is known only once the one before it
has come. The files say what they need themselves: this reads it there. Where gradio writes it in another way some day,
nothing is found, and nothing but time is lost. Knows how gradio's files are written, nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import gradio

FOLDER = Path(gradio.__file__).parent / "templates" / "frontend" / "assets"

_LISTED = re.compile(r"m\.f=(\[[^\]]*\])")
_IMPORTED = re.compile(r"import\(`\./([\w.-]+\.js)`\)(?:(?!import\().)*?__vite__mapDeps\(\[([\d,]*)\]\)", re.DOTALL)
_COMPONENT = r"[,{]%s:\{(?:(?!component:).)*?component:(\(\)=>.*?__vite__mapDeps\(\[[\d,]*\]\))"


@dataclass(frozen=True)
class Needed:
    """The files of a page's frame, which come into play first, and those of its components."""

    frame: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


class Chunks:
    """The files of gradio's own page in a folder."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder
        self._known: dict[tuple[str, frozenset[str]], Needed] = {}

    @cached_property
    def names(self) -> frozenset[str]:
        """All of them, the ones that no page of ours needs among them."""
        return frozenset(one.name for one in self.folder.glob("*.*"))

    def needed(self, page: str) -> Needed:
        """What a page will ask for besides what its own text names; `page` is that text, with gradio's description of
        the page in it.
        """
        first = re.search(r"\./assets/(index-[\w.-]+\.js)", page)
        asked = (first[1] if first else "", kinds(page))
        if asked not in self._known:
            frame = self._frame(asked[0])
            parts = [one for kind in sorted(asked[1]) for one in self._component(kind)]
            each = [one for one in dict.fromkeys([*frame, *parts]) if one in self.names and one not in page]
            self._known[asked] = Needed(
                tuple(one for one in each if one in frame), tuple(one for one in each if one not in frame)
            )
        return self._known[asked]

    def _frame(self, begin: str) -> list[str]:
        frame = self._after(begin, "Index-")
        return [*frame, *self._after(next(iter(frame), ""), "Blocks-")]

    def _after(self, name: str, follows: str) -> list[str]:
        """What a file loads together with the one whose name begins so, that one first."""
        for chunk, needs in _IMPORTED.findall(self._text(name)):
            if chunk.startswith(follows):
                return [chunk, *self._listed(name, needs)]
        return []

    def _component(self, kind: str) -> list[str]:
        core = next(iter(sorted(one for one in self.names if re.fullmatch(r"core-[\w-]+\.js", one))), "")
        found = re.search(_COMPONENT % re.escape(kind), self._text(core), re.DOTALL)
        return [one for _, needs in _IMPORTED.findall(found[1]) for one in self._listed(core, needs)] if found else []

    def _listed(self, name: str, needs: str) -> list[str]:
        listed = _LISTED.search(self._text(name))
        names: list[str] = json.loads(listed[1]) if listed else []
        return [Path(names[int(one)]).name for one in needs.split(",") if one and int(one) < len(names)]

    def _text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8") if name in self.names else ""


def kinds(page: str) -> frozenset[str]:
    """The kinds of the components that a page shows when it comes, out of gradio's description of it."""
    begin = page.find("window.gradio_config = ")
    if begin < 0:
        return frozenset()
    try:
        told, _ = json.JSONDecoder().raw_decode(page, page.index("{", begin))
    except ValueError:
        return frozenset()
    shown = (one for one in _components(told) if one.get("props", {}).get("visible", True) is not False)
    return frozenset(str(one.get("type")) for one in shown)


def _components(told: Any) -> Iterable[Mapping[str, Any]]:
    return told.get("components", []) if isinstance(told, dict) else []
