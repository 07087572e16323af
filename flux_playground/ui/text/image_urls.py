"""Where a picture and what belongs to it are found on the page: `picture/<id>/<mark>` and the like.

An id alone, which stands in logs and in the page's own events, opens nothing: the mark is made of the generation's
secret, which nobody is told. Of two kinds: whoever was given a picture's address cannot make that of its recipe.
Knows generations; neither gradio nor what is given out.
"""

from __future__ import annotations

import hashlib
import hmac

from ...generation import Generation

SHOWN = ("picture", "thumbnail")
"""What shows the picture alone; everything else tells how it was made."""


def picture(one: Generation) -> str:
    """The delivered file as it is; with `?download`, to be saved."""
    return _address("picture", one)


def thumbnail(one: Generation) -> str:
    """The small picture of a card."""
    return _address("thumbnail", one)


def recipe(one: Generation) -> str:
    """Its recipe, to be saved."""
    return _address("recipe", one)


def copy(one: Generation) -> str:
    """A copy of the picture with its recipe inside, to be saved."""
    return _address("copy", one)


def difference(one: Generation) -> str:
    """What differs between the picture and the one that it was to make again."""
    return _address("difference", one)


def opens(kind: str, one: Generation, mark: str) -> bool:
    """Whether a mark opens this kind of thing of a generation."""
    return bool(one.secret) and hmac.compare_digest(_mark(kind, one).encode(), mark.encode())


def _address(kind: str, one: Generation) -> str:
    return f"{kind}/{one.id}/{_mark(kind, one)}"


def _mark(kind: str, one: Generation) -> str:
    what = "picture" if kind in SHOWN else "recipe"
    return hmac.new(one.secret.encode(), f"{what} {one.id}".encode(), hashlib.sha256).hexdigest()[:32]
