"""Names of exported files: readable, different, and valid on every system."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from flux_playground.archive.file_names import FileNames

from .gallery import NAMED_AFTER, describe

RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
VALUES = st.one_of(st.text(max_size=300), st.floats(allow_nan=True), st.integers(), st.none(), st.lists(st.text()))


def test_name_says_what_it_is() -> None:
    """A name has the date, the finetune, its strength, the seed and words of the prompt."""
    name = FileNames(NAMED_AFTER).add(describe(42))
    assert name == "2025-06-15_my-finetune_strength-1.2_seed-42_a-lighthouse-42"


def test_equal_names_differ() -> None:
    """Equal images, and names that differ only in case, get different names."""
    names = FileNames()
    found = [names.add(describe(7, request={"prompt": prompt})) for prompt in ("A fox", "a fox", "a fox-2", "a fox")]
    assert len({name.casefold() for name in found}) == 4
    assert found[0].endswith("_a-fox")


def test_letters_of_any_script_stay() -> None:
    """A prompt in Japanese or Hindi is readable in the name."""
    assert FileNames().add(describe(1, request={"prompt": "灯台 हिन्दी"})).endswith("_灯台-हिन्दी")


def test_imported_images_keep_their_names() -> None:
    """An image without a prompt is named after the file that was imported."""
    one = describe(1, request={}, seed=None, imported="an unknown tool", file_name="IMG_0042 (1).final.jpg")
    assert FileNames().add(one) == "2025-06-15_img-0042-1-final"


@given(st.lists(st.tuples(VALUES, VALUES, st.text(max_size=3000), st.integers()), min_size=1, max_size=8))
def test_names_are_safe(rows: list[tuple[object, object, str, int]]) -> None:
    """Whatever a request has, a name is one valid component of a path, and different from the others."""
    names = FileNames(NAMED_AFTER)
    found = []
    for identifier, strength, prompt, seed in rows:
        request = {"finetune_id": identifier, "finetune_strength": strength, "prompt": prompt}
        one = replace(describe(1, seed=seed), request=request)
        found.append(names.add(one))
    assert len({name.casefold() for name in found}) == len(found)
    for name in found:
        assert not re.search(r'[<>:"/\\|?*\x00-\x1f\x7f\s]', name)
        assert name == name.strip(" .")
        assert not RESERVED.fullmatch(name)
        assert 0 < len(name.encode()) <= 130
