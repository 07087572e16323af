"""The search finds an owner's generations by words, values and ranges, in any order, page by page."""

from __future__ import annotations

import base64
import itertools
import json
import random
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from flux_playground.generation import UNFINISHED, Generation, State
from flux_playground.storage import search
from flux_playground.storage.generation_store import GenerationStore
from flux_playground.storage.search_query import FieldChoice, FieldRange, Query
from tests.storage.test_generation_store import generation, jpeg

pytestmark = pytest.mark.parametrize("open_store", ["sqlite", "postgresql"], indirect=True)
"""A search only reads: SQLite without a WAL would prove the same."""

FOUND = (
    ("A Fox on the Café terrace", "fox cafe"),
    ("A Fox on the Café terrace", "TERR"),
    ("Straße im Nebel", "STRASSE"),
    ("l'été à la plage", "l'ete"),
    ("水墨山水画,远山", "山水"),
    ("水墨山水画,远山", "水墨山水画"),
    ("水墨山水画,远山", "画"),
    ("水墨山水画,远山", "远"),
    ("東京の夜景", "夜景"),
    ("서울의 밤", "서"),
    ("ภาพวาดภูเขา", "ภูเขา"),
    ("a fox 🦊 in the snow", "🦊"),
    ("a fox 🦊🌨 in the snow", "🌨 fox"),
    ('blue-green C++ (1:2) "quoted" AND NOT *', '"quoted" AND NOT *'),
    ("blue-green C++ (1:2)", "blue-green"),
    ("prompt: near(a b)", "NEAR(a b)"),
    ("x^2 words:fox", "words:fox"),
    ("a fox", "fox'; --"),
    ("a fox", "f"),
    ("a fox", "fo"),
)
"""Prompts, and texts that find them."""


def find(store: GenerationStore, query: Query | str, owner: str = "owner") -> list[int]:
    """The numbers of the generations that a query finds, read in pages of three."""
    query = Query(query) if isinstance(query, str) else query
    found: list[int] = []
    cursor, has_more = "", True
    while has_more:
        page = store.search.page(owner, query, cursor, limit=3)
        found += [int(entry.generation.id, 16) for entry in page.entries]
        cursor, has_more = page.next, bool(page.next)
    assert store.search.count(owner, query) == len(found)
    return found


def save(store: GenerationStore, number: int, prompt: str = "a fox", **values: object) -> Generation:
    request = {"prompt": prompt, **values.pop("request", {})}  # type: ignore[dict-item]
    return store.save(generation(number, request=request, **{"state": State.SUCCEEDED, **values}))


def test_words_are_found(store: GenerationStore) -> None:
    """A search ignores case, accents and signs, and needs no spaces in Chinese."""
    for number, (prompt, text) in enumerate(FOUND):
        save(store, 2 * number, prompt, owner=f"owner {number}")
        save(store, 2 * number + 1, "zzz", owner=f"owner {number}")
        assert find(store, text, f"owner {number}") == [2 * number], (prompt, text)


def test_other_words_are_not_found(store: GenerationStore) -> None:
    """Every word must match, only the last one as a prefix, and operators are words."""
    save(store, 1, "a fox 山水")
    for text in ("wolf", "fox wolf", "fo x", "oxen", "水山", "NOT fox", "fox OR wolf", "🐺", "a b c d"):
        assert find(store, text) == [], text


def test_search_without_words_finds_all(store: GenerationStore) -> None:
    """Signs alone are no condition and no error."""
    save(store, 1)
    for text in ("", "  ", '"', "* - ^ : ( ) \\", "\x00", "\ue000", "\ud800"):
        assert find(store, text) == [1], text


def test_long_search_is_cut(store: GenerationStore) -> None:
    """A search of 10,000 characters is answered by its beginning."""
    save(store, 1, "fox " * 3000)
    assert find(store, "fox " * 2500) == [1]
    assert find(store, "x" * 10_000) == []
    assert find(store, "山" * 10_000) == []
    assert find(store, '"(' * 5_000) == [1]


def test_texts_of_a_generation_are_bounded_together(store: GenerationStore) -> None:
    """A request of a million characters takes no second to index, in which nobody could write; its note is found."""
    texts = [f"word{number} " + "many more words " * 1_200 for number in range(50)]
    one = save(store, 1, request={"texts": texts})
    store.annotations.update("owner", [one.id], note="keeper")
    assert find(store, "word0 keeper") == [1]
    assert find(store, "word49") == []


