"""The page's API: each endpoint as a function of its own fields, giving the image, its seed, and the record of both.

Knows gradio and the acts. What is called here is what the page itself calls, with the same checks.
"""

from __future__ import annotations

import inspect
import keyword
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

import gradio as gr

from ...errors import PlaygroundError
from ...generation import State
from ..form import field_values, reuse
from ..generate.actions import Acts
from ..session import caller
from ..text import messages

VISIT = "visit_"
"""The parameter that gradio fills with the request; no field is called so."""


def names(paths: Sequence[str]) -> list[str]:
    """What each endpoint's function is called: "generate" for the first, the others after their paths."""
    taken = {"generate"}
    out = ["generate"]
    for path in paths[1:]:
        name = re.sub(r"\W+", "_", path.removeprefix("/v1/")).strip("_") or "endpoint"
        while name in taken:
            name += "_"
        taken.add(name)
        out.append(name)
    return out


def wire(bridge: Any, parts: Mapping[str, Any], acts: Acts, name: str, outputs: Sequence[Any]) -> None:
    """Offer an endpoint under a name, giving its `outputs`.

    A field that has several inputs on the page is given as JSON here.
    """
    called = dict(_parameters([one.name for one in acts.fields]))
    salt = acts.playground.store.secret_key()

    async def generate(visit_: gr.Request, /, **raw: Any) -> AsyncIterator[tuple[Any, Any, Any]]:
        visitor = caller.caller(visit_, acts.desks.of(visit_.session_hash).visitor, salt)
        given = field_values.read(acts.fields, {field: raw.get(parameter) for parameter, field in called.items()})
        try:
            one = await acts.threads(acts.playground.start, given, visitor)
            async for now in acts.road(one.id):
                one = now
                ready = one.image if one.state is State.SUCCEEDED else None
                image = await acts.threads(reuse.temporary_copy, ready) if ready else None
                yield image, str(one.seed), reuse.record(one)
        except PlaygroundError as error:
            raise gr.Error(error.message) from error
        if one.state is not State.SUCCEEDED:
            said = messages.ending(one)
            raise gr.Error(
                f"{said.title}. {said.happened} {said.cost} {messages.quoted(one.error) if one.error else ''}"
            )

    generate.__signature__ = _signature(acts, called)  # type: ignore[attr-defined]
    boxes = {name: parts[field] if field in parts else _box(field) for name, field in called.items()}
    bridge.act_call(
        generate,
        inputs_kwargs=boxes,
        outputs=list(outputs),
        api_name=name,
        concurrency_limit=None,
        show_progress="hidden",
    )


def outputs() -> list[Any]:
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


def _signature(acts: Acts, called: Mapping[str, str]) -> inspect.Signature:
    """Of a function whose parameters are the fields, so that the API of the page knows what may be left out."""
    visit = inspect.Parameter(VISIT, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=gr.Request)
    required = {one.name for one in acts.fields if one.required}
    missing = {True: inspect.Parameter.empty, False: None}
    only = inspect.Parameter.KEYWORD_ONLY
    rest = [inspect.Parameter(one, only, default=missing[field in required]) for one, field in called.items()]
    return inspect.Signature([visit, *rest])
