"""Checks that public clients of the API get an image from the local server: one environment and one request for each.

The clients are those on PyPI that accept a base URL: `blackforest` of BFL, and `black-forest-labs`. Neither has the
finetuned endpoint, so the server gets a document with their endpoints.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from pathlib import Path

from flux_playground.local import LocalServer
from flux_playground.schema import load

MAKERS = """
import sys
from blackforest import BFLClient
from blackforest.types.general.client_config import ClientConfig
client = BFLClient(api_key="any", base_url=sys.argv[1])
config = ClientConfig(sync=True, timeout=60, polling_interval=0.1, max_retries=500)
result = client.generate("flux-pro-1.1-ultra", {"prompt": "a mountain lake at dawn", "seed": 42}, config)
print((result if isinstance(result, dict) else result.result)["sample"])
"""
UNOFFICIAL = """
import sys, time
from black_forest_labs.client import Client
client = Client(api_key="any", base_url=sys.argv[1])
task = client.generate("flux-pro-1.1", prompt="a mountain lake at dawn", seed=42)
while not task.is_done:
    time.sleep(0.1)
    task = client.get_result(task)
print(task.result.sample)
"""
CLIENTS = {"blackforest": MAKERS, "black-forest-labs": UNOFFICIAL}


def document(folder: Path) -> Path:
    """The shipped document with two more endpoints, which have the fields of the finetuned one without the finetune."""
    raw = json.loads(json.dumps(load().raw))
    finetuned = raw["components"]["schemas"]["FinetuneFluxUltraInput"]
    kept = {name: one for name, one in finetuned["properties"].items() if not name.startswith("finetune")}
    raw["components"]["schemas"]["FluxInput"] = {"type": "object", "title": "FluxInput", "properties": kept}
    post = json.loads(json.dumps(raw["paths"]["/v1/flux-pro-1.1-ultra-finetuned"]))
    post["post"]["requestBody"]["content"]["application/json"]["schema"] = {"$ref": "#/components/schemas/FluxInput"}
    raw["paths"] |= {"/v1/flux-pro-1.1-ultra": post, "/v1/flux-pro-1.1": post}
    path = folder / "openapi.json"
    path.write_text(json.dumps(raw), "utf-8")
    return path


def fetched(client: str, url: str, folder: Path) -> str:
    """The result of a client in one line."""
    home = folder / client
    venv.create(home, with_pip=True)
    python = str(home / "bin" / "python")
    if subprocess.run([python, "-m", "pip", "install", "--quiet", client], capture_output=True, check=False).returncode:
        return "could not be installed"
    start = time.perf_counter()
    command = [python, "-c", CLIENTS[client], url]
    run = subprocess.run(command, env={"BFL_API_KEY": "any"}, capture_output=True, text=True, check=False)
    if run.returncode:
        return f"failed: {run.stderr.strip().splitlines()[-1][:300]}"
    took = time.perf_counter() - start
    with urllib.request.urlopen(run.stdout.split()[-1]) as answer:
        size = len(answer.read())
    return f"has an image of {size / 1000:.0f} KB after {took:.1f} s"


def main() -> int:
    """Print a line for each client; return 1 if one has no image."""
    with tempfile.TemporaryDirectory() as name, LocalServer(document(Path(name)), speed=10) as server:
        lines = {client: fetched(client, server.url, Path(name)) for client in CLIENTS}
    for client, line in lines.items():
        print(f"{client}: {line}")
    return int(any("image" not in line for line in lines.values()))


if __name__ == "__main__":
    sys.exit(main())
