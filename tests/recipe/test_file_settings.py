"""Settings of other tools in image files: each layout, in each container and encoding, in any order."""

from __future__ import annotations

import io
import json
import random
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from flux_playground.images import metadata
from flux_playground.images.metadata import read_texts
from flux_playground.recipe import SourceKind, detect
from flux_playground.recipe.tool_settings import NO_SEED, UNCLEAR

from . import tool_files as made
from .tool_files import INFOTEXT, PROMPT, SEED, chunk, comment, png, text_chunk, tiff, with_chunks, with_exif, with_xmp

DUMPED = {
    name: json.dumps(value)
    for name, value in {
        "swarm": made.SWARM,
        "fooocus": made.FOOOCUS,
        "invoke": made.INVOKE,
        "mflux": made.MFLUX,
        "ruined": made.RUINED,
        "easy": made.EASY,
        "draw things": made.DRAW_THINGS,
        "novelai": {"prompt": PROMPT, **made.NOVELAI},
        "sd-metadata": made.SD_METADATA,
    }.items()
}
GRAPH, FLUX_GRAPH, WORKFLOW = json.dumps(made.GRAPH), json.dumps(made.FLUX_GRAPH), json.dumps(made.WORKFLOW)
NAN_GRAPH = json.dumps({**made.GRAPH, "9": {"class_type": "Note", "inputs": {}, "is_changed": [float("nan")]}})
CIVITAI = json.dumps(
    {**made.GRAPH, "extra": {"airs": []}, "extraMetadata": json.dumps({"prompt": PROMPT, "seed": SEED})}
)
FLUX_DEMO = [
    (made.DESCRIPTION, made.ASCII, PROMPT.encode() + b"\0"),
    (made.MAKE, made.ASCII, b"Black Forest Labs\0"),
    (made.SOFTWARE, made.ASCII, b"AI generated;txt2img;flux\0"),
]
FOOOCUS_EXIF: dict[str, Any] = {"directory": "first", "kind": made.ASCII, "code": b"", "encoding": "utf-8"}

