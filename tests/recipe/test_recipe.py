"""Recipes in every form in which they travel: there and back, cut, forged and hostile."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from flux_playground import Playground, recipe
from flux_playground.errors import InvalidRecipe
from flux_playground.generation import Generation, State
from flux_playground.images import metadata
from flux_playground.recipe import ChangeKind, Recipe, SourceKind, build_link, detect, diff_words, parse_link

HASH = "sha256:" + "ab" * 32
GENERATION = Generation(
    id="0" * 32,
    owner="owner",
    created_at=1_790_000_000.0,
    endpoint="/v1/flux-pro-1.1-ultra-finetuned",
    server="https://api.us1.bfl.ai",
    request={
        "finetune_id": "my-finetune",
        "prompt": 'a <b>lion</b> 🦁 says "it\'s"',
        "seed": 2**70,
        "image_prompt": HASH,
        "webhook_url": "https://example.org/hook",
        "webhook_secret": "very-secret",
    },
    state=State.SUCCEEDED,
    seed=2**70,
    prompt="a proud lion",
    task_id="task-1",
    polling_url="https://api.us1.bfl.ai/v1/get_result?id=task-1",
    sha256="cd" * 32,
    format="jpeg",
    width=2752,
    height=1536,
    size=123_456,
    total_seconds=9.123456,
    cost=7.0,
    finished_at=1_790_000_009.0,
)
RECIPE = recipe.recipe_from_generation(GENERATION, "1.0.0 sha256:0123456789abcdef")

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    TEXTS | NUMBERS | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
NAMES = st.from_regex(r"[a-z][a-z_]{0,12}", fullmatch=True).filter(
    lambda name: name in recipe.drop_private_fields({name: 1})
)
REQUESTS = st.dictionaries(NAMES, VALUES, max_size=6)
COUNTS = st.none() | st.integers(0, 10**14)
RECIPES = st.builds(
    Recipe,
    request=REQUESTS,
    endpoint=TEXTS,
    server=TEXTS,
    document=TEXTS,
    seed=st.none() | st.integers(),
    prompt=st.none() | TEXTS.filter(bool),
    made_at=TEXTS,
    seconds=st.none() | st.floats(0, 1e9),
    cost=st.none() | st.floats(0, 1e9) | st.integers(0, 1000),
    task_id=TEXTS,
    sha256=st.sampled_from(["", "cd" * 32]),
    format=st.sampled_from(["", "jpeg", "png"]),
    size=COUNTS,
    width=COUNTS,
    height=COUNTS,
)


def drawn(name: str, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((60, 40), 90).convert("RGB").save(file, name, **options)
    return file.getvalue()


FILES = {name: drawn(name) for name in ("JPEG", "PNG", "WEBP")}


# The recipe


def test_dump_recipe() -> None:
    """A recipe has the request and the result, and no secrets."""
    text = recipe.dump_recipe(RECIPE)
    assert json.loads(text) == {
        "flux_playground_recipe": 1,
        "sent": {
            "finetune_id": "my-finetune",
            "prompt": 'a <b>lion</b> 🦁 says "it\'s"',
            "seed": 2**70,
            "image_prompt": HASH,
        },
        "used": {"seed": 2**70, "prompt": "a proud lion"},
        "endpoint": "/v1/flux-pro-1.1-ultra-finetuned",
        "server": "https://api.us1.bfl.ai",
        "document": "1.0.0 sha256:0123456789abcdef",
        "made_at": "2026-09-21T14:13:29Z",
        "seconds": 9.12,
        "cost": 7.0,
        "task_id": "task-1",
        "image": {"sha256": "cd" * 32, "format": "jpeg", "size": 123_456, "width": 2752, "height": 1536},
    }
    assert "webhook" not in text
    assert "secret" not in text
    assert list(json.loads(text)) == sorted(json.loads(text))
    assert "🦁" in text


def test_values_have_used_seed() -> None:
    """The values of a recipe have the used seed."""
    other = replace(RECIPE, request={"prompt": "a cat"}, seed=0)
    assert other.values == {"prompt": "a cat", "seed": 0}
    assert replace(other, seed=None).values == {"prompt": "a cat"}


@given(RECIPES)
def test_recipe_json_round_trip(one: Recipe) -> None:
    """A recipe survives JSON."""
    for text in (recipe.dump_recipe(one), recipe.dump_recipe(one, None), "\ufeff" + recipe.dump_recipe(one)):
        assert recipe.parse_recipe(text) == recipe.parse_recipe(text.encode()) == one
        found = detect(text)
        assert (found.kind, found.recipe, found.values) == (SourceKind.RECIPE, one, one.values)
    assert recipe.dump_recipe(one) == recipe.dump_recipe(recipe.parse_recipe(recipe.dump_recipe(one)))


@pytest.mark.parametrize("name", FILES)
@given(one=RECIPES)
def test_recipe_image_round_trip(name: str, one: Recipe) -> None:
    """A recipe survives an image file."""
    copy = metadata.embed(FILES[name], recipe.dump_recipe(one, None), recipe.format_parameters(one))
    found = detect(copy)
    assert (found.kind, found.recipe) == (SourceKind.COPY, one)
    assert found.sha256 == hashlib.sha256(copy).hexdigest()


def test_original_image() -> None:
    """An original has a hash and no settings."""
    found = detect(FILES["JPEG"])
    assert (found.kind, found.sha256) == (SourceKind.IMAGE, hashlib.sha256(FILES["JPEG"]).hexdigest())
    assert (found.values, found.recipe, found.problem, found.credentials) == ({}, None, "", False)


def test_unreadable_recipe_in_image() -> None:
    """An unreadable recipe is reported with the hash."""
    for text in ('{"flux_playground_recipe": 2, "sent": {}}', '{"flux_playground_recipe": 1, "sent": ['):
        found = detect(metadata.embed(FILES["PNG"], text))
        assert found.kind is SourceKind.IMAGE
        assert found.sha256
        assert found.problem.endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a lighthouse at dawn",
        "[]",
        "{}",
        "[" * 1_000_000,
        '{"a":' * 100_000,
        '{"flux_playground_recipe": 1}',
        '{"flux_playground_recipe": 1, "sent": []}',
        '{"flux_playground_recipe": 1, "sent": null}',
        '{"flux_playground_recipe": true, "sent": {}}',
        '{"flux_playground_recipe": 99, "sent": {}}',
        '{"flux_playground_recipe": 1, "sent": {"strength": NaN}}',
        '{"flux_playground_recipe": 1, "sent": {"strength": 1e999}}',
        '{"flux_playground_recipe": 1, "sent": {"strength": -Infinity}}',
        '{"flux_playground_recipe": 1, "sent": {"prompt": "\\ud800"}}',
        '{"flux_playground_recipe": 1, "sent": {"\\udfff": 1}}',
        '{"flux_playground_recipe": 1, "sent": {"seed": ' + "9" * 5_000 + "}}",
        '{"flux_playground_recipe": 1, "sent": {"a": ' + "[" * 30 + "]" * 30 + "}}",
        '{"flux_playground_recipe": 1, "sent": {"a": [' + "0," * 20_000 + "0]}}",
        '{"flux_playground_recipe": 1, "sent": {}, "used": 3}',
        '{"flux_playground_recipe": 1, "sent": {}, "used": {"seed": "1"}}',
        '{"flux_playground_recipe": 1, "sent": {}, "used": {"seed": 1.5}}',
        '{"flux_playground_recipe": 1, "sent": {}, "used": {"seed": true}}',
        '{"flux_playground_recipe": 1, "sent": {}, "cost": -1}',
        '{"flux_playground_recipe": 1, "sent": {}, "cost": 1' + "0" * 400 + "}",
        '{"flux_playground_recipe": 1, "sent": {}, "image": {"sha256": "../../etc/passwd"}}',
        '{"flux_playground_recipe": 1, "sent": {}, "image": []}',
        b'{"flux_playground_recipe": 1, "sent": {"prompt": "\xff"}}',
        b"\0" * 100,
        b"\x80\x81",
        "x" * 5_000_000,
        "\ud800?prompt=\udfff&recipe=1",
    ],
    ids=lambda text: repr(text[:60]),
)
def test_invalid_recipes(text: str | bytes) -> None:
    """Anything else is rejected with a short message."""
    for reader in (recipe.parse_recipe, detect):
        with pytest.raises(InvalidRecipe) as caught:
            reader(text)
        assert caught.value.message.endswith(".")
        assert len(caught.value.message) < 150


def test_hostile_recipe() -> None:
    """Webhooks and unknown names in a recipe are ignored."""
    sent = {"prompt": "<script>alert(1)</script>", "webhook_url": "https://evil.example", "x_key": "k"}
    text = json.dumps({"flux_playground_recipe": 1, "sent": sent, "later": {"a": 1}, "used": {"mood": 3}})
    assert recipe.parse_recipe(text) == Recipe(request={"prompt": "<script>alert(1)</script>"})
    assert detect(json.dumps(sent)).values == {"prompt": "<script>alert(1)</script>"}


def test_recipe_reproduces_image(playground: Playground, tmp_path: Path) -> None:
    """The recipe in a copy makes the same image."""
    Image.effect_noise((300, 200), 90).save(tmp_path / "prompt.png")
    values = {"finetune_id": "my-finetune", "prompt": "a lion 🦁", "image_prompt": tmp_path / "prompt.png"}
    first = list(playground.generate(values))[-1]
    assert first.image is not None
    written = recipe.recipe_from_generation(first, recipe.document_version(playground.document.raw))
    copy = metadata.embed(playground.store.read_image(first), recipe.dump_recipe(written, None))
    again = dict(detect(copy).values)
    again["image_prompt"] = playground.store.inputs.load(again["image_prompt"])
    second = list(playground.generate(again))[-1]
    assert first.sha256 == second.sha256 == written.sha256
    assert recipe.fingerprint(first.server, first.endpoint, first.request) == recipe.fingerprint(
        second.server, second.endpoint, second.request
    )


# The link


@given(request=REQUESTS, endpoint=st.sampled_from(["", "/v1/flux-pro-1.1-ultra"]))
def test_link_round_trip(request: dict[str, Any], endpoint: str) -> None:
    """A link sets the values that it was built from."""
    told = {
        name: value for name, value in request.items() if value not in (None, "") and name not in ("endpoint", "recipe")
    }
    query = build_link(request, request, endpoint)
    assert query.isascii()
    assert " " not in query
    found = detect("https://example.org/play" + query)
    assert (found.kind, found.values, found.endpoint) == (SourceKind.LINK, told, endpoint)
    assert json.dumps(found.values, sort_keys=True) == json.dumps(told, sort_keys=True)  # 1, 1.0 and True are equal


def test_link_is_readable() -> None:
    """Plain values in a link need no JSON."""
    values = {"prompt": "a lion, it's 5:30", "seed": 42, "aspect_ratio": "16:9", "raw": False, "nickname": "42"}
    assert build_link(values, values, "/v1/flux-pro-1.1") == (
        "?aspect_ratio=16:9&nickname=%2242%22&prompt=a+lion,+it%27s+5:30&raw=false&seed=42"
        "&endpoint=/v1/flux-pro-1.1&recipe=1"
    )


def test_link_without_secrets() -> None:
    """Links have no secrets and no images."""
    values = {**GENERATION.request, "guidance": 3}
    names = set(values) - {"guidance"}
    assert parse_link(build_link(values, names))[0].keys() == {"finetune_id", "prompt", "seed"}
    forged = f"?prompt=a&webhook_url=https://evil.example&image_prompt={HASH}&__theme=dark&recipe=1"
    assert parse_link(forged)[0] == {"prompt": "a", "__theme": "dark"}


@pytest.mark.parametrize(
    "query",
    ["?prompt=a", "?prompt=a&recipe=2", "?prompt=a&prompt=b&recipe=1", "?prompt=%ff&recipe=1", "?" + "a=1&" * 500],
)
def test_invalid_links(query: str) -> None:
    """A truncated or forged link is rejected."""
    with pytest.raises(InvalidRecipe):
        parse_link(query)


def test_long_link() -> None:
    """A link that is too long is rejected."""
    with pytest.raises(InvalidRecipe, match="4,000"):
        build_link({"prompt": "x" * 4_000}, {"prompt"})
    with pytest.raises(InvalidRecipe):
        build_link({"prompt": "\ud800"}, {"prompt"})


def test_deep_json_in_link() -> None:
    """A value that is not valid JSON is text."""
    deep = "[" * 2_000
    assert parse_link(f"?prompt={deep}&seed=NaN&recipe=1")[0] == {"prompt": deep, "seed": "NaN"}


# Code


def test_code_without_request() -> None:
    """Code without a request gets a sentence of its own; a JSON object without known names is shown."""
    for text in ("const a = {b: f()};", "import os\nprint(1)", 'curl -d \'{"prompt": "it\'s"}\' https://a.example'):
        with pytest.raises(InvalidRecipe, match="This looks like code"):
            detect(text)
    assert detect('{"note": 1}').values == {"note": 1}
    assert detect('{"guidance": 1, "a": {"prompt": "a"}}', ("guidance", "steps")).values["guidance"] == 1


def test_recipe_in_prose() -> None:
    """A recipe is found between other words."""
    text = f"Here it is:\n```json\n{recipe.dump_recipe(RECIPE)}\n```\nHave fun."
    assert detect(text).recipe == RECIPE


def test_response_is_partial() -> None:
    """A response of the API has prompt and seed, but not the whole request."""
    found = detect(
        '{"id": "4c05", "status": "Ready", "result": {"sample": "https://a.example/a", "prompt": "a", "seed": 4}}'
    )
    assert (found.kind, found.is_partial) == (SourceKind.REQUEST, True)
    assert found.values == {"sample": "https://a.example/a", "prompt": "a", "seed": 4}


# Other tools


PARAMETERS = """a lighthouse, (dawn:1.2)
second line
Negative prompt: people, boats
Steps: 20, Sampler: Euler a, CFG scale: 7.5, Seed: 3141592653, Size: 768x512, Model: v1-5, Lora hashes: "a: 1, b: 2"
"""


def test_parse_parameters() -> None:
    """Prompt, size and settings are parsed."""
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", PARAMETERS)
    pasted, inside = detect(PARAMETERS), detect(drawn("PNG", pnginfo=info))
    assert (pasted.kind, inside.kind) == (SourceKind.PARAMETERS, SourceKind.COPY)
    assert pasted.values == inside.values
    assert pasted.values == {
        "prompt": "a lighthouse, (dawn:1.2)\nsecond line",
        "negative_prompt": "people, boats",
        "steps": 20,
        "sampler": "Euler a",
        "cfg_scale": "7.5",
        "seed": 3141592653,
        "width": 768,
        "height": 512,
        "aspect_ratio": "3:2",
        "model": "v1-5",
        "lora_hashes": "a: 1, b: 2",
    }


def test_prompt_only() -> None:
    """Plain text is a prompt only in an image."""
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "only a prompt")
    assert detect(drawn("PNG", pnginfo=info)).values == {"prompt": "only a prompt"}
    with pytest.raises(InvalidRecipe):
        detect("only a prompt")
    with_json = PngImagePlugin.PngInfo()
    with_json.add_text("parameters", '{"Prompt": "a cat", "Seed": "7", "loras": []}')
    assert detect(drawn("PNG", pnginfo=with_json)).values == {"prompt": "a cat", "seed": 7}


def test_format_parameters() -> None:
    """Our text for other tools can be parsed."""
    settings = recipe.parse_parameters(recipe.format_parameters(RECIPE))
    assert settings is not None
    read = settings.values
    assert (read["prompt"], read["seed"], read["width"]) == ("a proud lion", 2**70, 2752)


def test_hostile_parameters() -> None:
    """Hostile texts are parsed to an end."""
    for text in ("a: " * 500_000, 'a:"' * 500_000, "a" * 2_000_000, "Steps: 1, " + "x " * 1_000_000):
        recipe.parse_parameters(text)


# Anything


def copies() -> list[bytes]:
    inside = recipe.dump_recipe(RECIPE, None)
    files = [metadata.embed(data, inside, recipe.format_parameters(RECIPE)) for data in FILES.values()]
    return [
        *files,
        recipe.dump_recipe(RECIPE).encode(),
        PARAMETERS.encode(),
        b"https://x.example/?prompt=a&seed=1&recipe=1",
    ]


@given(whole=st.sampled_from(copies()), data=st.data())
def test_detect_damaged_files(whole: bytes, data: st.DataObject) -> None:
    """A damaged file is detected or rejected."""
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, min(len(damaged), 1_500)))
        damaged[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=6))
    with contextlib.suppress(InvalidRecipe):
        assert isinstance(detect(bytes(damaged)).kind, SourceKind)
    with contextlib.suppress(InvalidRecipe):
        assert isinstance(recipe.parse_recipe(bytes(damaged)), Recipe)


@given(st.binary() | st.text(st.characters()) | st.from_regex(r"\{.{0,40}\}|https?://.{0,20}\?.{0,20}recipe=1"))
def test_detect_any_input(data: bytes | str) -> None:
    """Any input is detected or rejected."""
    with contextlib.suppress(InvalidRecipe):
        assert isinstance(detect(data).kind, SourceKind)


# The same request


def test_fingerprint() -> None:
    """Order, blanks and webhooks do not matter."""
    endpoint, server = GENERATION.endpoint, GENERATION.server
    print_ = recipe.fingerprint(server, endpoint, {"prompt": "a", "seed": 1, "strength": 1.0})
    assert print_ == recipe.fingerprint(
        server + "/",
        endpoint,
        {"strength": 1, "seed": 1, "prompt": "a", "raw": None, "webhook_url": "https://x.example"},
    )
    others = [
        (server, endpoint, {"prompt": "a", "seed": 2, "strength": 1}),
        (server, endpoint, {"prompt": "a", "seed": "1", "strength": 1}),
        (server, endpoint, {"prompt": "a", "seed": 1, "strength": 1, "raw": False}),
        (server, "/v1/other", {"prompt": "a", "seed": 1, "strength": 1}),
        ("https://api.eu1.bfl.ai", endpoint, {"prompt": "a", "seed": 1, "strength": 1}),
    ]
    ports = {recipe.fingerprint(f"http://127.0.0.1{port}", endpoint, {"seed": 1}) for port in (":41000", ":5/", "")}
    assert len(ports) == 1, "the local server has another port after each start"
    assert ports.isdisjoint({recipe.fingerprint("http://127.0.0.1:5/api", endpoint, {"seed": 1})})
    assert len({print_, *(recipe.fingerprint(*other) for other in others)}) == 6


def test_document_version() -> None:
    """A document is identified by version and hash."""
    document = {"info": {"version": "1.0.0"}, "paths": {}}
    assert recipe.document_version(document).startswith("1.0.0 sha256:")
    assert recipe.document_version(document) != recipe.document_version({**document, "paths": {"/v1/a": {}}})
    assert recipe.document_version({"responses": {200: object, "at": float("nan")}}).startswith("sha256:")


# Words


def test_diff_words() -> None:
    """A rewritten prompt is compared word by word."""
    changes = diff_words("a cat, at dawn", "a fluffy cat sits at dawn")
    assert [(one.kind, one.text) for one in changes] == [
        (ChangeKind.SAME, "a"),
        (ChangeKind.ADDED, " fluffy"),
        (ChangeKind.SAME, " cat"),
        (ChangeKind.REMOVED, ","),
        (ChangeKind.ADDED, " sits"),
        (ChangeKind.SAME, " at dawn"),
    ]
    assert diff_words("", "") == ()
    assert [one.kind for one in diff_words("same", "same")] == [ChangeKind.SAME]


@given(before=st.text(), after=st.text())
def test_diff_is_complete(before: str, after: str) -> None:
    """The runs make up both texts."""
    changes = diff_words(before, after)
    assert "".join(one.text for one in changes if one.kind is not ChangeKind.REMOVED) == after
    old = "".join(one.text for one in changes if one.kind is not ChangeKind.ADDED)
    assert "".join(old.split()) == "".join(before.split())


def test_long_texts() -> None:
    """The comparison of long texts is bounded."""
    for before, after in (("a " * 400, "a b " * 200), ("a " * 50_000, "b a " * 25_000), ("x" * 100_000, "y" * 100_000)):
        diff_words(before, after)
    end = diff_words("same " + "a " * 900 + "end", "same " + "b " * 900 + "end")
    assert [one.kind for one in end] == [ChangeKind.SAME, ChangeKind.REMOVED, ChangeKind.ADDED, ChangeKind.SAME]
