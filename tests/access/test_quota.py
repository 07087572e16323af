"""What visitors may spend of the owner's money: counted from the journal, by everybody at once, over a restart."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flux_playground import Playground, Settings
from flux_playground.access.quota import DEFAULT_CREDITS_PER_IMAGE, VISITORS_PER_ADDRESS, Quota
from flux_playground.errors import QuotaExceeded
from flux_playground.generation import Generation, State
from flux_playground.identity import Identity
from flux_playground.local import LocalServer
from flux_playground.playground import OWNER, Visitor
from flux_playground.rate_limits import Allowance
from flux_playground.storage.database_connection import Connection
from flux_playground.storage.generation_store import GenerationStore
from flux_playground.ui.text import notices
from tests.conftest import FAST_POLLS
from tests.local.added_endpoint import FLUX_3, with_endpoint

VALUES = {"finetune_id": "my-finetune", "prompt": "a lighthouse at dawn"}
ANN = Visitor("ann", identity=Identity("1111", "aaaa"))
BOB = Visitor("bob", identity=Identity("2222", "bbbb"))
SERVER, PATH = "https://api.bfl.ai", "/v1/flux"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[GenerationStore]:
    opened = GenerationStore(tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture
def hosted(settings: Settings, server: LocalServer) -> Settings:
    """Settings of an owner whose key strangers may use: two images an hour each, five for all."""
    mine = settings.replace(demo_url="", base_url=server.url, api_key="owners-key", hosted=True)
    return mine.replace(allowance=Allowance.read("2/hour"), budget=Allowance.read("5/hour"))


def image(number: int, ago: float = 0.0, spender: Identity = ANN.identity, **values: object) -> Generation:
    made = Generation(f"{number:032x}", "ann", time.time() - ago, PATH, SERVER, {}, State.SUCCEEDED, spender=spender)
    return replace(made, **values)  # type: ignore[arg-type]


def quota_of(store: GenerationStore, allowance: str) -> Quota:
    """A quota whose prices are those of the latest images."""
    return Quota(
        store.usage, Allowance.read(allowance), Allowance(), lambda one: store.usage.price(one.server, one.endpoint)
    )


def refusal(quota: Quota, generation: Generation) -> QuotaExceeded:
    with pytest.raises(QuotaExceeded) as caught:
        quota.check(generation)
    return caught.value


@pytest.mark.parametrize("text", ["10/hour", "10/hour, 30/day, 200 credits/day", "1/day", "unlimited"])
def test_allowance_is_read_as_written(text: str) -> None:
    """The text of an allowance is its own notation."""
    assert str(Allowance.read(text)) == text


@pytest.mark.parametrize(
    "text", ["", "10", "0/hour", "-1/day", "10/week", "10/hour,", "1.5/hour", "10 apples/day", "1e3/day"]
)
def test_invalid_allowance_is_refused(text: str) -> None:
    """A text that is no allowance raises ValueError with a message."""
    with pytest.raises(ValueError, match=r"^"):
        Allowance.read(text)


def test_next_image_fits_after_an_hour(store: GenerationStore) -> None:
    """The error says when the next image fits into the hour."""
    quota = quota_of(store, "2/hour")
    store.save(image(1, ago=3000))
    quota.check(image(9))
    store.save(image(2, ago=100))
    assert refusal(quota, image(9)).retry_after == pytest.approx(600, abs=60)
    store.save(image(1, ago=3601))
    quota.check(image(9))


def test_unknown_cost_counts_as_expensive(store: GenerationStore) -> None:
    """A running image counts with a high price until its cost is known."""
    quota = quota_of(store, "25 credits/day")
    store.save(image(1, state=State.RUNNING))
    quota.check(image(9))
    store.save(image(2, state=State.RUNNING))
    assert DEFAULT_CREDITS_PER_IMAGE * 3 > 25
    refusal(quota, image(9))
    store.save(image(1, cost=7.0, finished_at=1.0))
    store.save(image(2, cost=7.0, finished_at=2.0))
    quota.check(image(9))
    assert store.usage.price(SERVER, PATH) == 7.0
    store.save(image(3, cost=7.0, finished_at=3.0))
    refusal(quota, image(9))


def test_expected_cost_counts_until_the_cost_is_known(store: GenerationStore) -> None:
    """Expensive images that wait count for what they will cost, not for what cheaper ones have cost."""
    quota = Quota(store.usage, Allowance.read("100 credits/day"), Allowance(), lambda one: one.request["credits"])
    first, second = image(1, request={"credits": 60}, state=State.QUEUED), image(2, request={"credits": 41})
    quota.check(first)
    store.usage.reserve(first, quota.expect(first))
    refusal(quota, second)
    store.save(first)
    store.usage.release(first)
    refusal(quota, second)
    store.save(replace(first, state=State.RUNNING, cost=5.0))
    quota.check(second)
    store.usage.reserve(second, quota.expect(second))
    store.usage.release(second)  # it was not written
    quota.check(second)


def test_price_by_size_counts_before_the_submit(hosted: Settings, server: LocalServer) -> None:
    """The page's budget counts the price of the chosen size."""
    document = with_endpoint(FLUX_3, resolution={"type": "string", "enum": ["1k", "4k"], "default": "1k"})
    with Playground(hosted.replace(allowance=Allowance.read("50 credits/day")), document) as playground:
        with pytest.raises(QuotaExceeded):
            playground.start({"prompt": "a mill", "resolution": "4k"}, ANN, endpoint=FLUX_3)
        playground.start({"prompt": "a mill", "resolution": "1k"}, ANN, endpoint=FLUX_3)


