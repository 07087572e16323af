"""Plans and values that visitors save by name: they come back as they were, and belong to one visitor."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from PIL import Image

from flux_playground import Playground, Settings
from flux_playground.errors import InvalidRequest, InvalidSweep
from flux_playground.identity import Identity
from flux_playground.playground import Visitor
from flux_playground.storage.saved_plan_store import SavedKind
from flux_playground.sweep_control import Sweeps
from flux_playground.sweeps.axes import AxisKind, AxisText

VALUES = {"finetune_id": "my-finetune", "prompt": "a red cat", "webhook_secret": "secret"}
AXES = [AxisText("finetune_strength", "0-2 [3]"), AxisText("prompt", "red -> blue", AxisKind.REPLACE)]
PROMPTS = AxisText("prompt", "a {red|blue} mill\na lake")
STRANGER = Visitor("a stranger")


@pytest.fixture
def sweeps(playground: Playground) -> Iterator[Sweeps]:
    """The sweeps of a playground at the local server."""
    with Sweeps(playground) as opened:
        yield opened


def test_plan_comes_back(sweeps: Sweeps, playground: Playground) -> None:
    """A plan has its values, axes and image, without secrets; a blank seed stays blank, and nothing is sent."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "crimson").save(file, "PNG")
    values = {**VALUES, "image_prompt": file.getvalue()}
    saved = sweeps.saved.save_plan(" My  ladder ", values, AXES)
    assert (saved.name, saved.fields, saved.size) == ("My ladder", ("finetune_strength", "prompt"), 3)
    endpoint, found, axes = sweeps.saved.open_plan("My ladder")
    assert endpoint == playground.operation.path
    assert axes == AXES
    assert "seed" not in found
    assert "webhook_secret" not in found
    assert found["prompt"] == "a red cat"
    assert len(found["image_prompt"]) > 100
    assert sweeps.plan(found, axes, endpoint=endpoint).size == 3
    sweeps.saved.save_plan("My ladder", {**VALUES, "seed": 7}, AXES[:1])
    assert sweeps.saved.open_plan("My ladder")[1]["seed"] == 7
    assert len(sweeps.saved.of_kind(SavedKind.PLAN)) == 1
    assert (playground.recent(), sweeps.recent()) == ([], [])


def test_plan_of_a_sweep_is_copied(sweeps: Sweeps) -> None:
    """The plan of a sweep can be used again, with another seed."""
    sweep = sweeps.create({**VALUES, "seed": 7}, AXES)
    endpoint, values, axes = sweeps.saved.copy_plan(sweep)
    assert (endpoint, axes) == (sweep.endpoint, AXES)
    assert "seed" not in values
    assert values["prompt"] == "a red cat"


def test_values_come_back(sweeps: Sweeps) -> None:
    """A set of prompts can be used on another axis; a plan may have its name."""
    sweeps.saved.save_plan("Mills", VALUES, AXES)
    assert sweeps.saved.save_values("Mills", PROMPTS).size == 3
    table = AxisText("", "prompt,seed\na,1\n", AxisKind.TABLE)
    sweeps.saved.save_values("Table", table)
    assert [sweeps.saved.open_values(name) for name in ("Mills", "Table")] == [PROMPTS, table]
    sweeps.saved.rename(SavedKind.VALUES, "Mills", "Lakes")
    with pytest.raises(InvalidSweep, match="“Table” exists already"):
        sweeps.saved.rename(SavedKind.VALUES, "Lakes", "Table")
    sweeps.saved.delete(SavedKind.VALUES, "Table")
    assert [one.name for one in sweeps.saved.of_kind(SavedKind.VALUES)] == ["Lakes"]
    assert [one.name for one in sweeps.saved.of_kind(SavedKind.PLAN)] == ["Mills"]


def test_what_cannot_be_saved(sweeps: Sweeps, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan with a mistake, a blank or long name, and one too many are refused; a replacement is not."""
    with pytest.raises(InvalidSweep, match="a step of 0"):
        sweeps.saved.save_plan("x", VALUES, [AxisText("finetune_strength", "0-2 (+0)")])
    with pytest.raises(InvalidRequest):
        sweeps.saved.save_plan("x", {"prompt": "a"}, AXES[:1])
    with pytest.raises(InvalidSweep, match="no field"):
        sweeps.saved.save_values("x", AxisText("style", "a"))
    for name, message in ((" \n", "Enter a name"), ("x" * 81, "at most 80")):
        with pytest.raises(InvalidSweep, match=message):
            sweeps.saved.save_plan(name, VALUES, AXES)
    monkeypatch.setattr("flux_playground.saved_plans.MAX_SAVED", 1)
    for _ in range(2):
        sweeps.saved.save_plan("one", VALUES, AXES)
    with pytest.raises(InvalidSweep, match="which is the most"):
        sweeps.saved.save_plan("two", VALUES, AXES)


def test_strangers_have_no_access(sweeps: Sweeps) -> None:
    """A visitor neither sees nor changes what another one has saved."""
    sweeps.saved.save_plan("one", VALUES, AXES)
    for attempt in (
        lambda: sweeps.saved.open_plan("one", STRANGER),
        lambda: sweeps.saved.open_values("one", STRANGER),
        lambda: sweeps.saved.rename(SavedKind.PLAN, "one", "two", STRANGER),
        lambda: sweeps.saved.delete(SavedKind.PLAN, "one", STRANGER),
    ):
        with pytest.raises(KeyError):
            attempt()
    assert sweeps.saved.of_kind(SavedKind.PLAN, STRANGER) == []


def test_visitors_of_a_hosted_page(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """What visitors save does not keep images, and is limited by address."""
    hosted = settings.replace(hosted=True)
    ann, bob = (Visitor(name, identity=Identity("1.2.3.4", "browser")) for name in ("ann", "bob"))
    with Playground(hosted) as playground, Sweeps(playground) as sweeps:
        assert not sweeps.saved.save_plan("one", VALUES, AXES, ann).keeps_images
        monkeypatch.setattr("flux_playground.sweep_plans.MAX_CHARACTERS_PER_HOUR", 10)
        with pytest.raises(InvalidSweep, match="from your address"):
            sweeps.saved.save_plan("more", VALUES, AXES, bob)
