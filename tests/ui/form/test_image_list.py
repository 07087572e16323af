"""The input for images: what it holds, what the form reads in it, and how a request is filled into it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from flux_playground import Playground, Settings
from flux_playground.generation import State
from flux_playground.local import LocalServer
from flux_playground.schema.fields import parse_field
from flux_playground.ui.endpoints import switch
from flux_playground.ui.form import image_list
from flux_playground.ui.form.form import Form
from flux_playground.ui.gradio_patches.uploaded_files import save_upload
from flux_playground.ui.json_editor import json_editor
from tests.image_shapes import ADDRESS, DOCUMENT, FIELDS, png
from tests.stored_files import input_paths


@pytest.fixture(autouse=True)
def _uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder for uploads of the test's own."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))


@pytest.fixture
def maker(tmp_path: Path) -> Iterator[Playground]:
    """A playground whose local server serves the shapes."""
    with LocalServer(DOCUMENT, speed=200, renderer="flat", scale=0.25) as server:
        chosen = Settings(data=tmp_path / "data", demo_url=server.url, endpoint="/v1/klein")
        with Playground(chosen, DOCUMENT) as opened:
            yield opened


def form_of(path: str) -> Form:
    """The form of an endpoint."""
    operation = DOCUMENT.operation(path)
    return Form(operation, operation.fields)


def content_for(path: str) -> str:
    """What the page writes for as many images as the field takes, at most three, one of them by its address."""
    shape = DOCUMENT.operation(path).field(FIELDS[path]).images
    assert shape is not None
    entries: list[Any] = [{"path": save_upload(png(color), f"{color}.png")} for color in ("red", "teal", "navy")]
    if shape.takes_address and shape.most != 1:
        entries[1] = {"address": ADDRESS}
    return json.dumps(entries[: shape.most])


@pytest.mark.parametrize("path", FIELDS)
def test_form_to_request_and_back(maker: Playground, path: str) -> None:
    """The form's images are sent in the shape of the schema; the record fills the form with the same request again."""
    form, name = form_of(path), FIELDS[path]
    raw = {"prompt": "a mill", name: content_for(path)}
    made = list(maker.generate(form.read(raw), endpoint=path))[-1]
    assert made.state is State.SUCCEEDED, made.error
    filled = form.fill(maker.load_inputs(made))
    assert len(json.loads(filled[name])) == len(json.loads(raw[name]))
    again = maker.prepare(form.read({**raw, **filled}), endpoint=path)
    assert again.redacted[name] == made.request[name]
    if "seed" not in made.request:
        assert again.fingerprint == made.fingerprint


@pytest.mark.parametrize("path", FIELDS)
def test_images_in_the_json(path: str) -> None:
    """The JSON has a placeholder for each file; images that are moved or removed there are so in the form."""
    form, name = form_of(path), FIELDS[path]
    raw = {"prompt": "a mill", name: content_for(path)}
    shown = json.loads(json_editor.request_text(form, raw))
    assert "(image" in json.dumps(shown[name])
    assert "iVBOR" not in json.dumps(shown)
    if isinstance(shown[name], list):
        edit = json_editor.apply_edit(form, raw, json.dumps({**shown, name: shown[name][::-1]}))
        assert json.loads(edit.inputs[name]) == json.loads(raw[name])[::-1]
    edit = json_editor.apply_edit(form, raw, json.dumps({"prompt": "a mill"}))
    assert edit.inputs[name] == ""


def test_members_of_an_object_are_edited_as_json() -> None:
    """A weight that is written into the JSON stays with its image in the form and in the request."""
    form = form_of("/v1/objects")
    raw = {"prompt": "a mill", "references": content_for("/v1/objects")}
    shown = json.loads(json_editor.request_text(form, raw))
    shown["references"][0]["weight"] = 0.25
    edit = json_editor.apply_edit(form, raw, json.dumps(shown))
    value = form.read({**raw, **edit.inputs})["references"]
    assert value[0]["weight"] == 0.25
    assert isinstance(value[0]["base64"], Path)


def test_values_of_programs() -> None:
    """A program gives files, texts, or objects as the schema has them."""
    field = DOCUMENT.operation("/v1/flux-3-image").field("images")
    path = save_upload(png(), "a.png")
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    assert image_list.read_images(field, file) == Path(path)
    assert image_list.read_images(field, [file, ADDRESS]) == [Path(path), ADDRESS]
    assert image_list.read_images(field, "QUJD") == "QUJD"
    references = DOCUMENT.operation("/v1/objects").field("references")
    assert image_list.read_images(references, [{"base64": file, "weight": 1}]) == [{"base64": Path(path), "weight": 1}]
    assert image_list.read_images(references, [file]) == [{"base64": Path(path)}]
    assert image_list.read_images(references, "") is None


