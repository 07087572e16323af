"""Sweeps in a browser: planned in the panel, made in the sheet, compared, voted on, changed."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from flux_playground.local import LocalServer
from tests.app_process import running_quick
from tests.page_actions import fill, forget_visit, has, load, wait_for_held


@pytest.fixture(scope="module")
def own_home(tmp_path_factory: pytest.TempPathFactory, server: LocalServer) -> Iterator[str]:
    """A page with the images of this file only, which an account pays; more than 7 images are asked about."""
    account = {"FLUX_PLAYGROUND_BASE_URL": server.url, "BFL_API_KEY": "sweeps", "FLUX_PLAYGROUND_CONFIRM_CREDITS": "50"}
    with running_quick(tmp_path_factory.mktemp("sweeps"), **account) as url:
        yield url


@pytest.fixture
def address(own_home: str) -> str:
    """The page that the tests load."""
    return own_home


def panel(page: Page) -> Locator:
    return page.locator(".sweep-panel")


def open_panel(page: Page, prompt: str = "TOK a mill", seed: str = "7") -> None:
    """Fill in the form and open the panel."""
    fill(page, finetune_id="my-finetune", prompt=prompt, seed=seed)
    page.locator("#formtools [data-act=sweep]").click()
    expect(panel(page)).to_be_visible()


def choose_axis(page: Page, number: int, field: str, text: str) -> None:
    """Fill in an axis; a new one is added first."""
    item = panel(page).locator(".axes > li").nth(number)
    if number:
        panel(page).get_by_role("button", name="Add an axis").click()
    expect(item.locator(f"option[value={field}]")).to_be_attached()
    item.locator("[name=field]").select_option(field)
    item.locator("textarea").fill(text)


def start(page: Page, images: int) -> None:
    """Start the planned sweep and wait for its images."""
    panel(page).get_by_role("button", name=f"Make {images} images").click()
    expect(page.locator("#sheet td")).to_have_count(images)
    expect(page.locator("#sheet header")).to_have_attribute("data-active", "")


def test_strength_ladder(page: Page) -> None:
    """One press plans six strengths with one seed; the sheet shows them, and a link leads to the sheet."""
    open_panel(page, seed="")
    panel(page).get_by_role("button", name="Strength ladder").click()
    expect(panel(page).locator(".axes .note")).to_contain_text("6 values: no finetune (control), 0.4")
    expect(panel(page).locator(".summary")).to_contain_text("6 images · 42 credits ($0.42) (list price)")
    start(page, 6)
    expect(page).to_have_url(has("sheet="))
    expect(page.locator("#sheet .progress")).to_contain_text("6 ready")
    expect(page.locator("#sheet thead")).to_contain_text("no finetune (control)")
    captions = page.locator("#sheet td .caption").all_inner_texts()
    assert len({caption.partition(" · ")[2] for caption in captions}) == 1
    page.reload()
    expect(page.locator("#sheet td .card[data-image]")).to_have_count(6)
    page.locator("#sheet details.transfer > summary").click()
    page.get_by_role("button", name="Plan again with a new seed").click()
    expect(panel(page).locator(".axes textarea")).to_have_value("0, 0.4, 0.8, 1.2, 1.6, 2")
    expect(panel(page).get_by_role("button", name="Make 6 images")).to_be_enabled()
    expect(page.locator("#input-prompt textarea")).to_have_value("TOK a mill")
    page.go_back()
    expect(page.locator("#sheet td .card[data-image]")).to_have_count(6)
    page.locator("#sheet td .card").nth(3).click()
    expect(page.locator("#lightbox .notes")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#lightbox p").first).to_contain_text("1.6")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#columns")).to_be_visible()


def test_sweep_by_keyboard(page: Page, tmp_path: Path) -> None:
    """The panel, the sheet, the vote and the report need no mouse; Ctrl+Enter starts the sweep, no single image."""
    open_panel(page, "TOK a mill by keyboard")
    box = panel(page).locator(".axes textarea")
    expect(box).to_be_focused()
    expect(box).to_have_attribute("placeholder", "0, 2 or 0-2 [5]")
    panel(page).get_by_role("button", name="Strength ladder").press("Enter")
    expect(box).to_have_value("0, 0.4, 0.8, 1.2, 1.6, 2")
    box.fill("0.2, 0.3, 0.4")
    expect(panel(page).get_by_role("button", name="Make 3 images")).to_be_enabled()
    box.press("Control+Enter")
    expect(page.locator("#sheet td")).to_have_count(3)
    expect(page.locator(".toast.on")).to_have_count(0)
    expect(page.locator("#sheet header")).to_have_attribute("data-active", "")
    page.locator("#sheet .sheet-scroll").press("Tab")
    expect(page.locator("#sheet td .card").first).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#sheet td .card").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#lightbox p").first).to_contain_text("0.3")
    page.keyboard.press("Escape")
    expect(page.locator("#sheet td .card").nth(1)).to_be_focused()
    page.get_by_role("button", name="Vote").press("Enter")
    expect(page.locator("#vote .pair button").first).to_be_focused()
    page.keyboard.press("2")
    expect(page.locator("#vote .ranking h3")).to_contain_text("1 vote")
    held: list[Route] = []
    page.route(has("sweeps/sheet/"), lambda route: held.append(route))
    page.keyboard.press("Escape")
    wait_for_held(page, held)
    menu = page.locator("#sheet details.transfer > summary")
    menu.focus()
    page.evaluate("document.querySelector('#sheet header').dataset.stale = 1")  # so that it is replaced
    held.pop().continue_()
    page.unroute_all()
    expect(page.locator("#sheet header[data-stale]")).to_have_count(0)
    expect(menu).to_be_focused()
    menu.press("Enter")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Report (HTML)").press("Enter")
    saved.value.save_as(tmp_path / "report.html")
    assert "1 blind vote" in (tmp_path / "report.html").read_text(encoding="utf-8")
    page.locator("#sheet [data-act=sheet-close]").press("Enter")
    for strength in ("0.2 · 7", "0.3 · 7"):
        expect(page.locator("#strip .caption", has_text=strength).first).to_be_visible()


def test_sweep_on_a_phone(page: Page, tmp_path: Path) -> None:
    """Prompts of a CSV file and three strengths: the price is asked about, failures explained, a vote, the report."""
    page.set_viewport_size({"width": 390, "height": 844})
    open_panel(page, seed="81")
    path = tmp_path / "prompts.csv"
    path.write_text("label,prompt\nCat,TOK a cat\nDog,TOK a dog #moderated-content\nOwl,TOK an owl\n", "utf-8")
    panel(page).locator("[name=axis-file]").set_input_files(path)
    expect(panel(page).locator(".summary")).to_contain_text("3 images")
    choose_axis(page, 1, "finetune_strength", "0.5, 1, 1.5")
    for answer in ("Cancel", "Make 9 images"):
        panel(page).get_by_role("button", name="Make 9 images").click()
        expect(page.locator("#price-question p")).to_contain_text("63 credits ($0.63)")
        page.locator("#price-question").get_by_role("button", name=answer).click()
        expect(page.locator("#price-question")).to_be_hidden()
    expect(page.locator("#sheet td")).to_have_count(9)
    expect(page.locator("#sheet header")).to_have_attribute("data-active", "")
    expect(page.locator("#sheet .caveat")).to_contain_text("3 of 3 images with Table Dog failed.")
    expect(page.locator("#sheet td[data-state=failed] .reason")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Vote").click()
    page.locator("#vote select").select_option(label="Strength")
    expect(page.locator("#vote .ranking h3")).to_contain_text("strength")
    page.locator("#vote .pair button").first.click()
    expect(page.locator("#vote .ranking h3")).to_contain_text("1 vote")
    page.locator("#vote").get_by_role("button", name="Close").click()
    page.locator("#sheet details.transfer > summary").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Report (HTML)").click()
    saved.value.save_as(tmp_path / "report.html")
    page.goto((tmp_path / "report.html").as_uri())
    assert page.locator("img").count() == 6
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_moderated_and_canceled_cells(page: Page, released: threading.Event) -> None:
    """Three prompts and strengths, one prompt moderated: each cell keeps its place, is retried, left and downloaded."""
    open_panel(page, seed="71")
    choose_axis(page, 0, "prompt", "TOK a cat\nTOK a dog #moderated-content\nTOK an owl")
    choose_axis(page, 1, "finetune_strength", "0.5, 1, 1.5")
    panel(page).get_by_role("button", name="Make 9 images").click()
    page.locator("#price-question").get_by_role("button", name="Make 9 images").click()
    cells = page.locator("#sheet td")
    expect(page.locator("#sheet td[data-state=running]")).to_have_count(9)
    cells.first.get_by_role("button", name="Stop waiting").click()
    expect(cells.first.locator(".advice")).to_have_text("Paid. Download it any time.")
    released.set()
    expect(page.locator("#sheet header")).to_have_attribute("data-active", "")
    expect(page.locator("#sheet .progress")).to_contain_text("5 ready · 3 failed · 1 not downloaded")
    expect(page.locator("#sheet .caveat")).to_contain_text(
        "3 of 3 images with Prompt TOK a dog #moderated-content failed."
    )
    expect(page.locator("#sheet td .reason")).to_contain_text(["Image blocked by moderation: "] * 3)
    expect(page.get_by_role("button", name="Download 1 paid")).to_be_visible()
    cells.first.get_by_role("button", name="Download", exact=True).click()
    expect(cells.first.locator("[data-image]")).to_be_visible()
    expect(page.get_by_role("button", name="Retry 3 failed")).to_be_visible()
    released.clear()
    cells.nth(1).get_by_role("button", name="Retry").click()
    expect(cells.nth(1)).to_have_attribute("data-state", "running")
    released.set()
    expect(cells.nth(1)).to_have_attribute("data-state", "failed")
    page.locator("#sheet [name=sheet-order]").select_option(label="Columns: Strength")
    expect(page.locator("#sheet thead th").nth(1)).to_have_text("0.5")


def use_key(page: Page, key: str) -> None:
    """Enter a key of one's own."""
    if not page.locator("#key").is_visible():
        page.locator("details.key > summary").click()
    page.locator("#key").fill(key)
    page.keyboard.press("Enter")


