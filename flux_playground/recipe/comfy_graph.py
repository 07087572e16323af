"""Reads prompt and seed of a ComfyUI graph whose samplers agree, with text and seed written in nodes.

What samplers do not have in common is unclear: nobody knows which of them made the image.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from .tool_settings import NO_SEED, ToolSettings, build_settings, not_read, whole_number

T = TypeVar("T")
TOOL = "ComfyUI"
SAMPLERS = frozenset({"KSampler", "KSamplerAdvanced", "SamplerCustom", "SamplerCustomAdvanced"})
PASSED_THROUGH = {"FluxGuidance": "conditioning", "BasicGuider": "conditioning", "CFGGuider": "positive"}
"""Nodes between a sampler and the text of the prompt, with the input that leads on."""

TEXT_INPUTS = ("text", "text_g", "text_l", "clip_l", "t5xxl", "prompt")
SEED_INPUTS = ("seed", "noise_seed")
LATENT_SIZES = re.compile(r"Empty\w*Latent\w*")
VALUE_NODES = re.compile(
    r"primitive\w*|(?:string|text|int|integer|seed|prompt)(?:[ _]?(?:literal|constant|multiline|box|input|value))*"
    r"(?: \(rgthree\))?",
    re.IGNORECASE,
)
"""Nodes that hold a text or a number and do not change it."""

NO_IMAGE = re.compile(r"Encode|Text(?!To)|String|Prompt|Note|Show|Save|Preview")
"""Nodes with a prompt that make no image, by words in their names."""

API_NODE = re.compile(r"Flux2?(?:Pro|Max|Kontext)\w*Node")
"""Nodes that send a request to BFL's API."""

MAX_LINKS = 10
UNCLEAR_PROMPT = "It has several samplers, so it is unclear which prompt made the image. None is used."
UNCLEAR_SEED = "It has several samplers, so it is unclear which seed made the image. None is used."


def is_graph(data: Any) -> bool:
    """Return whether a JSON value is a graph of nodes as ComfyUI runs it."""
    return isinstance(data, Mapping) and any(map(_is_node, data.values()))


def is_workflow(data: Any) -> bool:
    """Return whether a JSON value is a graph as ComfyUI shows it, which lacks the names of values."""
    return isinstance(data, Mapping) and isinstance(data.get("nodes"), list) and "links" in data


def read_graph(graph: Mapping[str, Any]) -> ToolSettings:
    """Return the prompt, the seed and the other settings that all samplers of a graph have, with notes for the rest."""
    nodes = {str(name): node for name, node in graph.items() if _is_node(node)}
    samplers = [node for node in nodes.values() if _is_sampler(node)]
    if len(samplers) == 1 and API_NODE.fullmatch(samplers[0]["class_type"]):
        return _read_api_node(nodes, _inputs(samplers[0]))
    if not samplers or any(node["class_type"] not in SAMPLERS for node in samplers):
        return not_read(TOOL)
    inputs = [_inputs(node) for node in samplers]
    # A sampler that adds no noise continues the image of another one, whatever its seed.
    seeds = {_seed(nodes, one) for one in inputs if one.get("add_noise") not in ("disable", False)}
    prompts = {_text(nodes, one.get("positive", one.get("guider"))) for one in inputs}
    negatives = {_text(nodes, one.get("negative")) for one in inputs}
    seed, prompt = _only(seeds), _only(prompts)
    is_single = len(samplers) == 1
    if (seed is None or not prompt) if is_single else (seed is None and not prompt):
        return not_read(TOOL)
    # A later sampler often enlarges the image: its size is not that of the first one.
    latent = _inputs(_follow(nodes, inputs[0].get("latent_image")), LATENT_SIZES) if is_single else {}
    others = {name: value for name, value in inputs[0].items() if isinstance(value, str | int | float)}
    others = {name: value for name, value in others.items() if all(one.get(name) == value for one in inputs)}
    for name in SEED_INPUTS:
        others.pop(name, None)
    size = latent.get("width"), latent.get("height")
    settings = build_settings(prompt, _only(negatives), seed, size, others, notes=() if prompt else (UNCLEAR_PROMPT,))
    notes = tuple(UNCLEAR_SEED if note == NO_SEED else note for note in settings.notes)
    return ToolSettings(settings.values, notes, TOOL)


