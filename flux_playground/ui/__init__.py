"""The page. The only folder that imports gradio; only the entry points import it."""

from .page import build, options

__all__ = ["build", "options"]
