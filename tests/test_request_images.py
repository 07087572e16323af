"""Images in every shape, from the values of a script to the record, the recipe, the code and the same request again."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flux_playground import Playground, Settings, reproduce
from flux_playground.access.visitor import Visitor
from flux_playground.build_request import build
from flux_playground.errors import InvalidRequest
from flux_playground.generation import State
from flux_playground.image_ref import list_image_refs, split_data_url
from flux_playground.local import LocalServer
from flux_playground.recipe import build_link, detect, dump_recipe
from flux_playground.request_images import check_address
from flux_playground.schema.image_places import GivenImage, arrange_images
from flux_playground.snippets import Language, render_snippet
from flux_playground.snippets.template import prepare_template
from tests.snippets.test_snippets import RUNNERS
from tests.waiting import WAIT_SECONDS

from .image_shapes import ADDRESS, DOCUMENT, FIELDS, png


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """A playground whose local server serves the shapes."""
    with LocalServer(DOCUMENT, speed=200, renderer="flat", scale=0.25) as server:
        chosen = Settings(data=tmp_path_factory.mktemp("data"), demo_url=server.url, endpoint="/v1/klein")
        with Playground(chosen, DOCUMENT) as opened:
            yield opened


def given(path: str, folder: Path) -> dict[str, Any]:
    """Values with as many images as the field takes, at most three, the last by its address where it takes one."""
    field = DOCUMENT.operation(path).field(FIELDS[path])
    shape = field.images
    assert shape is not None
    images: list[Path | bytes | str] = [png("red"), png("teal"), png("navy")]
    images = images[: shape.most]
    (folder / "a.png").write_bytes(png("red"))
    images[0] = folder / "a.png"
    if shape.takes_address and len(images) > 1:
        images[-1] = ADDRESS
    return {
        "prompt": "a mill",
        field.name: arrange_images(field.name, field.schema, [GivenImage(one) for one in images]),
    }


@pytest.mark.parametrize("path", FIELDS)
def test_each_shape_from_values_to_values(maker: Playground, tmp_path: Path, path: str) -> None:
    """A shape is sent, recorded by references, kept in the recipe and in code, left out of links, and sent again."""
    operation, name = DOCUMENT.operation(path), FIELDS[path]
    first = list(maker.generate(given(path, tmp_path), endpoint=path))[-1]
    assert first.state is State.SUCCEEDED, first.error
    assert base64.b64encode(png("red")).decode() not in json.dumps(dict(first.request))
    assert list(list_image_refs(first.request[name]))
    sent = maker.load_inputs(first)
    assert operation.check(sent) == ()
    assert base64.b64encode(png("red")).decode() in json.dumps(sent[name])
    found = detect(dump_recipe(reproduce.recipe(first)).encode(), ())
    assert found.values[name] == first.request[name]
    assert name not in build_link(dict(first.request), [one.name for one in operation.fields])
    again = list(maker.generate(sent, endpoint=path))[-1]
    assert (again.request[name], again.state) == (first.request[name], State.SUCCEEDED)
    by_reference = list(maker.generate(found.values, endpoint=path))[-1]
    assert by_reference.request[name] == first.request[name]


@pytest.mark.parametrize("language", [Language.PYTHON, Language.SHELL, Language.JAVASCRIPT])
@pytest.mark.parametrize("path", ["/v1/flux-3-image", "/v1/objects", "/v1/parts"])
def test_code_reads_the_files(maker: Playground, tmp_path: Path, path: str, language: Language) -> None:
    """Code in each language reads the images from files, also one that is used twice, and sends the same request."""
    operation = DOCUMENT.operation(path)
    values = given(path, tmp_path)
    values[FIELDS[path]] = [*values[FIELDS[path]], values[FIELDS[path]][0]]
    made = list(maker.generate(values, endpoint=path))[-1]
    server = maker.server(endpoint=path)
    for reference, file in prepare_template(server, path, made.request).images.items():
        text = maker.store.inputs.load(reference)
        assert text is not None
        (tmp_path / file).write_bytes(base64.b64decode(text))
    name, command = RUNNERS[language]
    code = render_snippet(language, server, path, made.request)
    (tmp_path / name).write_text(code, encoding="utf-8")
    environment = {**os.environ, "BFL_API_KEY": "a-key"}
    run = subprocess.run(
        [*command, name], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=WAIT_SECONDS
    )
    assert run.returncode == 0, run.stderr
    assert (tmp_path / run.stdout.splitlines()[-1]).is_file()
    assert operation.check(maker.load_inputs(made)) == ()


def test_reference_of_another_visitor(maker: Playground, tmp_path: Path) -> None:
    """A visitor gets only what they have sent themselves, in every shape."""
    for path, name in FIELDS.items():
        made = list(maker.generate(given(path, tmp_path), endpoint=path))[-1]
        with pytest.raises(InvalidRequest, match="no longer kept"):
            maker.prepare(made.request, Visitor(id="stranger"), endpoint=path)
        for reference in list_image_refs(made.request[name]):
            assert maker.load_input(reference) is not None
            assert maker.load_input(reference, Visitor(id="stranger")) is None


def test_prompt_is_no_reference(maker: Playground) -> None:
    """A reference in the prompt gives no access to the image, and is sent as it is."""
    operation = DOCUMENT.operation("/v1/flux-3-image")
    made = list(maker.generate({"prompt": "a", "images": png("pink")}, endpoint=operation.path))[-1]
    reference = made.request["images"]
    stranger = Visitor(id="thief")
    theirs = list(maker.generate({"prompt": reference}, stranger, endpoint=operation.path))[-1]
    assert theirs.request["prompt"] == reference
    assert maker.load_input(reference, stranger) is None


def test_faults_name_their_place(tmp_path: Path) -> None:
    """Each bad image is reported at its place, together with the others."""
    (tmp_path / "a.txt").write_text("no image")
    operation = DOCUMENT.operation("/v1/flux-3-image")
    images = [png(), tmp_path / "a.txt", "http://example.org/a.png", "hello", ADDRESS]
    with pytest.raises(InvalidRequest) as caught:
        build(operation, {"prompt": "a", "images": images})
    assert [fault.loc for fault in caught.value.details] == [("body", "images", place) for place in (1, 2, 3)]
    with pytest.raises(InvalidRequest) as caught:
        build(DOCUMENT.operation("/v1/objects"), {"prompt": "a", "references": [{"base64": "hello"}]})
    assert [fault.loc for fault in caught.value.details] == [("body", "references", 0, "base64")]


def test_count_is_enforced() -> None:
    """More images than the schema allows are refused, and so are fewer."""
    with pytest.raises(InvalidRequest, match="images"):
        build(DOCUMENT.operation("/v1/flux-3-image"), {"prompt": "a", "images": [png()] * 11})
    with pytest.raises(InvalidRequest, match="input_images"):
        build(DOCUMENT.operation("/v1/list"), {"prompt": "a", "input_images": [png()]})


def test_data_url_has_the_type_of_its_image() -> None:
    """Where a schema takes data URLs, the reference stands behind the head of the data URL."""
    values = {
        "prompt": "a",
        "content": arrange_images(
            "content", DOCUMENT.operation("/v1/parts").field("content").schema, [GivenImage(png())]
        ),
    }
    sent = build(DOCUMENT.operation("/v1/parts"), values)["content"]
    assert sent[0]["type"] == "image_url"
    head, data = split_data_url(sent[0]["image_url"]["url"])
    assert (head, base64.b64decode(data)) == ("data:image/png;base64,", png())


@pytest.mark.parametrize(
    ("address", "is_right"),
    [
        (ADDRESS, True),
        ("https://example.org", True),
        ("http://example.org/a.png", False),
        ("https://", False),
        ("https://a b/c", False),
        ("https://example.org:0/a", False),
        ("https://example.org/" + "a" * 2_000, False),
    ],
)
def test_address_is_checked_by_its_form(address: str, is_right: bool) -> None:
    """An address is an https URL; nothing is fetched."""
    assert (check_address(address) == "") is is_right