def _read_api_node(nodes: Mapping[str, Any], inputs: Mapping[str, Any]) -> ToolSettings:
    """Return the settings of a node of BFL's API, whose inputs have the names of the API's fields."""
    prompt = inputs.get("prompt")
    if isinstance(prompt, list):
        prompt = _only_value(_follow(nodes, prompt))
    seed = _seed(nodes, inputs)
    if not isinstance(prompt, str) or seed is None:
        return not_read(TOOL)
    names = {"prompt", *SEED_INPUTS, "control_after_generate"}
    others = {name: value for name, value in inputs.items() if isinstance(value, str | int | float)}
    others = {name: value for name, value in others.items() if name not in names}
    settings = build_settings(prompt, "", seed, None, others)
    return ToolSettings(settings.values, settings.notes, TOOL)


def _only(values: set[T]) -> T | None:
    return next(iter(values)) if len(values) == 1 else None


def _is_node(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("class_type"), str)


def _is_sampler(node: Mapping[str, Any]) -> bool:
    """Return whether a node makes an image."""
    names = _inputs(node).keys()
    return (
        node["class_type"] in SAMPLERS
        or "guider" in names
        or bool("positive" in names and names & {*SEED_INPUTS})
        or ("prompt" in names and not NO_IMAGE.search(node["class_type"]))
    )


def _inputs(node: Any, class_type: re.Pattern[str] | None = None) -> Mapping[str, Any]:
    if not isinstance(node, Mapping) or (class_type and not class_type.fullmatch(str(node.get("class_type")))):
        return {}
    inputs = node.get("inputs")
    return inputs if isinstance(inputs, Mapping) else {}


def _follow(nodes: Mapping[str, Any], link: Any) -> Any:
    """Return the node that a link leads to, or None."""
    return nodes.get(str(link[0])) if isinstance(link, list) and len(link) == 2 else None


def _seed(nodes: Mapping[str, Any], inputs: Mapping[str, Any]) -> int | None:
    if "noise" in inputs:
        inputs = _inputs(_follow(nodes, inputs["noise"]), re.compile("RandomNoise"))
    value = next((inputs[name] for name in SEED_INPUTS if name in inputs), None)
    if isinstance(value, list):
        value = _only_value(_follow(nodes, value))
    number = None if isinstance(value, str) else whole_number(value)
    return number if number is not None and number >= 0 else None


def _text(nodes: Mapping[str, Any], link: Any) -> str:
    """Return the text of the encoder that a link leads to; "" unless it is written there or in one node before."""
    node = _follow(nodes, link)
    for _ in range(MAX_LINKS):
        name = PASSED_THROUGH.get(str(node.get("class_type"))) if isinstance(node, Mapping) else None
        if name is None:
            break
        node = _follow(nodes, _inputs(node).get(name))
    if not isinstance(node, Mapping) or "CLIPTextEncode" not in str(node.get("class_type")):
        return ""
    values = [value for name, value in _inputs(node).items() if name in TEXT_INPUTS]
    texts = [_only_value(_follow(nodes, value)) if isinstance(value, list) else value for value in values]
    if not all(isinstance(text, str) for text in texts):
        return ""
    different = {str(text) for text in texts if text}
    return different.pop() if len(different) == 1 else ""


def _only_value(node: Any) -> Any:
    """Return the value of a node that only holds one, such as a primitive; None for any other."""
    inputs = {name: value for name, value in _inputs(node, VALUE_NODES).items() if name != "control_after_generate"}
    value = next(iter(inputs.values()), None)
    return value if len(inputs) == 1 and isinstance(value, str | int | float) else None
