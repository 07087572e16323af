"""What the local server says of itself: the document of its operations, and a page for people with the bad days.

Knows the document and the list of bad days; nothing of tasks or HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from ..schema import Document
from .faults import BAD_DAYS

STRIKES = {
    "key": "When a key is shown",
    "submit": "When it is submitted",
    "task": "While it is made",
    "poll": "When it is asked for",
    "sample": "When it is fetched",
}
OTHERS = (
    ("GET", "/v1/get_result?id=…", "How a task stands."),
    ("GET", "/v1/credits", "What the key has left."),
    ("GET", "/v1/my_finetunes", "The finetunes that there are."),
    ("GET", "/v1/finetune_details?finetune_id=…", "What is known of one."),
    ("GET", "/openapi.json", "The document that all this is made from."),
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


REFUSALS = {
    "402": "No credits are left",
    "403": "The key is refused",
    "404": "Not found",
    "413": "The request is too large",
    "429": "Too many tasks or requests",
}
REFUSAL = {"type": "object", "properties": {"detail": {}}, "required": ["detail"]}


def described(raw: Mapping[str, Any], url: str) -> dict[str, Any]:
    """The document as it is served: with this server in place of the real ones, and with the refusals that it gives."""
    refusals = {code: {"description": what, "content": _json(REFUSAL)} for code, what in REFUSALS.items()}
    paths = {path: {name: _with(refusals, one) for name, one in item.items()} for path, item in raw["paths"].items()}
    return {**raw, "servers": [{"url": url, "description": "This machine"}], "paths": paths}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _with(refusals: Mapping[str, Any], operation: Any) -> Any:
    if not isinstance(operation, dict) or "responses" not in operation:
        return operation
    here = {name: value for name, value in operation.items() if name != "servers"}
    return {**here, "responses": {**refusals, **operation["responses"]}}


def page(document: Document, url: str) -> str:
    """The page as HTML, for a server at that URL."""
    operations = "".join(_row(f"POST {one.path}", one.summary) for one in document.operations)
    others = "".join(_row(f"{method} {path}", what) for method, path, what in OTHERS)
    days = "".join(f"<h3>{escape(title)}</h3><table>{_days(kind)}</table>" for kind, title in STRIKES.items())
    path = document.operations[0].path
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>The image API, on this machine</title>
<style>{STYLE}</style></head>
<body><h1>The image API, on this machine</h1>
<p>Answers as the real one does, costs nothing, and draws its own pictures:
none of them is made by FLUX. Any key will do, unless it was started with one.</p>
<pre>curl {escape(url + path)} \\
  -H 'x-key: any' -H 'content-type: application/json' \\
  -d '{{"finetune_id": "my-finetune", "prompt": "a mountain lake at dawn", "seed": 42}}'</pre>
<h2>What can be asked for</h2><table>{operations}{others}</table>
<h2>Bad days, on cue</h2><p>Put a word into the prompt or the key, or start the server with
<code>--bad-day</code> and the word without its #.
With <code>-once</code> behind it (<code>#poll-503-once</code>) it happens the first time only.</p>
{days}</body></html>
"""


def _days(kind: str) -> str:
    return "".join(_row(f"#{day.word}", day.what) for day in BAD_DAYS if day.strikes == kind)


def _row(name: str, what: str) -> str:
    return f"<tr><td><code>{escape(name)}</code></td><td>{escape(what)}</td></tr>"