def test_account_that_runs_empty(tab: Page, tmp_path: Path) -> None:
    """The balance is asked about; the cells that were not made say why, and Resume makes only those."""
    with LocalServer(speed=60, scale=0.1, renderer="flat", credits=30) as poor:
        account = {"FLUX_PLAYGROUND_BASE_URL": poor.url, "FLUX_PLAYGROUND_MAX_IN_FLIGHT": "1"}
        with running_quick(tmp_path, **account) as url:
            page = load(tab, url)
            use_key(page, "poor")
            expect(page.locator(".connection")).to_contain_text("30 credits")
            open_panel(page)
            choose_axis(page, 0, "finetune_strength", "0-2 [6]")
            expect(panel(page).locator(".summary")).to_contain_text("only 30 credits in the account")
            panel(page).get_by_role("button", name="Make 6 images").click()
            expect(page.locator("#price-question p")).to_contain_text("only 30 credits in the account")
            page.locator("#price-question").get_by_role("button", name="Make 6 images").click()
            expect(page.locator("#sheet .progress")).to_contain_text("2 not made · 4 ready · 28 credits ($0.28) spent")
            expect(page.locator("#sheet .sheet-problem")).to_contain_text("Not enough credits")
            expect(page.locator("#sheet td .reason")).to_contain_text(["Not enough credits"])
            expect(page.locator(".connection")).to_contain_text("2 credits")
            expect(page.locator("#sheet [data-act=key]")).to_be_hidden()
            page.get_by_role("button", name="Remove key").click()
            page.locator("#sheet [data-act=key]").click()
            use_key(page, "rich")
            expect(page.locator(".connection")).to_contain_text("30 credits")
            page.locator("#sheet").get_by_role("button", name="Make 2 images").click()
            expect(page.locator("#sheet .progress")).to_contain_text("6 ready · 42 credits ($0.42) spent")
            expect(page.locator(".connection")).to_contain_text("16 credits")
            forget_visit(page)