def test_all_texts_are_searched(store: GenerationStore) -> None:
    """Finetune ids, the API's prompt, the seed, tags, the note, the id and the file name are found."""
    one = store.save(
        store.save_image(
            generation(
                1,
                request={"prompt": "a fox", "finetune_id": "castle-v2", "loras": [{"name": "inkwash"}]},
                prompt="an upsampled vixen",
                seed=4211,
                state=State.SUCCEEDED,
                file_name="00012-my_castle.png",
            ),
            jpeg(),
        )
    )
    save(store, 2, "zzz", seed=9)
    store.annotations.update("owner", [one.id], add_tags=["cover 🏰", "keeper"], note="sharp eyes")
    assert one.image is not None
    for text in (
        "castle-v2",
        "inkwash",
        "vixen",
        "4211",
        "keep",
        "🏰",
        "sharp ey",
        one.id,
        one.image.name,
    ):
        assert find(store, text) == [1], text
    assert find(store, "00012-my_castle.png") == [1]


def test_exact_seed_is_found(store: GenerationStore) -> None:
    """A seed of any size is found as it is, as a choice and as a word."""
    for number, seed in enumerate((0, -1, 2**53 + 1, 2**63, 2**64 - 1, 10**300)):
        owner, expected = f"owner {number}", [2 * number]
        save(store, 2 * number, seed=seed, owner=owner)
        save(store, 2 * number + 1, seed=seed + 1, owner=owner)
        assert find(store, Query(fields={"seed": FieldChoice((seed,))}), owner) == expected, seed
        assert find(store, Query(fields={"seed": FieldChoice((str(seed),))}), owner) == expected, seed
        if 0 < seed < 10**60:
            assert find(store, f"{seed} ", owner) == expected, seed


def test_late_facts_are_found(store: GenerationStore) -> None:
    """The seed and the state are those of the latest record."""
    one = save(store, 1, seed=None, state=State.RUNNING)
    store.save(replace(one, seed=77, state=State.FAILED))
    assert find(store, "77") == [1]
    assert find(store, Query(states=(State.RUNNING,))) == []
    assert find(store, Query(states=(State.FAILED,))) == [1]


def test_every_state_is_found(store: GenerationStore) -> None:
    """Failed, unfinished and uncertain generations are found too."""
    for number, state in enumerate(State):
        save(store, number, state=state)
    assert find(store, "fox") == list(range(len(State)))[::-1]
    wanted = (State.FAILED, State.SUBMIT_UNKNOWN)
    found = [list(State)[number] for number in find(store, Query(states=wanted))]
    assert set(found) == set(wanted)
    assert [list(State)[number] for number in find(store, Query(states=(State.RUNNING,)))] == [State.RUNNING]
    assert len(find(store, Query(states=tuple(UNFINISHED)))) == len(UNFINISHED)


