"""Sweeps through the pipeline: what is made, what is free, what a pause, an obstacle and a stranger can do."""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from flux_playground import Playground, Settings
from flux_playground.client import Client
from flux_playground.errors import (
    FinetuneNotFound,
    InvalidRequest,
    InvalidSweep,
    OutOfCredits,
    QueueFull,
    QuotaExceeded,
    StorageError,
    SubmitUnknown,
)
from flux_playground.generation import State
from flux_playground.identity import Identity
from flux_playground.local import LocalServer
from flux_playground.playground import Visitor
from flux_playground.price_estimate import Basis, PriceEstimate
from flux_playground.rate_limits import Allowance
from flux_playground.storage.sweep_store import StoredSweep, SweepState, Vote
from flux_playground.sweep_control import Sweeps
from flux_playground.sweeps.axes import AxisKind, AxisText
from flux_playground.sweeps.estimate import Estimate
from flux_playground.sweeps.plan import Plan
from flux_playground.sweeps.plan_json import load_plan
from flux_playground.sweeps.sheet import CellState, arrange, count_states, shared_failures
from tests.conftest import FAST_POLLS
from tests.waiting import WAIT_SECONDS, wait_until

VALUES = {"finetune_id": "my-finetune", "prompt": "a red cat"}
STRENGTHS = AxisText("finetune_strength", "0, 0.8, 1.2")
STRANGER = Visitor("a stranger")


@pytest.fixture
def sweeps(playground: Playground) -> Iterator[Sweeps]:
    """The sweeps of a playground at the local server."""
    with Sweeps(playground) as opened:
        yield opened


def wait(sweeps: Sweeps, sweep: StoredSweep) -> StoredSweep:
    """The sweep once its run has ended."""
    run = sweeps.run(sweep.id)
    assert run is not None
    changed = threading.Event()
    run.add_listener(changed.set)
    while not run.has_ended:
        assert changed.wait(WAIT_SECONDS), (run.active, run.sweep)
        changed.clear()
    return sweeps.get(sweep.id, Visitor(sweep.owner))


def make(sweeps: Sweeps, *axes: AxisText, **values: object) -> StoredSweep:
    """A sweep that has run to its end."""
    sweep = sweeps.create({**VALUES, **values}, axes)
    sweeps.start(sweep.id)
    return wait(sweeps, sweep)


def states(sweeps: Sweeps, sweep: StoredSweep) -> Counter[CellState]:
    """The number of cells in each state."""
    return count_states(sweeps.cells(sweep.id))


def count_running(playground: Playground) -> int:
    """The number of images that the API makes at present."""
    return sum(one.state is State.RUNNING for one in playground.recent())


def plan_of(sweeps: Sweeps, sweep: StoredSweep) -> Plan:
    """The plan of a stored sweep."""
    return load_plan(sweeps.get(sweep.id).plan)


def test_every_cell_is_made_once(sweeps: Sweeps, playground: Playground) -> None:
    """Each cell has an image of its own settings, all with the seed of the sweep."""
    sweep = make(sweeps, STRENGTHS, AxisText("prompt", "red -> blue, green", AxisKind.REPLACE))
    cells = sweeps.cells(sweep.id)
    assert sweep.state is SweepState.DONE
    assert states(sweeps, sweep) == {CellState.SUCCEEDED: 6}
    made = playground.recent()
    assert len(made) == 6
    assert {one.sweep for one in made} == {sweep.id}
    assert len({one.seed for one in made}) == 1
    for one in cells:
        assert one.generation is not None
        assert one.generation.request == one.cell.request
    (page,) = arrange(plan_of(sweeps, sweep), cells)
    assert page.columns == ("no finetune (control)", "0.8", "1.2")
    assert [row.label for row in page.rows] == ["blue", "green"]
    assert [one.cell.place for one in page.rows[1].cells] == [(0, 1), (1, 1), (2, 1)]
    sweeps.start(sweep.id)
    wait(sweeps, sweep)
    assert len(playground.recent()) == 6