def test_plans_and_prompts_are_saved_by_name(page: Page) -> None:
    """A saved plan fills the form and the panel again; a saved set of prompts fills an axis; both can be renamed."""
    open_panel(page, "TOK a saved mill", seed="")
    choose_axis(page, 0, "prompt", "TOK {red|blue} mill\na lake")
    expect(panel(page).locator(".summary")).to_contain_text("3 images")
    saved = page.locator("#saved")
    panel(page).get_by_role("button", name="Prompt sets").click()
    saved.get_by_role("textbox", name="Name").fill("Mills")
    saved.get_by_role("button", name="Save these values").click()
    expect(saved).to_be_hidden()
    panel(page).locator(".axes textarea").fill("one lake")
    choose_axis(page, 1, "finetune_strength", "0.5, x")
    expect(panel(page).locator(".axes .note.fault")).to_contain_text("Value 2")
    panel(page).get_by_role("button", name="Saved plans").click()
    saved.get_by_role("textbox", name="Name").fill("Ladder")
    saved.get_by_role("button", name="Save this plan").click()
    expect(saved.locator(".message")).to_contain_text("Value 2")
    page.keyboard.press("Escape")
    panel(page).locator(".axes textarea").nth(1).fill("0.5, 1")
    expect(panel(page).locator(".summary")).to_contain_text("2 images")
    panel(page).get_by_role("button", name="Prompt sets").click()
    saved.get_by_role("button", name="Mills Prompt · 3 values").click()
    expect(panel(page).locator(".summary")).to_contain_text("6 images")
    panel(page).get_by_role("button", name="Saved plans").click()
    saved.get_by_role("textbox", name="Name").fill("Ladder")
    saved.get_by_role("button", name="Save this plan").click()
    expect(saved).to_be_hidden()
    panel(page).locator("[data-act=sweep-remove]").first.click()
    fill(page, prompt="something else", finetune_id="another")
    panel(page).get_by_role("button", name="Saved plans").click()
    saved.get_by_role("button", name="Rename Ladder").click()
    saved.get_by_role("textbox", name="New name").fill("Mills × strengths")
    page.keyboard.press("Enter")
    saved.get_by_role("button", name="Mills × strengths Prompt × Strength · 6 images").click()
    expect(panel(page).locator(".summary")).to_contain_text("6 images")
    expect(page.locator("#input-finetune_id input, #input-finetune_id textarea").first).to_have_value("my-finetune")
    panel(page).get_by_role("button", name="Saved plans").click()
    delete = saved.get_by_role("button", name="Delete Mills × strengths")
    delete.click()
    expect(delete).to_have_text("Really delete")
    delete.click()
    expect(saved.locator(".none")).to_have_text("No saved plans yet.")


