"""Renders the demo's images: landscapes that show what a request asks for."""

from __future__ import annotations

from .pool import RenderPool
from .render import MAX_PROMPT_IMAGE_PIXELS, encode, open_image, render

__all__ = ["MAX_PROMPT_IMAGE_PIXELS", "RenderPool", "encode", "open_image", "render"]
