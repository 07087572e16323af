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

from .a1111 import read_parameters, write_parameters
from .detect import Form, Found, recognise
from .fingerprint import edition, fingerprint, is_reference, public
from .recipe import Recipe, of, read, write
from .share_link import Linked, link, read_link
from .word_diff import Kind, Words, changed_words

__all__ = [
    "Form",
    "Found",
    "Kind",
    "Linked",
    "Recipe",
    "Words",
    "changed_words",
    "edition",
    "fingerprint",
    "is_reference",
    "link",
    "of",
    "public",
    "read",
    "read_link",
    "read_parameters",
    "recognise",
    "write",
    "write_parameters",
]
