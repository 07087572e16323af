"""The page's API: each endpoint as a function of its fields that returns the image, its seed and its record."""

from __future__ import annotations

import inspect
import keyword
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import gradio as gr

from ...errors import PlaygroundError, Unauthorized
from ...generation import State
from ...playground import Visitor
from ..components import hidden
from ..events.context import PageState
from ..form.form import Form
from ..press_dispatch import Binding
from ..session import caller
from ..text import messages
from .delivered_copy import copy_image
from .generation_json import generation_to_json

CHECK_INTERVAL_SECONDS = 0.2

VISIT = "visit_"
"""The parameter that gradio fills with the request; no field is called so."""


GENERATE = "generate"
"""Another name of the function of the page's first endpoint, which the settings choose."""


def names(paths: Sequence[str]) -> list[str]:
    """What each endpoint's function is called, after its path."""
    taken = {GENERATE}
    out = []
    for path in paths:
        name = re.sub(r"\W+", "_", path.removeprefix("/v1/")).strip("_") or "endpoint"
        while name in taken:
            name += "_"
        taken.add(name)
        out.append(name)
    return out


def bind(binding: Binding) -> None:
    """Offer each endpoint as a function of its fields; a field with several inputs on the page is JSON here."""
    endpoints = [(place, operation.path) for place, form in enumerate(binding.forms) for operation in form.operations]
    with hidden():
        outputs = _outputs()
        for (place, path), name in zip(endpoints, names([path for _, path in endpoints]), strict=True):
            _bind_endpoint(binding, place, path, name, outputs)
        _bind_endpoint(binding, *endpoints[0], GENERATE, outputs)


def _bind_endpoint(binding: Binding, place: int, path: str, name: str, outputs: Sequence[Any]) -> None:
    page, form, inputs = binding.page, binding.forms[place], binding.components.forms[place].inputs
    field_names = dict(_parameters([field.name for field in form.fields]))

    async def generate(visit_: gr.Request, /, **raw: Any) -> AsyncIterator[tuple[Any, Any, Any]]:
        values = form.read({field: raw.get(parameter) for parameter, field in field_names.items()})
        start = partial(page.playground.start, endpoint=path)
        try:
            visitor = identify_caller(page, visit_)
            address = visitor.identity.address
            generation = await page.threads(address, start, values, visitor)
            async for changed in page.playground.changes(generation.id):
                generation = changed
                has_image = generation.state is State.SUCCEEDED and generation.image is not None
                store = page.playground.store
                copied = await page.threads(address, copy_image, store, generation) if has_image else None
                yield copied, "" if generation.seed is None else str(generation.seed), generation_to_json(generation)
        except PlaygroundError as error:
            raise gr.Error(error.message, print_exception=False) from error
        if generation.state is not State.SUCCEEDED:
            said = messages.ending(generation)
            quoted = messages.quoted(generation.error) if generation.error else ""
            raise gr.Error(f"{said.title}. {said.happened} {said.cost} {quoted}", print_exception=False)

    generate.__signature__ = _signature(form, field_names)  # type: ignore[attr-defined]
    boxes = {name: inputs[field] if field in inputs else _box(field) for name, field in field_names.items()}
    binding.components.form_bridges[place].act_call(
        generate,
        inputs_kwargs=boxes,
        outputs=list(outputs),
        api_name=name,
        concurrency_limit=None,
        show_progress="hidden",
    )


def identify_caller(page: PageState, request: Any) -> Visitor:
    """Return who calls and with which key; raises `Unauthorized` when the session had a key that is forgotten now."""
    session = page.sessions.get(request.session_hash)
    visitor = caller.caller(request, session.visitor, page.secret_key)
    if session.lost_key and not visitor.api_key:
        raise Unauthorized("The program no longer has your API key. Enter your key again.")
    return visitor


def _outputs() -> list[Any]:
    """What every call gives, as components that are not seen: the image, its seed, the record of both."""
    return [
        gr.Image(label="Image", type="filepath", visible=False),
        gr.Textbox(label="Seed", visible=False),
        gr.JSON(label="Record", visible=False),
    ]


def _box(name: str) -> Any:
    box = gr.Textbox(label=name, visible=False)
    box.preprocess = lambda payload: payload
    return box


def _parameters(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """A parameter for each field, by its own name where Python takes it."""
    taken = {VISIT}
    for name in names:
        parameter = re.sub(r"\W", "_", name)
        if keyword.iskeyword(parameter) or not parameter.isidentifier():
            parameter = f"{parameter}_" if parameter.isidentifier() else f"_{parameter}"
        while parameter in taken:
            parameter += "_"
        taken.add(parameter)
        yield parameter, name


def _signature(form: Form, called: Mapping[str, str]) -> inspect.Signature:
    """Of a function whose parameters are the fields, so that the API of the page knows what may be left out."""
    visit = inspect.Parameter(VISIT, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=gr.Request)
    required = {one.name for one in form.fields if one.required}
    missing = {True: inspect.Parameter.empty, False: None}
    only = inspect.Parameter.KEYWORD_ONLY
    rest = [inspect.Parameter(one, only, default=missing[field in required]) for one, field in called.items()]
    return inspect.Signature([visit, *rest])
