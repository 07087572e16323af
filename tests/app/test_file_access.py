"""Only uploaded files are opened, whatever a client names; only images are sent."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from flux_playground import Playground
from flux_playground.build_request import build
from flux_playground.errors import InvalidRequest
from flux_playground.local import LocalServer
from flux_playground.request_images import decode_base64, image_faults
from flux_playground.schema import Operation, load, load_text
from flux_playground.schema.document import BUNDLED_DOCUMENT
from flux_playground.ui.form.form import Form
from flux_playground.ui.gradio_patches import uploaded_files
from flux_playground.ui.gradio_patches.uploaded_files import NOT_UPLOADED, uploaded_path
from flux_playground.ui.json_editor import json_editor

from ..hosted_page import HostedPage
from ..http_visitor import Stranger


def png(width: int = 8, height: int = 6) -> bytes:
    """A small image."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 40)).save(file, "PNG")
    return file.getvalue()


TEXT = base64.b64encode(png()).decode()
URLSAFE = base64.urlsafe_b64encode(png()).decode().rstrip("=")


@pytest.fixture
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of uploads, with one image in it."""
    folder = tmp_path / "uploads"
    folder.mkdir()
    (folder / "own.png").write_bytes(png())
    monkeypatch.setattr(uploaded_files, "get_upload_folder", lambda: str(folder))
    return folder


def test_uploaded_file(uploads: Path) -> None:
    """A file in the folder of uploads is taken."""
    assert uploaded_path(SimpleNamespace(path=str(uploads / "own.png"), url=None)) == str(uploads / "own.png")


def test_folder_behind_a_symlink(uploads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Uploads are taken where the folder is reached through a symlink, named either way."""
    link = tmp_path / "link"
    link.symlink_to(uploads)
    monkeypatch.setattr(uploaded_files, "get_upload_folder", lambda: str(link))
    for folder in (link, uploads):
        assert uploaded_path(SimpleNamespace(path=str(folder / "own.png"))) == str(uploads / "own.png")


def test_other_files_get_one_sentence(uploads: Path, tmp_path: Path) -> None:
    """Every other path is refused with the same sentence, whether the file exists or not."""
    (tmp_path / "secret.png").write_bytes(png())
    (uploads / "link.png").symlink_to(tmp_path / "secret.png")
    own = str(uploads / "own.png")
    for payload in (
        SimpleNamespace(path=str(tmp_path / "secret.png"), url=None),
        SimpleNamespace(path=str(tmp_path / "missing.png"), url=None),
        SimpleNamespace(path=None, url=own),
        SimpleNamespace(path=None, url="/etc/passwd"),
        SimpleNamespace(path=str(uploads / ".." / "secret.png"), url=None),
        SimpleNamespace(path=str(uploads / "link.png"), url=None),
        SimpleNamespace(path=str(uploads), url=None),
        SimpleNamespace(path="\0", url=None),
        SimpleNamespace(path={"path": own}, url=None),
        own,
        5,
        ["x"],
    ):
        with pytest.raises(gr.Error) as caught:
            uploaded_path(payload)
        assert caught.value.message == NOT_UPLOADED


@pytest.fixture
def address(hosted: HostedPage) -> str:
    """A hosted page."""
    return hosted.url


