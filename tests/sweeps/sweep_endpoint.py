"""An endpoint with a field of each type that an axis can vary."""

from __future__ import annotations

from textwrap import dedent, indent
from typing import Any

from flux_playground.errors import InvalidSweep
from flux_playground.schema import Operation, load_text
from flux_playground.sweeps.axes import AxisKind, AxisText, parse_axis

PROPERTIES = """
    prompt: {type: string, maxLength: 5000}
    finetune_id: {type: string}
    finetune_strength: {type: number, minimum: 0, maximum: 2, default: 1.1}
    weight: {type: number}
    steps: {type: integer, minimum: -50, maximum: 5000}
    width: {type: integer, minimum: 64, maximum: 2048, multipleOf: 32}
    seed: {anyOf: [{type: integer}, {type: "null"}]}
    raw: {type: boolean, default: false}
    output_format: {type: string, enum: [jpeg, png, "a, b"]}
    aspect_ratio: {type: string, description: "between 21:9 and 9:21"}
    size: {anyOf: [{type: integer}, {type: string, enum: [auto]}]}
    colors: {type: array, items: {type: string}}
    image_prompt: {type: string, description: An image as base64}
    webhook_url: {type: string}
    webhook_secret: {type: string}
"""


def endpoint(properties: str = PROPERTIES, required: str = "prompt, finetune_id") -> Operation:
    """The operation of a document with these properties."""
    text = f"""
openapi: 3.1.0
info: {{title: Test, version: "1"}}
servers: [{{url: "https://api.bfl.ai"}}]
paths:
  /v1/flux-test:
    post:
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [{required}]
              properties:
{indent(dedent(properties), " " * 16)}
      responses:
        "200":
          description: The task
          content:
            application/json:
              schema: {{type: object, properties: {{id: {{type: string}}, polling_url: {{type: string}}}}}}
"""
    return load_text(text, "test.yaml").operation("/v1/flux-test")


ENDPOINT = endpoint()


def axis_values(field: str, text: str, *, seed: int | None = None, kind: AxisKind = AxisKind.VALUES) -> list[Any]:
    """The values of an axis over one field."""
    points = parse_axis(ENDPOINT, AxisText(field, text, kind), seed).points
    return [next(iter(point.values.values())) for point in points]


def axis_error(field: str, text: str, *, kind: AxisKind = AxisKind.VALUES) -> str:
    """The message for an axis that cannot be used; "" for one that can."""
    try:
        parse_axis(ENDPOINT, AxisText(field, text, kind), 7)
    except InvalidSweep as error:
        return error.message
    return ""
