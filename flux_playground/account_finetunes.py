"""The finetunes that an account lists, and those that a plan names beside them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from .access.visitor import Visitor
from .errors import PlaygroundError
from .playground import Playground

NO_LIST = "The account's list of finetunes could not be read, so the names of finetunes were not checked."


def finetune_id(listed: Any) -> str:
    """Return the id of an item of the account's list, which is an id or an object with one; "" without."""
    found = listed.get("finetune_id") or listed.get("id") if isinstance(listed, Mapping) else listed
    return str(found or "")


def find_unlisted(names: Iterable[str], listed: Collection[str]) -> list[str]:
    """Return the finetunes that the account's list lacks; none where the list is empty, as it then is not known."""
    return sorted(name for name in set(names) if listed and name not in listed)


def ask_unlisted(playground: Playground, names: Collection[str], visitor: Visitor) -> list[str] | None:
    """Ask the API for a visitor's finetunes and return those of `names` that it does not list.

    Without a call, none for the local server, which accepts each name, and for a stranger with the page's key. Return
    None where the list cannot be read.
    """
    is_stranger = playground.settings.hosted and not visitor.api_key
    if not names or is_stranger or playground.uses_demo(visitor):
        return []
    try:
        with playground.client(visitor) as client:
            listed = client.finetunes()
    except PlaygroundError:
        return None
    return find_unlisted(names, {finetune_id(item) for item in listed})