def test_mistakes_are_named_at_their_axis(page: Page) -> None:
    """A wrong value is named below its axis while it is typed, and nothing can be started."""
    open_panel(page)
    choose_axis(page, 0, "finetune_strength", "1-2 (+0)")
    note = panel(page).locator(".axes .note")
    expect(note).to_have_class(re.compile("fault"))
    expect(panel(page).locator("[data-act=sweep-start]")).to_be_disabled()
    panel(page).locator(".axes textarea").fill("0-2 [6], 9")
    expect(note).to_contain_text("9")
    panel(page).locator(".axes textarea").fill(", ".join(str(number / 10_000) for number in range(10_000)))
    expect(note).to_have_text("The axis has 10,000 values; at most 1,000 are possible.")
    panel(page).locator(".axes textarea").fill("0-2 [3]")
    expect(note).to_have_text("3 values: no finetune (control), 1, 2")
    expect(panel(page).locator("[data-act=sweep-start]")).to_be_enabled()
    choose_axis(page, 1, "finetune_id", "my-finetune, vanished")
    warning = "“vanished” is not in this account's list."
    expect(panel(page).locator(".axes .warning").nth(1)).to_have_text(warning)
    panel(page).locator(".axes textarea").nth(0).fill("0.5")
    panel(page).get_by_role("button", name="Make 2 images").click()
    expect(page.locator("#price-question p")).to_contain_text(f"{warning} 1 image may fail.")
    page.locator("#price-question").get_by_role("button", name="Cancel").click()
    expect(page.locator("#sheet")).to_be_hidden()