@pytest.mark.parametrize("key", ["path", "url"])
def test_page_opens_no_named_file(address: str, tmp_path: Path, key: str) -> None:
    """A press whose image names a file of the machine makes nothing, and says nothing about that file."""
    (tmp_path / "secret.png").write_bytes(png(640, 480))
    answers = []
    for name in (str(tmp_path / "secret.png"), str(tmp_path / "missing.png"), "/proc/kmsg"):
        stranger = Stranger(address)
        stranger.hello()
        answers.append(stranger.generate(finetune_id="my-finetune", image_prompt={key: name}))
    for answer in answers:
        assert "no longer there" not in answer
        assert "not an image" not in answer
        assert "frame waiting" not in answer
    assert len({len(answer) // 100 for answer in answers}) == 1


@pytest.fixture(scope="module")
def operation() -> Operation:
    """The shipped endpoint."""
    return load().operation("/v1/flux-pro-1.1-ultra-finetuned")


@pytest.mark.parametrize(
    "value",
    [
        TEXT,
        "\n".join(TEXT[i : i + 76] for i in range(0, len(TEXT), 76)),
        f"data:image/png;base64,{TEXT}",
        URLSAFE,
        f"data:image/png;base64,{URLSAFE}",
    ],
    ids=["plain", "lines", "data", "url-safe", "data url-safe"],
)
def test_spellings_of_base64(operation: Operation, value: str) -> None:
    """Base64 in lines, as a data URL and in the URL-safe alphabet is sent as plain base64."""
    sent = build(operation, {"finetune_id": "f", "image_prompt": value})["image_prompt"]
    assert base64.b64decode(sent, validate=True) == png()
    assert decode_base64(value) == png()


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("lighthouse12", "not an image"),
        (base64.b64encode(b"%PDF-1.7 not an image").decode(), "not an image"),
        (base64.b64encode(b"<html>sign in</html>").decode(), "not an image"),
        ("https://example.org/a.png", "is an address; give the image itself"),
        ("photo.png", "not an image as base64"),
        ("été.png", "not an image as base64"),
        ("sha256:" + "0" * 64, "no longer kept"),
    ],
)
def test_no_image_is_not_sent(operation: Operation, value: str, sentence: str) -> None:
    """A value that is no image is refused at its field before anything is sent."""
    with pytest.raises(InvalidRequest, match=sentence) as caught:
        build(operation, {"finetune_id": "f", "image_prompt": value})
    assert caught.value.details[0].field == "image_prompt"
    assert image_faults(operation.field("image_prompt"), value)[0].msg == caught.value.details[0].msg


def with_addresses() -> Operation:
    """The shipped endpoint with an image field that takes addresses."""
    text = BUNDLED_DOCUMENT.read_text("utf-8")
    described = load().operation("/v1/flux-pro-1.1-ultra-finetuned").field("image_prompt").description
    return load_text(text.replace(described, "Base64 encoded image or URL to use.")).operations[0]


def test_address_where_the_api_takes_one(server: LocalServer, playground: Playground) -> None:
    """An address passes where the field's description names URLs, and the local server renders without it."""
    operation = with_addresses()
    address = "https://example.org/a.png"
    assert build(operation, {"finetune_id": "f", "image_prompt": address})["image_prompt"] == address
    playground.document = load_text(
        BUNDLED_DOCUMENT.read_text("utf-8").replace(
            load().operation(operation.path).field("image_prompt").description, "Base64 encoded image or URL to use."
        )
    )
    playground.operation = playground.document.operations[0]
    last = list(playground.generate({"finetune_id": "my-finetune", "image_prompt": address}))[-1]
    assert last.request["image_prompt"] == address


@pytest.mark.parametrize(
    "value", [f"data:image/png;base64,{TEXT}", "\n".join(TEXT[i : i + 76] for i in range(0, len(TEXT), 76)), URLSAFE]
)
def test_json_view_takes_each_spelling(operation: Operation, value: str) -> None:
    """An image that a request may hold reaches the form; it never replaces the image there by nothing."""
    edit = json_editor.apply_edit(
        Form(operation, operation.fields), {"finetune_id": "f"}, json.dumps({"image_prompt": value})
    )
    (image,) = json.loads(edit.inputs["image_prompt"])
    assert Path(image["path"]).read_bytes() == png()


IMAGES = {"type": "array", "description": "Images.", "items": {"type": "string", "description": "Base64 or URL."}}


