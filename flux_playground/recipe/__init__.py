"""The recipe of an image: all that makes it again, in every form in which it travels, there and back.

Knows a generation and the inside of image files; must not know HTTP, gradio, the journal or the schema. Whatever is
read was written by strangers: it is never evaluated, and only its types are believed.

    record.py       a generation → a recipe, as JSON and back
    request.py      what may be told of a request, and when two are the same
    strict.py       JSON, written for people and read with suspicion
    link.py         settings as the query of a link, and back
    foreign.py      the `parameters` text of other tools
    recognising.py  what was dropped or pasted → what it is and what it sets
    wording.py      how a prompt was rewritten, word by word
"""

from .a1111 import format_parameters, parse_parameters
from .detect import Detected, SourceKind, detect
from .fingerprint import document_version, fingerprint, is_reference, redact
from .recipe import Recipe, dump_recipe, parse_recipe, recipe_from_generation
from .share_link import Linked, build_link, parse_link
from .word_diff import ChangeKind, WordRun, diff_words

__all__ = [
    "ChangeKind",
    "Detected",
    "Linked",
    "Recipe",
    "SourceKind",
    "WordRun",
    "build_link",
    "detect",
    "diff_words",
    "document_version",
    "dump_recipe",
    "fingerprint",
    "format_parameters",
    "is_reference",
    "parse_link",
    "parse_parameters",
    "parse_recipe",
    "recipe_from_generation",
    "redact",
]
