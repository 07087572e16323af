"""Axe finds nothing in any state of the page, light and dark, wide and narrow: one window walks through them all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from hypothesis import settings
from playwright.sync_api import Browser, Page, expect

from flux_playground import Playground, Settings
from flux_playground.generation import State
from flux_playground.local import LocalServer
from tests.app_process import running_quick
from tests.page_actions import fill, generate, image, open_page
from tests.page_states import ENDINGS, UNDER_WAY

LONG = settings.get_current_profile_name() == "long"
VIEWS = (
    [(width, scheme) for width in (1440, 390) for scheme in ("light", "dark")]
    if LONG
    else [(1440, "light"), (390, "dark")]
)
"""Widths and color schemes: contrast depends on the scheme and not on the width, so each is there once at least."""
RUN = """async (where) => (await axe.run(where, { resultTypes: ["violations"] })).violations
  .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target} ${node.html.slice(0, 160)}`))"""
SLOW = ("lost", "unavailable", "rate-limited")
KEY = "a-key-of-the-local-server"


class Checked:
    """What axe has against a page, state by state."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.found: list[str] = []
        page.evaluate(AXE_SCRIPT)
        page.add_style_tag(content="* { transition: none !important; }")  # colors in a transition

    def now(self, state: str, where: str = "html") -> None:
        """Look at the page as it is, or at the part of it that has changed, in each view."""
        for width, scheme in VIEWS:
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            expect(self.page.locator("body.dark")).to_have_count(int(scheme == "dark"))
            self.found += [f"{state}, {width}, {scheme}: {one}" for one in self.page.evaluate(RUN, where)]


@contextmanager
def checked(browser: Browser, url: str) -> Iterator[Checked]:
    """The page in a window of its own; at the end nothing may have been found."""
    window = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    found = Checked(open_page(window, url))
    yield found
    window.close()
    assert found.found == []


def ended(page: Page) -> None:
    expect(page.locator("#stage .frame.ending")).to_be_visible()


def test_axe_finds_nothing_before_and_while_a_picture_comes_and_when_it_is_there(
    browser: Browser, tmp_path: Path
) -> None:
    with (
        running_quick(tmp_path, FLUX_PLAYGROUND_LOCAL_SPEED="30", FLUX_PLAYGROUND_MAX_IN_FLIGHT="2") as url,
        checked(browser, url) as axe,
    ):
        page = axe.page
        page.locator("#advanced > button").click()
        page.locator("details.key summary").click()
        axe.now("empty, all unfolded")
        page.locator("details.key summary").click()
        page.locator("[data-act=keys]").click()
        axe.now("keys")
        page.locator("#keys [data-act=close]").click()
        fill(page, seed="abc", aspect_ratio="banana")
        page.locator("#generate").click()
        expect(page.locator("#notice .reasons")).to_be_visible()
        axe.now("invalid")
        generate(page, finetune_id="my-finetune", prompt="a mill", aspect_ratio="1:1", seed="7")
        image(page)
        page.locator("#stage details.details summary").click()
        page.locator("#stage [data-act=more]").click()
        page.locator("#stage [data-act=panel][data-what=code]").click()
        expect(page.locator("#panel .code")).to_be_visible()
        axe.now("ready, all unfolded")
        for name, word in UNDER_WAY.items():
            generate(page, prompt=f"a mill {word}", seed="")
            axe.now(name, "#result")
        generate(page, prompt="a mill #stuck")
        expect(page.locator("#stage .state")).to_have_text("Queued (#1)")
        axe.now("queued, and several at once", "#result")
        page.locator("#stage [data-act=stop]").click()
        ended(page)
        axe.now("never sent", "#result")


def test_axe_finds_nothing_in_any_end_without_a_picture(browser: Browser, tmp_path: Path) -> None:
    with (
        running_quick(
            tmp_path,
            FLUX_PLAYGROUND_LOCAL_SPEED="60",
            FLUX_PLAYGROUND_MAX_IN_FLIGHT="20",
            FLUX_PLAYGROUND_TIMEOUT="12",
        ) as url,
        checked(browser, url) as axe,
    ):
        fill(axe.page, finetune_id="my-finetune", seed="", aspect_ratio="3:2")
        made = {}
        for name in sorted(ENDINGS, key=lambda name: name not in SLOW):  # those that take their time meanwhile do
            if ENDINGS[name]:
                generate(axe.page, prompt=ENDINGS[name])
                made[name] = axe.page.locator("#stage .frame").get_attribute("data-id")
        for name, one in reversed(made.items()):
            axe.page.evaluate("id => window.flux.send('show', { id })", one)
            expect(axe.page.locator(f'#stage .frame.ending[data-id="{one}"]')).to_be_visible()
            axe.now(name, "#result")


def test_axe_finds_nothing_after_a_restart_nor_when_nobody_answers(browser: Browser, tmp_path: Path) -> None:
    with LocalServer(speed=5, renderer="flat") as server:
        api = {"BFL_API_KEY": KEY, "FLUX_PLAYGROUND_BASE_URL": server.url}
        before = Settings(data=tmp_path / "data", base_url=server.url, api_key=KEY)
        with Playground(before) as playground:
            one = playground.start({"finetune_id": "my-finetune", "prompt": "#stuck"})
            under_way = next(each for each in playground.watch(one.id) if each.state is State.RUNNING)
            playground.stop(one.id)
            list(playground.watch(one.id))  # until it has stopped
            playground.store.save(replace(under_way, id="f" * 32))  # as a failure of the power leaves it
        with running_quick(tmp_path, **api) as url, checked(browser, url) as axe:
            page = axe.page
            expect(page.locator("#stage .frame.waiting")).to_be_visible()
            axe.now("resumed after a restart")
            page.locator('#strip .card[aria-label^="Not downloaded"]').click()
            ended(page)
            axe.now("uncollected after a restart", "#result")
            server.close()
            generate(page, finetune_id="my-finetune", prompt="a mill")
            ended(page)
            axe.now("unreachable", "#result")
