"""Values of a generation for the form: all settings, all but the seed, the prompt, the seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...generation import Generation
from ...image_ref import list_image_refs
from ...playground import Playground
from ...reproduce import UPSAMPLING
from ...schema import Field
from ..form.form import Form

SENTENCES = {
    "all": "Settings copied.",
    "but-seed": "Settings copied, seed unchanged.",
    "prompt": "Prompt copied.",
    "seed": "Seed copied.",
    "used": "Rewritten prompt copied, prompt upsampling turned off.",
}


def request_values(playground: Playground, generation: Generation) -> dict[str, Any]:
    """Return the values of a generation's request, images as base64, with the seed that was used.

    Secrets are absent: the store does not keep them.
    """
    values = playground.load_inputs(generation)
    if generation.seed is not None:
        values["seed"] = generation.seed
    return values


def reuse_values(playground: Playground, generation: Generation, form: Form, what: str) -> tuple[dict[str, Any], str]:
    """Return the contents of the form's inputs after reuse of `what`, a key of `SENTENCES`, and a text about it.

    "all" fills every field; a field that the request left out becomes blank.
    """
    if what == "used":
        values: dict[str, Any] = {"prompt": generation.prompt, UPSAMPLING: False}
    else:
        values = request_values(playground, generation)
    reused = [field.name for field in form.fields if _is_reused(field, what)]
    inputs = form.fill({name: values.get(name) for name in reused if what != "seed" or name in values})
    return inputs, _describe_reuse(generation, values, form, what)


def _describe_reuse(generation: Generation, values: Mapping[str, Any], form: Form, what: str) -> str:
    """Say what was copied, which images are no longer kept, and which settings have no field in this form."""
    names = {field.name for field in form.fields}
    if what == "seed" and (generation.seed is None or "seed" not in names):
        return "This image has no seed." if generation.seed is None else "This endpoint takes no seed."
    if what == "but-seed" and "seed" not in names:
        what = "all"
    if what not in ("all", "but-seed"):
        return SENTENCES[what]
    sentences = [SENTENCES[what]]
    if lost := len({*list_image_refs(values)}):
        sentences.append("An image is no longer kept." if lost == 1 else f"{lost} images are no longer kept.")
    if missing := sorted(set(generation.request) - names):
        sentences.append(f"Not supported by this endpoint: {', '.join(missing)}.")
    return " ".join(sentences)


def _is_reused(field: Field, what: str) -> bool:
    if field.secret:
        return False
    if what == "used":
        return field.name in ("prompt", UPSAMPLING)
    return what == "all" or (what == "but-seed" and field.name != "seed") or field.name == what
