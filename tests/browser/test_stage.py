"""The shown image: its facts, the large view, its address, and the same history in other tabs."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.page_actions import fill, has, image, open_page, press


def make_image(page: Page, seed: str, **values: str) -> str:
    """Generate an image; return the id of its generation."""
    fill(page, finetune_id="my-finetune", prompt="TOK a mill", seed=seed, **values)
    press(page)
    image(page)
    return page.locator("#stage .frame").get_attribute("data-id") or ""


def test_facts_and_large_view(page: Page) -> None:
    """The line names finetune, strength, seed and cost; the large view steps, zooms and compares."""
    older, newer = make_image(page, "811"), make_image(page, "812")
    line = page.locator("#stage .line")
    for text in ("finetune my-finetune", "strength 1.2", "seed 812", "px", "free"):
        expect(line).to_contain_text(text)
    page.locator("#stage .frame a").click()
    view = page.locator("#lightbox")
    expect(view.locator("p")).to_have_text("1.2 · 812 · TOK a mill")
    page.keyboard.down("c")
    expect(view.locator("p")).to_have_text("Previous image: 1.2 · 811 · TOK a mill")
    assert older in str(view.locator("img").get_attribute("src"))
    page.keyboard.up("c")
    assert newer in str(view.locator("img").get_attribute("src"))
    view.get_by_role("button", name="100 %").click()
    assert (
        view.locator("img").evaluate("image => image.decode().then(() => image.clientWidth / image.naturalWidth)") == 1
    )
    page.keyboard.press("ArrowRight")
    expect(view.locator("p")).to_have_text("1.2 · 811 · TOK a mill")
    expect(page.locator("#stage .frame")).to_have_attribute("data-id", older)
    page.keyboard.press("Escape")
    expect(view).to_be_hidden()


def test_address_names_the_image(page: Page, home: str) -> None:
    """Back and Forward show the images in turn, and a link shows its image."""
    first, second = make_image(page, "821"), make_image(page, "822")
    expect(page).to_have_url(has(f"image={second}"))
    page.go_back()
    expect(page.locator("#stage .frame")).to_have_attribute("data-id", first)
    page.go_forward()
    expect(page.locator("#stage .frame")).to_have_attribute("data-id", second)
    other = open_page(page.context, f"{home}?image={first}")
    expect(other.locator("#stage .frame")).to_have_attribute("data-id", first)
    unknown = open_page(page.context, f"{home}?image={'0' * 32}")
    expect(unknown.locator(".toast")).to_have_text("This image is not in your history.")


def test_tabs_share_the_history_and_keep_their_forms(page: Page, home: str) -> None:
    """An image of one tab appears in the other; each tab keeps its own prompt over a reload."""
    other = open_page(page.context, home)
    fill(other, prompt="the prompt of the other tab")
    other.wait_for_function("sessionStorage.getItem('flux-form')?.includes('other tab')")
    made = make_image(page, "831")
    expect(other.locator(f'#strip .card.done[data-id="{made}"]')).to_be_visible()
    page.wait_for_function("sessionStorage.getItem('flux-form')?.includes('831')")
    other.reload()
    expect(other.locator("#input-prompt textarea")).to_have_value("the prompt of the other tab")


def test_phone_leads_back_to_the_form(page: Page) -> None:
    """A button appears while the form is out of the window."""
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("#edit")).to_be_hidden()
    make_image(page, "841")
    page.locator("#history").scroll_into_view_if_needed()
    page.locator("#edit").click()
    expect(page.locator("#input-prompt textarea")).to_be_in_viewport()
