"""Signed addresses of an image and its files on the page: `image/<id>/<signature>` and others.

An id alone, which logs and events contain, opens nothing. There are two signatures: the address of an image does not
give access to its recipe.
"""

from __future__ import annotations

import hashlib
import hmac

from ...generation import Generation

IMAGE_KINDS = ("image", "thumbnail", "preview")
"""Addresses with the signature of the image alone; all others reveal the settings."""


def image(generation: Generation) -> str:
    """Return the address of the delivered file; `?download` makes the browser save it."""
    return _address("image", generation)


def thumbnail(generation: Generation) -> str:
    """Return the address of the thumbnail."""
    return _address("thumbnail", generation)


def preview(generation: Generation, number: int) -> str:
    """Return the address of the preview of this number."""
    return f"{_address('preview', generation)}?{number}"


def recipe(generation: Generation) -> str:
    """Return the address of the recipe."""
    return _address("recipe", generation)


def copy(generation: Generation) -> str:
    """Return the address of a copy with the recipe embedded."""
    return _address("copy", generation)


def difference(generation: Generation) -> str:
    """Return the address of the difference between an image and its original."""
    return _address("difference", generation)


def is_valid(kind: str, generation: Generation, signature: str) -> bool:
    """Return whether a signature is valid for this kind of address of a generation."""
    return bool(generation.secret) and hmac.compare_digest(_sign(kind, generation).encode(), signature.encode())


def _address(kind: str, generation: Generation) -> str:
    return f"{kind}/{generation.id}/{_sign(kind, generation)}"


def _sign(kind: str, generation: Generation) -> str:
    what = "image" if kind in IMAGE_KINDS else "recipe"
    return hmac.new(generation.secret.encode(), f"{what} {generation.id}".encode(), hashlib.sha256).hexdigest()[:32]