def test_values_are_ticked(page: Page) -> None:
    """Formats, shapes and switches are ticked; the text follows, and what is typed is ticked."""
    open_panel(page)
    choose_axis(page, 0, "output_format", "png")
    choices = panel(page).locator(".choices")
    expect(choices.get_by_label("png")).to_be_checked()
    choices.get_by_label("jpeg").check()
    box = panel(page).locator(".axes textarea")
    expect(box).to_have_value("png, jpeg")
    expect(panel(page).locator(".summary")).to_contain_text("2 images")
    choices.get_by_label("png").uncheck()
    expect(box).to_have_value("jpeg")
    expect(panel(page).locator(".summary")).to_contain_text("1 image")
    panel(page).locator("[name=field]").select_option("finetune_id")
    expect(choices.get_by_label("my-finetune")).to_be_attached()


def test_prompts_from_a_file(page: Page, tmp_path: Path) -> None:
    """A CSV in UTF-16 becomes a table axis; an unknown column is named, and so is a file that is no text."""
    open_panel(page)
    path = tmp_path / "prompts.csv"
    path.write_bytes("label;prompt;seed\nFirst;TOK a fox;11\nSecond;TOK an owl;12\n".encode("utf-16"))
    panel(page).locator("[name=axis-file]").set_input_files(path)
    expect(panel(page).locator(".summary")).to_contain_text("2 images")
    path.write_text("prompt,tint\na,b\n", encoding="utf-8")
    panel(page).locator("[data-act=sweep-remove]").click()
    panel(page).locator("[name=axis-file]").set_input_files(path)
    expect(panel(page).locator(".axes .note")).to_contain_text("tint")
    path.write_bytes(b"\xff\xfe\x00\xd8\x41")
    panel(page).locator("[name=axis-file]").set_input_files(path)
    expect(page.locator(".toast")).to_contain_text("is not text in UTF-8 or UTF-16")
    expect(panel(page).locator(".axes > li")).to_have_count(1)


def test_vote_by_keyboard(page: Page) -> None:
    """Pairs are shown without their settings; a key votes, the ranking follows, and Undo takes a vote back."""
    open_panel(page, seed="21")
    choose_axis(page, 0, "finetune_strength", "0.5, 1, 1.5")
    start(page, 3)
    page.get_by_role("button", name="Vote").click()
    vote = page.locator("#vote")
    expect(vote.locator(".pair img").first).to_be_visible()
    assert "0.5" not in vote.locator(".pair").inner_text()
    undo = vote.get_by_role("button", name="Undo the last vote")
    expect(undo).to_be_disabled()
    for number in range(1, 4):
        page.keyboard.press("1")
        expect(vote.locator(".ranking h3")).to_contain_text(f"{number} vote")
    expect(vote.locator(".message")).to_have_text("No more pairs to compare.")
    undo.click()
    expect(vote.locator(".ranking h3")).to_contain_text("2 votes")


def test_change_axes_makes_only_new_cells(page: Page) -> None:
    """A further value makes one image; the others are kept."""
    open_panel(page, seed="31")
    choose_axis(page, 0, "finetune_strength", "0.5, 1")
    start(page, 2)
    page.get_by_role("button", name="Change axes").click()
    panel(page).locator(".axes textarea").fill("0.5, 1, 1.5")
    expect(panel(page).locator(".summary")).to_contain_text("1 image ·")
    panel(page).get_by_role("button", name="Make 1 image").click()
    expect(page.locator("#sheet .progress")).to_contain_text("3 ready")
    expect(page.locator("#sheet header")).to_have_attribute("data-active", "")


def test_scrub_one_axis(page: Page) -> None:
    """In the large view, left and right change the column, up and down the row; the gallery shows the sweep alone."""
    open_panel(page, seed="41")
    choose_axis(page, 0, "finetune_strength", "0.5, 1")
    choose_axis(page, 1, "seed", "41, 42")
    start(page, 4)
    page.locator("#sheet td .card").first.click()
    caption = page.locator("#lightbox p").first
    expect(caption).to_contain_text("41 · 0.5")
    page.keyboard.press("ArrowDown")
    expect(caption).to_contain_text("42 · 0.5")
    page.keyboard.press("ArrowRight")
    expect(caption).to_contain_text("42 · 1")
    page.keyboard.press("ArrowUp")
    expect(caption).to_contain_text("41 · 1")
    page.keyboard.press("Escape")
    page.locator("#sheet details.transfer > summary").click()
    page.get_by_role("button", name="Show in the gallery").click()
    expect(page.locator("#gallery .grid .card")).to_have_count(4)
    expect(page.locator(".filter-chip")).to_have_text("Sweep")


