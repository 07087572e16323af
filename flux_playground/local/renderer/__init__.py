"""Renders the images of the local server."""

from .pool import RenderPool
from .render import RENDERERS, encode, render, render_flat, render_preview

__all__ = ["RENDERERS", "RenderPool", "encode", "render", "render_flat", "render_preview"]