COMPLETE = {
    "A1111 in a PNG": png(("parameters", INFOTEXT)),
    "behind the pixels": with_chunks(text_chunk("parameters", INFOTEXT), behind_pixels=True),
    "line breaks of Windows": png(("parameters", INFOTEXT.replace("\n", "\r\n"))),
    "a JPEG comment": made.drawn("JPEG", comment=INFOTEXT.encode()),
    "an AVIF": with_exif("AVIF", comment(INFOTEXT)),
    "a hexadecimal profile": png(
        ("Raw profile type exif", "\nexif\n  999\n" + (b"Exif\0\0" + comment(INFOTEXT)).hex()), kind="zTXt"
    ),
    "a comment of Windows": with_exif("JPEG", tiff([(made.XP_COMMENT, made.BYTE, INFOTEXT.encode("utf-16-le"))])),
    "SwarmUI": png(("parameters", DUMPED["swarm"])),
    "SwarmUI in a JPEG": with_exif("JPEG", comment(DUMPED["swarm"], "utf-16-le", order="<")),
    "ComfyUI and then parameters": png(("prompt", GRAPH), ("workflow", WORKFLOW), ("parameters", INFOTEXT)),
    "parameters and then ComfyUI": png(("parameters", INFOTEXT), ("prompt", GRAPH), ("workflow", WORKFLOW)),
    "ComfyUI and EXIF": png(("workflow", WORKFLOW), exif=comment(INFOTEXT)),
    "NovelAI, older": png(("Software", "NovelAI"), ("Comment", json.dumps(made.NOVELAI)), ("Description", PROMPT)),
    "NovelAI by its source": png(
        ("Description", PROMPT), ("Comment", json.dumps(made.NOVELAI)), ("Source", "NovelAI V3")
    ),
    "NovelAI, its names": png(("Description", PROMPT), ("Comment", json.dumps(made.NOVELAI))),
    "NovelAI, newer": png(("Description", PROMPT), ("Software", "NovelAI"), ("Comment", DUMPED["novelai"])),
    "NovelAI in a WebP": made.novelai_webp(),
    "Fooocus, its JSON": png(("fooocus_scheme", "fooocus"), ("parameters", DUMPED["fooocus"])),
    "Fooocus, its JSON in a JPEG": with_exif("JPEG", comment(DUMPED["fooocus"], **FOOOCUS_EXIF)),
    "Fooocus in a JPEG": with_exif("JPEG", comment(INFOTEXT, **FOOOCUS_EXIF)),
    "Fooocus in a WebP": with_exif("WEBP", comment(INFOTEXT, **FOOOCUS_EXIF)),
    "Draw Things": with_xmp("PNG", made.xmp(exif_UserComment=DUMPED["draw things"], xmp_CreatorTool="Draw Things")),
    "Draw Things, its text": with_xmp("JPEG", made.xmp(dc_description=made.DRAW_THINGS_TEXT)),
    "Draw Things in a WebP": with_xmp("WEBP", made.xmp(exif_UserComment=DUMPED["draw things"])),
    "Draw Things in an AVIF": with_xmp("AVIF", made.xmp(exif_UserComment=DUMPED["draw things"])),
    "InvokeAI": png(("invokeai_metadata", DUMPED["invoke"]), ("invokeai_graph", "{}")),
    "InvokeAI 2": png(("sd-metadata", DUMPED["sd-metadata"]), ("Dream", made.DREAM)),
    "InvokeAI 1": png(("Dream", made.DREAM)),
    "mflux": with_exif("PNG", comment(DUMPED["mflux"], "utf-8", b"")),
    "mflux in a JPEG": with_exif("JPEG", comment(DUMPED["mflux"], "utf-8", b"")),
    "RuinedFooocus": png(("parameters", DUMPED["ruined"])),
    "Easy Diffusion": png(*((name, str(value)) for name, value in made.EASY.items())),
    "Easy Diffusion in a JPEG": with_exif("JPEG", comment(DUMPED["easy"], "utf-8", b"ASCII\0\0\0")),
    "Civitai's generator": with_exif("JPEG", comment(CIVITAI)),
    "TensorArt": png(
        ("prompt", GRAPH), ("generation_data", json.dumps({"prompt": PROMPT, "seed": str(SEED), "width": 1216}) + "\0")
    ),
    "Stability Matrix": png(
        ("parameters-json", json.dumps({"PositivePrompt": PROMPT, "NegativePrompt": "people", "Seed": SEED})),
        ("smproj", json.dumps({"State": {"Seed": {"Seed": 77}, "Prompt": {"Prompt": "the next prompt"}}})),
    ),
    "sd-scripts": png(("seed", str(SEED)), ("prompt", PROMPT), ("negative-prompt", "people"), ("scale", "7.5")),
    "Sygil": png(("SD:prompt", PROMPT), ("SD:negative_prompt", "people"), ("SD:seed", str(SEED))),
    "A1111 settings of Fooocus": png(
        ("parameters", INFOTEXT.replace(", Size", ', Raw prompt: "a mill", Raw negative prompt: , Size'))
    ),
    "a list of settings": png(("parameters", made.LISTED)),
    "a node of BFL's API": png(("prompt", json.dumps(made.API_GRAPH)), ("workflow", WORKFLOW)),
    "a GIF comment": made.drawn("GIF", comment=INFOTEXT.encode()),
    "XMP in a GIF": made.gif_with_xmp(made.xmp(exif_UserComment=INFOTEXT)),
    "a TIFF": made.drawn("TIFF", description=INFOTEXT),
    "IPTC in a TIFF": made.drawn("TIFF", tiffinfo={0x8649: made.iptc(INFOTEXT)}),
    "IPTC in a JPEG": made.jpeg_with((0xED, b"Photoshop 3.0\0" + made.iptc(INFOTEXT))),
    "IPTC in a PNG": png(("Raw profile type iptc", "\niptc\n  9\n" + made.iptc(INFOTEXT).hex()), kind="zTXt"),
    "a long XMP packet": made.extended_xmp(made.xmp(exif_UserComment=INFOTEXT, dc_title="x" * 2_000)),
    "its parts in another order": made.extended_xmp(made.xmp(exif_UserComment=INFOTEXT), part_bytes=99, order=-1),
    "A1111 in the alpha channel": made.hidden(INFOTEXT, "stealth_pnginfo"),
    "A1111 in the colors": made.hidden(INFOTEXT, "stealth_rgbcomp"),
    "NovelAI in the alpha channel": made.hidden(
        json.dumps({"Description": PROMPT, "Software": "NovelAI", "Comment": json.dumps(made.NOVELAI)}),
        "stealth_pngcomp",
    ),
    "NovelAI in the pixels of a WebP": made.hidden(
        json.dumps({"Description": PROMPT, "Software": "NovelAI", "Comment": json.dumps(made.NOVELAI)}),
        "stealth_pngcomp",
        "WEBP",
    ),
}


