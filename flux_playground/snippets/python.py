"""A request as a Python script with requests. Knows the draft only."""

from __future__ import annotations

from .template import Template, fill

TEMPLATE = r'''
# Makes an image: POST @url@, wait, download.
# pip install requests, save as image.py, and run: BFL_API_KEY=your-key python image.py
import os
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import requests

URL = "@url@"
REQUEST = r"""
@request@
"""
@images@

def pause(answer, seconds):
    """Waits as many seconds, or as many as the server wants."""
    wanted = answer.headers.get("Retry-After", "")
    time.sleep(max(seconds, int(wanted) if wanted.isdecimal() else 0))


def submit(body):
    """The task. Sent again only after a 429 or 503: after any other failure it may have been accepted, and charged."""
    headers = {"x-key": os.environ["BFL_API_KEY"], "content-type": "application/json"}
    for seconds in (2, 4, 8, 16, 32, 0):
        answer = requests.post(URL, data=body.encode(), headers=headers, timeout=(10, 60), allow_redirects=False)
        if answer.status_code == 200:
            return answer.json()
        if answer.status_code not in (429, 503) or not seconds:
            sys.exit(f"The API refused: {answer.status_code} {answer.text[:2000]}")
        pause(answer, seconds)


def wait(polling_url):
    """The result, after five minutes at most. No key is needed for this, and a failed call is made again."""
    begun = time.monotonic()
    while True:
        waited = time.monotonic() - begun
        answer, task = requests.Response(), {}
        try:
            answer = requests.get(polling_url, timeout=(10, 30))
            task = answer.json()
        except requests.RequestException:
            pass
        status = task.get("status") if isinstance(task, dict) else None
        if status == "Ready":
            return task["result"]
        if status in ("Error", "Request Moderated", "Content Moderated"):
            sys.exit(f"The task ended: {status}. {task.get('details') or ''}")
        if status == "Task not found" and waited > 10:
            sys.exit("The API does not know the task.")
        if answer.status_code in (401, 403):
            sys.exit(f"The API refused: {answer.status_code} {answer.text[:2000]}")
        if waited > 300:
            sys.exit("It is not ready yet, and may be later.")
        pause(answer, 0.5)


task = submit(@body@)
print(f"Submitted; the image can be asked for at {task['polling_url']}", file=sys.stderr)
result = wait(task["polling_url"])

# At once: the address of the image is good for ten minutes.
image = requests.get(result["sample"], timeout=(10, 60))
image.raise_for_status()
file = Path(task["id"]).name + Path(urlsplit(result["sample"]).path).suffix
Path(file).write_bytes(image.content)
print(f"seed {result.get('seed')}, prompt {result.get('prompt')!r}", file=sys.stderr)
print(file)
'''

IMAGES = '''\
# The images of this request: put them beside this script under these names (JPEG, PNG or WebP).
IMAGES = {
@lines@}


def filled(text):
    """The request with its images as base64."""
    for reference, file in IMAGES.items():
        text = text.replace(f'"{reference}"', f'"{base64.b64encode(Path(file).read_bytes()).decode()}"')
    return text

'''


def write(draft: Template) -> str:
    """The script."""
    lines = "".join(f'    "{reference}": "{file}",\n' for reference, file in draft.images.items())
    images = fill(IMAGES, lines=lines) if lines else ""
    template = TEMPLATE.replace("import os\n", "import base64\nimport os\n", 1) if lines else TEMPLATE
    body = "filled(REQUEST)" if lines else "REQUEST"
    return fill(template, url=draft.url, request=draft.request, images=images, body=body)
