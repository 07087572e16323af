"""The contact sheet: one file with everything inside, and nothing that runs."""

from __future__ import annotations

import re

import pytest

from flux_playground.archive import contact_sheet, export_contact_sheet
from flux_playground.storage.annotations import Annotation
from flux_playground.storage.generation_store import GenerationStore
from flux_playground.storage.search import Entry
from tests.stored_files import IN_BOTH, image_path

from .gallery import describe, draw, entries, fill, keep


def render(store: GenerationStore, *found: Entry) -> str:
    """The sheet of entries."""
    return b"".join(export_contact_sheet(found or entries(store), store, title="Lighthouses")).decode()


@IN_BOTH
def test_everything_is_inside(store: GenerationStore) -> None:
    """The file has an image, the prompt and the settings of each entry, and loads nothing."""
    fill(store, 3)
    text = render(store)
    assert text.count('src="data:image/webp;base64,') == 3
    assert "a lighthouse 2" in text
    assert "<dt>finetune_strength</dt><dd>1.2</dd>" in text
    assert set(re.findall(r'\b(?:src|href|action)="(.{5})', text)) == {"data:"}
    assert not re.search(r"<script|<link|@import|url\(", text)


def test_judgment_is_shown(store: GenerationStore) -> None:
    """Star, rating, tags and note are there."""
    one = keep(store, describe(1), draw(1))
    text = render(store, Entry(one, Annotation(True, 4, ("sea",), "Print this.")))
    for part in ("★", "4 of 5", "sea", "Print this."):
        assert part in text


def test_texts_are_escaped(store: GenerationStore) -> None:
    """What people wrote is text, also in attributes."""
    attack = '"><script>alert(1)</script>'
    one = keep(store, describe(1, request={"prompt": attack, attack: attack}), draw(1))
    text = render(store, Entry(one, Annotation(tags=(attack,), note=attack)))
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 5


def test_damaged_and_missing_files(store: GenerationStore) -> None:
    """An entry without a readable image is shown without one."""
    first, second = (image_path(store, one) for one in fill(store, 2))
    assert first is not None
    assert second is not None
    first.write_bytes(b"no image")
    second.unlink()
    assert render(store).count("No image") == 2


def test_size_is_bounded(store: GenerationStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Further entries and further thumbnails are left out, and the sheet says so."""
    fill(store, 5)
    monkeypatch.setattr(contact_sheet, "MAX_SHEET_ENTRIES", 4)
    monkeypatch.setattr(contact_sheet, "MAX_SHEET_BYTES", 300)
    text = render(store)
    assert text.count("<li>") == 4
    assert "Only the first 4 images are shown." in text
    assert 0 < text.count("data:image/webp") < 4


def test_keys_are_hidden(store: GenerationStore) -> None:
    """A key in a request is not printed."""
    one = keep(
        store, describe(1, request={"prompt": "x", "webhook_secret": "hush", "extra": "bfl_0123456789ab"}), draw(1)
    )
    text = render(store, Entry(one, Annotation()))
    assert "hush" not in text
    assert "0123456789ab" not in text
