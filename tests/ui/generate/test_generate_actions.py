"""Actions on generations, run without a page against a playground and a local server."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from functools import partial

import pytest

from flux_playground import Playground, Settings
from flux_playground.generation import State
from flux_playground.local import LocalServer
from flux_playground.rate_limits import Allowance
from flux_playground.ui.events.update import Update
from flux_playground.ui.form.form import Form
from flux_playground.ui.generate import copy_settings, live_updates

from ..page_parts import Page

FORM = {"finetune_id": "my-finetune", "prompt": "a mill", "aspect_ratio": "1:1"}


@pytest.fixture
def page(playground: Playground) -> Page:
    """The actions of a page over a playground."""
    return Page(playground)


def selected(page: Page, tab: str = "tab") -> str:
    return page.session(tab).selected_id


def assert_shows_selected(page: Page, update: Update) -> None:
    assert update.result is not None
    assert f"image/{selected(page)}" in update.result.frame


def test_generate_ends_with_the_image(page: Page) -> None:
    """Generate streams updates until the image is shown."""
    updates = page.run("generate", raw=FORM)
    assert updates[0].field_errors == ()
    assert page.playground.get(selected(page)).state is State.SUCCEEDED
    assert_shows_selected(page, updates[-1])


def test_image_is_shown_at_once(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a run wakes the stream; the stream does not wait for its next check."""
    monkeypatch.setattr(live_updates, "CHECK_INTERVAL_SECONDS", 120.0)

    async def collect() -> list[Update]:
        return [update async for update in page.stream("generate", raw=FORM)]

    assert_shows_selected(page, asyncio.run(asyncio.wait_for(collect(), 60))[-1])


def test_show_without_an_id(page: Page) -> None:
    """Show without an id shows the selected generation again and starts nothing."""
    page.run("generate", raw=FORM)
    (update,) = page.run("show")
    assert_shows_selected(page, update)
    assert len(page.playground.recent()) == 1


def test_show_unknown_id(page: Page) -> None:
    """An unknown id changes nothing."""
    page.run("generate", raw=FORM)
    assert page.run("show", id="f" * 32) == []


def test_field_errors_start_nothing(page: Page) -> None:
    """A request that the schema refuses is not sent; its errors name their fields."""
    (update,) = page.run("generate", raw={**FORM, "seed": "abc", "finetune_id": ""})
    assert sorted(error.field for error in update.field_errors or ()) == ["finetune_id", "seed"]
    assert not update.rejected_by_api
    assert page.playground.recent() == []


def test_field_errors_of_the_api(page: Page) -> None:
    """Errors that only the API finds name their fields too, and say that the API found them."""
    updates = page.run("generate", raw={**FORM, "prompt": "a mill #invalid"})
    rejected = [update for update in updates if update.field_errors]
    assert [error.field for update in rejected for error in update.field_errors or ()] == ["prompt"]
    assert rejected[0].rejected_by_api


def test_later_stream_ends_earlier(page: Page) -> None:
    """A later action of the same tab ends the update stream of an earlier one."""

    async def both() -> list[Update]:
        first = page.stream("generate", raw={**FORM, "prompt": "#stuck"})
        await anext(first)
        await anext(first)
        async for _ in page.stream("stop", id=selected(page)):
            pass
        return [update async for update in first]

    assert asyncio.run(both()) == []


def test_collect_after_stop(page: Page, released: threading.Event) -> None:
    """A generation that was stopped while it was running can be collected."""

    async def stop() -> str:
        stream = page.stream("generate", raw=FORM)
        await anext(stream)
        while page.playground.get(selected(page)).state is not State.RUNNING:
            await asyncio.sleep(0.01)
        async for _ in page.stream("stop", id=selected(page)):
            pass
        return selected(page)

    stopped = asyncio.run(stop())
    released.set()
    assert page.playground.get(stopped).finished
    assert page.playground.get(stopped).image is None
    page.run("collect", id=stopped)
    assert page.playground.get(stopped).state is State.SUCCEEDED


def test_new_seed_and_resubmit(page: Page) -> None:
    """New seed keeps everything but the seed; send again keeps the seed too."""
    page.run("generate", raw={**FORM, "seed": "5"})
    first = page.playground.get(selected(page))
    page.run("vary", id=first.id)
    varied = page.playground.get(selected(page))
    page.run("again", id=first.id)
    again = page.playground.get(selected(page))
    assert varied.seed != 5
    assert {**varied.request, "seed": 5} == first.request == again.request
    assert again.sha256 == first.sha256


