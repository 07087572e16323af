"""A text as one property in an XMP packet, and back. Knows bytes only; no XML is parsed, so none can do harm."""

from __future__ import annotations

import html
import re

from .segment import RECIPE_KEY

NAMESPACE = "urn:flux-playground:1#"
PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    f'<rdf:Description rdf:about="" xmlns:{RECIPE_KEY}="{NAMESPACE}" {RECIPE_KEY}:recipe="%s"/>'
    "</rdf:RDF></x:xmpmeta>"
)
PROPERTY = re.compile(f'{RECIPE_KEY}:recipe="([^"]*)"'.encode())


def block(text: str) -> bytes:
    """An XMP packet whose one property is this text."""
    return (PACKET % html.escape(text).replace("\n", "&#10;")).encode()


def text(packet: bytes) -> str:
    """The text of our property in an XMP packet, or nothing."""
    found = PROPERTY.search(packet)
    try:
        return html.unescape(found[1].decode()) if found else ""
    except UnicodeDecodeError:
        return ""