def with_list() -> Operation:
    """An endpoint with a list of images."""
    answer = {"type": "object", "properties": {"id": {"type": "string"}, "polling_url": {"type": "string"}}}
    body = {"type": "object", "properties": {"input_images": IMAGES}}
    post = {
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"200": {"content": {"application/json": {"schema": answer}}}},
    }
    return load_text(json.dumps({"openapi": "3.1.0", "paths": {"/v1/x": {"post": post}}})).operation("/v1/x")


@pytest.mark.parametrize("value", [["http://example.org/a.png"], [TEXT, "hello"], [5], [TEXT, ""], TEXT])
def test_json_view_names_a_wrong_list(value: Any) -> None:
    """A list with anything but images is named, and the form keeps the images that it had."""
    operation = with_list()
    edit = json_editor.apply_edit(Form(operation, operation.fields), {}, json.dumps({"input_images": value}))
    assert "input_images" not in edit.inputs
    assert "The form keeps what it had." in edit.message


def test_address_where_the_items_take_one() -> None:
    """An address passes where only the description of a list's items names URLs."""
    value = ["https://example.org/a.png"]
    assert build(with_list(), {"input_images": value}) == {"input_images": value}


@pytest.mark.parametrize("value", ["https://example.org/a.png", "hello", 5, ["a"]])
def test_json_view_names_a_wrong_image(operation: Operation, value: Any) -> None:
    """A wrong image in the JSON is named under it, and the form keeps what it had."""
    raw = {"finetune_id": "f", "image_prompt": None}
    text = json.dumps({"finetune_id": "f", "image_prompt": value})
    edit = json_editor.apply_edit(Form(operation, operation.fields), raw, text)
    assert "image_prompt" not in edit.inputs
    assert "image_prompt" in edit.message
    assert "The form keeps what it had." in edit.message


def test_large_image_is_scaled_down(operation: Operation) -> None:
    """An image of more than 40 megapixels is scaled down instead of refused."""
    file = io.BytesIO()
    Image.new("RGB", (9_000, 5_000), (20, 90, 140)).save(file, "JPEG", quality=60)
    sent = build(operation, {"finetune_id": "f", "image_prompt": file.getvalue()})["image_prompt"]
    with Image.open(io.BytesIO(base64.b64decode(sent))) as image:
        assert image.size == (4096, 2276)


@pytest.mark.parametrize(
    ("field", "given", "sent"),
    [
        ("finetune_id", " my-finetune\n", "my-finetune"),
        ("finetune_id", "\ufeffmy-finetune\u200b", "my-finetune"),
        ("finetune_id", '"my-finetune"\n', "my-finetune"),
        ("finetune_id", " \u201cmy-finetune\u201d ", "my-finetune"),
        ("finetune_id", "\ufeff \u200bmy\u200b-finetune \u200b\n", "my-finetune"),
        ("finetune_id", "\u2060my-fine\u00adtune\u200e\u202c\ufe0f", "my-finetune"),
        ("aspect_ratio", "16x9", "16:9"),
        ("aspect_ratio", "16/9", "16:9"),
        ("aspect_ratio", "1920x1080", "16:9"),
        ("prompt", " a mill ", " a mill "),
    ],
)
def test_typed_texts_as_meant(operation: Operation, field: str, given: str, sent: str) -> None:
    """Ids lose what surrounds them, ratios get their colon, prompts stay as typed."""
    assert build(operation, {"finetune_id": "f", field: given})[field] == sent


@pytest.mark.parametrize("given", ["f\0", "my\nfinetune", "my\tfinetune", "f\x85x"])
def test_control_characters(operation: Operation, given: str) -> None:
    """A control character is refused at its field."""
    with pytest.raises(InvalidRequest, match="finetune_id: contains a control character"):
        build(operation, {"finetune_id": given})


def test_prompt_keeps_its_lines(operation: Operation) -> None:
    """Line breaks and tabs of a prompt are sent."""
    assert build(operation, {"finetune_id": "f", "prompt": "a\n\tmill"})["prompt"] == "a\n\tmill"