def test_generations_of_others(server: LocalServer, settings: Settings) -> None:
    """No action touches a generation of another visitor."""
    with Playground(settings.replace(hosted=True)) as playground:
        page = Page(playground)
        page.run("generate", tab="mine", raw=FORM)
        for act in ("show", "stop", "collect", "again", "vary", "reproduce"):
            assert page.run(act, tab="theirs", id=selected(page, "mine")) == []
        assert playground.recent(page.session("theirs").visitor) == []


def test_key_is_used_and_removed(page: Page) -> None:
    """A visitor's key is used until it is removed; the key is nowhere on the page."""
    updates = page.run("key", key=" a-key-of-mine ")
    assert page.session().visitor.api_key == "a-key-of-mine"
    badges = [update.connection for update in updates if update.connection]
    assert "a-key-of-mine" not in "".join(badges) + repr(page.session())
    assert ["Checking the key" in badge for badge in badges] == [True, False]
    page.run("key", key="")
    assert page.session().visitor.api_key == ""


@pytest.mark.parametrize(
    "key", ["two words", '"bfl_0123"', "`bfl_0123`", "bfl_0123\u200b", "“bfl_0123”", "Bearer bfl_0123"]
)
def test_malformed_key(page: Page, key: str) -> None:
    """A text that cannot be a key is refused before it is sent."""
    (update,) = page.run("key", key=key)
    assert "no spaces" in (update.connection or "")
    assert page.session().visitor.api_key == ""


def test_reuse_settings(page: Page) -> None:
    """Reuse gives exactly the settings of the request."""
    page.run("generate", raw={**FORM, "seed": "0", "output_format": "", "prompt_upsampling": True})
    generation = page.playground.get(selected(page))
    inputs, _ = copy_settings.reuse_values(page.playground, generation, page.form, "all")
    assert inputs["seed"] == "0"
    assert inputs["output_format"] == ""
    assert inputs["prompt_upsampling"] is True
    assert set(copy_settings.reuse_values(page.playground, generation, page.form, "prompt")[0]) == {"prompt"}
    assert "seed" not in copy_settings.reuse_values(page.playground, generation, page.form, "but-seed")[0]


def test_reuse_names_missing_fields(page: Page) -> None:
    """Reuse in the form of another endpoint names the settings that it does not support."""
    page.run("generate", raw={**FORM, "seed": "3"})
    generation = page.playground.get(selected(page))
    fewer = [field for field in page.form.fields if field.name not in ("aspect_ratio", "finetune_id")]
    other = Form(page.form.operation, fewer)
    texts = [copy_settings.reuse_values(page.playground, generation, form, "all")[1] for form in (other, page.form)]
    assert texts[0].endswith("endpoint: aspect_ratio, finetune_id.")
    assert texts[1] == copy_settings.SENTENCES["all"]


def test_reuse_of_a_seed_needs_one(page: Page) -> None:
    """The seed of an image without one is not copied, nor into a form without one."""
    page.run("generate", raw={**FORM, "seed": "3"})
    generation = page.playground.get(selected(page))
    seedless = Form(page.form.operation, [field for field in page.form.fields if field.name != "seed"])
    call = partial(copy_settings.reuse_values, page.playground)
    assert call(generation, page.form, "seed") == ({"seed": "3"}, copy_settings.SENTENCES["seed"])
    assert call(generation, seedless, "seed") == ({}, "This endpoint takes no seed.")
    assert call(replace(generation, seed=None, request={}), page.form, "seed") == ({}, "This image has no seed.")
    assert call(replace(generation, request={}), seedless, "but-seed")[1] == copy_settings.SENTENCES["all"]


def test_reuse_names_lost_images(page: Page) -> None:
    """Reuse says when an image of the request is no longer kept, and leaves its field blank."""
    page.run("generate", raw={**FORM, "seed": "4"})
    lost = {**(generation := page.playground.get(selected(page))).request, "image_prompt": "sha256:" + "0" * 64}
    inputs, text = copy_settings.reuse_values(page.playground, replace(generation, request=lost), page.form, "all")
    assert (inputs["image_prompt"], text) == ("", "Settings copied. An image is no longer kept.")


