"""Renders a request in each language."""

from __future__ import annotations

from .template import Template, fill, load

SHELL_IMAGE = """\
# Image of the request: save it next to this script as @file@ (JPEG, PNG or WebP).
insert '@reference@' @file@
"""

SHELL_INSERT = """\
# Replaces a reference in the request by an image as base64.
insert() {
  image=$(base64 <"$2" | tr -d '\\n')
  while case $body in *"$1\\""*) ;; *) false ;; esac; do body=${body%%"$1\\""*}$image\\"${body#*"$1\\""}; done
}
"""

PYTHON_IMAGES = '''\
# Images of the request: save them next to this script with these names (JPEG, PNG or WebP).
IMAGES = {
@lines@}


def insert_images(text):
    """Replace the references in the request by images as base64."""
    for reference, file in IMAGES.items():
        text = text.replace(f'{reference}"', f'{base64.b64encode(Path(file).read_bytes()).decode()}"')
    return text

'''

JAVASCRIPT_IMAGE = """\
// Image of the request: save it next to this script as @file@ (JPEG, PNG or WebP).
body = body.replaceAll('@reference@"', `${await readFile("@file@", "base64")}"`);
"""


CURL_IMAGE = "# Replace @reference@ by the image as base64.\n"


def render_curl(template: Template) -> str:
    """Return the three calls of curl, without a loop and without errors."""
    images = "".join(fill(CURL_IMAGE, reference=reference) for reference in template.images)
    return fill(load("curl.sh.txt"), url=template.url, request=template.request, images=images)


def render_shell(template: Template) -> str:
    """Return a script for any POSIX shell with curl."""
    images = [fill(SHELL_IMAGE, file=file, reference=reference) for reference, file in template.images.items()]
    text = "".join([SHELL_INSERT, *images]) if images else ""
    return fill(load("image.sh.txt"), url=template.url, request=template.request, images=text)


def render_python(template: Template) -> str:
    """Return a Python script that uses requests."""
    text, images, body = load("image.py.txt"), "", "REQUEST"
    if template.images:
        lines = "".join(f'    "{reference}": "{file}",\n' for reference, file in template.images.items())
        images, body = fill(PYTHON_IMAGES, lines=lines), "insert_images(REQUEST)"
        text = text.replace("import os\n", "import base64\nimport os\n", 1)
    return fill(text, url=template.url, request=template.request, images=images, body=body)


def render_javascript(template: Template) -> str:
    """Return a script for Node 20 or newer without dependencies."""
    text = load("image.mjs.txt")
    images = (fill(JAVASCRIPT_IMAGE, file=file, reference=reference) for reference, file in template.images.items())
    if not template.images:
        text = text.replace("readFile, ", "", 1).replace("let body", "const body", 1)
    # In a template literal, a backtick and "${" have a meaning. JSON has an escape for both.
    request = template.request.replace("`", r"\u0060").replace("${", r"\u0024{")
    return fill(text, url=template.url, request=request, images="".join(images))
