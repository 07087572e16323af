"""A generation and its annotation as JSON: in the manifest of an export and in the lines of a journal.

The JSON has no owner, key, polling URL or other secret, and references instead of images.
"""

from __future__ import annotations

import hashlib
import math
import re
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ..bounded_json import dump_json
from ..errors import InvalidArchive, PlaygroundError, TaskNotFound, from_dict
from ..generation import Generation, State
from ..image_ref import image_ref, list_image_refs, split_data_url
from ..recipe import drop_private_fields
from ..storage.annotations import MAX_NOTE_CHARACTERS, MAX_RATING, MAX_TAG_CHARACTERS, MAX_TAGS, Annotation
from ..storage.search import Entry

NUMBER = (int, float)
MAX_NUMBER = 1e15
MAX_NAME_CHARACTERS = 2_000
MAX_PROMPT_CHARACTERS = 200_000
MAX_SEED = 10**100
MAX_REQUEST_CHARACTERS = 1_000_000
MAX_FILE_NAME_CHARACTERS = 255
MAX_TOOL_CHARACTERS = 100
MAX_ERROR_CHARACTERS = 20_000

TYPES: Mapping[str, type | tuple[type, ...]] = {
    "id": str,
    "state": str,
    "created_at": NUMBER,
    "started_at": NUMBER,
    "finished_at": NUMBER,
    "endpoint": str,
    "server": str,
    "document": str,
    "request": dict,
    "status": str,
    "seed": int,
    "prompt": str,
    "error": dict,
    "sha256": str,
    "format": str,
    "width": int,
    "height": int,
    "size": int,
    "total_seconds": NUMBER,
    "api_seconds": NUMBER,
    "reported_seconds": NUMBER,
    "cost": NUMBER,
    "submit_cost": NUMBER,
    "input_mp": NUMBER,
    "output_mp": NUMBER,
    "task_id": str,
    "sweep": str,
    "reproduces": str,
    "imported": str,
    "file_name": str,
}
"""The attributes of a generation that are exported, and their types in JSON."""

REQUIRED = ("id", "state", "created_at", "request")
REPLACED = ("id", "state", "created_at", "request", "error", "task_id", "reproduces", "imported", "file_name")
ERROR_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "kind": str,
    "message": str,
    "detail": str,
    "status_code": int,
    "retry_after": NUMBER,
    "details": list,
}
"""The values of an error that are imported: not the id of its task."""

THIS_TOOL = "FLUX Playground"

ENDED_AS = {State.QUEUED: State.CANCELLED, State.SUBMITTING: State.SUBMIT_UNKNOWN}
"""How a generation ends that had not finished when it was exported; an accepted one ends as failed."""


def entry_to_json(entry: Entry) -> dict[str, Any]:
    """Return what is exported of an entry, without unknown values. Times are Unix seconds, costs credits."""
    generation, annotation = entry.generation, entry.annotation
    values: dict[str, Any] = {name: getattr(generation, name) for name in TYPES}
    values["state"] = str(generation.state)
    values["request"] = drop_private_fields(generation.request)
    values["error"] = generation.error and generation.error.as_dict()
    values["annotation"] = {name: value for name, value in vars(annotation).items() if value}
    return {name: value for name, value in values.items() if value not in (None, "") and not _is_infinite(value)}


def generation_from_json(data: Any, owner: str) -> Generation:
    """Return the finished generation that an export describes as one of `owner`, without its image.

    It has no task that could be polled and no spender, and its id is not the exported one. Raises `InvalidArchive`.
    """
    if not isinstance(data, dict):
        raise InvalidArchive("Its entry in the manifest has the wrong type.")
    values = {name: _checked(name, data[name]) for name in TYPES if data.get(name) is not None}
    if missing := [name for name in REQUIRED if name not in values]:
        raise InvalidArchive(f"Its entry in the manifest has no {missing[0]}.")
    if values["state"] not in set(State):
        raise InvalidArchive("Its entry in the manifest has an unknown state.")
    state, error = State(values["state"]), _error(values.get("error"))
    if state in (State.RUNNING, State.DOWNLOADING, State.DETACHED):
        state, error = State.FAILED, TaskNotFound("Its image was not downloaded before the export.")
    kept = {name: value for name, value in values.items() if name not in REPLACED}
    kept |= {"id": imported_id(owner, values["id"]), "created_at": min(values["created_at"], time.time())}
    if "reproduces" in values:
        kept["reproduces"] = imported_id(owner, values["reproduces"])
    return Generation(
        **{**kept, "endpoint": values.get("endpoint", ""), "server": values.get("server", "")},
        request=drop_private_fields(values["request"]),
        owner=owner,
        state=ENDED_AS.get(state, state),
        error=error,
        imported=values.get("imported", "")[:MAX_TOOL_CHARACTERS] or THIS_TOOL,
        file_name=file_name(values.get("file_name", "")),
    )


