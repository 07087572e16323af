"""The properties of an XMP packet in which tools write settings."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from .segment import MAX_TEXT_BYTES, Text

KEY = "XML:com.adobe.xmp"
"""The key of a packet among the texts of a PNG."""

JPEG_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
JPEG_EXTENSION_HEADER = b"http://ns.adobe.com/xmp/extension/\0"
"""Before the MD5 digest, the length and the offset of a part of a packet."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns# "
PROPERTIES = {
    "http://purl.org/dc/elements/1.1/ description": "description",
    "http://purl.org/dc/elements/1.1/ title": "title",
    "http://ns.adobe.com/exif/1.0/ UserComment": "comment",
    "http://ns.adobe.com/tiff/1.0/ ImageDescription": "ImageDescription",
    "http://ns.adobe.com/tiff/1.0/ Software": "Software",
    "http://ns.adobe.com/xap/1.0/ CreatorTool": "CreatorTool",
}
"""The key of the text of each property, by its namespace and name."""

SETTINGS_NAMES = ("parameters", "prompt", "workflow")  # in any namespace
MAX_DEPTH = 50


class _TooComplexError(Exception):
    """A packet has entities or is nested too deeply."""


@dataclass
class _Reader:
    """Collects the texts while a packet is parsed. `item` counts the items of a list in the current property."""

    texts: list[Text] = field(default_factory=list)
    depth: int = 0
    key: str = ""
    key_depth: int = 0
    item: int = 0
    parts: list[str] = field(default_factory=list)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _TooComplexError
        if name == RDF + "Description":
            self.texts += [Text(key, text) for one, text in attributes.items() if (key := _key(one))]
        elif name == RDF + "li":
            self.item += 1
        elif not self.key and (key := _key(name)):
            self.key, self.key_depth, self.item, self.parts = key, self.depth, 0, []

    def end(self, name: str) -> None:
        if self.key and self.depth == self.key_depth:
            if text := "".join(self.parts).strip():
                self.texts.append(Text(self.key, text))
            self.key = ""
        self.depth -= 1

    def characters(self, text: str) -> None:
        if self.key and self.item <= 1:  # the first of several languages
            self.parts.append(text)

    def entity(self, *arguments: object) -> None:
        raise _TooComplexError


def read_texts(packet: bytes) -> Iterator[Text]:
    """Yield the texts of the known properties of a packet; none if it cannot be read. Entities are not expanded."""
    if not packet or len(packet) > MAX_TEXT_BYTES:
        return
    is_utf16 = b"\0" in packet[:4] or packet[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    reader, parser = _Reader(), expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    parser.EntityDeclHandler = reader.entity
    try:
        parser.Parse(packet if is_utf16 else packet.strip(b"\0"), True)
    except (expat.ExpatError, _TooComplexError, ValueError):
        return
    yield from reader.texts


def _key(name: str) -> str:
    local = name.rpartition(" ")[2]
    return PROPERTIES.get(name) or (local if local in SETTINGS_NAMES else "")