def test_existing_images_are_free(sweeps: Sweeps, playground: Playground) -> None:
    """An image that was made before is used and not made again."""
    before = list(playground.generate({**VALUES, "seed": 5, "finetune_strength": 0.8}))[-1]
    plan = sweeps.plan({**VALUES, "seed": 5}, [STRENGTHS])
    estimate = sweeps.estimate(plan)
    assert (estimate.images, estimate.existing) == (2, 1)
    assert estimate.price.credits == 14
    assert estimate.price.basis is Basis.KNOWN
    sweep = sweeps.create({**VALUES, "seed": 5}, [STRENGTHS])
    sweeps.start(sweep.id)
    assert wait(sweeps, sweep).state is SweepState.DONE
    assert len(playground.recent()) == 3
    used = sweeps.cells(sweep.id)[1]
    assert used.is_existing
    assert used.generation == before
    assert sweeps.estimate(plan, sweep_id=sweep.id).images == 0


def test_extension_makes_only_new_cells(sweeps: Sweeps, playground: Playground) -> None:
    """A further value of an axis makes its own cells; the others keep their images."""
    sweep = make(sweeps, STRENGTHS, AxisText("seed", "2 random"))
    before = {one.cell.id: one.generation for one in sweeps.cells(sweep.id)}
    wider = AxisText("finetune_strength", "0, 0.8, 1.2, 1.6")
    assert sweeps.extend(sweep.id, [wider, AxisText("seed", "3 random")]).state is SweepState.PAUSED
    assert states(sweeps, sweep) == {CellState.SUCCEEDED: 6, CellState.MISSING: 6}
    sweeps.start(sweep.id)
    assert wait(sweeps, sweep).state is SweepState.DONE
    after = {one.cell.id: one.generation for one in sweeps.cells(sweep.id)}
    assert len(playground.recent()) == len(after) == 12
    assert before.items() <= after.items()


def test_pause_and_resume(settings: Settings, released: threading.Event) -> None:
    """A paused sweep starts no cell; resumed, it makes the rest, and each cell once."""
    with Playground(settings.replace(max_in_flight=2), limits=FAST_POLLS) as playground, Sweeps(playground) as sweeps:
        sweep = sweeps.create(VALUES, [AxisText("seed", "12 random")])
        sweeps.start(sweep.id)
        run = sweeps.run(sweep.id)
        assert run is not None
        wait_until(lambda: count_running(playground) == 2)
        assert len(run.active) == 2
        assert sweeps.pause(sweep.id).state is SweepState.PAUSED
        released.set()
        assert wait(sweeps, sweep).state is SweepState.PAUSED
        assert states(sweeps, sweep) == {CellState.SUCCEEDED: 2, CellState.MISSING: 10}
        for _ in range(3):
            sweeps.start(sweep.id)
        assert wait(sweeps, sweep).state is SweepState.DONE
        assert len(playground.recent()) == 12


def test_running_images_are_shared(sweeps: Sweeps, playground: Playground, released: threading.Event) -> None:
    """A cell whose image is being made elsewhere waits for that image instead of paying for another."""
    running = playground.start({**VALUES, "seed": 1})
    wait_until(lambda: count_running(playground) == 1)
    sweep = sweeps.create(VALUES, [AxisText("seed", "1, 2")])
    other = sweeps.create(VALUES, [AxisText("seed", "1-3")])
    sweeps.start(sweep.id)
    sweeps.start(other.id)
    used = wait_until(lambda: sweeps.cells(sweep.id)[0].generation)
    assert used is not None
    assert (used.id, used.state) == (running.id, State.RUNNING)
    released.set()
    assert wait(sweeps, sweep).state is SweepState.DONE
    assert wait(sweeps, other).state is SweepState.DONE
    assert len(playground.recent()) == 3


def test_other_visitors_are_served(settings: Settings, released: threading.Event) -> None:
    """A visitor's image does not wait for another's whole sweep."""
    ann = Visitor("ann", identity=Identity("1.2.3.4", "browser"))
    bob = Visitor("bob", identity=Identity("5.6.7.8", "browser"))
    with Playground(settings.replace(max_in_flight=2), limits=FAST_POLLS) as playground, Sweeps(playground) as sweeps:
        sweep = sweeps.create(VALUES, [AxisText("seed", "20 random")], ann)
        sweeps.start(sweep.id, ann)
        started = playground.start(VALUES, bob)
        released.set()
        *_, ended = playground.watch(started.id)
        sweeps.stop(sweep.id, ann)
        wait(sweeps, sweep)
        earlier = [one for one in playground.recent(ann) if one.started_at and one.started_at < (ended.started_at or 0)]
        assert len(earlier) < 10