def summary(data: bytes | str) -> tuple[Any, Any, tuple[str, ...]]:
    """Prompt, seed and notes of what is detected."""
    found = detect(data)
    return found.values.get("prompt"), found.values.get("seed"), found.notes


@pytest.mark.parametrize("name", COMPLETE)
def test_complete_settings(name: str) -> None:
    """Prompt and seed are read in the layout of each tool, without a note."""
    assert detect(COMPLETE[name]).kind is SourceKind.COPY
    assert summary(COMPLETE[name]) == (PROMPT, SEED, ())


@pytest.mark.parametrize("name", [name for name in COMPLETE if "NovelAI" not in name and "Civitai" not in name])
def test_negative_prompt_and_size(name: str) -> None:
    """The negative prompt is never a part of the prompt, and a size gives the aspect ratio."""
    values = detect(COMPLETE[name]).values
    assert values.get("negative_prompt", "people") == "people"
    assert values.get("aspect_ratio", "19:13") == "19:13"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-16-le", "utf-16", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("text", [INFOTEXT, made.CHINESE, made.JAPANESE, DUMPED["mflux"]])
def test_encodings_of_exif(text: str, encoding: str, order: str) -> None:
    """A user comment is read in each encoding, whatever the code before it and the byte order of the block say."""
    plain = summary(png(("parameters", text)))
    for code in (b"UNICODE\0", b"Unicode\0", b"ASCII\0\0\0", b"\0" * 8, b""):
        for kind in (made.BYTE, made.ASCII, made.UNDEFINED):
            for directory in ("first", "exif", "second"):
                block = comment(text, encoding, code, order, kind=kind, directory=directory)
                (found,) = read_texts(png(exif=block))
                assert found.text == text, (code, kind, directory)
                assert found.key == "comment"
    for container in ("PNG", "JPEG", "WEBP", "AVIF"):
        assert summary(with_exif(container, comment(text, encoding, order=order))) == plain


@pytest.mark.parametrize("text", ["un phare à l’aube", "一只橘色的猫", "ein Löwe", "a lion"])
def test_utf8_in_text_chunk(text: str) -> None:
    """A text that should be Latin-1 is read as UTF-8 if it is valid UTF-8."""
    infotext = INFOTEXT.replace(PROMPT, text)
    assert summary(png(("parameters", infotext), kind="tEXt in UTF-8")) == (text, SEED, ())
    assert summary(with_chunks(chunk(b"zTXt", b"parameters\0\0" + zlib.compress(infotext.encode()))))[0] == text
    if text.isascii() or "ö" in text:
        assert summary(png(("parameters", infotext), kind="tEXt")) == (text, SEED, ())