def test_filters(store: GenerationStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each condition selects, and all of them must hold, whether few or many entries are in a range."""
    for number in range(10):
        save(
            store,
            number,
            endpoint=f"/v1/{'ab'[number % 2]}",
            sweep="s" if number < 3 else "",
            imported="a1111" if number == 9 else "",
            seed=100 * number,
            request={"strength": number / 10, "raw": number % 3 == 0, "ratio": f"{number % 4}:1", "seed": 5},
        )
    ids = [f"{number:032x}" for number in range(10)]
    store.annotations.update("owner", ids[:2], starred=True, rating=2, add_tags=["x", "ä b"])
    store.annotations.update("owner", ids[1:2], rating=5)
    cases: list[tuple[Query, list[int]]] = [
        (Query(endpoints=("/v1/a",)), [8, 6, 4, 2, 0]),
        (Query(endpoints=("/v1/a", "/v1/b", "/v1/c"), sweep="s"), [2, 1, 0]),
        (Query(starred=True), [1, 0]),
        (Query(starred=False), [9, 8, 7, 6, 5, 4, 3, 2]),
        (Query(min_rating=2), [1, 0]),
        (Query(min_rating=3), [1]),
        (Query(min_rating=6), []),
        (Query(tags=("x", "ä b")), [1, 0]),
        (Query(tags=("x", "y")), []),
        (Query(since=1003.0, until=1005.0), [5, 4, 3]),
        (Query(since=float("nan"), until=float("inf")), list(range(10))[::-1]),
        (Query(imported=True), [9]),
        (Query(imported=False, since=1007), [8, 7]),
        (Query(fields={"strength": FieldRange(0.2, 0.4)}), [4, 3, 2]),
        (Query(fields={"strength": FieldRange(minimum=0.8)}), [9, 8]),
        (Query(fields={"raw": FieldChoice((True,))}), [9, 6, 3, 0]),
        (Query(fields={"raw": FieldChoice(("false",)), "ratio": FieldChoice(("1:1", "2:1"))}), [5, 2, 1]),
        (Query(fields={"seed": FieldRange(300, 500)}), [5, 4, 3]),
        (Query(fields={"seed": FieldChoice(("700",))}), [7]),
        (Query(fields={"ratio": FieldChoice(())}), []),
        (Query(fields={"ratio": FieldRange(0, 9), "none": FieldRange(0, 1)}), []),
        (Query("fox", starred=True, fields={"strength": FieldRange(0, 0)}), [0]),
        (Query(fields={"strength": FieldRange(0.2, 0.6), "seed": FieldRange(500, 900)}), [6, 5]),
        (Query(fields={"seed": FieldRange(500, 700)}, sort="strength"), [5, 6, 7]),
        (Query(fields={"strength": FieldRange(0.5, 0.7)}, sort="strength", descending=True), [7, 6, 5]),
    ]
    for max_collected in (1, 20_000):
        monkeypatch.setattr(search, "MAX_COLLECTED", max_collected)
        for query, expected in cases:
            assert find(store, query) == expected, (max_collected, query)


@pytest.fixture
def rated(store: GenerationStore) -> GenerationStore:
    """Twenty generations, some without a rating, a strength, a style or a seed."""
    chance = random.Random(3)
    for number in chance.sample(range(20), 20):
        values: dict[str, Any] = {"strength": chance.choice([0.1, 0.5, 2])} if number % 3 else {}
        values |= {"style": chance.choice(["a", "é", "B"])} if number % 4 else {}
        one = save(store, number, "fox", seed=chance.choice([None, 1, 2**64]), request=values)
        store.annotations.update("owner", [one.id], rating=chance.choice([0, 0, 3, 5]))
    return store


@pytest.mark.parametrize("text", ["", "fox"])
def test_every_order_is_complete(rated: GenerationStore, text: str) -> None:
    """Pages in each order have each generation once; those without the value are last; neighbors agree."""
    sorts = ("newest", "oldest", "rating", "seed", "strength", "style", "unknown")
    for sort, is_descending in itertools.product(sorts, (True, False, None)):
        check_order(rated, Query(text, sort=sort, descending=is_descending))


def check_order(store: GenerationStore, query: Query) -> None:
    """Compare the order of the twenty generations with that of their values."""
    sort, is_descending = query.sort, query.descending
    found = find(store, query)
    assert sorted(found) == list(range(20)), query
    entries = store.search.entries("owner", [f"{number:032x}" for number in found])
    value: dict[str, Callable[[int], Any]] = {
        "newest": lambda place: -entries[place].generation.created_at,
        "oldest": lambda place: entries[place].generation.created_at,
        "rating": lambda place: entries[place].annotation.rating or None,
        "seed": lambda place: entries[place].generation.seed,
    }
    values = [
        value[sort](place) if sort in value else entries[place].generation.request.get(sort) for place in range(20)
    ]
    present = [one for one in values if one is not None]
    assert values[len(present) :] == [None] * (20 - len(present))
    down = sort not in ("newest", "oldest") and (is_descending if is_descending is not None else sort == "rating")
    assert present == sorted(present, reverse=down), query
    for before, after in pairwise(found):
        assert store.search.neighbors("owner", query, f"{before:032x}")[1] == f"{after:032x}"
        assert store.search.neighbors("owner", query, f"{after:032x}")[0] == f"{before:032x}"
    assert store.search.neighbors("owner", query, f"{found[0]:032x}")[0] == ""
    assert store.search.neighbors("owner", query, f"{found[-1]:032x}")[1] == ""


def test_foreign_cursor_finds_nothing(store: GenerationStore) -> None:
    """A text that is no cursor of the order gives an empty page, not the first one again."""
    save(store, 1)
    for cursor in ("x", "é", "AAAA", "W10", "bnVsbA", "WyIiLHRydWUsMSwge31d", "9" * 10_000):
        assert store.search.page("owner", Query(), cursor).entries == (), cursor


def test_cursor_and_range_of_any_value(store: GenerationStore) -> None:
    """No number and no text in a cursor or a range is an error."""
    save(store, 1, request={"steps": 4})
    values: list[Any] = [10**400, -(2**63), 2**64, 1e308, float("nan"), "\ud800", "\x00", None]
    for value in values:
        text = json.dumps(["steps", False, 5, value])
        store.search.page("owner", Query(sort="steps"), base64.urlsafe_b64encode(text.encode()).decode())
        if isinstance(value, int | float):
            assert find(store, Query(fields={"steps": FieldRange(value, None)})) == ([1] if value < 4 else []), value
            assert find(store, Query(fields={"steps": FieldRange(None, value)})) == ([1] if value > 4 else []), value


def test_new_images_do_not_move_pages(store: GenerationStore) -> None:
    """The next page begins where the page before ended, whatever was made meanwhile."""
    for number in range(6):
        save(store, number)
    first = store.search.page("owner", Query(), limit=3)
    save(store, 7)
    second = store.search.page("owner", Query(), first.next, limit=3)
    assert [int(entry.generation.id, 16) for entry in (*first.entries, *second.entries)] == [5, 4, 3, 2, 1, 0]


def test_equal_times_are_kept_apart(store: GenerationStore) -> None:
    """Many generations of one moment, of several owners, are each found once."""
    for number in range(60):
        save(store, number, created_at=5.0, owner="owner" if number % 2 else "ann")
    assert sorted(find(store, "fox")) == list(range(1, 60, 2))


def test_values_of_a_field(store: GenerationStore) -> None:
    """Filters know the least and greatest number and the distinct values of a field."""
    for number, value in enumerate([3, 1.5, 3, "auto", True, None, [1], "x" * 5000]):
        save(store, number, request={"steps": value})
    save(store, 20, owner="ann", request={"steps": 99})
    found = store.search.values("owner", "steps")
    assert (found.minimum, found.maximum) == (1.5, 3)
    assert found.values == (1.5, 3, "auto", "true")
    assert store.search.values("owner", "steps", 2).values == (1.5, 3)
    assert store.search.values("owner", "unknown").values == ()


def test_prompt_history(store: GenerationStore) -> None:
    """Each prompt is there once, last used first, with its number of uses and its best image."""
    for number in range(6):
        save(store, number, f"prompt {'ab'[number % 2]}")
    save(store, 6, "   ")
    picture = store.save(store.save_image(generation(2, request={"prompt": "prompt a"}, state=State.SUCCEEDED), jpeg()))
    uses = store.search.prompts("owner")
    assert [(use.prompt, use.count, use.last_used) for use in uses] == [
        ("prompt b", 3, 1005.0),
        ("prompt a", 3, 1004.0),
    ]
    assert [use.best_id for use in uses] == [f"{5:032x}", picture.id]
    store.annotations.update("owner", [f"{1:032x}"], starred=True)
    assert store.search.prompts("owner", "PROM")[0].best_id == f"{1:032x}"
    assert [use.prompt for use in store.search.prompts("owner", limit=1, after=1005.0)] == ["prompt a"]
    assert [use.prompt for use in store.search.prompts("owner", "prompt b")] == ["prompt b"]
    store.deletions.delete("owner", [f"{number:032x}" for number in (1, 3, 5)], 1.0)
    assert [use.prompt for use in store.search.prompts("owner")] == ["prompt a"]
    store.deletions.restore("owner", [f"{1:032x}"])
    assert [(use.prompt, use.count) for use in store.search.prompts("owner", "b")] == [("prompt b", 1)]


def test_foreign_generations_stay_hidden(store: GenerationStore) -> None:
    """No call of the search shows or counts what another visitor has."""
    mine, theirs = save(store, 1, "secret fox"), save(store, 2, "secret fox", owner="ann", request={"steps": 4})
    store.annotations.update("ann", [theirs.id], starred=True, rating=5, add_tags=["hers"])
    for query in (Query(), Query("secret"), Query(sort="steps"), Query(sort="rating"), Query("fox", sort="steps")):
        assert find(store, query) == [1]
    assert find(store, Query(starred=True)) == find(store, Query(tags=("hers",))) == []
    cursor = store.search.page("ann", Query(), limit=1).next
    assert store.search.page("owner", Query(), cursor or "x").entries == ()
    assert store.search.entries("owner", [theirs.id]) == []
    assert store.search.neighbors("owner", Query(), theirs.id) == ("", "")
    assert store.search.neighbors("owner", Query(), mine.id) == ("", "")
    assert store.search.values("owner", "steps").values == ()
    assert [use.count for use in store.search.prompts("owner", "secret")] == [1]
    assert store.search.prompts("nobody", "secret") == []


def test_unreadable_rows_hide_only_themselves(store: GenerationStore) -> None:
    """A row of a newer version or a damaged row is left out of its page."""
    for number in range(5):
        save(store, number)
    store._writer.run(
        lambda database: database.execute("UPDATE generations SET state = 'dreaming' WHERE id = ?", [f"{3:032x}"])
    )
    store._writer.run(
        lambda database: database.execute("UPDATE generations SET request = '{' WHERE id = ?", [f"{2:032x}"])
    )
    page = store.search.page("owner", Query(), limit=4)
    assert [int(entry.generation.id, 16) for entry in page.entries] == [4, 1]
    assert page.unreadable == 2
    assert len(store.search.page("owner", Query(), page.next).entries) == 1


def test_damaged_row_hides_only_its_prompt(store: GenerationStore) -> None:
    """A page of prompts is full although a row in it cannot be read."""
    for number in range(5):
        save(store, number, f"prompt {number}")
    store._writer.run(
        lambda database: database.execute("UPDATE generations SET state = 'dreaming' WHERE id = ?", [f"{3:032x}"])
    )
    assert [use.prompt for use in store.search.prompts("owner", limit=3)] == ["prompt 4", "prompt 2", "prompt 1"]
    assert [use.prompt for use in store.search.prompts("owner", limit=9, after=1002.0)] == ["prompt 1", "prompt 0"]