def test_stop_takes_cells_out_of_the_queue(settings: Settings, released: threading.Event) -> None:
    """A stopped sweep leaves nothing in the queue; what was sent is kept."""
    with Playground(settings.replace(max_in_flight=1), limits=FAST_POLLS) as playground, Sweeps(playground) as sweeps:
        playground.start(VALUES)
        sweep = sweeps.create(VALUES, [STRENGTHS])
        sweeps.start(sweep.id)
        wait_until(lambda: playground.queue_position(playground.recent()[0].id))
        sweeps.stop(sweep.id)
        released.set()
        assert wait(sweeps, sweep).state is SweepState.PAUSED
        assert states(sweeps, sweep) == {CellState.MISSING: 3}


def test_cells_are_canceled(settings: Settings) -> None:
    """Canceled cells that were not sent are not made; the others go on, and Resume makes them."""
    with Playground(settings.replace(max_in_flight=1), limits=FAST_POLLS) as playground, Sweeps(playground) as sweeps:
        obstacle = playground.start({**VALUES, "prompt": "a red cat #stuck"})  # takes the only place
        sweep = sweeps.make(VALUES, [AxisText("seed", "1-4")])
        cells = [one.cell.id for one in sweeps.cells(sweep.id)]
        run = sweeps.run(sweep.id)
        assert run is not None
        wait_until(lambda: run.active)
        assert list(run.active) == cells[:1]
        assert run.waiting == set(cells[1:])
        with pytest.raises(KeyError):
            sweeps.cancel(sweep.id, cells, STRANGER)
        sweeps.cancel(sweep.id, [cells[0], cells[3]])
        playground.stop(obstacle.id)
        assert wait(sweeps, sweep).state is SweepState.PAUSED
        made = [CellState.MISSING, CellState.SUCCEEDED, CellState.SUCCEEDED, CellState.MISSING]
        assert [one.state for one in sweeps.cells(sweep.id)] == made
        sweeps.start(sweep.id)
        assert wait(sweeps, sweep).state is SweepState.DONE
        assert sum(bool(one.task_id) for one in playground.recent()) == 5


def test_running_cells_are_canceled(settings: Settings, released: threading.Event) -> None:
    """A cell that was sent is not waited for; its image is collected later and paid once, also after a restart."""
    with Playground(settings, limits=FAST_POLLS) as playground, Sweeps(playground) as sweeps:
        shared = playground.start({**VALUES, "seed": 1})
        sweep = sweeps.make(VALUES, [AxisText("seed", "1-4")])
        wait_until(lambda: count_running(playground) == 4)
        cells = [one.cell.id for one in sweeps.cells(sweep.id)]
        sweeps.cancel(sweep.id, cells[:2])
        wait_until(lambda: states(sweeps, sweep)[CellState.DETACHED] == 1)
        assert states(sweeps, sweep)[CellState.RUNNING] == 3
        assert playground.get(shared.id).state is State.RUNNING
    with Playground(settings, limits=FAST_POLLS) as playground, Sweeps(playground) as sweeps:
        playground.resume()
        sweeps.cancel(sweep.id, cells[2:3])  # no run of the sweep is in this process
        wait_until(lambda: states(sweeps, sweep)[CellState.DETACHED] == 2)
        with pytest.raises(KeyError):
            sweeps.collect(sweep.id, STRANGER)
        released.set()
        sweeps.start(sweep.id)
        wait_until(lambda: states(sweeps, sweep) == {CellState.SUCCEEDED: 2, CellState.DETACHED: 2})
        sweeps.collect(sweep.id, cell_ids=cells[:2])
        wait_until(lambda: states(sweeps, sweep)[CellState.SUCCEEDED] == 3)
        sweeps.collect(sweep.id)
        wait_until(lambda: states(sweeps, sweep) == {CellState.SUCCEEDED: 4})
        assert len(playground.recent()) == 4


