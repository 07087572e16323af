"""The playground without a page: from values to an image and its seed, and what is kept on the way."""

from __future__ import annotations

import io
import itertools
import json
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from flux_playground import Playground, Settings, schema
from flux_playground.errors import InvalidDocument, InvalidRequest, TaskNotFound, Unauthorized
from flux_playground.generation import Generation, State
from flux_playground.local import LocalServer
from flux_playground.playground import Visitor
from flux_playground.storage.generation_store import GenerationStore
from flux_playground.ui.events.context import Context, PageState
from flux_playground.ui.form.form import Form
from flux_playground.ui.generate.copy_settings import request_values
from flux_playground.ui.recipes.settings_import import import_inputs
from flux_playground.ui.session.tab_session import TabSession
from tests.conftest import FAST_POLLS
from tests.stored_files import image_path
from tests.waiting import WAIT_SECONDS, wait_until

VALUES = {"finetune_id": "my-finetune", "prompt": "a lighthouse at dawn"}


def made(playground: Playground, **values: object) -> Generation:
    """The finished generation of these values on top of the usual two."""
    return list(playground.generate({**VALUES, **values}))[-1]


def test_generation_ends_with_image_and_seed(playground: Playground) -> None:
    """A generation ends with a stored image, its size and the seed that was sent."""
    records = list(playground.generate(VALUES))
    states = [state for state, _ in itertools.groupby(record.state for record in records)]
    last = records[-1]
    assert last.error is None
    assert states[-1] is State.SUCCEEDED
    assert list(State).index(states[0]) <= list(State).index(State.RUNNING)
    assert last.image is not None
    with Image.open(image_path(playground.store, last)) as image:
        assert image.size == (last.width, last.height)
        assert image.format == "JPEG"
    assert image_path(playground.store, last).stat().st_size == last.size
    assert isinstance(last.seed, int)
    assert last.request["seed"] == last.seed
    assert last.total_seconds is not None
    assert playground.get(last.id) == last


def test_same_seed_gives_same_bytes(playground: Playground) -> None:
    """The same request and seed give the same file, another seed another one."""
    first = made(playground)
    again, other = made(playground, seed=first.seed), made(playground, seed=str((first.seed or 0) + 1))
    assert first.sha256 == again.sha256 != other.sha256


@pytest.mark.parametrize("seed", [0, "0", 2**64 - 1, str(2**64 - 1)])
def test_seed_is_exact(playground: Playground, seed: int | str) -> None:
    """A seed of any size is sent and stored without rounding."""
    last = made(playground, seed=seed)
    assert last.seed == last.request["seed"] == int(seed)


def test_blank_seed_is_random(playground: Playground) -> None:
    """Without a seed, each request gets another one."""
    assert made(playground, seed="").seed != made(playground, seed=None).seed


def test_errors_are_by_field_and_store_nothing(playground: Playground) -> None:
    """All wrong values are named at once, and nothing is stored."""
    notes = playground.settings.data / "notes.txt"
    notes.write_text("this is no image")
    values = {"finetune_strength": 2.4, "seed": "abc", "aspect_ratio": "banana", "image_prompt": notes}
    with pytest.raises(InvalidRequest) as caught:
        playground.start(values)
    assert {d.field for d in caught.value.details} == {*values, "finetune_id"}
    assert playground.recent() == []


def test_image_prompt_is_stored_once(playground: Playground, tmp_path: Path) -> None:
    """The same image prompt is one file and one reference, as a path or as bytes."""
    path = tmp_path / "prompt.png"
    Image.new("RGB", (64, 64), "crimson").save(path)
    first = made(playground, seed=1, image_prompt=path, image_prompt_strength=0.8)
    second = made(playground, seed=1, image_prompt=path.read_bytes(), image_prompt_strength=0.8)
    plain = made(playground, seed=1)
    assert first.sha256 == second.sha256 != plain.sha256
    assert first.request["image_prompt"].startswith("sha256:")
    assert first.request == second.request
    assert len(list((playground.settings.data / "inputs").iterdir())) == 1