@pytest.mark.parametrize("shape", ["{}", "[{}]", '[{{"base64": {}}}]', '"{}"'])
def test_only_uploads_are_opened(tmp_path: Path, shape: str) -> None:
    """A path outside the uploads is refused in every shape, as an object and as the text that the page writes."""
    (tmp_path / "secret.png").write_bytes(png())
    entry = json.dumps({"path": str(tmp_path / "secret.png")})
    text = json.dumps(f"[{entry}]") if shape == '"{}"' else shape.format(entry)
    with pytest.raises(gr.Error):
        image_list.check_content(json.loads(text))
    assert image_list.check_content([{"path": save_upload(png(), "a.png")}, ADDRESS, None])


def test_image_is_added_to_a_list() -> None:
    """A list gets another image at its end; a field for one image gets it in place of the other."""
    field, single = form_of("/v1/flux-3-image").fields[1], form_of("/v1/klein").fields[1]
    path = Path(save_upload(png("pink"), "pink.png"))
    content = content_for("/v1/flux-3-image")
    assert json.loads(image_list.add_image(field, content, path)) == [*json.loads(content), {"path": str(path)}]
    assert json.loads(image_list.add_image(single, '[{"address": "x"}]', path)) == [{"path": str(path)}]


def test_the_same_image_is_stored_once(maker: Playground) -> None:
    """An image that is used twice, and again by a later request, is one file."""
    form = form_of("/v1/flux-3-image")
    path = save_upload(png(), "a.png")
    raw = {"prompt": "a mill", "images": json.dumps([{"path": path}] * 2)}
    for _ in range(2):
        made = list(maker.generate(form.read(raw), endpoint="/v1/flux-3-image"))[-1]
    assert len(set(made.request["images"])) == 1
    assert len(input_paths(maker.store)) == 1


def test_images_follow_to_another_endpoint() -> None:
    """Images go into the fields of another endpoint in their order; those without room are named."""
    klein, flux3, single = form_of("/v1/klein"), form_of("/v1/flux-3-image"), form_of("/v1/object")
    raw = {f"input_image{end}": json.dumps([{"path": save_upload(png(), f"a{end}.png")}]) for end in ("", "_2", "_4")}
    values = {name: value for name, value in klein.read(raw).items() if value is not None}
    there = switch.carry_over(flux3, values)
    paths = [json.loads(content)[0]["path"] for content in raw.values()]
    assert [entry["path"] for entry in json.loads(there.inputs["images"])] == paths
    assert there.rejected == ()
    back = switch.carry_over(klein, {"images": [*flux3.read(there.inputs)["images"], ADDRESS]})
    names = ["input_image", "input_image_2", "input_image_3", "input_image_4"]
    assert [json.loads(back.inputs[name])[0] for name in names] == [
        *({"path": path} for path in paths),
        {"address": ADDRESS},
    ]
    few = switch.carry_over(single, values)
    assert json.loads(few.inputs["reference"]) == [{"path": paths[0]}]
    assert [name for name, _ in few.rejected] == ["input_image_2", "input_image_4"]
    assert switch.carry_over(flux3, {"webhook_url": ADDRESS}).inputs["images"] in (None, "")


def test_images_inside_other_values() -> None:
    """Images in an object, or in a branch of a union, have inputs of their own and fill them again."""
    text = {"type": "string"}
    edit = {"type": "object", "properties": {"image": text, "mask": text, "strength": {"type": "number"}}}
    pairs = {"type": "array", "items": {"type": "array", "prefixItems": [{"type": "number"}, text]}}
    frames = {"description": "Images as base64", "anyOf": [text, {"type": "array", "items": text}, pairs]}
    fields = [parse_field("edit", edit), parse_field("keyframes", frames)]
    assert [branch.title for branch in fields[1].branches] == ["an image", "several images", "a list"]
    form = Form(DOCUMENT.operations[0], fields)
    paths = [Path(save_upload(png(color), f"{color}.png")) for color in ("red", "teal")]
    values = {"edit": {"image": paths[0], "strength": 0.5}, "keyframes": paths}
    filled = form.fill(values)
    assert json.loads(filled["edit/image"]) == [{"path": str(paths[0])}]
    assert form.read(filled) == values
