"""Limits what an upload creates: Gradio takes 1,000 files in a request and keeps those of one that breaks off."""

from __future__ import annotations

import contextlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import gradio as gr
from gradio import route_utils, routes
from starlette.formparsers import MultiPartException

MAX_FILES = 32
MAX_TRACKED_UPLOADS = 200
MAX_KNOWN_PATHS = 20_000
FIELD = "files"

log = logging.getLogger(__name__)

_Parser: Any = getattr(route_utils, "GradioMultiPartParser", object)


class UploadParser(_Parser):  # type: ignore[misc]
    """Gradio's parser with at most `MAX_FILES` files, all in the field `files`; a failed upload leaves no file."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "max_files": MAX_FILES, "max_fields": MAX_FILES})

    async def parse(self) -> Any:
        """Return the form; raises `MultiPartException`, and what reading the body raises."""
        try:
            form = await super().parse()
            if any(name != FIELD or isinstance(value, str) for name, value in self.items):
                raise MultiPartException(f"An upload has only files, in the field {FIELD}.")
            return form
        except BaseException:
            for file in getattr(self, "_files_to_close_on_error", ()):
                file.close()
                with contextlib.suppress(OSError):
                    Path(file.name).unlink(missing_ok=True)
            raise


class NewestItems(OrderedDict[Any, Any]):
    """A dictionary of at most `max_items`: a new item beyond them removes the oldest; `make` makes missing values."""

    def __init__(self, max_items: int, make: Callable[[], Any] | None = None) -> None:
        super().__init__()
        self._max_items, self._make = max_items, make

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        while len(self) > self._max_items:
            self.popitem(last=False)

    def __missing__(self, key: Any) -> Any:
        if self._make is None:
            raise KeyError(key)
        self[key] = value = self._make()
        return value


class KnownPaths(set[str]):
    """The paths of uploads, which Gradio deletes after a day; beyond `MAX_KNOWN_PATHS` the earlier are forgotten."""

    def update(self, *paths: Iterable[str]) -> None:
        """Add paths."""
        if len(self) > MAX_KNOWN_PATHS:
            self.clear()
        super().update(*paths)


def limit_uploads(blocks: Any) -> None:
    """Bound the files of an upload, the uploads whose progress is known, and the paths that `blocks` remembers."""
    statuses = getattr(routes, "file_upload_statuses", None)
    names = ((route_utils, "GradioMultiPartParser"), (statuses, "_statuses"), (statuses, "_signals"))
    missing = [name for owner, name in (*names, (blocks, "temp_file_sets")) if not hasattr(owner, name)]
    if missing:
        log.warning("Gradio %s has no %s: the patch 'bounded uploads' is off.", gr.__version__, ", ".join(missing))
        return
    route_utils.GradioMultiPartParser = UploadParser
    if statuses is not None and not isinstance(statuses._statuses, NewestItems):
        signal = statuses._signals.default_factory
        statuses._statuses = NewestItems(MAX_TRACKED_UPLOADS)
        statuses._signals = NewestItems(MAX_TRACKED_UPLOADS, signal)
    blocks.upload_file_set = KnownPaths()
    blocks.temp_file_sets.append(blocks.upload_file_set)