@pytest.mark.parametrize("encoding", ["gbk", "big5", "euc-jp", "shift-jis", "koi8-r", "cp1251"])
@pytest.mark.parametrize("repeat", [1, 8])
def test_unknown_encoding(encoding: str, repeat: int) -> None:
    """A prompt in an encoding that is not known has a note."""
    text = (
        "маяк на рассвете" if encoding in ("koi8-r", "cp1251") else "大きな水" if "j" in encoding else "海港 清晨 水彩"
    )
    content = INFOTEXT.replace(PROMPT, ", ".join([text] * repeat)).encode(encoding)
    found = detect(with_chunks(chunk(b"tEXt", b"parameters\0" + content)))
    assert found.notes == ("Some letters of the prompt could not be read.",)
    assert found.values["seed"] == SEED


@pytest.mark.parametrize("text", ["une cité créée", "Ångström, naïve façade", "a “quoted” lion’s – roar…", "ÄÖÜ"])
def test_western_encodings(text: str) -> None:
    """Latin-1 and the quotes of Windows are read."""
    content = INFOTEXT.replace(PROMPT, text).encode("cp1252")
    assert summary(with_chunks(chunk(b"tEXt", b"parameters\0" + content))) == (text, SEED, ())


@pytest.mark.parametrize("graph", [GRAPH, FLUX_GRAPH, NAN_GRAPH])
def test_plain_graph(graph: str) -> None:
    """A graph of ComfyUI with one sampler is read, wherever it is."""
    files = [
        png(("workflow", WORKFLOW), ("prompt", graph)),
        png(("prompt", graph)),
        with_exif("WEBP", tiff([(made.MODEL, 2, f"prompt:{graph}".encode()), (made.MAKE, 2, b"workflow:{}")])),
        with_exif("JPEG", comment(json.dumps({"prompt": json.loads(graph), "workflow": made.WORKFLOW}))),
        with_exif("JPEG", comment(json.dumps({"prompt": graph}))),
    ]
    for data in files:
        assert summary(data) == (PROMPT, 777000111, ())
        assert detect(data).values["aspect_ratio"] == "19:13"


def test_values_in_nodes_of_their_own() -> None:
    """A seed and a text in nodes that only hold them are read."""
    value = node("PrimitiveInt", value=5, control_after_generate="fixed")
    for seed, text in ((value, node("Text Multiline", text=PROMPT)), (node("Seed (rgthree)", seed=5), made.GRAPH["6"])):
        encoder = node("CLIPTextEncode", text=["9", 0]) if text is not made.GRAPH["6"] else text
        nodes = {"3": node("KSampler", seed=["8", 0], positive=["6", 0]), "6": encoder, "8": seed, "9": text}
        assert summary(png(("prompt", json.dumps(nodes)))) == (PROMPT, 5, ())


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}


@pytest.mark.parametrize(
    "changes",
    [
        {"8": node("FluxProUltraImageNode", prompt="another", seed=7)},
        {"8": node("RecraftTextToImageNode", prompt="another")},
        {"3": {"class_type": ["KSampler"], "inputs": {}}},
        {"3": node("SamplerCustom", noise_seed=5, add_noise=False, positive=["6", 0])},
        {"6": node("CLIPTextEncode", text=["8", 0]), "8": node("Text Concatenate", text_a="a", text_b="b")},
        {"6": node("CLIPTextEncode", text=["8", 0]), "8": node("Wildcards", text="__place__", seed=5)},
        {"6": node("ConditioningCombine", first=["7", 0], second=["7", 0])},
        {"6": node("CLIPTextEncodeSDXL", text_g="a cat", text_l="a dog")},
        {"6": node("FluxGuidance", conditioning=["6", 0])},  # a loop
        {"3": node("KSampler", seed=["8", 0], positive=["6", 0]), "8": node("Seed", seed=-1)},
        {"3": node("KSampler", seed=["8", 0], positive=["6", 0]), "8": node("SeedList", start=5)},
        {"6": node("CLIPTextEncode", text=["8", 0]), "8": node("Wildcard", text="__place__")},
        {"3": node("KSampler", seed=True, positive=["6", 0])},
        {"3": node("A sampler of somebody", seed=5, positive=["6", 0])},
        {"6": "no node"},
    ],
)
def test_graph_that_is_not_plain(changes: dict[str, Any]) -> None:
    """Of any other graph nothing is used, and a note says so."""
    found = detect(png(("prompt", json.dumps({**made.GRAPH, **changes})), ("workflow", WORKFLOW)))
    assert (found.kind, dict(found.values)) == (SourceKind.COPY, {})
    assert found.notes == ("It has settings of ComfyUI, which are not read.",)


