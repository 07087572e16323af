"""A playground for the image API of Black Forest Labs: from a request schema to an image and its seed.

As a library: `from flux_playground import Playground, Settings`. The page lives in `ui/` and is never imported
from here, so that nothing but the page needs gradio. The names are loaded when they are first asked for, so that
`python -m flux_playground.local` starts without the client.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import PlaygroundError as PlaygroundError
    from .library import Playground as Playground
    from .settings import Settings as Settings
    from .sweep_control import Sweeps as Sweeps
    from .sweeps.axes import AxisKind as AxisKind
    from .sweeps.axes import AxisText as AxisText

__all__ = ["AxisKind", "AxisText", "Playground", "PlaygroundError", "Settings", "Sweeps"]

HOMES = {
    "AxisKind": "sweeps.axes",
    "AxisText": "sweeps.axes",
    "Playground": "library",
    "PlaygroundError": "errors",
    "Settings": "settings",
    "Sweeps": "sweep_control",
}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{HOMES[name]}", __name__), name)