def test_image_reference_works_for_its_owner(
    playground: Playground,
) -> None:
    """A stored image prompt can be sent again by its owner only."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "crimson").save(file, "PNG")
    first = made(playground, seed=1, image_prompt=file.getvalue(), image_prompt_strength=0.8)
    again = made(playground, **first.request)
    assert again.sha256 == first.sha256
    with pytest.raises(InvalidRequest) as caught:
        playground.start(first.request, Visitor("a stranger"))
    assert [d.field for d in caught.value.details] == ["image_prompt"]


def test_reference_in_a_prompt_gives_no_image(playground: Playground) -> None:
    """A visitor who sends another's reference as a prompt gets that image neither as an input nor back."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "crimson").save(file, "PNG")
    reference = made(playground, image_prompt=file.getvalue()).request["image_prompt"]
    thief = Visitor("a stranger")
    for prompt in (reference, f"a mill {reference}"):
        mine = list(playground.generate({**VALUES, "prompt": prompt}, thief))[-1]
        assert mine.request["prompt"] == prompt
        assert request_values(playground, mine)["prompt"] == prompt
    assert playground.load_input(reference, thief) is None
    assert playground.load_input(reference) is not None
    with pytest.raises(InvalidRequest):
        playground.start({**VALUES, "image_prompt": reference}, thief)
    assert made(playground, prompt=reference).request["prompt"] == reference


def test_existing_image_is_found_by_its_request(playground: Playground) -> None:
    """The same request and seed of the same visitor finds the existing image."""
    first = made(playground, seed=5)
    assert playground.find_existing(playground.prepare({**VALUES, "seed": "5"})) == first
    assert playground.find_existing(playground.prepare({**VALUES, "seed": 6})) is None
    assert playground.find_existing(playground.prepare({**VALUES, "seed": 5}, Visitor("a stranger"))) is None


def test_webhook_secret_is_not_stored(playground: Playground) -> None:
    """A webhook secret is sent to the API and is in no file."""
    last = made(playground, webhook_url="http://127.0.0.1:9/hook", webhook_secret="sesame-7319")
    assert last.state is State.SUCCEEDED
    assert "webhook_secret" not in last.request
    assert last.request["webhook_url"] == "http://127.0.0.1:9/hook"
    playground.store.close()
    assert not any(b"sesame-7319" in p.read_bytes() for p in playground.settings.data.rglob("*") if p.is_file())


def test_no_key_and_no_demo(settings: Settings) -> None:
    """Without a key and a local server, a start is refused."""
    with Playground(settings.replace(demo_url="")) as playground, pytest.raises(Unauthorized):
        playground.start(VALUES)


def test_visitor_key_goes_to_the_api_only(settings: Settings, server: LocalServer) -> None:
    """A visitor with a key uses the API, where the owner of the page uses the demo."""
    with Playground(settings.replace(demo_url="http://127.0.0.1:9", base_url=server.url)) as playground:
        mine = Visitor("somebody", "their-own-key")
        assert playground.uses_demo()
        assert not playground.uses_demo(mine)
        last = list(playground.generate(VALUES, mine))[-1]
        assert (last.state, last.server, last.owner) == (State.SUCCEEDED, server.url, "somebody")
        assert playground.recent() == []
        assert [g.id for g in playground.recent(mine)] == [last.id]


def test_account_calls_use_the_visitor_key(playground: Playground) -> None:
    """The balance falls by the price of an image."""
    before = playground.credits()
    made(playground)
    assert playground.credits() == pytest.approx(before - 7)
    with playground.client() as client:
        assert client.finetunes()


