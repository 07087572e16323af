"""Code that makes an image: each kind is run as a person would run it, against the local server."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import playwright
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from flux_playground import recipe
from flux_playground.local import LocalServer
from flux_playground.recipe import SourceKind, detect
from flux_playground.snippets import Language, render_snippet
from tests.waiting import WAIT_SECONDS, wait_until

ENDPOINT = "/v1/flux-pro-1.1-ultra-finetuned"
SERVER = "https://api.us1.bfl.ai"
NODE = str(Path(playwright.__file__).parent / "driver" / "node")  # the one that drives the browser in other tests
RUNNERS = {
    Language.SHELL: ("image.sh", ["sh"]),
    Language.PYTHON: ("image.py", [sys.executable, "-W", "error"]),
    Language.JAVASCRIPT: ("image.mjs", [NODE]),
}
AWKWARD = (
    'it\'s a "cat" 🐈 $HOME `ls` ${x} $(id) \\ \\n \\` \\${y} %s %d @url@ @request@ {{a}}\nJSON\n\'\'\'""" '
    "\0\r\x1b\u2028\ufeff\u202e end\\"
)
REQUEST = {"finetune_id": "my-finetune", "seed": 2**70, "finetune_strength": 0.8, "output_format": "png"}


def begun(
    language: Language, server: LocalServer, folder: Path, request: Mapping[str, Any], key: str = "a-key"
) -> subprocess.Popen[str]:
    """The code of a request, running in a folder of its own."""
    name, command = RUNNERS[language]
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(render_snippet(language, server.url, ENDPOINT, request), encoding="utf-8")
    given = {**os.environ, "BFL_API_KEY": key, "PYTHONUTF8": "1"}
    pipe = subprocess.PIPE
    return subprocess.Popen([*command, name], cwd=folder, env=given, stdout=pipe, stderr=pipe, text=True)


def all_run(
    server: LocalServer, folder: Path, request: Mapping[str, Any], files: Mapping[str, bytes] | None = None
) -> dict[Language, bytes]:
    """The images that the code of each language makes, all running at once."""
    running = {}
    for language in RUNNERS:
        place = folder / language
        place.mkdir()
        for name, content in (files or {}).items():
            (place / name).write_bytes(content)
        running[language] = begun(language, server, place, request, f"key-of-{language}")
    images = {}
    for language, process in running.items():
        out, error = process.communicate(timeout=WAIT_SECONDS)
        assert process.returncode == 0, f"{language}: {error}"
        images[language] = (folder / language / out.splitlines()[-1]).read_bytes()
    return images


def made(server: LocalServer, body: str) -> bytes:
    """The image of a JSON text, by the plainest means."""
    headers = {"x-key": "a-key", "content-type": "application/json"}
    answer = requests.post(server.url + ENDPOINT, data=body.encode(), headers=headers, timeout=WAIT_SECONDS)
    assert answer.status_code == 200, answer.text

    def find_sample() -> str | None:
        task = requests.get(answer.json()["polling_url"], timeout=WAIT_SECONDS).json()
        return str(task["result"]["sample"]) if task["status"] == "Ready" else None

    return requests.get(str(wait_until(find_sample)), timeout=WAIT_SECONDS).content


def test_runners_are_installed() -> None:
    """curl, sh and Node are installed."""
    assert [program for program in ("curl", "sh", NODE) if shutil.which(program) is None] == []


def test_awkward_request(server: LocalServer, tmp_path: Path) -> None:
    """All languages make the image of an awkward request."""
    request = {**REQUEST, "prompt": AWKWARD}
    expected = made(server, json.dumps(request))
    assert made(server, render_snippet(Language.JSON, server.url, ENDPOINT, request)) == expected
    assert made(server, json.dumps({**request, "seed": 2**70 + 1})) != expected
    images = all_run(server, tmp_path, request)
    assert {language: hashlib.sha256(image).hexdigest() for language, image in images.items()} == dict.fromkeys(
        RUNNERS, hashlib.sha256(expected).hexdigest()
    )


def test_image_file_and_long_prompt(server: LocalServer, tmp_path: Path) -> None:
    """The code reads image files; a prompt may be long."""
    file = io.BytesIO()
    Image.effect_noise((400, 300), 90).convert("RGB").save(file, "PNG")
    text = base64.b64encode(file.getvalue()).decode()
    reference = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    request = {**REQUEST, "prompt": "löwe" * 25_000 + "'", "image_prompt_strength": 0.7}
    expected = made(server, json.dumps({**request, "image_prompt": text}))
    images = all_run(server, tmp_path, {"image_prompt": reference, **request}, {"image_prompt.png": file.getvalue()})
    assert [image == expected for image in images.values()] == [True] * len(RUNNERS)


def test_image_in_code(server: LocalServer, tmp_path: Path) -> None:
    """An image as base64 can be part of the code."""
    file = io.BytesIO()
    Image.effect_noise((300, 300), 90).save(file, "PNG")
    request = {**REQUEST, "prompt": "a cat", "image_prompt": base64.b64encode(file.getvalue()).decode()}
    assert set(all_run(server, tmp_path, request).values()) == {made(server, json.dumps(request))}


