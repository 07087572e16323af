"""Controls of the form and the page that the page's own script draws."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.page_actions import fill, generate, image, press

BOX = "#input-finetune_id input"
LIST = "#finetune-list"


def count_tab_stops(page: Page) -> int:
    """Press Tab from the top of the page until Generate has the focus."""
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    for number in range(1, 40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "generate":
            return number
    return 40


def test_finetunes_are_chosen_or_typed(page: Page) -> None:
    """The list shows id, comment and trigger word; it follows the typed text and the arrow keys."""
    expect(page.locator(BOX)).to_have_value("my-finetune")  # the first one of the demo
    page.locator("[data-act=finetunes]").click()
    expect(page.locator(f"{LIST} li")).to_have_count(7)
    expect(page.locator(f"{LIST} li").nth(1)).to_contain_text("Soft layers of paper · trigger word PAPER")
    page.locator(f"{LIST} li").nth(1).click()
    expect(page.locator(BOX)).to_have_value("paper-hills")
    expect(page.locator(LIST)).to_be_hidden()
    page.locator(BOX).press_sequentially("x")
    expect(page.locator(LIST)).to_be_hidden()  # no finetune contains paper-hillsx
    page.locator(BOX).fill("")
    page.locator(BOX).press_sequentially("city")
    expect(page.locator(f"{LIST} li")).to_have_text(["ink-cityBroad strokes of ink · trigger word INK · style"])
    page.keyboard.press("ArrowDown")
    assert page.locator(BOX).get_attribute("aria-activedescendant") == "finetune-0"
    page.keyboard.press("Enter")
    expect(page.locator(BOX)).to_have_value("ink-city")
    page.locator(BOX).click()
    page.keyboard.press("Escape")
    expect(page.locator(LIST)).to_be_hidden()
    fill(page, finetune_id="an id of another account", prompt="a mill")
    page.locator("#input-prompt textarea").click()
    expect(page.locator(LIST)).to_be_hidden()
    expect(page.locator(BOX)).to_have_value("an id of another account")


def test_generate_is_within_fifteen_tab_stops(page: Page) -> None:
    """Groups of buttons are one tab stop each; the arrow keys choose among them."""
    assert count_tab_stops(page) <= 15
    page.locator("[data-act=dice]").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-act=lock]")).to_be_focused()
    page.locator("[data-act=count][data-value='1']").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-act=count][aria-checked=true]")).to_have_text("×2")
    expect(page.locator("#price")).to_have_text("2 images · Free (demo)")
    page.locator(".chip[aria-checked=true]").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#input-aspect_ratio input")).to_have_value("3:2")
    expect(page.locator(".chip[aria-checked=true]")).to_have_text("3:2")
    assert page.locator("#input-finetune_id input").get_attribute("aria-required") == "true"


def test_one_press_makes_four_images(page: Page) -> None:
    """With a seed in the form, the images have this seed and the next ones; each card shows its seed."""
    fill(page, finetune_id="my-finetune", prompt="TOK four mills", seed="500")
    page.locator("[data-act=count][data-value='4']").click()
    press(page)
    image(page)
    for seed in ("500", "501", "502", "503"):
        expect(page.locator("#strip .card.done .caption", has_text=f"1.2 · {seed}").first).to_be_visible()
    page.locator("#generate").click()
    expect(page.locator("#notice .offer .head")).to_have_text("Already generated")
    page.locator("[data-act=count][data-value='1']").click()


def test_help_opens_and_closes(page: Page) -> None:
    """The help of a field opens with its button or F1, and closes on Escape and on a click elsewhere."""
    page.locator("#field-seed .about button").click()
    expect(page.locator("#about-seed")).to_contain_text("same image")
    page.locator("#field-prompt .about button").click()
    expect(page.locator("#about-seed")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("#about-prompt")).to_be_hidden()
    page.locator("#input-seed input").focus()
    page.keyboard.press("F1")
    expect(page.locator("#about-seed")).to_be_visible()
    assert page.locator("#input-seed input").get_attribute("aria-describedby") == "about-seed hint-seed"
    page.locator("#name").click()
    expect(page.locator("#about-seed")).to_be_hidden()


def test_generate_names_the_key_of_a_mac(page: Page) -> None:
    """Generate shows Ctrl or, on a Mac, the command key; the column of the image has no outline with the focus."""
    assert not page.evaluate("document.documentElement.classList.contains('mac')")
    page.evaluate("document.documentElement.classList.add('mac')")
    assert "⌘" in page.evaluate("getComputedStyle(document.querySelector('#generate'), '::after').content")
    page.evaluate("document.documentElement.classList.remove('mac')")
    page.locator("#stage").evaluate("stage => { stage.tabIndex = -1; stage.focus(); }")
    expect(page.locator("#stage")).to_be_focused()
    assert page.locator("#stage").evaluate("stage => getComputedStyle(stage).outlineStyle") == "none"


def test_theme_is_chosen_and_kept(page: Page) -> None:
    """A chosen theme is kept over a reload; the menu closes on Escape."""
    assert not page.evaluate("document.body.classList.contains('dark')")
    page.locator("details.menu > summary").click()
    page.locator("details.menu").get_by_role("radio", name="Dark").click()
    assert page.evaluate("document.body.classList.contains('dark')")
    page.keyboard.press("Escape")
    expect(page.locator("details.menu .items")).to_be_hidden()
    page.reload()
    expect(page.locator("html.there")).to_be_attached()
    assert page.evaluate("document.body.classList.contains('dark')")
    page.locator("#foot [data-act=theme]").click()
    assert not page.evaluate("document.body.classList.contains('dark')")


def test_foot_opens_the_api_documentation(page: Page) -> None:
    """Use via API shows how a program calls the page."""
    page.locator("#foot [data-act=api]").click()
    expect(page.locator(".api-docs")).to_contain_text("/generate")
    page.keyboard.press("Escape")
    expect(page.locator(".api-docs")).to_have_count(0)


def test_headings_name_the_parts(page: Page) -> None:
    """A screen reader can go from part to part of the page by its headings."""
    generate(page, prompt="a mill")
    image(page)
    names = page.get_by_role("heading").all_inner_texts()
    assert [name.splitlines()[0].split("1 image")[0].strip() for name in names] == [
        "FLUX Playground",
        "Settings",
        "Result",
        "History",
    ]