def test_failures_are_not_counted(store: GenerationStore) -> None:
    """Failed and canceled generations do not count; uncertain ones do."""
    quota = quota_of(store, "1/hour")
    store.save(image(1, state=State.CANCELLED))
    store.save(image(2, state=State.FAILED))
    quota.check(image(9))
    store.save(image(3, state=State.SUBMIT_UNKNOWN))
    refusal(quota, image(9))


def test_allowances_per_browser_and_address(store: GenerationStore) -> None:
    """Each browser has an allowance; an address has as many as a few browsers."""
    quota = quota_of(store, "2/hour")
    for number in range(2 * VISITORS_PER_ADDRESS):
        mine = image(number, spender=Identity("1111", str(number // 2)))
        quota.check(mine)
        store.save(mine)
    assert "one address" in refusal(quota, image(99, spender=Identity("1111", "fresh"))).message
    quota.check(image(99, spender=Identity("11112", "fresh")))


def test_request_over_the_allowance_is_not_stored(hosted: Settings) -> None:
    """A request over the allowance is neither stored nor paid for, and the notice says when to try again."""
    with Playground(hosted, limits=FAST_POLLS) as playground:
        before = playground.credits()
        made = [list(playground.generate(VALUES, ANN))[-1] for _ in range(2)]
        assert {g.state for g in made} == {State.SUCCEEDED}
        with pytest.raises(QuotaExceeded) as caught:
            playground.start(VALUES, ANN)
        assert 3500 < (caught.value.retry_after or 0) <= 3600
        assert len(playground.recent(ANN)) == 2
        assert playground.credits() == pytest.approx(before - 14)
        notice = notices.render_error(caught.value)
        assert "2 images an hour" in notice
        assert "Try again in 1 h" in notice
        assert 'data-act="key"' in notice


def test_allowance_survives_a_restart(hosted: Settings) -> None:
    """The allowance counts images from before a restart."""
    with Playground(hosted, limits=FAST_POLLS) as playground:
        for _ in range(2):
            list(playground.generate(VALUES, ANN))
    with Playground(hosted, limits=FAST_POLLS) as playground:
        with pytest.raises(QuotaExceeded):
            playground.start(VALUES, Visitor("somebody else", identity=ANN.identity))
        assert list(playground.generate(VALUES, BOB))[-1].state is State.SUCCEEDED


def test_own_key_and_demo_cost_no_allowance(hosted: Settings, settings: Settings) -> None:
    """Images of a visitor's own key and of the demo do not count."""
    mine = replace(ANN, api_key="a-key-of-anns")
    with Playground(hosted.replace(allowance=Allowance.read("1/day"))) as playground:
        assert [list(playground.generate(VALUES, mine))[-1].spender for _ in range(3)] == [None] * 3
        playground.start(VALUES, ANN)
    with Playground(
        settings.replace(hosted=True, data=settings.data / "demo", allowance=hosted.allowance)
    ) as playground:
        assert [playground.start(VALUES, ANN).spender for _ in range(3)] == [None] * 3


def test_owner_has_no_allowance(hosted: Settings) -> None:
    """A page that is not hosted has no allowance."""
    with Playground(hosted.replace(hosted=False)) as playground:
        assert len([playground.start(VALUES, OWNER) for _ in range(4)]) == 4


def test_unknown_visitors_share_an_allowance(hosted: Settings) -> None:
    """Visitors without an identity count together."""
    with Playground(hosted, limits=FAST_POLLS) as playground:
        playground.start(VALUES, Visitor("one"))
        playground.start(VALUES, Visitor("two"))
        with pytest.raises(QuotaExceeded):
            playground.start(VALUES, Visitor("three"))


def test_press_during_a_write_is_counted(hosted: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A press while the last image of an allowance is being written is refused, and leaves no record."""
    with Playground(hosted, limits=FAST_POLLS) as playground:
        playground.start(VALUES, ANN)
        save_new = playground.store.save_new

        def save(generation: Generation, check: Callable[[Connection], object]) -> bool:
            def check_and_press(database: Connection) -> None:
                check(database)
                with pytest.raises(QuotaExceeded):
                    playground.start(VALUES, ANN)

            return save_new(generation, check_and_press)

        monkeypatch.setattr(playground.store, "save_new", save)
        playground.start(VALUES, ANN)
        assert len(playground.recent(ANN)) == 2


def test_simultaneous_presses_keep_the_allowance(hosted: Settings) -> None:
    """Fifty presses at once start as many images as the allowance has."""
    refused: list[QuotaExceeded] = []
    started: list[Generation] = []
    ready = threading.Barrier(50)

    def press(number: int) -> None:
        ready.wait()
        try:
            started.append(playground.start(VALUES, Visitor(f"v{number}", identity=Identity(str(number % 10), "a"))))
        except QuotaExceeded as error:
            refused.append(error)

    with Playground(hosted, limits=FAST_POLLS) as playground:
        before = playground.credits()
        threads = [threading.Thread(target=press, args=(number,)) for number in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(started), len(refused)) == (5, 45)
        for generation in started:
            list(playground.watch(generation.id))
        assert playground.credits() == pytest.approx(before - 35)


def test_several_images_at_once(store: GenerationStore) -> None:
    """Images that will follow count together, by their number and by their price."""
    quota = Quota(store.usage, Allowance.read("3/hour, 20 credits/day"), Allowance(), lambda _: 7.0)
    store.save(image(1, ago=3000))
    quota.check(image(9), 2, 10.0)
    with pytest.raises(QuotaExceeded, match=r"3 images an hour\. 3 more images are too many\.") as caught:
        quota.check(image(9), 3, 9.0)
    assert caught.value.retry_after == pytest.approx(600, abs=60)
    with pytest.raises(QuotaExceeded, match="20 credits a day") as caught:
        quota.check(image(9), 2)
    with pytest.raises(QuotaExceeded) as caught:
        quota.check(image(9), 2, 21.0)
    assert caught.value.retry_after is None