def test_blank_prompt_is_asked_about(page: Page) -> None:
    """Without a prompt nothing is sent until the user insists."""
    (update,) = page.run("generate", raw={**FORM, "prompt": " \n"})
    assert 'Generate without a prompt</span><small class="cost">free' in str(update.notice)
    assert page.playground.recent() == []
    page.run("generate", raw={**FORM, "prompt": ""}, insist=True)
    assert len(page.playground.recent()) == 1


def test_several_images_of_one_press(page: Page) -> None:
    """The images of a press have the seed of the form and the next ones; without a seed each has a random one."""
    page.run("generate", raw={**FORM, "seed": "500"}, count=4)
    assert sorted(generation.request["seed"] for generation in page.playground.recent()) == [500, 501, 502, 503]
    page.run("generate", raw={**FORM, "seed": ""}, count=2)
    assert len({generation.request["seed"] for generation in page.playground.recent()}) == 6


def test_allowance_ends_within_a_press(server: LocalServer, settings: Settings) -> None:
    """The images that the allowance has room for are made; the notice says why the others are not."""
    paid = settings.replace(demo_url="", base_url=server.url, api_key="the-owners-key", hosted=True)
    with Playground(paid.replace(allowance=Allowance.read("2/hour"))) as playground:
        page = Page(playground)
        updates = page.run("generate", raw=FORM, count=4)
        assert len(playground.recent(page.session().visitor)) == 2
        assert any("Limit reached" in str(update.notice) for update in updates)


def test_price_of_another_endpoint(page: Page) -> None:
    """A generation that goes on while another endpoint is chosen does not replace the price of that endpoint."""
    assert any(update.price for update in page.run("generate", raw=FORM))
    page.session().shown_endpoint = "/v1/other"
    assert not any(update.price for update in page.run("show"))
    page.session().shown_endpoint = page.playground.operation.path
    assert any(update.price for update in page.run("show"))


def test_price_of_existing_images(server: LocalServer, settings: Settings) -> None:
    """When one of several images exists, the offer has the price of all of them."""
    paid = settings.replace(demo_url="", base_url=server.url, api_key="the-owners-key")
    with Playground(paid) as playground:
        page = Page(playground)
        page.run("generate", raw={**FORM, "seed": "7"})
        (update,) = page.run("generate", raw={**FORM, "seed": "7"}, count=4)
        assert "You have one of these 4 images." in str(update.notice)
        assert "28 credits ($0.28)" in str(update.notice)
        (update,) = page.run("generate", raw={**FORM, "prompt": ""}, count=2)
        assert "14 credits ($0.14)" in str(update.notice)


@pytest.mark.parametrize("count", [0, 3, 1000, -1, "4", True, None])
def test_count_that_the_page_does_not_offer(page: Page, count: object) -> None:
    """A forged count makes one image."""
    page.run("generate", raw=FORM, count=count)
    assert len(page.playground.recent()) == 1


def test_invalid_seed_of_several_images(page: Page) -> None:
    """A seed that is no number is an error at its field, once."""
    (update,) = page.run("generate", raw={**FORM, "seed": "abc"}, count=4)
    assert [error.field for error in update.field_errors or ()] == ["seed"]


def test_queued_images_are_cancelled_together(settings: Settings, released: threading.Event) -> None:
    """Cancel removes what is queued; what was sent goes on."""
    with Playground(settings.replace(max_in_flight=1)) as playground:
        page = Page(playground)
        first = playground.start(FORM)
        queued = [playground.start({**FORM, "prompt": f"mill {number}"}) for number in range(3)]

        async def cancel() -> None:
            async for _ in page.stream("unqueue"):
                released.set()

        asyncio.run(cancel())
        assert {playground.get(generation.id).state for generation in queued} == {State.CANCELLED}
        assert playground.get(first.id).state is not State.CANCELLED


def test_older_cards_are_reached(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """The history shows a page of cards and says how many there are; a button shows the next page."""
    monkeypatch.setattr(live_updates, "CARDS_PER_PAGE", 2)
    for number in range(3):
        page.run("generate", raw={**FORM, "seed": str(number)})
    (update,) = page.run("show")
    assert str(update.history).count('data-act="show"') == 2
    assert "3 images" in str(update.history)
    (update,) = page.run("older")
    assert str(update.history).count('data-act="show"') == 3
    assert "Show older images" not in str(update.history)
