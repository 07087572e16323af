"""The command `flux-playground sweep`: makes the images of a plan, with a progress bar."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol, TextIO

from .account_finetunes import NO_LIST
from .errors import FieldError, InvalidRequest, PlaygroundError
from .playground import OWNER, Playground
from .settings import Settings
from .storage.data_folder import check_data_folder
from .storage.sweep_store import StoredSweep
from .sweep_control import Sweeps
from .sweeps.axes import AxisText
from .sweeps.estimate import Estimate
from .sweeps.plan_json import load_plan, read_plan_file
from .sweeps.sheet import CellState, SheetCell, count_states

COMMAND = "sweep"
BAR_WIDTH = 30


class Closable(Protocol):
    """Something to close at the end: the local server."""

    def close(self) -> object:
        """Close it."""


Source = tuple[str, dict[str, Any], list[AxisText]]
"""The endpoint, the values and the axes of a plan."""

Opener = Callable[[Settings], tuple[Playground, Closable | None]]


def run(arguments: Sequence[str], open_playground: Opener) -> int:
    """Run the command and return the exit code: 0, 1 if a cell has no image, 2 with one sentence.

    `open_playground` returns the playground of settings, and the local server if it needs one.
    """
    options = _parser().parse_args(arguments)
    try:
        settings = Settings.from_env(**({"data": options.data} if options.data else {}))
        check_data_folder(settings.data)
        playground, server = open_playground(settings)
        try:
            with closing(playground), Sweeps(playground) as sweeps:
                playground.resume()
                return _make(playground, sweeps, options)
        finally:
            if server is not None:
                server.close()
    except InvalidRequest as error:
        sys.stderr.writelines(f"{_describe_field(detail)}\n" for detail in error.details)
    except PlaygroundError as error:
        sys.stderr.write(f"{error.message}\n")
    except OSError as error:
        sys.stderr.write(f"{error.filename or 'The disk'} cannot be used: {error.strerror}.\n")
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(f"flux-playground {COMMAND}")
    parser.add_argument(
        "plan", help="a file with a plan as JSON, the name of a saved plan, or the id of a sweep that was interrupted"
    )
    parser.add_argument(
        "--yes",
        action="store_true",
        help="do not ask before images are made that cost credits, also with finetunes that the account's list lacks",
    )
    parser.add_argument("--dry-run", action="store_true", help="print the number of images and the price only")
    parser.add_argument("--data", default="", help="the folder of the generation store and the images")
    return parser


def _make(playground: Playground, sweeps: Sweeps, options: argparse.Namespace) -> int:
    sweep, source = _open(sweeps, options.plan)
    plan = load_plan(sweep.plan) if sweep else sweeps.plan(*source[1:], endpoint=source[0])
    estimate = sweeps.estimate(plan, OWNER, sweep.id if sweep else "")
    is_free = playground.uses_demo(OWNER) or not estimate.images
    account = "" if is_free else _describe_balance(playground, estimate) + _describe_unlisted(sweeps, estimate)
    sys.stdout.write(f"{_describe_estimate(estimate, is_free=is_free)}{account}\n")
    if options.dry_run:
        return 0
    if not (is_free or options.yes or _confirm(estimate)):
        sys.stderr.write("Nothing was sent.\n")
        return 2
    if sweep is None:
        endpoint, values, axes = source
        sweep = sweeps.make(values, axes, endpoint=endpoint, name=Path(options.plan).stem)
    else:
        sweeps.start(sweep.id)
    sys.stdout.write(f"Sweep {sweep.id}\n")
    sys.stdout.flush()  # an interrupted sweep is continued by its id
    try:
        with _interrupted_by_signals():
            sweeps.start(sweep.id)
            cells = _watch(sweeps, sweep, sys.stderr)
    except KeyboardInterrupt:
        sweeps.stop(sweep.id)
        sys.stderr.write(f"\nPaused. To make the rest: flux-playground {COMMAND} {sweep.id}\n")
        return 1
    return _report(sweeps.get(sweep.id), cells, playground.settings.data)


@contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    """Raise `KeyboardInterrupt` for SIGINT, also where it was ignored as in a background job, and for SIGTERM."""
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, signal.default_int_handler) for kind in kinds]
    try:
        yield
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


def _open(sweeps: Sweeps, name: str) -> tuple[StoredSweep | None, Source]:
    """Return a stored sweep, or None and the plan in a file or under a saved name."""
    if Path(name).exists():
        return None, read_plan_file(Path(name))
    with suppress(KeyError):
        return sweeps.get(name), ("", {}, [])
    with suppress(KeyError):
        return None, sweeps.saved.open_plan(name)
    raise PlaygroundError(f"There is no file {name}, no saved plan of this name, and no sweep with this id.")


def _watch(sweeps: Sweeps, sweep: StoredSweep, output: TextIO) -> tuple[SheetCell, ...]:
    """Draw the progress until the sweep ends, on one line of a terminal; return the cells."""
    cells: tuple[SheetCell, ...] = ()
    for cells in sweeps.watch(sweep.id):
        if output.isatty():
            output.write(f"\r{draw_progress(cells)}\x1b[K")
            output.flush()
    output.write("\n" if output.isatty() else f"{draw_progress(cells)}\n")
    return cells


def draw_progress(cells: Sequence[SheetCell]) -> str:
    """Return a bar and the number of cells in each state, in one line."""
    counts = count_states(cells)
    waiting = sum(counts[state] for state in (CellState.MISSING, CellState.QUEUED, CellState.RUNNING))
    filled = BAR_WIDTH * (len(cells) - waiting) // max(len(cells), 1)
    states = [f"{counts[state]} {state}" for state in CellState if counts[state]]
    return f"[{'#' * filled}{' ' * (BAR_WIDTH - filled)}] {len(cells) - waiting}/{len(cells)}  {', '.join(states)}"


def _report(sweep: StoredSweep, cells: Sequence[SheetCell], folder: Path) -> int:
    for one in cells:
        outcome = folder / one.generation.image if one.generation and one.generation.image else None
        reason = f"  {one.error.message or type(one.error).__name__}" if one.error else ""
        labels = " × ".join(label.replace("\n", " ")[:60] for label in one.cell.labels)
        sys.stdout.write(f"{labels}  {outcome or one.state}{reason}\n")
    if sweep.problem is not None:
        sys.stderr.write(f"Paused: {sweep.problem.message} To make the rest: flux-playground {COMMAND} {sweep.id}\n")
    return 0 if all(one.state is CellState.SUCCEEDED for one in cells) else 1


def _describe_estimate(estimate: Estimate, *, is_free: bool) -> str:
    minutes, seconds = divmod(round(estimate.seconds), 60)
    amount = estimate.price.credits  # 0.01 USD each
    price = "price unknown" if amount is None else f"{amount:.4g} credits ({estimate.price.basis})"
    price = "free" if is_free else price
    existing = f", {estimate.existing} exist already" if estimate.existing else ""
    return f"{estimate.images} images to make{existing}: {price}, about {minutes}:{seconds:02} minutes."


def _describe_balance(playground: Playground, estimate: Estimate) -> str:
    """Return what is left in the account afterwards, where the API says so."""
    try:
        balance = playground.credits()
    except PlaygroundError:
        return ""
    left = balance - (estimate.price.credits or 0)
    return f" {left:,.6g} credits left." if left >= 0 else f" Only {balance:,.6g} credits are in the account."


def _describe_unlisted(sweeps: Sweeps, estimate: Estimate) -> str:
    """Return which finetunes the account's list lacks, where the API gives a list."""
    missing = sweeps.find_unlisted(estimate)
    if missing is None:
        return f" {NO_LIST}"
    return f" Not in the account's list of finetunes: {', '.join(missing)}." if missing else ""


def _confirm(estimate: Estimate) -> bool:
    """Ask before credits are spent; without a terminal the answer is no."""
    if not sys.stdin.isatty():
        sys.stderr.write("Add --yes to make them.\n")
        return False
    return input(f"Make {estimate.images} images? [y/N] ").strip().lower() in ("y", "yes")


def _describe_field(detail: FieldError) -> str:
    return f"{detail.field or 'The request'} {detail.msg}."