def test_snippet_waits_for_busy_api(server: LocalServer, tmp_path: Path) -> None:
    """The code repeats after 429 and after 503 with Retry-After, and survives failed polls."""
    prompt = "a cat #too-many-wait-once #unavailable-wait-once #not-yet #poll-cut-once #poll-list-once"
    images = all_run(server, tmp_path, {**REQUEST, "prompt": prompt})
    assert len(set(images.values())) == 1


def test_curl_submits(server: LocalServer, tmp_path: Path) -> None:
    """The first call of curl submits the request; images in it are named."""
    request = {**REQUEST, "prompt": AWKWARD}
    submit, _, rest = render_snippet(Language.CURL, server.url, ENDPOINT, request).partition("# Poll")
    done = subprocess.run(
        ["sh", "-c", submit], env={**os.environ, "BFL_API_KEY": "a-key"}, cwd=tmp_path, capture_output=True, check=True
    )
    polling_url = json.loads(done.stdout)["polling_url"]

    def find_sample() -> str | None:
        task = requests.get(polling_url, timeout=WAIT_SECONDS).json()
        return str(task["result"]["sample"]) if task["status"] == "Ready" else None

    image = requests.get(str(wait_until(find_sample)), timeout=WAIT_SECONDS).content
    assert image == made(server, json.dumps(request))
    assert 'curl "$polling_url"' in rest
    reference = "sha256:" + "0" * 64
    assert f"Replace {reference} by" in render_snippet(Language.CURL, SERVER, ENDPOINT, {"image_prompt": reference})


def test_only_known_seed_is_printed(server: LocalServer, tmp_path: Path) -> None:
    """The code prints the seed of an image that has one."""
    for word, is_printed in (("", True), ("#no-seed", False)):
        process = begun(Language.PYTHON, server, tmp_path / (word or "seed"), {**REQUEST, "prompt": f"a cat {word}"})
        _, error = process.communicate(timeout=30)
        assert ("seed" in error.splitlines()[-1].partition("prompt")[0]) is is_printed
        assert "None" not in error


@pytest.mark.parametrize("language", RUNNERS)
def test_lost_submit_is_not_repeated(language: Language, server: LocalServer, tmp_path: Path) -> None:
    """A submit without a response is billed once."""
    key = f"lost-{language}"
    process = begun(language, server, tmp_path, {**REQUEST, "prompt": "a cat #submit-cut"}, key)
    out, error = process.communicate(timeout=WAIT_SECONDS)
    assert (process.returncode != 0, out) == (True, "")
    assert error
    left = requests.get(f"{server.url}/v1/credits", headers={"x-key": key}, timeout=WAIT_SECONDS).json()["credits"]
    fresh = requests.get(f"{server.url}/v1/credits", headers={"x-key": "nobody-yet"}, timeout=WAIT_SECONDS).json()[
        "credits"
    ]
    assert 0 < fresh - left < 10, "one task, and one only, was paid for"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("#moderated-content", "Content Moderated"),
        ("#broken", "may have been accepted and billed"),
        ("#unavailable", "may have been accepted and billed"),
        ("#no-credits", "402"),
        ("#poll-403", "403"),
    ],
)
def test_snippet_reports_failure(word: str, said: str, server: LocalServer, tmp_path: Path) -> None:
    """The code ends with the reason of a failure."""
    request = {**REQUEST, "prompt": f"a cat {word}"}
    running = [begun(language, server, tmp_path / language, request) for language in RUNNERS]
    for process in running:
        out, error = process.communicate(timeout=WAIT_SECONDS)
        assert (process.returncode != 0, out) == (True, "")
        assert said in error


def test_no_secrets_in_code() -> None:
    """Code has no webhook and no secret."""
    request = {**REQUEST, "webhook_url": "https://example.org/hook", "webhook_secret": "very-secret"}
    for language in Language:
        text = render_snippet(language, SERVER, ENDPOINT, request)
        assert "webhook" not in text.lower().replace("webhooks", "")
        assert "very-secret" not in text
        assert ("BFL_API_KEY" in text) is (language is not Language.JSON)


def test_hostile_server_is_quoted() -> None:
    """A URL cannot end the string that it is in."""
    for language in (Language.CURL, *RUNNERS):
        text = render_snippet(language, "https://x.example'; touch evil; '", '/v1/"$(id)`id`\n#', {"prompt": "a"})
        assert "https://x.example%27%3B%20touch%20evil%3B%20%27/v1/%22%24%28id%29%60id%60%0A%23" in text
        assert "touch evil" not in text


@given(
    request=st.dictionaries(
        st.from_regex(r"[a-z][a-z_]{0,12}", fullmatch=True).filter(
            lambda name: name in recipe.drop_private_fields({name: 1})
        ),
        st.text(st.characters(exclude_categories=["Cs"])) | st.integers() | st.booleans() | st.lists(st.integers()),
        min_size=1,
        max_size=5,
    ),
    language=st.sampled_from(list(Language)),
)
def test_code_round_trip(request: dict[str, Any], language: Language) -> None:
    """The request in code is detected."""
    found = detect(render_snippet(language, SERVER, ENDPOINT, request), request)
    assert (found.kind, found.values) == (SourceKind.REQUEST, request)
    if language is not Language.JSON:
        assert (found.server, found.endpoint) == (SERVER, ENDPOINT)