def test_export_opens_from_disk(page: Page, tmp_path: Path) -> None:
    """The menu saves a report that shows its images without a server, and the sheet as an image."""
    open_panel(page, seed="51")
    choose_axis(page, 0, "finetune_strength", "0.5, 1")
    start(page, 2)
    for name, suffix in (("Report (HTML)", ".html"), ("Sheet (PNG)", ".png")):
        page.locator("#sheet details.transfer > summary").click()
        with page.expect_download() as saved:
            page.get_by_role("button", name=name).click()
        assert saved.value.suggested_filename.endswith(suffix)
        saved.value.save_as(tmp_path / f"export{suffix}")
    assert page.locator("#sheet td").count() == 2
    report = page.context.new_page()
    report.goto((tmp_path / "export.html").as_uri())
    widths = report.evaluate("[...document.images].map((image) => image.naturalWidth)")
    assert widths == [512, 512]
    expect(report.locator("details").first).not_to_have_attribute("open", "")
    report.locator("summary").first.click()
    expect(report.locator("details dd", has_text="TOK a mill").first).to_be_visible()
    assert report.evaluate("document.documentElement.scrollWidth <= innerWidth")
    report.close()


def test_export_of_a_deleted_sweep(page: Page) -> None:
    """What cannot be exported is a message; the sheet stays."""
    open_panel(page, seed="61")
    choose_axis(page, 0, "finetune_strength", "0.5, 1")
    start(page, 2)
    other = page.context.new_page()
    other.goto(page.url)
    other.locator("#sheet details.transfer > summary").click()
    other.get_by_role("button", name="Delete this sweep").click()
    expect(other.locator(".toast")).to_contain_text("Sweep deleted.")
    other.close()
    page.locator("#sheet details.transfer > summary").click()
    page.get_by_role("button", name="Plan (JSON)").click()
    expect(page.locator(".toast")).to_have_text("This sweep is not in your history.")
    expect(page.locator("#sheet td")).to_have_count(2)


def test_scores_of_a_command(tab: Page, tmp_path: Path) -> None:
    """The owner's command scores each image; the columns are sorted by their means."""
    command = tmp_path / "score.py"
    command.write_text("import os, sys\nprint(os.path.getsize(sys.argv[1]) % 1000 / 1000)\n", encoding="utf-8")
    setting = f"{sys.executable} {command}"
    with running_quick(
        tmp_path / "run", FLUX_PLAYGROUND_LOCAL_SPEED="60", FLUX_PLAYGROUND_SCORE_COMMAND=setting
    ) as url:
        page = load(tab, url)
        open_panel(page)
        choose_axis(page, 0, "finetune_strength", "0.5, 1, 1.5")
        start(page, 3)
        page.get_by_role("button", name="Score the images").click()
        expect(page.locator("#sheet .score")).to_have_count(3)
        expect(page.locator("#sheet .scores svg circle")).to_have_count(3)
        page.get_by_role("button", name="Sort columns by score").click()
        scores = [float(text) for text in page.locator("#sheet .score").all_inner_texts()]
        assert scores == sorted(scores, reverse=True)
        forget_visit(page)


@pytest.mark.parametrize("sweep", ["0" * 32, "..%2Fx"])
def test_link_to_an_unknown_sweep(page: Page, address: str, sweep: str) -> None:
    """A link to a sweep of somebody else, or to none, shows the page and says why."""
    page.goto(f"{address}?sheet={sweep}")
    expect(page.locator(".toast")).not_to_be_empty()
    expect(page.locator("#columns")).to_be_visible()
    expect(page.locator("#sheet")).to_be_hidden()
    expect(page).not_to_have_url(has("sheet="))