SECOND_SAMPLER = dict[str, Any](seed=777000111, steps=10, positive=["6", 0], negative=["7", 0], latent_image=["3", 0])


@pytest.mark.parametrize(
    ("changes", "prompt", "seed"),
    [
        ({}, PROMPT, 777000111),
        ({"seed": 5}, PROMPT, None),
        ({"seed": 5, "add_noise": "disable"}, PROMPT, 777000111),
        ({"positive": ["7", 0]}, None, 777000111),
        ({"positive": ["9", 0]}, None, 777000111),
    ],
)
def test_several_samplers(changes: dict[str, Any], prompt: str | None, seed: int | None) -> None:
    """What all samplers have in common is used; a note says what is unclear."""
    graph = {**made.GRAPH, "8": node("KSampler", **{**SECOND_SAMPLER, **changes})}
    found = detect(png(("prompt", json.dumps(graph))))
    assert (found.values.get("prompt"), found.values.get("seed")) == (prompt, seed)
    assert "aspect_ratio" not in found.values
    unclear = [note for note in found.notes if "several samplers" in note]
    assert len(unclear) == (prompt is None) + (seed is None)
    assert bool(found.notes) == bool(unclear)


def test_damaged_hidden_text() -> None:
    """A hidden text that is cut short gives no settings; an incomplete XMP packet gives none either."""
    assert detect(made.hidden(INFOTEXT, "stealth_pnginfo").replace(b"IDAT", b"IDAX")).values == {}
    file, image = io.BytesIO(), Image.open(io.BytesIO(made.hidden(INFOTEXT, "stealth_pnginfo")))
    image.crop((0, 0, 8, image.height)).save(file, "PNG")
    assert detect(file.getvalue()).kind is SourceKind.IMAGE
    packet = made.extended_xmp(made.xmp(exif_UserComment=INFOTEXT), part_bytes=99)
    assert detect(packet.replace(b"lighthouse", b"windmills!")).kind is SourceKind.IMAGE


@pytest.mark.parametrize(
    ("data", "tool"),
    [
        (png(("workflow", WORKFLOW)), "ComfyUI"),
        (png(("workflow", WORKFLOW[:-1])), "ComfyUI"),
        (with_exif("WEBP", tiff([(made.MAKE, 2, f"Workflow: {WORKFLOW}".encode())], directory="first")), "ComfyUI"),
        (png(("invokeai_graph", "{}")), "InvokeAI"),
        (png(("Description", "a lighthouse --v 6 Job ID: 01234567-89ab-cdef-0123-456789abcdef")), "Midjourney"),
    ],
)
def test_settings_that_are_not_read(data: bytes, tool: str) -> None:
    """The tool of settings that are not understood is named."""
    assert summary(data) == (None, None, (f"It has settings of {tool}, which are not read.",))
    assert detect(data).kind is SourceKind.COPY


def test_flux_demo() -> None:
    """The demo of FLUX writes the prompt only, and a note says that the seed is missing."""
    for name in made.PLAIN:
        assert summary(with_exif(name, tiff(FLUX_DEMO, directory="first"))) == (PROMPT, None, (NO_SEED,))
    camera = [(tag, kind, b"A camera\0" if tag != made.DESCRIPTION else text) for tag, kind, text in FLUX_DEMO]
    assert detect(with_exif("JPEG", tiff(camera, directory="first"))).kind is SourceKind.IMAGE