def annotation_from_json(data: Mapping[str, Any]) -> Annotation:
    """Return the annotation in an entry of a manifest; a value that cannot be used is left out."""
    found = data.get("annotation")
    found = found if isinstance(found, dict) else {}
    rating, tags, note = found.get("rating"), found.get("tags"), found.get("note")
    return Annotation(
        starred=found.get("starred") is True,
        rating=rating if isinstance(rating, int) and 1 <= rating <= MAX_RATING else 0,
        tags=tuple(tag for tag in tags if isinstance(tag, str) and len(tag) <= MAX_TAG_CHARACTERS)[:MAX_TAGS]
        if isinstance(tags, list)
        else (),
        note=note if isinstance(note, str) and len(note) <= MAX_NOTE_CHARACTERS else "",
    )


def imported_id(owner: str, name: str) -> str:
    """Return the id of an imported generation: always the same for an owner and an id elsewhere, and no other's id."""
    return hashlib.sha256(f"{owner}\n{name}".encode()).hexdigest()[:32]


def replace_refs(request: Mapping[str, Any], has_image: Callable[[str], bool]) -> dict[str, Any]:
    """Return a request in which the references without an image lead nowhere; raises `InvalidArchive`.

    A reference alone must not give access to what another visitor has sent.
    """
    if len(dump_json(dict(request))) > MAX_REQUEST_CHARACTERS:
        raise InvalidArchive("request in the manifest is too large.")
    lost = {reference for one in list_image_refs(request) if not has_image(reference := split_data_url(one)[1])}
    return {name: _without(value, lost) for name, value in request.items()}


def file_name(path: str) -> str:
    """Return the last part of a path of any system, at most `MAX_FILE_NAME_CHARACTERS` of it."""
    name = re.split(r"[/\\]", path)[-1][-MAX_FILE_NAME_CHARACTERS:]
    return "".join(char for char in name if char.isprintable())


def _without(value: Any, lost: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(item, lost) for name, item in value.items()}
    if isinstance(value, list):
        return [_without(item, lost) for item in value]
    head, reference = split_data_url(value) if isinstance(value, str) else ("", "")
    return f"{head}{image_ref(f'no image: {reference}')}" if reference in lost else value


def _checked(name: str, value: Any) -> Any:
    """Return a value of the right type and size; raises `InvalidArchive`."""
    if isinstance(value, bool) or not isinstance(value, TYPES[name]):
        raise InvalidArchive(f"{name} in the manifest has the wrong type.")
    if not _is_in_range(name, value):
        raise InvalidArchive(f"{name} in the manifest is out of range.")
    return value


def _is_in_range(name: str, value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= (MAX_PROMPT_CHARACTERS if name == "prompt" else MAX_NAME_CHARACTERS)
    if name == "seed":
        return bool(abs(value) < MAX_SEED)
    return not isinstance(value, int | float) or 0 <= value < MAX_NUMBER


def _error(data: Mapping[str, Any] | None) -> PlaygroundError | None:
    """Return the error of a failed generation; raises `InvalidArchive` for what no error is stored as."""
    if data is None:
        return None
    known = {name: data[name] for name in ERROR_TYPES if name in data}
    is_valid = all(isinstance(value, ERROR_TYPES[name]) for name, value in known.items())
    if is_valid and len(dump_json(data)) <= MAX_ERROR_CHARACTERS:
        try:
            error = from_dict(known)
            from_dict(error.as_dict())  # as the journal will read it
        except (TypeError, ValueError, KeyError, AttributeError):
            pass
        else:
            return error
    raise InvalidArchive("The error in the manifest cannot be read.")


def _is_infinite(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
