"""The gallery in a browser: images are found, judged, opened, compared, deleted, exported and imported."""

from __future__ import annotations

import io
import json
import re
import secrets
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import PngImagePlugin
from playwright.sync_api import Locator, Page, expect

from flux_playground.access.visitor import OWNER
from flux_playground.storage.generation_store import GenerationStore
from tests.app_process import running_quick
from tests.archive.gallery import describe, draw, keep, write_zip
from tests.page_actions import fill, has

IS_AT = """([id, top]) =>
    Math.abs(document.querySelector(`#gallery li[data-id="${id}"]`).getBoundingClientRect().top - top) < 4"""
PROMPTS = ("TOK a mill by a river", "TOK a red lighthouse", "A night train")


@dataclass(frozen=True)
class Home:
    """A page with the images of this file only, and its store."""

    url: str
    store: GenerationStore


@pytest.fixture(scope="module")
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The running program, whose store is also open here."""
    folder = tmp_path_factory.mktemp("gallery")
    with (
        running_quick(folder, FLUX_PLAYGROUND_LOCAL_SPEED="20") as url,
        closing(GenerationStore(folder / "data")) as store,
    ):
        yield Home(url, store)


@pytest.fixture
def address(own_home: Home) -> str:
    """The page that the tests load."""
    return own_home.url


@pytest.fixture
def made(own_home: Home) -> list[str]:
    """The ids of three new images, oldest first; earlier ones are gone, with their stars, tags and notes."""
    store, owner, now = own_home.store, OWNER.id, time.time()
    store.deletions.delete(owner, [one.id for one in store.recent(owner, 1_000)], now)
    store.purge(now + 1)
    ids = [secrets.token_hex(16) for _ in PROMPTS]
    for number, (id_, prompt) in enumerate(zip(ids, PROMPTS, strict=True)):
        request = {"finetune_id": "my-finetune", "prompt": prompt, "seed": 4_100 + number}
        keep(
            store,
            describe(number, id=id_, owner=owner, created_at=now - 60 + number, request=request, seed=4_100 + number),
            draw(number),
        )
    return ids


@pytest.fixture
def gallery(made: list[str], page: Page) -> Iterator[Page]:
    """The page with the gallery open."""
    page.locator("button.gallery").click()
    expect(cards(page)).to_have_count(3)
    yield page
    page.evaluate("document.querySelector('dialog[open]')?.close()")


def cards(page: Page) -> Locator:
    return page.locator("#gallery .grid .card")


def search(page: Page, text: str) -> None:
    page.locator("#gallery [name=q]").fill(text)


def test_search_is_in_the_address(gallery: Page) -> None:
    """The results follow the typed text; a reload and Back find the same."""
    search(gallery, "red ligh")
    expect(cards(gallery)).to_have_count(1)
    expect(cards(gallery)).to_have_attribute("data-prompt", PROMPTS[1])
    expect(gallery).to_have_url(has("gallery"))
    expect(gallery).to_have_url(has("q=red+ligh"))
    gallery.reload()
    expect(cards(gallery)).to_have_count(1)
    expect(gallery.locator("#columns")).to_be_hidden()
    gallery.locator("#gallery [data-act=gallery]").click()
    expect(gallery.locator("#columns")).to_be_visible()
    gallery.go_back()
    expect(cards(gallery)).to_have_count(1)
    search(gallery, 'nothing "AND (')
    expect(gallery.locator("#gallery .grid")).to_contain_text("No images found.")
    gallery.get_by_role("button", name="Clear search and filters").click()
    expect(cards(gallery)).to_have_count(3)
    long = "red lighthouse " * 700
    search(gallery, long)
    expect(cards(gallery)).to_have_count(1)
    expect(gallery.locator("#search-note")).to_have_text(re.compile("first 24 words"))
    cards(gallery).focus()
    gallery.keyboard.press("x")
    expect(gallery.locator("#gallery [name=q]")).to_have_value(long)


def test_selection_is_in_the_address(gallery: Page, made: list[str]) -> None:
    """A reload, Back, Forward and a link restore the selected images; foreign ids are ignored."""
    number = gallery.locator("#gallery .selection .number")
    gallery.keyboard.press("ArrowDown")
    for key in ("x", "ArrowRight", "x"):
        gallery.keyboard.press(key)
    expect(gallery).to_have_url(has(f"selected={made[2]},{made[1]}"))
    gallery.reload()
    expect(number).to_have_text("2 selected")
    search(gallery, "red ligh")
    expect(cards(gallery)).to_have_count(1)
    expect(gallery).to_have_url(has(f"selected={made[2]},{made[1]}"))
    cards(gallery).focus()
    gallery.keyboard.press("Escape")
    expect(number).to_be_hidden()
    gallery.go_back()
    expect(number).to_have_text("2 selected")
    gallery.go_forward()
    expect(number).to_be_hidden()
    gallery.evaluate(
        "ids => { history.pushState(null, '', `?gallery&selected=${ids}`); dispatchEvent(new Event('popstate')); }",
        f"{'0' * 32},{made[0]},nothing",
    )
    expect(number).to_have_text("1 selected")
    expect(gallery).to_have_url(re.compile(f"selected={made[0]}$"))


def test_filters_come_from_the_schema(gallery: Page) -> None:
    """A range of the seed filters; the filter is named and can be removed."""
    gallery.locator("#gallery .filters > summary").click()
    for width in (1024, 1200, 1440):
        gallery.set_viewport_size({"width": width, "height": 900})
        assert (gallery.locator("#gallery .filters > .sheet").bounding_box() or {"x": -1})["x"] >= 0
    gallery.locator('#gallery [name="min.seed"]').fill("4101")
    expect(cards(gallery)).to_have_count(2)
    expect(gallery).to_have_url(has("min.seed=4101"))
    gallery.locator('#gallery [name="min.seed"]').fill("many")
    expect(gallery.locator("#gallery > .message")).to_have_text("'many' is not a number.")
    gallery.keyboard.press("Escape")
    gallery.get_by_role("button", name="Remove the filter Seed from many").click()
    expect(cards(gallery)).to_have_count(3)
    expect(gallery.locator("#gallery > .message")).to_be_empty()


def test_keyboard_judges_and_deletes(gallery: Page, made: list[str]) -> None:
    """Arrow keys move, letters select and star, digits rate, Delete deletes, and Undo restores."""
    gallery.keyboard.press("ArrowDown")
    expect(cards(gallery).nth(0)).to_be_focused()
    gallery.keyboard.press("s")
    expect(gallery.locator(f'#gallery li[data-id="{made[2]}"] .star')).to_have_attribute("aria-pressed", "true")
    gallery.keyboard.press("ArrowRight")
    gallery.keyboard.press("x")
    gallery.keyboard.press("5")
    expect(gallery.locator(f'#gallery li[data-id="{made[1]}"] .stars')).to_have_text("★★★★★")
    gallery.keyboard.press("Delete")
    expect(cards(gallery)).to_have_count(2)
    gallery.get_by_role("button", name="Undo").click()
    expect(cards(gallery)).to_have_count(3)
    expect(gallery.locator(f'#gallery li[data-id="{made[1]}"] .stars')).to_have_text("★★★★★")
    gallery.locator("#gallery .filters > summary").click()
    gallery.get_by_label("Starred only").check()
    expect(cards(gallery)).to_have_count(1)


def test_keyboard_only(made: list[str], page: Page) -> None:
    """Without a mouse, images are found, chosen, exported, compared, deleted and restored."""
    keyboard, grid = page.keyboard, cards(page)
    keyboard.press("g")
    expect(grid).to_have_count(3)
    expect(page.locator("#gallery [name=q]")).to_be_focused()
    keyboard.type("tok")
    expect(grid).to_have_count(2)
    for key in ("ArrowDown", "x", "ArrowRight", "x"):
        keyboard.press(key)
    for name in ("Star", "Rating", "Add a tag", "Compare"):
        keyboard.press("Tab")
        expect(page.locator("#gallery .selection").get_by_label(name).or_(named(page, name))).to_be_focused()
    keyboard.press("Tab")
    with page.expect_download() as started:
        keyboard.press("Enter")
    with zipfile.ZipFile(started.value.path()) as archive:
        assert {one["id"] for one in json.loads(archive.read("manifest.json"))["entries"]} == set(made[:2])
    keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    expect(page.locator("#comparison figure[data-id]")).to_have_count(2)
    keyboard.press("Escape")
    expect(grid.nth(1)).to_be_focused()
    keyboard.press("Delete")
    expect(page.locator("#gallery h2 .total")).to_have_text("0 images")
    keyboard.press("Control+z")
    expect(grid).to_have_count(2)


def named(page: Page, name: str) -> Locator:
    """A button for the selected images."""
    return page.locator("#gallery .selection").get_by_role("button", name=name)


def test_open_image_is_annotated(gallery: Page, made: list[str]) -> None:
    """An open image has its notes, neighbors and actions; tags and note are kept."""
    cards(gallery).nth(0).click()
    notes = gallery.locator("#lightbox .notes")
    expect(notes).to_have_attribute("data-id", made[2])
    expect(gallery).to_have_url(has(f"open={made[2]}"))
    view = gallery.locator("#lightbox .view")
    view.locator("img").evaluate("image => { image.src = 'assets/nothing.png'; }")
    expect(view).to_have_attribute("data-broken", "")
    gallery.keyboard.press("ArrowRight")
    expect(view).not_to_have_attribute("data-broken", "")
    expect(notes).to_have_attribute("data-id", made[1])
    notes.get_by_role("radio", name="3 of 5").click()
    expect(notes.get_by_role("radio", name="3 of 5")).to_be_checked()
    for name, text in (("tags", "🎨 final, red"), ("note", "the best one")):
        with gallery.expect_response("**/gallery/annotate"):
            notes.locator(f"[name={name}]").fill(text)
            notes.locator(f"[name={name}]").blur()
    gallery.reload()
    expect(notes.locator("[name=tags]")).to_have_value("🎨 final, red")
    expect(notes.locator("[name=note]")).to_have_value("the best one")
    gallery.keyboard.press("Escape")
    search(gallery, "final")
    expect(cards(gallery)).to_have_count(1)
    cards(gallery).nth(0).click()
    notes.get_by_role("button", name="Open on the page").click()
    expect(gallery.locator("#stage .frame")).to_have_attribute("data-id", made[1])
    expect(gallery.locator("#gallery")).to_be_hidden()


def test_compare_two(gallery: Page, made: list[str]) -> None:
    """Two images are compared in four ways; a link leads to the comparison."""
    for _ in range(2):
        gallery.keyboard.press("ArrowDown" if not _ else "ArrowRight")
        gallery.keyboard.press("x")
    gallery.locator("#gallery [data-act=compare-selected]").click()
    section = gallery.locator("#comparison")
    expect(section.locator("figure[data-id]")).to_have_count(2)
    expect(gallery).to_have_url(has(f"compare={made[2]},{made[1]}"))
    expect(section.locator("tbody tr").first).not_to_have_class("same")
    section.get_by_role("radio", name="Difference").click()
    expect(section.locator("figure.difference")).to_contain_text("of the pixels differ")
    section.get_by_role("radio", name="Flip").click()
    expect(section.locator("figure[data-on]")).to_have_attribute("data-id", made[2])
    gallery.keyboard.press("2")
    expect(section.locator("figure[data-on]")).to_have_attribute("data-id", made[1])
    section.locator("figure[data-on] .view").click()
    expect(section.locator("figure[data-on]")).to_have_attribute("data-id", made[2])
    section.get_by_role("button", name="Swap").click()
    expect(section.locator("figure[data-id]").first).to_have_attribute("data-id", made[1])
    gallery.reload()
    expect(section.locator("figure[data-id]").first).to_have_attribute("data-id", made[1])
    gallery.keyboard.press("Escape")
    expect(gallery.locator("#gallery")).to_be_visible()


def test_earlier_prompt_with_undo(gallery: Page) -> None:
    """Enter puts the best match into the form; Undo brings the typed prompt back."""
    gallery.locator("#gallery [data-act=gallery]").click()
    fill(gallery, prompt="what I just typed")
    gallery.locator("button.gallery").click()
    gallery.get_by_role("button", name="Prompts").click()
    gallery.get_by_label("Search earlier prompts").fill("lighth")
    expect(gallery.locator("#prompt-list [role=option]")).to_have_count(1)
    gallery.keyboard.press("Enter")
    prompt = gallery.locator("#input-prompt textarea")
    expect(prompt).to_have_value(PROMPTS[1])
    gallery.locator("#notice [data-act=undo]").click()
    expect(prompt).to_have_value("what I just typed")


def test_export_and_import(gallery: Page, made: list[str], tmp_path: Path) -> None:
    """The images found are exported as a ZIP, and imported without doubles."""
    gallery.locator("#gallery .transfer > summary").click()
    with gallery.expect_download() as started:
        gallery.get_by_role("button", name="Images and settings (ZIP)").click()
    path = tmp_path / "export.zip"
    started.value.save_as(path)
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert len(manifest["entries"]) == len(made)
    (tmp_path / "broken.png").write_bytes(b"no image")
    import_files(gallery, path, tmp_path / "broken.png")
    report = gallery.locator("#import-report")
    expect(report).to_contain_text("0 images added, 3 already here, 1 rejected.")
    expect(report).to_contain_text("broken.png")


def import_files(page: Page, *paths: Path) -> None:
    """Choose files to import, and wait for the report."""
    page.locator("#gallery .transfer > summary").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import images or a ZIP").click()
    chooser.value.set_files(paths)
    expect(page.locator("#import-report button")).to_be_focused()


def draw_foreign(number: int) -> bytes:
    """An image of another tool, with its settings."""
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", f"a heron {number}\nSteps: 20, Seed: {number}")
    return draw(number, "PNG", pnginfo=info)


def test_place_is_kept(gallery: Page, tmp_path: Path) -> None:
    """Below the first results, a deletion, its Undo and an import change neither the place nor what is loaded."""
    files = [(f"{number}.png", draw_foreign(number)) for number in range(70)]
    import_files(gallery, write_zip(tmp_path / "foreign.zip", files))
    gallery.keyboard.press("Escape")
    expect(cards(gallery)).to_have_count(73)
    cards(gallery).last.focus()
    gallery.keyboard.press("Delete")
    expect(cards(gallery)).to_have_count(72)
    kept = gallery.locator("#gallery .grid li").nth(60)
    place = [kept.get_attribute("data-id"), kept.evaluate("item => item.getBoundingClientRect().top")]
    gallery.get_by_role("button", name="Undo").click()
    expect(cards(gallery)).to_have_count(73)
    gallery.wait_for_function(IS_AT, arg=place)
    (tmp_path / "one.png").write_bytes(draw_foreign(70))
    import_files(gallery, tmp_path / "one.png")
    expect(cards(gallery)).to_have_count(74)
    expect(gallery.locator("#gallery li[data-imported]")).to_have_count(71)
    gallery.wait_for_function(IS_AT, arg=place)
