"""The stored files of a data folder, as paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from flux_playground.generation import Generation
from flux_playground.storage.blob_store import INPUTS
from flux_playground.storage.generation_store import GenerationStore

IN_BOTH = pytest.mark.parametrize("store", ["folder", "bucket"], indirect=True)
"""Runs a test with images in a folder and in a bucket, with the fixture `store`."""


def image_path(store: GenerationStore, generation: Generation) -> Path:
    """The path of the image file of a generation."""
    assert generation.image is not None
    return store.folder / generation.image


def input_paths(store: GenerationStore) -> list[Path]:
    """The paths of all stored inputs."""
    return list((store.folder / INPUTS).iterdir())