def test_failed_start_leaves_nothing(sweeps: Sweeps, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a thread nothing runs; the error is that of the start, also where the sweep cannot be deleted."""

    start = threading.Thread.start

    def fail(thread: threading.Thread) -> None:
        if thread.name.startswith("sweep-"):  # the threads of the server and of the queue start as ever
            raise RuntimeError("can't start new thread")
        start(thread)

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", fail)
        with pytest.raises(RuntimeError, match="new thread"):
            sweeps.make(VALUES, [STRENGTHS])
        assert sweeps.recent() == []
        patched.setattr(sweeps, "delete", lambda *_: fail_storage())
        with pytest.raises(RuntimeError, match="new thread"):
            sweeps.make(VALUES, [STRENGTHS])
    (kept,) = sweeps.recent()
    assert kept.state is SweepState.PAUSED
    sweeps.start(kept.id)
    assert wait(sweeps, kept).state is SweepState.DONE


def fail_storage() -> None:
    raise StorageError("The disk is full.")


def test_failed_cells_keep_their_place(sweeps: Sweeps, playground: Playground) -> None:
    """A moderated cell says why, is not made again without a press, and the value that failures share is found."""
    prompts = AxisText("prompt", "a cat\na dog #moderated-content")
    sweep = make(sweeps, AxisText("finetune_strength", "0, 1"), prompts)
    assert sweep.state is SweepState.DONE
    assert states(sweeps, sweep) == {CellState.SUCCEEDED: 2, CellState.FAILED: 2}
    cells = sweeps.cells(sweep.id)
    (shared,) = shared_failures(plan_of(sweeps, sweep), cells)
    assert (shared.axis, shared.point, shared.failed, shared.finished) == (1, 1, 2, 2)
    failed = [one.cell.id for one in cells if one.error]
    sweeps.start(sweep.id)
    wait(sweeps, sweep)
    assert len(playground.recent()) == 4
    sweeps.retry(sweep.id, failed[:1])
    wait(sweeps, sweep)
    assert len(playground.recent()) == 5


def test_unknown_submits_are_not_repeated(sweeps: Sweeps, playground: Playground) -> None:
    """A submit of unknown outcome is repeated once for a press; three in a row pause the sweep."""
    sweep = make(sweeps, AxisText("seed", "1, 2"), prompt="a cat #submit-cut")
    assert states(sweeps, sweep) == {CellState.SUBMIT_UNKNOWN: 2}
    sweeps.start(sweep.id)
    wait(sweeps, sweep)
    assert len(playground.recent()) == 2
    for _ in range(2):  # the second time as a replay after a restart
        sweeps.retry(sweep.id, [sweeps.cells(sweep.id)[0].cell.id], press="1-2-3")
        wait(sweeps, sweep)
        assert len(playground.recent()) == 3
    many = make(sweeps, AxisText("seed", "100 random"), prompt="a dog #submit-cut")
    assert many.state is SweepState.PAUSED
    assert isinstance(many.problem, SubmitUnknown)
    assert len(playground.recent(limit=200)) < 3 + 3 + 25


def test_refused_submits_pause(settings: Settings) -> None:
    """A sweep that the API refuses again and again pauses; Resume goes on with the others."""
    with Playground(settings.replace(max_in_flight=2), limits=FAST_POLLS) as playground, Sweeps(playground) as sweeps:
        sweep = make(sweeps, AxisText("seed", "14 random"), prompt="a cat #no-finetune")
        assert sweep.state is SweepState.PAUSED
        assert isinstance(sweep.problem, FinetuneNotFound)
        failed = states(sweeps, sweep)[CellState.FAILED]
        assert failed in (10, 11)
        sweeps.start(sweep.id)
        assert wait(sweeps, sweep).state is SweepState.DONE
        assert states(sweeps, sweep) == {CellState.FAILED: 14}


def test_empty_account_pauses(tmp_path: Path) -> None:
    """An account that runs empty halfway pauses the sweep with words; after a refill only the rest is made."""
    with LocalServer(speed=60, scale=0.1, renderer="flat", credits=30) as server:
        settings = Settings(data=tmp_path, base_url=server.url, api_key="poor", max_in_flight=2)
        with Playground(settings, limits=FAST_POLLS) as playground, Sweeps(playground) as sweeps:
            sweep = make(sweeps, AxisText("seed", "10 random"))
            assert sweep.state is SweepState.PAUSED
            assert isinstance(sweep.problem, OutOfCredits)
            assert states(sweeps, sweep) == {CellState.SUCCEEDED: 4, CellState.MISSING: 6}
            assert len(playground.recent()) <= 6
            rich = Visitor(api_key="rich")
            with Client(server.url, "rich") as client:
                assert client.credits() == 30
            sweeps.start(sweep.id, rich)
            wait(sweeps, sweep)
            assert states(sweeps, sweep) == {CellState.SUCCEEDED: 8, CellState.MISSING: 2}


@pytest.fixture
def hosted(settings: Settings, server: LocalServer) -> Iterator[Sweeps]:
    """The sweeps of a hosted page with an allowance of three images an hour."""
    mine = settings.replace(demo_url="", base_url=server.url, api_key="owners-key", hosted=True)
    allowed = mine.replace(allowance=Allowance.read("3/hour"))
    with Playground(allowed, limits=FAST_POLLS) as playground, Sweeps(playground) as sweeps:
        yield sweeps


def test_allowance_counts_the_whole_plan(hosted: Sweeps) -> None:
    """A plan over the allowance is refused before anything is sent; one within it is made."""
    ann = Visitor("ann", identity=Identity("1.2.3.4", "browser"))
    sweep = hosted.create(VALUES, [AxisText("seed", "1-4")], ann)
    with pytest.raises(QuotaExceeded, match=r"3 images an hour\. 4 more images are too many\.") as caught:
        hosted.start(sweep.id, ann)
    assert caught.value.retry_after is None
    assert hosted.get(sweep.id, ann).state is SweepState.DRAFT
    hosted.extend(sweep.id, [AxisText("seed", "1-3")], ann)
    hosted.start(sweep.id, ann)
    assert wait(hosted, sweep).state is SweepState.DONE
    hosted.extend(sweep.id, [AxisText("seed", "1-4")], ann)
    with pytest.raises(QuotaExceeded):
        hosted.start(sweep.id, ann)


def test_allowance_that_ends_halfway(settings: Settings, server: LocalServer, released: threading.Event) -> None:
    """When other images use up the allowance meanwhile, the sweep pauses at a cell that says why."""
    ann = Visitor("ann", identity=Identity("1.2.3.4", "browser"))
    mine = settings.replace(demo_url="", base_url=server.url, api_key="owners-key", hosted=True, max_in_flight=1)
    allowed = mine.replace(allowance=Allowance.read("3/hour"))
    with Playground(allowed, limits=FAST_POLLS) as playground, Sweeps(playground) as sweeps:
        sweep = sweeps.create(VALUES, [AxisText("seed", "1-3")], ann)
        sweeps.start(sweep.id, ann)
        wait_until(lambda: playground.recent(ann))
        playground.start({**VALUES, "seed": 99}, ann)
        released.set()
        ended = wait(sweeps, sweep)
        assert ended.state is SweepState.PAUSED
        assert isinstance(ended.problem, QuotaExceeded)
        cells = sweeps.cells(sweep.id, ann)
        assert count_states(cells) == {CellState.SUCCEEDED: 2, CellState.MISSING: 1}
        assert [type(one.error) for one in cells if one.state is CellState.MISSING] == [QuotaExceeded]


def test_queued_cells_keep_their_payer(settings: Settings, server: LocalServer, released: threading.Event) -> None:
    """A running sweep that is resumed without the key of its start does not make the owner pay for the rest."""
    bob = Visitor("bob", identity=Identity("1.2.3.4", "browser"), api_key="bobs-key")
    mine = settings.replace(demo_url="", base_url=server.url, api_key="owners-key", hosted=True, max_in_flight=1)
    with Playground(mine, limits=FAST_POLLS) as playground, Sweeps(playground) as sweeps:
        sweep = sweeps.create(VALUES, [AxisText("seed", "1-3")], bob)
        sweeps.start(sweep.id, bob)
        sweeps.start(sweep.id, replace(bob, api_key=""))
        released.set()
        wait(sweeps, sweep)
        made = playground.recent(bob)
        assert len(made) == 3
        assert {one.spender for one in made} == {None}
        assert len({one.account for one in made}) == 1


@pytest.mark.usefixtures("released")
def test_one_address_leaves_sweeps_to_others(hosted: Sweeps, monkeypatch: pytest.MonkeyPatch) -> None:
    """Visitors of one address do not take all places of running sweeps."""
    monkeypatch.setattr("flux_playground.running_sweeps.MAX_RUNNING_PER_ADDRESS", 2)
    for name, address in (("a", "1.2.3.4"), ("b", "1.2.3.4"), ("c", "1.2.3.4"), ("d", "5.6.7.8")):
        visitor = Visitor(name, identity=Identity(address, "browser"), api_key="own-key")
        sweep = hosted.create(VALUES, [AxisText("seed", "1-2")], visitor)
        if name == "c":
            with pytest.raises(QueueFull, match="2 sweeps of your address"):
                hosted.start(sweep.id, visitor)
        else:
            assert hosted.start(sweep.id, visitor).state is SweepState.RUNNING


def test_one_address_stores_plans_within_a_limit(hosted: Sweeps, monkeypatch: pytest.MonkeyPatch) -> None:
    """Visitors of one address cannot fill the disk with plans that are never made; others are not refused."""
    monkeypatch.setattr("flux_playground.sweep_plans.MAX_CHARACTERS_PER_HOUR", 3_000)
    near, far = (Identity(address, "browser") for address in ("1.2.3.4", "5.6.7.8"))
    axis = AxisText("prompt", "x" * 500 + "{1|2}")
    sweep = hosted.create(VALUES, [axis], Visitor("a", identity=near))
    with pytest.raises(InvalidSweep, match="from your address"):
        hosted.create(VALUES, [axis], Visitor("b", identity=near))
    with pytest.raises(InvalidSweep, match="from your address"):
        hosted.extend(sweep.id, [axis], Visitor("a", identity=near))
    hosted.create(VALUES, [axis], Visitor("c", identity=far))


def test_high_price_needs_approval(settings: Settings, server: LocalServer) -> None:
    """A sweep that costs more than the setting is asked about; a refused one leaves nothing, the demo asks never."""
    own = settings.replace(demo_url="", base_url=server.url, api_key="key", confirm_credits=14)
    asked: list[float | None] = []
    with Playground(own, limits=FAST_POLLS) as playground, Sweeps(playground) as sweeps:

        def approve(estimate: Estimate) -> None:
            asked.append(estimate.price.credits)
            if sweeps.needs_approval(estimate):
                raise InvalidSweep("too much")

        with pytest.raises(InvalidSweep, match="too much"):
            sweeps.make(VALUES, [STRENGTHS], approve=approve)
        assert (sweeps.recent(), playground.recent()) == ([], [])
        sweep = sweeps.make(VALUES, [AxisText("seed", "1, 2")], approve=approve)
        assert wait(sweeps, sweep).state is SweepState.DONE
        sweeps.extend(sweep.id, [AxisText("seed", "1-5")])
        with pytest.raises(InvalidSweep, match="too much"):
            sweeps.start(sweep.id, approve=approve)
        assert sweeps.get(sweep.id).state is SweepState.PAUSED
        assert asked == [21, 14, 21]
        unknown = replace(sweeps.estimate(plan_of(sweeps, sweep), sweep_id=sweep.id), price=PriceEstimate())
        assert sweeps.needs_approval(unknown)
        assert not sweeps.needs_approval(replace(unknown, images=0))
    with Playground(settings, limits=FAST_POLLS) as playground, Sweeps(playground) as free:
        assert not free.needs_approval(unknown)


def test_votes_of_a_sweep_are_limited(sweeps: Sweeps, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sweep takes no more votes than a ranking is computed from in a moment."""
    monkeypatch.setattr("flux_playground.sweep_votes.MAX_VOTES", 1)
    sweep = sweeps.create(VALUES, [STRENGTHS])
    first, second = (one.cell.id for one in sweeps.cells(sweep.id)[:2])
    sweeps.votes.add(sweep.id, Vote(first, second, first))
    with pytest.raises(InvalidSweep, match="which is the most"):
        sweeps.votes.add(sweep.id, Vote(first, second, first))


def test_strangers_have_no_access(sweeps: Sweeps) -> None:
    """A visitor can neither see nor touch another's sweep."""
    sweep = make(sweeps, STRENGTHS)
    first, second = (one.cell.id for one in sweeps.cells(sweep.id)[:2])
    for attempt in (
        lambda: sweeps.get(sweep.id, STRANGER),
        lambda: sweeps.cells(sweep.id, STRANGER),
        lambda: sweeps.start(sweep.id, STRANGER),
        lambda: sweeps.retry(sweep.id, [first], STRANGER),
        lambda: sweeps.pause(sweep.id, STRANGER),
        lambda: sweeps.stop(sweep.id, STRANGER),
        lambda: sweeps.extend(sweep.id, [STRENGTHS], STRANGER),
        lambda: sweeps.rename(sweep.id, "mine", STRANGER),
        lambda: sweeps.delete(sweep.id, STRANGER),
        lambda: sweeps.votes.add(sweep.id, Vote(first, second, first), STRANGER),
        lambda: sweeps.votes.next_pair(sweep.id, 0, STRANGER),
        lambda: sweeps.votes.ranking(sweep.id, 0, STRANGER),
        lambda: sweeps.votes.undo(sweep.id, STRANGER),
    ):
        with pytest.raises(KeyError):
            attempt()
    assert sweeps.recent(STRANGER) == []
    plan = plan_of(sweeps, sweep)
    assert sweeps.estimate(plan, STRANGER, sweep.id).existing == 0


def test_images_are_sent_with_each_cell(sweeps: Sweeps, playground: Playground) -> None:
    """An image of the form is stored once and sent with each cell; a stranger cannot name it."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "crimson").save(file, "PNG")
    sweep = make(sweeps, AxisText("image_prompt_strength", "0.2, 0.8"), image_prompt=file.getvalue())
    assert states(sweeps, sweep) == {CellState.SUCCEEDED: 2}
    (reference,) = {one.request["image_prompt"] for one in playground.recent()}
    assert sweeps.plan({**VALUES, "image_prompt": reference}, [STRENGTHS]).values["image_prompt"] == reference
    with pytest.raises(InvalidRequest):
        sweeps.plan({**VALUES, "image_prompt": reference}, [STRENGTHS], STRANGER)
    axis = AxisText("image_prompt", reference)
    assert sweeps.plan(VALUES, [axis]).size == 1
    with pytest.raises(InvalidSweep, match="not kept here"):
        sweeps.plan(VALUES, [axis], STRANGER)
    with pytest.raises(InvalidRequest, match="not an image"):
        sweeps.plan({**VALUES, "image_prompt": "banana"}, [STRENGTHS])


def test_another_schema_sends_nothing(sweeps: Sweeps, playground: Playground) -> None:
    """A cell whose request would be another one today is not sent: it could not be found again."""
    sweep = sweeps.create(VALUES, [STRENGTHS])
    damaged = replace(sweep, plan=sweep.plan.replace("my-finetune", " my-finetune "))
    playground.store.sweeps.save(damaged)
    sweeps.start(sweep.id)
    assert wait(sweeps, sweep).state is SweepState.PAUSED
    assert all(isinstance(one.error, InvalidSweep) for one in sweeps.cells(sweep.id))
    assert playground.recent() == []


def test_restart_pauses_and_resumes(settings: Settings, released: threading.Event) -> None:
    """A sweep whose program has ended is paused; resumed, it makes what is missing and collects the rest."""
    slow = settings.replace(max_in_flight=2)
    with Playground(slow, limits=FAST_POLLS) as playground:
        sweeps = Sweeps(playground)  # not closed, as by a program that forgets it
        sweep = sweeps.create(VALUES, [AxisText("seed", "8 random")], name="Seeds")
        sweeps.start(sweep.id)
        wait_until(lambda: count_running(playground) == 2)
    released.set()
    with Playground(slow, limits=FAST_POLLS) as playground, Sweeps(playground) as sweeps:
        again = sweeps.get(sweep.id)
        assert (again.state, again.name, again.problem) == (SweepState.PAUSED, "Seeds", None)
        playground.resume()
        sweeps.start(sweep.id)
        assert wait(sweeps, sweep).state is SweepState.DONE
        made = playground.recent()
        assert sum(bool(one.task_id) for one in made) == 8
        assert {one.state for one in made} <= {State.SUCCEEDED, State.CANCELLED}


def test_sweeps_are_renamed_and_deleted(sweeps: Sweeps, playground: Playground) -> None:
    """A deleted sweep is gone with its votes; its images stay."""
    sweep = make(sweeps, STRENGTHS)
    assert sweeps.rename(sweep.id, "Ladder").name == "Ladder"
    assert [one.name for one in sweeps.recent()] == ["Ladder"]
    pair = sweeps.votes.next_pair(sweep.id, 0)
    assert pair is not None
    sweeps.votes.add(sweep.id, Vote(pair[0].id, pair[1].id, ""))
    assert sweeps.votes.ranking(sweep.id, 0).votes == 1
    sweeps.votes.undo(sweep.id)
    assert sweeps.votes.ranking(sweep.id, 0).votes == 0
    with pytest.raises(InvalidSweep):
        sweeps.votes.add(sweep.id, Vote(pair[0].id, pair[0].id, ""))
    with pytest.raises(InvalidSweep):
        sweeps.votes.add(sweep.id, Vote(pair[0].id, "x", ""))
    sweeps.delete(sweep.id)
    assert sweeps.recent() == []
    assert len(playground.recent()) == 3
