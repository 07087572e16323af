"""Galleries with real images, and ZIP files that were written by hand."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from flux_playground.archive import export_zip
from flux_playground.generation import Generation, State
from flux_playground.recipe import fingerprint
from flux_playground.reproduce import add_image_facts
from flux_playground.schema import FILE_NAME_FIELDS
from flux_playground.storage.annotations import Annotation
from flux_playground.storage.generation_store import GenerationStore
from flux_playground.storage.search import Entry

NAMED_AFTER = FILE_NAME_FIELDS


def draw(number: int = 0, name: str = "JPEG", **options: Any) -> bytes:
    """A small image file that differs from those of other numbers."""
    file = io.BytesIO()
    Image.new("RGB", (48, 32), (number * 7 % 256, number // 37 % 256, 90)).save(file, name, **options)
    return file.getvalue()


def draw_noise(side: int) -> bytes:
    """A PNG of about three bytes for each pixel."""
    file = io.BytesIO()
    Image.frombytes("RGB", (side, side), random.Random(1).randbytes(3 * side * side)).save(file, "PNG")
    return file.getvalue()


def describe(number: int = 1, **values: Any) -> Generation:
    """The record of a finished generation without an image."""
    request = {
        "prompt": f"a lighthouse {number}",
        "finetune_id": "my-finetune",
        "finetune_strength": 1.2,
        "seed": number,
    }
    made = Generation(
        id=f"{number:032x}",
        owner="ann",
        created_at=1_750_000_000.0 + number,
        endpoint="/v1/flux",
        server="https://api.bfl.ai",
        request=request,
        state=State.SUCCEEDED,
        seed=number,
        cost=6.0,
        task_id=f"task-{number}",
        polling_url="https://api.bfl.ai/v1/get_result?id=1",
        account="digest",
        total_seconds=4.25,
        api_seconds=3.5,
        finished_at=1_750_000_010.0 + number,
        document="1.0.0 sha256:0123456789abcdef",
    )
    made = replace(made, **values)
    return replace(made, fingerprint=fingerprint(made.server, made.endpoint, made.request))


def keep(store: GenerationStore, generation: Generation, data: bytes | None = None) -> Generation:
    """Store a generation with an image."""
    if data is not None:
        generation = add_image_facts(store.save_image(generation, data), data)
    return store.save(generation)


def fill(store: GenerationStore, count: int, owner: str = "ann") -> list[Generation]:
    """Store generations with different images."""
    return [keep(store, describe(number, owner=owner), draw(number)) for number in range(1, count + 1)]


def entries(store: GenerationStore, owner: str = "ann") -> list[Entry]:
    """All entries of an owner, newest first."""
    found = store.recent(owner, 10_000)
    said = store.annotations.get(owner, [one.id for one in found])
    return [Entry(one, said.get(one.id, Annotation())) for one in found]


def write_export(store: GenerationStore, path: Path, owner: str = "ann", **options: Any) -> Path:
    """Write the export of all of an owner's entries to a file."""
    path.write_bytes(b"".join(export_zip(entries(store, owner), store, named_after=NAMED_AFTER, **options)))
    return path


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of an export."""
    with zipfile.ZipFile(path) as archive:
        manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
        return manifest


def write_zip(path: Path, files: Iterable[tuple[str | zipfile.ZipInfo, bytes]], **options: Any) -> Path:
    """Write a ZIP file with any names."""
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return path


def change_export(path: Path, manifest: Any = None, files: dict[str, bytes | None] | None = None) -> Path:
    """Write an export again with another manifest or other files; None leaves a file out."""
    with zipfile.ZipFile(path) as archive:
        contents: dict[str, bytes | None] = {name: archive.read(name) for name in archive.namelist()}
    contents |= files or {}
    if manifest is not None:
        contents["manifest.json"] = json.dumps(manifest).encode()
    return write_zip(path, [(name, data) for name, data in contents.items() if data is not None])
