"""Makes small image files with settings in the layouts of image tools; all words in them are our own."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import struct
import zlib
from collections.abc import Sequence
from typing import Any

from PIL import ExifTags, Image

EXIF_DIRECTORY, COMMENT, DESCRIPTION, MAKE, MODEL, SOFTWARE, XP_COMMENT = (
    *(ExifTags.IFD.Exif, ExifTags.Base.UserComment, ExifTags.Base.ImageDescription, ExifTags.Base.Make),
    *(ExifTags.Base.Model, ExifTags.Base.Software, ExifTags.Base.XPComment),
)
BYTE, ASCII, UNDEFINED = 1, 2, 7
XMP_KEY = "XML:com.adobe.xmp"


def drawn(name: str, **options: Any) -> bytes:
    """A small image file."""
    file = io.BytesIO()
    Image.new("RGB", (24, 16), (40, 80, 120)).save(file, name, **options)
    return file.getvalue()


PLAIN = {name: drawn(name) for name in ("PNG", "JPEG", "WEBP", "AVIF")}


def tiff(entries: Sequence[tuple[int, int, bytes]], order: str = ">", *, directory: str = "exif") -> bytes:
    """An EXIF block with entries (tag, type, content) in the first, the Exif or the second directory."""
    mark = b"MM\0*" if order == ">" else b"II*\0"
    start = 8 if directory == "first" else 26
    contents = start + 2 + 12 * len(entries) + 4
    table, data = struct.pack(order + "H", len(entries)), b""
    for tag, kind, content in sorted(entries):
        place = content.ljust(4, b"\0") if len(content) <= 4 else struct.pack(order + "I", contents + len(data))
        table += struct.pack(order + "HHI", tag, kind, len(content)) + place
        data += content if len(content) > 4 else b""
    first = b""
    if directory == "exif":
        first = struct.pack(order + "HHHIII", 1, EXIF_DIRECTORY, 4, 1, start, 0)
    elif directory == "second":
        first = struct.pack(order + "HHHIHHI", 1, ExifTags.Base.ResolutionUnit, 3, 1, 2, 0, start)
    return mark + struct.pack(order + "I", 8) + first + table + b"\0\0\0\0" + data


def comment(
    text: str, encoding: str = "utf-16-be", code: bytes = b"UNICODE\0", order: str = ">", **place: Any
) -> bytes:
    """An EXIF block with a user comment."""
    return tiff([(COMMENT, place.pop("kind", UNDEFINED), code + text.encode(encoding))], order, **place)


def chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return len(content).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)


def text_chunk(key: str, text: str, kind: str = "iTXt") -> bytes:
    """A text of a PNG: iTXt, "iTXt packed", zTXt, tEXt in Latin-1, or "tEXt in UTF-8"."""
    head = key.encode("latin-1") + b"\0"
    if kind == "iTXt":
        return chunk(b"iTXt", head + b"\0\0\0\0" + text.encode())
    if kind == "iTXt packed":
        return chunk(b"iTXt", head + b"\1\0\0\0" + zlib.compress(text.encode()))
    encoded = text.encode("utf-8" if kind.endswith("UTF-8") else "latin-1")
    return chunk(b"zTXt", head + b"\0" + zlib.compress(encoded)) if kind == "zTXt" else chunk(b"tEXt", head + encoded)


def with_chunks(*chunks: bytes, behind_pixels: bool = False) -> bytes:
    """A PNG with chunks before or behind its pixels."""
    data = PLAIN["PNG"]
    place = data.index(b"IEND") - 4 if behind_pixels else 33
    return data[:place] + b"".join(chunks) + data[place:]


def png(*texts: tuple[str, str], exif: bytes = b"", kind: str = "iTXt") -> bytes:
    """A PNG with texts, and with an EXIF block behind them."""
    chunks = [text_chunk(key, text, kind) for key, text in texts]
    return with_chunks(*chunks, *([chunk(b"eXIf", exif)] if exif else []))


def with_exif(name: str, block: bytes) -> bytes:
    """A file of a format with an EXIF block."""
    if name == "PNG":
        return png(exif=block)
    return drawn(name, exif=b"Exif\0\0" + block)


def with_xmp(name: str, packet: str) -> bytes:
    """A file of a format with an XMP packet."""
    return png((XMP_KEY, packet)) if name == "PNG" else drawn(name, xmp=packet.encode())


def xmp(**properties: str) -> str:
    """An XMP packet with properties such as dc_description, each in the languages of a list."""
    escaped = {
        name.replace("_", ":"): text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
        for name, text in properties.items()
    }
    items = "".join(
        f'<{name}><rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li><rdf:li>x</rdf:li></rdf:Alt></{name}>'
        for name, text in escaped.items()
    )
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        f' xmlns:exif="http://ns.adobe.com/exif/1.0/">{items}</rdf:Description></rdf:RDF></x:xmpmeta>'
    )


PROMPT, SEED = "a lighthouse at dawn, gulls, oil painting", 42424242
INFOTEXT = f"{PROMPT}\nNegative prompt: people\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: {SEED}, Size: 1216x832"
CHINESE = INFOTEXT.replace(PROMPT, "一只橘色的猫坐在窗台上，清晨的柔和光线，远处是安静的海港")
JAPANESE = INFOTEXT.replace(PROMPT, "灯台守の老人　夜明け前の海辺に立つ　油絵の質感").replace("people", "人")

GRAPH = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 777000111,
            "steps": 20,
            "positive": ["6", 0],
            "negative": ["7", 0],
            "latent_image": ["5", 0],
        },
    },
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 1216, "height": 832, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": PROMPT}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "people"}},
}
FLUX_GRAPH = {
    "1": {
        "class_type": "SamplerCustomAdvanced",
        "inputs": {"noise": ["2", 0], "guider": ["3", 0], "latent_image": ["5", 0]},
    },
    "2": {"class_type": "RandomNoise", "inputs": {"noise_seed": 777000111}},
    "3": {"class_type": "BasicGuider", "inputs": {"conditioning": ["4", 0]}},
    "4": {"class_type": "FluxGuidance", "inputs": {"conditioning": ["6", 0], "guidance": 3.5}},
    "5": {"class_type": "EmptySD3LatentImage", "inputs": {"width": 1216, "height": 832, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["8", 0]}},
    "8": {"class_type": "PrimitiveStringMultiline", "inputs": {"value": PROMPT}},
}
API_GRAPH = {
    "1": {
        "class_type": "FluxProUltraImageNode",
        "inputs": {"prompt": PROMPT, "seed": SEED, "aspect_ratio": "19:13", "raw": True},
    },
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}},
}
WORKFLOW = {"last_node_id": 9, "nodes": [{"id": 3, "type": "KSampler", "widgets_values": [777000111]}], "links": []}
SWARM = {
    "sui_image_params": {"prompt": PROMPT, "negativeprompt": "people", "seed": SEED, "width": 1216, "height": 832},
    "sui_extra_data": {"date": "2026-05-04", "prompt": "another"},
}
FOOOCUS = {
    "prompt": PROMPT,
    "negative_prompt": "people",
    "seed": str(SEED),
    "resolution": "(1216, 832)",
    "full_prompt": [PROMPT, "cinematic still"],
    "styles": "['A style']",
    "version": "Fooocus v2.5.5",
}
NOVELAI = {"steps": 28, "seed": SEED, "strength": 0.7, "scale": 11.0, "uc": "people"}
INVOKE = {"positive_prompt": PROMPT, "negative_prompt": "people", "seed": SEED, "width": 1216, "height": 832}
MFLUX = {"mflux_version": "0.10.0", "seed": SEED, "steps": 20, "lora_paths": None, "prompt": PROMPT}
RUINED = {"Prompt": PROMPT, "Negative": "people", "seed": SEED, "denoise": None, "software": "RuinedFooocus"}
DRAW_THINGS = {"c": PROMPT, "uc": "people", "seed": SEED, "size": "1216x832", "steps": 10, "v2": {"seed": 5}}
DRAW_THINGS_TEXT = f"{PROMPT}\n-people\nSteps: 10, Sampler: DDIM,\n Guidance Scale: 10.0, Seed: {SEED}, Size: 1216x832"
EASY = {"prompt": PROMPT, "negative_prompt": "people", "seed": SEED, "width": 1216, "height": 832}
SD_METADATA = {
    "app_version": "v2.3.5",
    "image": {"prompt": [{"prompt": f"{PROMPT} [people]", "weight": 1}], "seed": SEED},
}
LISTED = f"""{PROMPT}
Width: 1216
Height: 832
Seed: {SEED}
Steps: 25
Guidance Scale: 7.5
Stable Diffusion model: painter, large
Negative Prompt: people
"""
DREAM = f'"{PROMPT} [people]" -s 30 -S {SEED} -W 1216 -H 832 -C 7.5 -A k_lms'


def novelai_webp() -> bytes:
    inner = json.dumps({"prompt": PROMPT, **NOVELAI})
    outer = json.dumps({"Comment": inner, "Description": PROMPT, "Software": "NovelAI"})
    return with_exif("WEBP", comment(outer, "utf-8", b"ASCII\0\0\0"))


def jpeg_with(*segments: tuple[int, bytes]) -> bytes:
    """A JPEG with segments (marker, content) behind its first two bytes."""
    blocks = (b"\xff" + bytes([marker]) + (len(content) + 2).to_bytes(2) + content for marker, content in segments)
    return PLAIN["JPEG"][:2] + b"".join(blocks) + PLAIN["JPEG"][2:]


def gif_with_xmp(packet: str) -> bytes:
    """A GIF with a comment and an XMP packet behind it."""
    trailer = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    block = b"\x21\xff\x0bXMP DataXMP" + packet.encode() + trailer
    return drawn("GIF", comment=b"a comment")[:-1] + block + b";"


def iptc(caption: str) -> bytes:
    """The resources of Photoshop: another one, and one with IPTC data."""
    content = caption.encode()
    data = b"\x1c\x01\x5a\x00\x03\x1b%G" + b"\x1c\x02\x78" + len(content).to_bytes(2) + content
    other = b"8BIM\x03\xed\x03odd" + (3).to_bytes(4) + b"abc\0"
    return other + b"8BIM\x04\x04\0\0" + len(data).to_bytes(4) + data + b"\0" * (len(data) % 2)


def extended_xmp(packet: str, *, part_bytes: int = 700, order: int = 1) -> bytes:
    """A JPEG with a long XMP packet in several segments."""
    content = packet.encode()
    head = b"http://ns.adobe.com/xmp/extension/\0" + hashlib.md5(content).hexdigest().upper().encode()
    parts = [
        (0xE1, head + len(content).to_bytes(4) + at.to_bytes(4) + content[at : at + part_bytes])
        for at in range(0, len(content), part_bytes)
    ]
    return jpeg_with(*parts[::order])


def hidden(text: str, signature: str, name: str = "PNG", size: tuple[int, int] = (91, 83)) -> bytes:
    """A file with a text in the lowest bits of its pixels, column by column."""
    content = gzip.compress(text.encode()) if signature.endswith("comp") else text.encode()
    data = signature.encode() + (8 * len(content)).to_bytes(4) + content
    bits = iter([byte >> shift & 1 for byte in data for shift in range(7, -1, -1)])
    is_alpha = "png" in signature
    image = Image.new("RGBA" if is_alpha else "RGB", size, (40, 80, 120, 254)[: 4 if is_alpha else 3])
    for x in range(size[0]):
        for y in range(size[1]):
            pixel = list(image.getpixel((x, y)))  # type: ignore[arg-type]
            for channel in (3,) if is_alpha else (0, 1, 2):
                pixel[channel] = (pixel[channel] & 0xFE) | next(bits, 0)
            image.putpixel((x, y), tuple(pixel))
    assert next(bits, None) is None, "the image is too small"
    file = io.BytesIO()
    image.save(file, name, lossless=True, exact=True)
    return file.getvalue()