@pytest.mark.parametrize(
    "value",
    [
        {"seed": 5},
        {"seed": 5, "prompt": ""},
        {"seed": 5, "prompt": None},
        {"seed": 5, "prompt": ["a", "b"]},
        {"seed": 5, "prompt": {"a": 1}},
    ],
)
def test_seed_without_prompt(value: dict[str, Any]) -> None:
    """A seed without a prompt has a note."""
    for data in (png(("parameters", json.dumps(value))), with_exif("JPEG", comment(json.dumps(value)))):
        assert summary(data) == (None, 5, ("The prompt could not be read.",))


@pytest.mark.parametrize("seed", [-1, None, "", "random", 1.5, True, "-1", [5], 1e300, 1.8446744073709552e19])
def test_prompt_without_seed(seed: Any) -> None:
    """A seed of -1 means a random one, and anything but an exact whole number is no seed."""
    data = png(("parameters", json.dumps({"prompt": PROMPT, "seed": seed})))
    assert summary(data) == (PROMPT, None, (NO_SEED,))


@pytest.mark.parametrize(
    "value",
    [
        {"prompt": "a cat", "positive_prompt": "a dog", "seed": 5},
        {"prompt": "a cat", "seed": 5, "noise_seed": 6},
        {"Prompt": "a cat", "prompt": "a dog", "seed": 5},
    ],
)
def test_two_prompts_in_one_text(value: dict[str, Any]) -> None:
    """Two different prompts or seeds in one text are unclear."""
    assert summary(png(("parameters", json.dumps(value)))) == (None, None, (UNCLEAR,))


def test_damaged_parameters() -> None:
    """A `parameters` text that is damaged or cut short is never used as a prompt."""
    packed = zlib.compress(INFOTEXT.encode() * 3)
    for body in (packed[:-10], packed[:20], b"nothing packed", zlib.compress(b"x" * 5_000_000)):
        assert summary(with_chunks(chunk(b"zTXt", b"parameters\0\0" + body))) == (None, None, (UNCLEAR,))
    for text in (DUMPED["swarm"][:-1], DUMPED["fooocus"][:60], '{"prompt": ' * 50_000):
        assert summary(png(("parameters", text)))[2] == (UNCLEAR,)


def test_other_encodings_of_a_comment() -> None:
    """A Japanese user comment, and XMP in UTF-16, are read."""
    japanese = tiff([(made.COMMENT, 7, b"JIS\0\0\0\0\0" + INFOTEXT.replace(PROMPT, "灯台").encode("iso2022_jp"))])
    assert summary(with_exif("JPEG", japanese)) == ("灯台", SEED, ())
    packet = made.xmp(dc_description=made.DRAW_THINGS_TEXT)
    for encoding in ("utf-16", "utf-8-sig"):
        assert summary(made.drawn("WEBP", xmp=packet.encode(encoding))) == (PROMPT, SEED, ())


@pytest.mark.parametrize("name", ["swarm", "invoke", "mflux", "ruined", "easy", "draw things", "novelai"])
def test_pasted_json(name: str) -> None:
    """Pasted JSON of a tool is read as it is in a file."""
    assert summary(DUMPED[name]) == (PROMPT, SEED, ())


def test_listed_files() -> None:
    """The settings in a listing of one file are read; those of several files are unclear."""
    files = [{"SourceFile": "a.png", "Parameters": INFOTEXT}, {"SourceFile": "b.jpg", "UserComment": made.CHINESE}]
    assert summary(json.dumps(files[:1])) == (PROMPT, SEED, ())
    assert summary(json.dumps(files)) == (None, None, (UNCLEAR,))
    assert summary(INFOTEXT.encode("utf-16")) == (PROMPT, SEED, ())


