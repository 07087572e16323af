"""Axe finds no violations in any state of the page, light and dark, wide and narrow."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from hypothesis import settings
from playwright.sync_api import Page, expect

from flux_playground import Playground, Settings
from flux_playground.generation import State
from flux_playground.local import LocalServer
from tests.app_process import running_quick
from tests.page_actions import fill, forget_visit, generate, image, load
from tests.page_states import ENDINGS, UNDER_WAY

LONG = settings.get_current_profile_name() == "long"
VIEWS = (
    [(width, scheme) for width in (1440, 390) for scheme in ("light", "dark")]
    if LONG
    else [(1440, "light"), (390, "dark")]
)
"""Widths and color schemes: contrast depends on the scheme and not on the width, so each is there once at least."""
RUN = """async (where) => (await axe.run(where, { resultTypes: ["violations"] })).violations
  .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.html.slice(0, 160)}`))"""
SLOW = ("lost", "unavailable", "rate-limited")
KEY = "a-key-of-the-local-server"


class Axe:
    """Runs axe on the states of a page and collects the violations."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.violations: list[str] = []
        page.evaluate(AXE_SCRIPT)
        page.add_style_tag(content="* { transition: none !important; }")  # colors in a transition

    def check(self, state: str, selector: str = "html") -> None:
        """Check the page, or the part of it that has changed, in each view."""
        for width, scheme in VIEWS:
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            expect(self.page.locator("body.dark")).to_have_count(int(scheme == "dark"))
            violations = self.page.evaluate(RUN, selector)
            self.violations += [f"{state}, {width}, {scheme}: {violation}" for violation in violations]


@contextmanager
def checked(tab: Page, url: str) -> Iterator[Axe]:
    """Axe on the page of this address; at the end there must be no violations."""
    axe = Axe(load(tab, url))
    yield axe
    forget_visit(tab)
    assert axe.violations == []


def expect_ending(page: Page) -> None:
    expect(page.locator("#stage .frame.ending")).to_be_visible()


def test_page_and_running_generations(tab: Page, tmp_path: Path) -> None:
    """Axe finds nothing in the form, its dialogs, running generations and a ready image."""
    with (
        running_quick(tmp_path, FLUX_PLAYGROUND_LOCAL_SPEED="30", FLUX_PLAYGROUND_MAX_IN_FLIGHT="2") as url,
        checked(tab, url) as axe,
    ):
        page = axe.page
        page.locator("#advanced > button").click()
        page.locator("details.key summary").click()
        axe.check("empty, all unfolded")
        page.locator("details.key summary").click()
        page.locator("#foot [data-act=keys]").click()
        axe.check("keys")
        page.locator("#keys [data-act=close]").click()
        page.locator("details.menu > summary").click()
        page.locator("#input-finetune_id input").click()
        page.locator("#field-seed .about button").click()
        axe.check("the help of a field")
        fill(page, seed="abc", aspect_ratio="banana")
        page.locator("#generate").click()
        expect(page.locator("#notice .reasons")).to_be_visible()
        axe.check("invalid")
        generate(page, finetune_id="my-finetune", prompt="a mill", aspect_ratio="1:1", seed="7")
        image(page)
        page.locator("#stage details.details summary").click()
        page.locator("#stage .more > summary").click()
        axe.check("the menu of an image", "#stage")
        page.locator("#stage [data-act=panel][data-what=code]").click()
        expect(page.locator("#panel .code")).to_be_visible()
        axe.check("ready, all unfolded")
        page.locator("#stage .end [data-act=enlarge]").click()
        axe.check("lightbox", "#lightbox")
        page.keyboard.press("Escape")
        for name, word in UNDER_WAY.items():
            generate(page, prompt=f"a mill {word}", seed="")
            axe.check(name, "#result")
        generate(page, prompt="a mill #stuck")
        expect(page.locator("#stage .state")).to_have_text("Queued (#1)")
        axe.check("queued, and several at once", "#result")
        page.locator("#stage [data-act=stop]").click()
        expect_ending(page)
        axe.check("never sent", "#result")


def test_gallery(tab: Page, tmp_path: Path) -> None:
    """Axe finds nothing in the gallery, an open image, a comparison and the list of earlier prompts."""
    with running_quick(tmp_path, FLUX_PLAYGROUND_LOCAL_SPEED="60") as url, checked(tab, url) as axe:
        page = axe.page
        page.locator("button.gallery").click()
        expect(page.locator("#gallery .grid")).to_contain_text("No images yet.")
        axe.check("empty gallery")
        page.keyboard.press("Escape")
        for prompt in ("a mill", "a lake"):
            generate(page, finetune_id="my-finetune", prompt=prompt)
            image(page)
        axe.check("stars in the history", "#result")
        page.locator("button.gallery").click()
        cards = page.locator("#gallery .grid .card")
        expect(cards).to_have_count(2)
        for place in range(2):
            cards.nth(place).focus()
            page.keyboard.press("x")
            page.keyboard.press("4")
        page.locator("#gallery .filters > summary").click()
        expect(page.locator('#gallery [name="min.seed"]')).to_be_visible()  # of the images made meanwhile
        page.locator("#gallery").get_by_role("checkbox", name="Images", exact=True).check()
        axe.check("filters and selected images")
        page.keyboard.press("Escape")
        page.locator("#gallery .transfer > summary").click()
        axe.check("export", "#gallery")
        page.keyboard.press("Escape")
        page.locator("#gallery [data-act=prompts]").click()
        expect(page.locator("#prompt-list [role=option]")).to_have_count(2)
        axe.check("earlier prompts", "#prompts")
        page.keyboard.press("Escape")
        page.locator("#gallery [data-act=compare-selected]").click()
        for mode in ("Side by side", "Slider", "Flip", "Difference"):
            page.locator("#comparison").get_by_role("radio", name=mode).click()
            axe.check(f"comparison, {mode}", "#comparison")
        page.locator("#comparison [data-act=compare-close]").click()
        cards.first.click()
        expect(page.locator("#lightbox .notes")).to_be_visible()
        page.locator("#lightbox [name=tags]").fill("x" * 61)
        page.locator("#lightbox [name=tags]").blur()
        expect(page.locator("#lightbox .fault")).to_be_visible()
        axe.check("open image with a refused tag", "#lightbox")
        page.locator("#lightbox .notes").get_by_role("button", name="Delete").click()
        expect(page.locator("#undo-delete")).to_be_visible()
        axe.check("deleted image")
        page.locator("#lightbox .view img").evaluate("image => { image.src = 'assets/nothing.png'; }")
        expect(page.locator("#lightbox [data-broken]")).to_be_visible()
        axe.check("damaged image", "#lightbox")
        page.keyboard.press("Escape")
        page.locator("#gallery [name=q]").fill("nothing " * 30)
        expect(page.locator("#gallery .grid")).to_contain_text("No images found.")
        expect(page.locator("#search-note")).to_be_visible()
        axe.check("a long search", "#gallery")
        page.evaluate("history.pushState(null, '', '?gallery&rating=9'); dispatchEvent(new Event('popstate'))")
        expect(page.locator("#gallery > .message")).to_have_text("A rating is a number from 1 to 5.")
        axe.check("a wrong filter", "#gallery")
        page.locator("#gallery .transfer > summary").click()
        with page.expect_file_chooser() as chooser:
            page.locator("#gallery [data-act=import]").click()
        chooser.value.set_files({"name": "broken.png", "mimeType": "image/png", "buffer": b"no image"})
        expect(page.locator("#import-report")).to_contain_text("1 rejected.")
        axe.check("report of an import", "#import-report")
        page.keyboard.press("Escape")


def test_sweep(tab: Page, tmp_path: Path, server: LocalServer, released: threading.Event) -> None:
    """Axe finds nothing in the panel of a sweep, its questions, its sheet in each state and the vote."""
    account = {
        "BFL_API_KEY": KEY,
        "FLUX_PLAYGROUND_BASE_URL": server.url,
        "FLUX_PLAYGROUND_CONFIRM_CREDITS": "50",
        "FLUX_PLAYGROUND_SCORE_COMMAND": f"{sys.executable} -c print(1)",
    }
    with running_quick(tmp_path, **account) as url, checked(tab, url) as axe:
        page = axe.page
        expect(page.locator("#finetunes option").first).to_be_attached()
        fill(page, finetune_id="my-finetune", prompt="TOK a mill")
        page.locator("#formtools [data-act=sweep]").click()
        page.locator(".sweep-panel textarea").fill("0.5, 9")
        expect(page.locator(".axes .fault")).to_be_visible()
        axe.check("a wrong axis", ".sweep-panel")
        page.get_by_role("button", name="Add an axis").click()
        page.locator(".axes textarea").nth(0).fill("0.5, 1")
        page.locator(".axes [name=field]").nth(1).select_option("prompt")
        page.locator(".axes textarea").nth(1).fill("a cat\na dog #moderated-content")
        page.get_by_role("button", name="Add an axis").click()
        page.locator(".axes [name=field]").nth(2).select_option("finetune_id")
        page.locator(".axes textarea").nth(2).fill("my-finetune, vanished")
        expect(page.locator(".sweep-panel .summary")).to_contain_text("8 images")
        expect(page.locator(".axes .warning").nth(2)).to_be_visible()
        axe.check("a plan", ".sweep-panel")
        page.locator("[data-act=sweep-start]").click()
        expect(page.locator("#price-question")).to_be_visible()
        axe.check("the question", "#price-question")
        page.locator("#price-question .solid").click()
        cells = page.locator("#sheet td")
        expect(page.locator("#sheet td[data-state=running]").first).to_be_visible()
        cells.first.get_by_role("button", name="Stop waiting").click()
        expect(cells.first.locator(".advice")).to_be_visible()
        axe.check("the sheet of a running sweep")
        page.get_by_role("button", name="Pause").click()
        expect(page.locator("#sheet header")).to_have_attribute("data-active", "")
        axe.check("a paused sweep", "#sheet header")
        released.set()
        expect(page.locator("#sheet td[data-state=running]")).to_have_count(0)
        page.locator("#sheet td input[type=checkbox]").first.check()
        page.locator("#sheet details.transfer > summary").click()
        axe.check("the sheet")
        page.keyboard.press("Escape")
        page.locator("#sheet [data-act=sweep-difference]").click()
        page.get_by_role("button", name="Score the images").click()
        expect(page.locator("#sheet .score").first).to_be_visible()
        expect(page.locator("#sheet img.heat").first).to_be_visible()
        axe.check("scores and differences", "#sheet")
        page.locator("#sheet [data-act=sweep-vote]").click()
        axe.check("the vote", "#vote")
        page.keyboard.press("1")
        expect(page.locator("#vote .ranking h3")).to_contain_text("1 vote")
        axe.check("the ranking", "#vote")
        page.keyboard.press("Escape")
        page.locator("#sheet [data-act=sheet-close]").click()
        page.locator("button.gallery").click()
        page.locator("#gallery [data-act=sweeps]").click()
        axe.check("the list of sweeps", "#sweep-list")
        page.keyboard.press("Escape")


def test_endings(tab: Page, tmp_path: Path) -> None:
    """Axe finds nothing in any outcome without an image."""
    with (
        running_quick(
            tmp_path,
            FLUX_PLAYGROUND_LOCAL_SPEED="60",
            FLUX_PLAYGROUND_MAX_IN_FLIGHT="20",
            FLUX_PLAYGROUND_TIMEOUT="12",
        ) as url,
        checked(tab, url) as axe,
    ):
        fill(axe.page, finetune_id="my-finetune", seed="", aspect_ratio="3:2")
        ids, structures = {}, set()
        for name in sorted(ENDINGS, key=lambda name: name not in SLOW):  # those that take their time meanwhile do
            if ENDINGS[name]:
                generate(axe.page, prompt=ENDINGS[name])
                ids[name] = axe.page.locator("#stage .frame").get_attribute("data-id")
        for name, id_ in reversed(ids.items()):
            axe.page.evaluate("id => window.flux.send('show', { id })", id_)
            expect(axe.page.locator(f'#stage .frame.ending[data-id="{id_}"]')).to_be_visible()
            markup = axe.page.locator("#stage .frame").inner_html()
            structure = re.sub(r"<svg.*?</svg>|(?<=>)[^<]+|data-id=\S+", "", markup, flags=re.DOTALL)
            if structure not in structures:  # the words alone change no result
                structures.add(structure)
                axe.check(name, "#stage")
        axe.check("history of all endings", "#result")


def test_restart_and_unreachable_api(tab: Page, tmp_path: Path) -> None:
    """Axe finds nothing after a restart and when the API is unreachable."""
    with LocalServer(speed=5, renderer="flat") as server:
        api = {"BFL_API_KEY": KEY, "FLUX_PLAYGROUND_BASE_URL": server.url}
        before = Settings(data=tmp_path / "data", base_url=server.url, api_key=KEY)
        with Playground(before) as playground:
            stuck = playground.start({"finetune_id": "my-finetune", "prompt": "#stuck"})
            running = next(record for record in playground.watch(stuck.id) if record.state is State.RUNNING)
            playground.stop(stuck.id)
            list(playground.watch(stuck.id))  # until it has stopped
            playground.store.save(replace(running, id="f" * 32))  # as a failure of the power leaves it
        with running_quick(tmp_path, **api) as url, checked(tab, url) as axe:
            page = axe.page
            expect(page.locator("#stage .frame.waiting")).to_be_visible()
            axe.check("resumed after a restart")
            page.locator('#strip .card[aria-label^="Not downloaded"]').click()
            expect_ending(page)
            axe.check("uncollected after a restart", "#result")
            server.close()
            generate(page, finetune_id="my-finetune", prompt="a mill")
            expect_ending(page)
            axe.check("unreachable", "#result")
