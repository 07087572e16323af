"""Scores of sweeps by a command: stored with the sweep, for its owner only, and robust against failing commands."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flux_playground import Playground, Settings
from flux_playground.errors import InvalidSweep
from flux_playground.playground import Visitor
from flux_playground.sweep_control import Sweeps
from flux_playground.sweep_scores import SheetScores, SweepScores
from flux_playground.sweeps.axes import AxisText
from tests.conftest import FAST_POLLS
from tests.sweeps.made_sweep import make_record
from tests.waiting import wait_until

STRENGTHS = AxisText("finetune_strength", "0, 0.8, 1.2, 1.6")
SIZE = "import os, sys; print(os.path.getsize(sys.argv[1]))"


@contextmanager
def opened(settings: Settings, *command: str) -> Iterator[tuple[Playground, SweepScores]]:
    """A playground whose images a command scores."""
    changed = settings.replace(score_command=command)
    with Playground(changed, limits=FAST_POLLS) as playground, Sweeps(playground) as sweeps:
        scores = SweepScores(playground, sweeps)
        yield playground, scores
        scores.close()


def wait(scores: SweepScores, sweep_id: str) -> SheetScores:
    """The scores once nothing waits for one."""
    wait_until(lambda: not scores.get(sweep_id).waiting)
    return scores.get(sweep_id)


def test_scores_are_stored(settings: Settings) -> None:
    """Each image has the number that the command prints, also after a restart; another command begins again."""
    with opened(settings, sys.executable, "-c", SIZE) as (playground, scores):
        record = make_record(playground, STRENGTHS)
        sweep_id = record.sweep.id
        assert scores.get(sweep_id) == SheetScores({}, {}, 0)
        scores.start(sweep_id)
        expected = {one.cell.id: float(one.generation.size or 0) for one in record.cells if one.generation}
        assert wait(scores, sweep_id) == SheetScores(expected, {}, 0)
    with opened(settings, sys.executable, "-c", SIZE) as (_, scores):
        assert scores.get(sweep_id).scores == expected
    with opened(settings, sys.executable, "-c", "print(1)") as (playground, scores):
        assert scores.get(sweep_id).scores == {}
        scores.start(sweep_id)
        assert set(wait(scores, sweep_id).scores.values()) == {1.0}
        assert scores.by_generation(sweep_id)
        playground.store.sweeps.delete(record.sweep.owner, sweep_id)
        assert scores.by_generation(sweep_id) == {}


def test_only_missing_scores_are_made(settings: Settings, tmp_path: Path) -> None:
    """Another start runs the command for failed images only."""
    log = tmp_path / "log"
    code = f"open({str(log)!r}, 'a').write('x'); import os; assert os.path.exists({str(tmp_path / 'go')!r}); print(5)"
    with opened(settings, sys.executable, "-c", code) as (playground, scores):
        sweep_id = make_record(playground, AxisText("finetune_strength", "0, 0.8")).sweep.id
        scores.start(sweep_id)
        found = wait(scores, sweep_id)
        assert (found.scores, len(found.errors), log.read_text()) == ({}, 2, "xx")
        assert "exit code 1" in next(iter(found.errors.values()))
        (tmp_path / "go").touch()
        scores.start(sweep_id)
        assert len(wait(scores, sweep_id).scores) == 2
        scores.start(sweep_id)
        assert wait(scores, sweep_id) == SheetScores(scores.get(sweep_id).scores, {}, 0)
        assert log.read_text() == "xxxx"


def test_broken_command_is_given_up(settings: Settings) -> None:
    """After three failures in a row the command is not started again; the reason is there."""
    with opened(settings, "/no/such/program") as (playground, scores):
        sweep_id = make_record(playground, STRENGTHS).sweep.id
        scores.start(sweep_id)
        found = wait(scores, sweep_id)
    assert len(found.errors) == 3
    assert set(found.errors.values()) == {"The command for scores cannot be started: No such file or directory."}


def test_error_output_is_for_owners(settings: Settings) -> None:
    """What the command prints on failure is shown at home and not on a hosted page."""
    command = (sys.executable, "-c", "raise OSError('/secret/path')")
    for hosted in (False, True):
        with opened(settings.replace(hosted=hosted), *command) as (playground, scores):
            sweep_id = make_record(playground, AxisText("finetune_strength", f"{1 + hosted}")).sweep.id
            scores.start(sweep_id)
            (text,) = wait(scores, sweep_id).errors.values()
            assert ("/secret/path" in text) is not hosted


def test_key_is_not_in_the_environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command gets the environment without this program's variables."""
    for name in ("BFL_API_KEY", "FLUX_PLAYGROUND_METRICS_TOKEN"):
        monkeypatch.setenv(name, "secret-4711")
    monkeypatch.setenv("OWN_VARIABLE", "kept")
    code = (
        "import os; print(sum('4711' in v for v in os.environ.values()) + 10 * (os.environ['OWN_VARIABLE'] == 'kept'))"
    )
    with opened(settings, sys.executable, "-c", code) as (playground, scores):
        sweep_id = make_record(playground, AxisText("finetune_strength", "1")).sweep.id
        scores.start(sweep_id)
        assert list(wait(scores, sweep_id).scores.values()) == [10.0]


def test_foreign_and_missing_command(settings: Settings) -> None:
    """Another visitor's sweep has no scores and starts nothing; without a command scores are off."""
    with opened(settings, sys.executable, "-c", "print(1)") as (playground, scores):
        sweep_id = make_record(playground, AxisText("finetune_strength", "1")).sweep.id
        for call in (scores.start, scores.get):
            with pytest.raises(KeyError):
                call(sweep_id, Visitor("a stranger"))
        assert scores.get(sweep_id).scores == {}
    with opened(settings) as (_, scores):
        assert not scores.is_on
        with pytest.raises(InvalidSweep, match="Scores are off"):
            scores.start(sweep_id)


def test_visitors_take_turns(settings: Settings, tmp_path: Path) -> None:
    """The image of a second visitor does not wait for all images of the first; a deleted image is left out."""
    log, go = tmp_path / "log", tmp_path / "go"
    code = f"""
import os, sys, time
while not os.path.exists({str(go)!r}):
    time.sleep(0.02)
open({str(log)!r}, "a").write(os.path.basename(sys.argv[1]) + "\\n")
print(1)
"""
    second = Visitor("second")
    with opened(settings, sys.executable, "-c", code) as (playground, scores):
        record = make_record(playground, STRENGTHS)
        values = {"finetune_id": "my-finetune", "prompt": "a dog"}
        *_, (cell,) = playground.sweep(values, {"finetune_strength": [1]}, second)
        scores.start(record.sweep.id)
        assert cell.generation is not None
        scores.start(cell.generation.sweep, second)
        assert scores.get(record.sweep.id).waiting == 4
        gone = record.cells[3].generation
        assert gone is not None
        playground.store.deletions.delete(gone.owner, [gone.id], 1.0)
        go.touch()
        found = wait(scores, record.sweep.id)
        assert len(found.scores) == 3
        names = log.read_text(encoding="utf-8").split()
        assert cell.generation.image is not None
        assert names.index(cell.generation.image.name) == 1


def test_close_ends_the_command(settings: Settings) -> None:
    """The program ends while a command runs."""
    with opened(settings, sys.executable, "-c", "import time; time.sleep(3600)") as (playground, scores):
        sweep_id = make_record(playground, STRENGTHS).sweep.id
        scores.start(sweep_id)
        scores.close()
        assert scores.get(sweep_id) == SheetScores({}, {}, 0)