def test_pasted_graph() -> None:
    """A pasted graph of ComfyUI is read in its plain case; otherwise a note says that it is not."""
    assert summary(GRAPH) == (PROMPT, 777000111, ())
    assert summary(json.dumps({"client_id": "a", "prompt": made.GRAPH})) == (PROMPT, 777000111, ())
    for text in (WORKFLOW, json.dumps({**made.GRAPH, "9": node("FluxProUltraImageNode", prompt="another", seed=7)})):
        assert summary(text) == (None, None, ("It has settings of ComfyUI, which are not read.",))


def test_prompt_beside_a_graph() -> None:
    """A prompt without a seed that differs from a graph has a note."""
    notes = summary(png(("prompt", GRAPH), ("note", json.dumps({"prompt": "a mill"}))))[2]
    assert notes == (NO_SEED, "It has two different settings. One of them is used.")


def test_two_different_settings() -> None:
    """Of two different settings one is used, and a note says so."""
    other = INFOTEXT.replace(PROMPT, "a mill").replace(str(SEED), "7")
    for texts in (
        [("parameters", INFOTEXT), ("parameters", other)],
        [("Comment", DUMPED["mflux"]), ("Comment", other)],
    ):
        assert len(summary(png(*texts))[2]) == 1
    assert summary(png(("parameters", INFOTEXT), exif=comment(other))) == (
        PROMPT,
        SEED,
        ("It has two different settings. One of them is used.",),
    )
    assert summary(png(("parameters", INFOTEXT), exif=comment(INFOTEXT))) == (PROMPT, SEED, ())


@pytest.mark.parametrize(
    "text", ["GIMP", "a photo of a lighthouse", "Steps to the lighthouse: many", "{}", "[1]", '"a"']
)
def test_other_texts_are_no_settings(text: str) -> None:
    """A text of a camera or an editor is no recipe."""
    for data in (png(("Comment", text)), with_exif("JPEG", comment(text)), png(("Description", text))):
        assert (detect(data).kind, detect(data).notes) == (SourceKind.IMAGE, ())


@pytest.mark.parametrize(
    "packet",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>',
        "<a>" * 100_000,
        "<a>" * 1000 + "</a>" * 1000,
        "no xml",
        made.xmp(dc_description=INFOTEXT)[:-30],
    ],
)
def test_hostile_xmp(packet: str) -> None:
    """A packet with entities, deep nesting or damage has no texts."""
    assert read_texts(with_xmp("PNG", packet)) == ()


def test_hostile_exif() -> None:
    """Loops and lengths beyond the end have no texts."""
    for block in (
        tiff([(made.COMMENT, 7, b"x" * 20)])[:60],
        b"MM\0*\0\0\0\x08" + b"\xff" * 5000,
        b"II*\0\x08\0\0\0" + loop_entries(4000),
        b"MM\0*\xff\xff\xff\xff",
    ):
        assert read_texts(png(exif=block)) == ()


def test_entries_that_share_their_bytes() -> None:
    """Many entries of EXIF with the same long text are bounded together."""
    content = b"ASCII\0\0\0" + b"x" * 1_000_000
    entry = struct.pack(">HHII", made.COMMENT, 7, len(content), 8 + 2 + 12 * 500 + 4)
    block = b"MM\0*\0\0\0\x08" + (500).to_bytes(2) + entry * 500 + b"\0\0\0\0" + content
    assert 0 < sum(len(text.text) for text in read_texts(png(exif=block))) <= metadata.MAX_TEXTS_CHARACTERS


def loop_entries(count: int) -> bytes:
    """A directory whose entries all lead to the directory itself."""
    entry = struct.pack("<HHII", made.EXIF_DIRECTORY, 4, 1, 8)
    return count.to_bytes(2, "little") + entry * count