def test_requests_over_the_limit_are_queued(settings: Settings, released: threading.Event) -> None:
    """Requests over the limit wait in the queue and are sent in its order."""
    with Playground(settings.replace(max_in_flight=1), limits=FAST_POLLS) as playground:
        started = [playground.start(VALUES) for _ in range(3)]
        assert [playground.queue_position(g.id) for g in started] == [0, 1, 2]
        assert playground.get(started[1].id).state is State.QUEUED
        released.set()
        last = [list(playground.watch(g.id))[-1] for g in started]
        assert [g.state for g in last] == [State.SUCCEEDED] * 3
        ends = [g.finished_at or 0 for g in last]
        assert ends == sorted(ends)
        assert [playground.queue_position(g.id) for g in started] == [0, 0, 0]


def test_stopped_queued_request_is_never_sent(settings: Settings, released: threading.Event) -> None:
    """A queued request that is stopped is neither sent nor paid for."""
    with Playground(settings.replace(max_in_flight=1), limits=FAST_POLLS) as playground:
        before = playground.credits()
        first, second = playground.start(VALUES), playground.start(VALUES)
        assert playground.stop(second.id).state is State.CANCELLED
        released.set()
        assert list(playground.watch(first.id))[-1].state is State.SUCCEEDED
        assert playground.get(second.id).state is State.CANCELLED
        assert playground.credits() == pytest.approx(before - 7)


def test_stopped_generation_can_be_collected(playground: Playground, released: threading.Event) -> None:
    """The waiting for a task that never ends can be stopped; its image is fetched later and paid for once."""
    before = playground.credits()
    started = playground.start(VALUES)
    wait_until(lambda: playground.get(started.id).state is State.RUNNING)
    playground.stop(started.id)
    assert list(playground.watch(started.id))[-1].state is State.DETACHED
    released.set()
    playground.collect(started.id)
    last = list(playground.watch(started.id))[-1]
    assert (last.state, last.api_seconds) == (State.SUCCEEDED, None)
    assert playground.credits() == pytest.approx(before - 7)
    assert playground.collect(started.id).state is State.SUCCEEDED


