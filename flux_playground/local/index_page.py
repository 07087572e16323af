"""The index page of the local server: its endpoints and the errors that it can simulate."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from ..schema import Document, Field, Operation
from ..schema.image_places import GivenImage, arrange_images
from .faults import FAULTS

STAGES = {
    "key": "Every request with a key",
    "submit": "Submit",
    "task": "Task",
    "poll": "Poll",
    "sample": "Image download",
}
OTHER_ENDPOINTS = (
    ("GET", "/v1/get_result?id=…", "The state of a task."),
    ("GET", "/v1/credits", "The remaining credits of the key."),
    ("GET", "/v1/my_finetunes", "The finetunes of the key."),
    ("GET", "/v1/finetune_details?finetune_id=…", "The details of a finetune."),
    ("GET", "/openapi.json", "The OpenAPI document of this server."),
)
STYLE = """
:root { color-scheme: light dark; font: 16px/1.55 system-ui, sans-serif }
body { max-width: 60rem; margin: 2.5rem auto; padding: 0 1.25rem }
h1 { font-size: 1.6rem; margin-bottom: .25rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; font-weight: 600 }
table { border-collapse: collapse; width: 100% } td { padding: .3rem .75rem .3rem 0; vertical-align: top;
border-top: 1px solid #8883 } td:first-child { white-space: nowrap; width: 1% }
code, pre { font: .9em ui-monospace, monospace } pre { background: #8881; padding: .9rem 1rem; border-radius: .5rem;
overflow: auto }
"""
SAMPLE_IMAGE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""A PNG of one pixel."""
SAMPLE_VALUES = {"prompt": "a mountain lake at dawn", "finetune_id": "my-finetune", "seed": 42}


def render_page(document: Document, url: str) -> str:
    """Return the page as HTML for a server at a URL."""
    operations = "".join(_row(f"POST {operation.path}", operation.summary) for operation in document.operations)
    others = "".join(_row(f"{method} {path}", text) for method, path, text in OTHER_ENDPOINTS)
    faults = "".join(f"<h3>{escape(title)}</h3><table>{_fault_rows(stage)}</table>" for stage, title in STAGES.items())
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Local image API</title>
<style>{STYLE}</style></head>
<body><h1>Local image API</h1>
<p>This server has the same endpoints and responses as the real API. It needs no key and costs nothing.
It renders its own images; none of them is made by FLUX. A video is a slow zoom into an image.</p>
<pre>{escape(_curl(document.operations[0], url))}</pre>
<h2>Endpoints</h2><table>{operations}{others}</table>
<h2>Simulate errors</h2><p>Put a word into the prompt or the key, or start the server with
<code>--fault</code> and the word without its #.
With <code>-once</code> (<code>#poll-503-once</code>) the error occurs the first time only.</p>
{faults}</body></html>
"""


def _curl(operation: Operation, url: str) -> str:
    body = {field.name: _sample_value(field) for field in operation.fields if _is_shown(field)}
    return (
        f"curl {url}{operation.path} \\\n  -H 'x-key: any' -H 'content-type: application/json' \\\n"
        f"  -d '{json.dumps(body)}'"
    )


def _is_shown(field: Field) -> bool:
    return field.required or field.name in SAMPLE_VALUES


def _sample_value(field: Field) -> Any:
    if field.images is not None:
        image = SAMPLE_IMAGE if field.images.takes_data else "https://example.org/image.png"
        return arrange_images(field.name, field.schema, [GivenImage(image)] * max(field.images.least, 1))
    if field.name in SAMPLE_VALUES or field.example is not None:
        return SAMPLE_VALUES.get(field.name, field.example)
    if field.enum:
        return field.enum[0]
    by_type: dict[str, Any] = {
        "integer": field.minimum or 1,
        "number": field.minimum or 1,
        "boolean": False,
        "array": [],
        "object": {},
    }
    return by_type.get(field.type, "https://example.org/" if field.format == "uri" else "text")


def _fault_rows(stage: str) -> str:
    return "".join(_row(f"#{fault.word}", fault.description) for fault in FAULTS if fault.stage == stage)


def _row(name: str, text: str) -> str:
    return f"<tr><td><code>{escape(name)}</code></td><td>{escape(text)}</td></tr>"