TEXTS = {
    "parameters": INFOTEXT,
    "prompt": GRAPH,
    "workflow": WORKFLOW,
    "Software": "NovelAI",
    "Description": PROMPT,
    "Comment": DUMPED["novelai"],
    "invokeai_metadata": DUMPED["invoke"],
    "Dream": made.DREAM,
    "Title": "an image",
}


@given(
    order=st.permutations(list(TEXTS)),
    count=st.integers(1, len(TEXTS)),
    kinds=st.lists(st.sampled_from(["iTXt", "iTXt packed", "zTXt", "tEXt", "tEXt in UTF-8"]), min_size=9, max_size=9),
    behind=st.booleans(),
)
def test_any_order_of_texts(order: list[str], count: int, kinds: list[str], behind: bool) -> None:
    """The order of the texts, their encoding and their place change nothing."""
    keys = order[:count]
    chunks = [text_chunk(key, TEXTS[key], kind) for key, kind in zip(keys, kinds, strict=False)]
    found = summary(with_chunks(*chunks, behind_pixels=behind))
    in_order = sorted(keys, key=list(TEXTS).index)
    assert found == summary(png(*((key, TEXTS[key]) for key in in_order)))
    stated = {"parameters", "Comment", "invokeai_metadata", "Dream"} & set(keys)
    if stated:
        assert found == (PROMPT, SEED, ())


OTHER = INFOTEXT.replace(PROMPT, "a mill").replace(str(SEED), "7")


@given(
    order=st.permutations(["parameters", "Comment", "sd-metadata", "prompt"]),
    first=st.sampled_from(["parameters", "Comment"]),
)
def test_any_order_of_different_texts(order: list[str], first: str) -> None:
    """Of different settings the same one is used in any order of the texts, and a note says so."""
    texts = {"parameters": INFOTEXT, "Comment": OTHER, "sd-metadata": DUMPED["sd-metadata"], "prompt": GRAPH}
    if first == "Comment":
        texts = {**texts, "parameters": OTHER, "Comment": INFOTEXT}
    prompt, seed, notes = summary(png(*((key, texts[key]) for key in order)))
    assert (prompt, seed) == ((PROMPT, SEED) if first == "parameters" else ("a mill", 7))
    assert notes == ("It has two different settings. One of them is used.",)


PIECES = {
    "infotext": INFOTEXT,
    "Chinese": made.CHINESE,
    "Japanese": made.JAPANESE,
    **DUMPED,
}


@given(
    name=st.sampled_from(list(PIECES)),
    container=st.sampled_from(["PNG", "JPEG", "WEBP", "AVIF"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-16-le"]),
    code=st.sampled_from([b"UNICODE\0", b"ASCII\0\0\0", b"\0" * 8, b""]),
    order=st.sampled_from(["<", ">"]),
    directory=st.sampled_from(["first", "exif", "second"]),
    kind=st.sampled_from([1, 2, 7]),
)
def test_any_container(name: str, container: str, order: str, directory: str, **how: Any) -> None:
    """The same settings are read from each container, directory and encoding."""
    expected = summary(png(("sd-metadata" if name == "sd-metadata" else "parameters", PIECES[name])))
    if name != "sd-metadata":
        assert summary(with_exif(container, comment(PIECES[name], order=order, directory=directory, **how))) == expected
    assert None not in expected


@given(prompt=st.text(min_size=1, max_size=80), seed=st.integers(0, 2**64), shuffle=st.randoms())
def test_any_prompt_in_json(prompt: str, seed: int, shuffle: random.Random) -> None:
    """Any prompt in JSON is read as it is, or a note says that it is not."""
    items = [("prompt", prompt), ("seed", seed), ("steps", 20), ("negative_prompt", "people"), ("width", 64)]
    shuffle.shuffle(items)
    try:
        data = png(("parameters", json.dumps(dict(items))))
    except UnicodeEncodeError:
        return
    found, found_seed, notes = summary(data)
    assert (found, found_seed) == (prompt.strip(), seed) or notes