def test_two_watchers_see_the_same_end(playground: Playground) -> None:
    """Two threads that watch a generation both get its end."""
    started, ends = playground.start(VALUES), []

    def watch() -> None:
        ends.append(list(playground.watch(started.id))[-1])

    threads = [threading.Thread(target=watch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_SECONDS)
    assert [g.state for g in ends] == [State.SUCCEEDED, State.SUCCEEDED]


def test_generation_goes_on_unwatched(playground: Playground) -> None:
    """A generation ends with its image when nobody reads its updates."""
    first = next(iter(playground.generate(VALUES)))
    assert list(playground.watch(first.id))[-1].state is State.SUCCEEDED


def test_unknown_id(playground: Playground) -> None:
    """An unknown id raises KeyError."""
    with pytest.raises(KeyError):
        playground.get("0" * 32)


def test_median_is_known_after_three_images(playground: Playground) -> None:
    """The usual time is the median of the API's times, from three images on."""
    place = playground.server(), playground.operation.path
    assert playground.store.usage.median_seconds(*place) is None
    times = sorted(made(playground).api_seconds or 0 for _ in range(3))
    assert playground.store.usage.median_seconds(*place) == times[1]


def left_behind(settings: Settings, server: str, **values: object) -> Generation:
    """A generation that an earlier process wrote down and did not finish."""
    store = GenerationStore(settings.data)
    path = "/v1/flux-pro-1.1-ultra-finetuned"
    kept = Generation("a" * 32, "owner", time.time(), path, server, VALUES)
    store.save(replace(kept, **values))  # type: ignore[arg-type]
    store.close()
    return kept


@pytest.mark.parametrize(
    ("state", "after"), [(State.QUEUED, State.CANCELLED), (State.SUBMITTING, State.SUBMIT_UNKNOWN)]
)
def test_unsent_request_is_not_sent_after_a_restart(
    settings: Settings, server: LocalServer, state: State, after: State
) -> None:
    """After a restart, a request that was not sent, or perhaps was, is not sent."""
    kept = left_behind(settings, server.url, state=state)
    with Playground(settings, limits=FAST_POLLS) as playground:
        before = playground.credits()
        assert [g.state for g in playground.resume()] == [after]
        assert playground.get(kept.id).state is after
        assert playground.credits() == before


def test_task_of_an_ended_local_server_is_lost(settings: Settings) -> None:
    """A task of a local server that has ended fails with TaskNotFound."""
    kept = left_behind(
        settings, "http://127.0.0.1:9", state=State.RUNNING, task_id="t", polling_url="http://127.0.0.1:9/x"
    )
    with Playground(settings, limits=FAST_POLLS) as playground:
        playground.resume()
        last = list(playground.watch(kept.id))[-1]
        assert last.state is State.FAILED
        assert isinstance(last.error, TaskNotFound)


def test_second_program_resumes_nothing(settings: Settings, server: LocalServer) -> None:
    """A second program on the same folder leaves running generations to the first."""
    with Playground(settings):
        left_behind(settings, server.url, state=State.SUBMITTING)
        with Playground(settings, limits=FAST_POLLS) as second:
            assert second.resume() == []


def test_image_sources_give_the_same_request(playground: Playground) -> None:
    """The bytes of an image prompt are stored before the request is sent."""
    file = io.BytesIO()
    Image.new("RGB", (32, 32), "navy").save(file, "PNG")
    first = playground.start({**VALUES, "image_prompt": file.getvalue()})
    assert playground.store.inputs.load(first.request["image_prompt"])
    list(playground.watch(first.id))


@pytest.mark.parametrize("named", ["https://evil.example", "https://api.bfl.ai.evil.example", "http://api.bfl.ai", ""])
def test_key_does_not_go_to_a_document_server(settings: Settings, named: str) -> None:
    """A document that names another server cannot receive the key."""
    document = schema.load()
    raw = json.loads(json.dumps(document.raw))
    raw["servers"] = [{"url": named}]
    raw["paths"]["/v1/flux-pro-1.1-ultra-finetuned"]["post"].pop("servers", None)
    changed = schema.load_text(json.dumps(raw))
    with Playground(settings.replace(demo_url="", api_key="k"), changed) as playground:
        with pytest.raises(InvalidDocument, match="FLUX_PLAYGROUND_BASE_URL"):
            playground.start(VALUES)
        assert playground.recent() == []


def test_reproduction_names_its_original(playground: Playground, settings: Settings) -> None:
    """A reproduction is stored with the id of its original."""
    first = made(playground, seed=3)
    again = playground.start(first.request, reproduces=first.id)
    assert list(playground.watch(again.id))[-1].reproduces == first.id
    assert [one.reproduces for one in playground.store.recent("owner")] == [first.id, ""]


def test_preview_has_no_drawn_seed_and_no_secret(playground: Playground) -> None:
    """The preview of a request has neither a random seed nor a secret."""
    assert "seed" not in playground.preview_request({**VALUES, "seed": "", "webhook_secret": "sesame"})
    assert playground.preview_request({**VALUES, "seed": "0"})["seed"] == 0
    assert set(playground.preview_request({**VALUES, "webhook_secret": "sesame"})) == set(VALUES)


def test_imported_prompt_is_not_loaded(playground: Playground) -> None:
    """A recipe whose prompt is another visitor's reference fills in the reference itself."""
    reference = playground.store.inputs.save("QUJD")
    fields = {field.name: field for field in playground.operation.fields}
    form = Form(playground.operation, playground.operation.fields)
    context = Context(PageState.of(playground), TabSession(Visitor("a stranger")), form)
    changes = tuple(SimpleNamespace(field=fields[name], then=reference) for name in ("prompt", "image_prompt"))
    inputs = import_inputs(context, SimpleNamespace(changes=changes))  # type: ignore[arg-type]
    assert inputs["prompt"] == reference
    assert inputs["image_prompt"] == ""
