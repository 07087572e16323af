"""A request as JavaScript for Node 20 and newer, with nothing to install. Knows the draft only."""

from __future__ import annotations

from .template import Template, fill

TEMPLATE = r"""
// Makes an image: POST @url@, wait, download.
// Save as image.mjs and run: BFL_API_KEY=your-key node image.mjs
import { readFile, writeFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const url = "@url@";
// As text, not as an object: so numbers of any size are sent exactly.
let body = String.raw`
@request@
`;
@images@
// Waits as many seconds, or as many as the server wants.
const pause = (answer, seconds) => sleep(1000 * Math.max(seconds, Number(answer?.headers.get("retry-after")) || 0));

// The task. Only after a 429 or 503 it is sent again: after any other failure it may have been accepted, and charged.
async function submit() {
  const headers = { "x-key": process.env.BFL_API_KEY, "content-type": "application/json" };
  for (const seconds of [2, 4, 8, 16, 32, 0]) {
    const signal = AbortSignal.timeout(60_000);
    const answer = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
    if (answer.status === 200) return answer.json();
    const text = await answer.text();
    if (![429, 503].includes(answer.status) || !seconds) throw new Error(`The API refused: ${answer.status} ${text}`);
    await pause(answer, seconds);
  }
}

// The result, after five minutes at most. No key is needed for this, and a failed call is made again.
async function wait(pollingUrl) {
  for (const begun = Date.now(); ; ) {
    const waited = Date.now() - begun;
    let answer, task;
    try {
      answer = await fetch(pollingUrl, { signal: AbortSignal.timeout(30_000) });
      task = await answer.json();
    } catch {}
    const status = task?.status;
    if (status === "Ready") return task.result;
    if (["Error", "Request Moderated", "Content Moderated"].includes(status)) {
      throw new Error(`The task ended: ${status}. ${JSON.stringify(task.details ?? "")}`);
    }
    if (status === "Task not found" && waited > 10_000) throw new Error("The API does not know the task.");
    if ([401, 403].includes(answer?.status)) throw new Error(`The API refused: ${answer.status}`);
    if (waited > 300_000) throw new Error("It is not ready yet, and may be later.");
    await pause(answer, 0.5);
  }
}

const task = await submit();
console.error(`Submitted; the image can be asked for at ${task.polling_url}`);
const result = await wait(task.polling_url);

// At once: the address of the image is good for ten minutes.
const image = await fetch(result.sample, { signal: AbortSignal.timeout(300_000) });
if (!image.ok) throw new Error(`The image could not be downloaded: ${image.status}`);
const file = basename(task.id) + extname(new URL(result.sample).pathname);
await writeFile(file, new Uint8Array(await image.arrayBuffer()));
console.log(file);
"""

IMAGE = """\
// An image of this request: put it beside this script as @file@ (a JPEG, PNG or WebP).
body = body.replaceAll('"@reference@"', JSON.stringify(await readFile("@file@", "base64")));
"""


def write(draft: Template) -> str:
    """The script."""
    # Between backticks only these two have a meaning, and JSON has another way to write them.
    request = draft.request.replace("`", r"\u0060").replace("${", r"\u0024{")
    images = "".join(fill(IMAGE, file=file, reference=reference) for reference, file in draft.images.items())
    template = TEMPLATE if images else TEMPLATE.replace("readFile, ", "", 1).replace("let body", "const body", 1)
    return fill(template, url=draft.url, request=request, images=images)
