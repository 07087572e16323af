"""Stored sweeps: whole, private, with their votes, and with their input images."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from flux_playground.errors import OutOfCredits
from flux_playground.generation import Generation, State
from flux_playground.image_ref import image_ref
from flux_playground.storage.generation_store import GenerationStore
from flux_playground.storage.saved_plan_store import SavedKind, SavedPlan
from flux_playground.storage.sweep_store import StoredSweep, SweepState, Vote
from tests.storage.conftest import OpenStore

EMPTY = OutOfCredits("Empty.", status_code=402)
SWEEP = StoredSweep("a", "ann", 1.0, "Ladder", "/v1/x", "{}", SweepState.PAUSED, EMPTY)


def test_sweep_is_kept(store: GenerationStore, tmp_path: Path, open_store: OpenStore) -> None:
    """A sweep is the same after a restart, its problem included."""
    store.sweeps.save(SWEEP)
    with closing(open_store(tmp_path)) as again:
        found = again.sweeps.get("ann", "a")
    assert found is not None
    assert found.problem is not None
    assert found.problem.as_dict() == EMPTY.as_dict()
    assert replace(found, problem=SWEEP.problem) == SWEEP


def test_sweeps_are_private(store: GenerationStore) -> None:
    """An owner finds only their own sweeps, the newest first, and deletes no other."""
    store.sweeps.save(SWEEP)
    store.sweeps.save(replace(SWEEP, id="b", created_at=2.0))
    store.sweeps.save(replace(SWEEP, id="c", owner="bob"))
    assert [one.id for one in store.sweeps.recent("ann")] == ["b", "a"]
    assert store.sweeps.count("ann") == 2
    assert store.sweeps.get("bob", "a") is None
    store.sweeps.add_vote("a", Vote("x", "y", "x"))
    store.sweeps.delete("bob", "a")
    assert store.sweeps.votes("a") == [Vote("x", "y", "x")]
    store.sweeps.delete("ann", "a")
    assert store.sweeps.get("ann", "a") is None
    assert store.sweeps.votes("a") == []


def test_votes_are_in_order(store: GenerationStore) -> None:
    """Votes are in their order; the last one can be taken back."""
    votes = [Vote("x", "y", winner) for winner in ("x", "y", "")]
    for vote in votes:
        store.sweeps.add_vote("a", vote)
    store.sweeps.add_vote("b", votes[0])
    store.sweeps.remove_last_vote("a")
    assert store.sweeps.votes("a") == votes[:2]
    assert store.sweeps.votes("b") == votes[:1]


def test_scores_belong_to_a_command(store: GenerationStore) -> None:
    """A score replaces the earlier one of its image; those of another command, and of deleted sweeps, do not count."""
    store.sweeps.save(SWEEP)
    store.sweeps.save_score("a", "1", "old", 3)
    store.sweeps.save_score("a", "2", "old", -1e300)
    store.sweeps.save_score("a", "1", "new", 0.1)
    assert store.sweeps.scores("a", "old") == {"2": -1e300}
    assert store.sweeps.scores("a", "new") == {"1": 0.1}
    store.sweeps.save_score("unknown", "1", "new", 1)
    assert store.sweeps.scores("unknown", "new") == {}
    store.sweeps.delete("bob", "a")
    assert store.sweeps.scores("a", "new") == {"1": 0.1}
    store.sweeps.delete("ann", "a")
    assert store.sweeps.scores("a", "new") == {}


def test_input_images_of_a_sweep_are_kept(store: GenerationStore) -> None:
    """The images of a sweep that is not done are in use; those of a draft are not."""
    plan = f'{{"image":"{image_ref("QUJD")}"}}'
    store.sweeps.save(replace(SWEEP, plan=plan))
    assert store.inputs.referenced() == {image_ref("QUJD")}
    store.sweeps.save(replace(SWEEP, plan=plan, state=SweepState.DRAFT))
    assert store.inputs.referenced() == set()


def test_sweeps_of_gone_visitors_are_removed(store: GenerationStore) -> None:
    """Old plans of visitors without images are removed, saved ones too; those of the owner and with images are not."""
    gone = replace(SWEEP, id="gone", owner="visitor-1", state=SweepState.DRAFT)
    for sweep in (gone, replace(gone, id="used"), replace(gone, id="new", created_at=3e9), SWEEP):
        store.sweeps.save(sweep)
    store.save(Generation("1", "visitor-1", 1.0, "/v1/x", "http://127.0.0.1:1", {}, State.SUCCEEDED, sweep="used"))
    plans = [SavedPlan(owner, SavedKind.PLAN, "p", 5.0, "/v1/x", ("seed",), 1, "{}") for owner in ("visitor-1", "ann")]
    for plan in plans:
        store.sweeps.saved.save(plan)
    store.purge(2e9)
    assert [len(store.sweeps.saved.of_kind(plan.owner, plan.kind)) for plan in plans] == [0, 1]
    assert {one.id for one in store.sweeps.recent("visitor-1")} == {"used", "new"}
    assert store.sweeps.get("ann", "a") is not None


def test_saved_plans_are_unique_by_name(store: GenerationStore) -> None:
    """A plan replaces the one with its name, kind and owner; a renamed one replaces what has the name."""
    plan = SavedPlan("ann", SavedKind.PLAN, "b", 5.0, "/v1/x", ("seed", ""), 4, "{}", keeps_images=True)
    saved = store.sweeps.saved
    others = [replace(plan, owner="bob"), replace(plan, kind=SavedKind.VALUES), replace(plan, name="A", saved_at=1.0)]
    for one in (replace(plan, text="old"), *others, plan):
        saved.save(one)
    assert saved.get("ann", SavedKind.PLAN, "b") == plan
    assert [one.name for one in saved.of_kind("ann", SavedKind.PLAN)] == ["A", "b"]
    assert {one.text for one in saved.of_kind("ann", SavedKind.PLAN)} == {""}
    saved.rename(plan, "A")
    assert saved.of_kind("ann", SavedKind.PLAN) == [replace(plan, name="A", text="")]
    saved.rename(replace(plan, name="A"), "A")
    saved.delete("bob", SavedKind.PLAN, "A")
    saved.delete("ann", SavedKind.PLAN, "A")
    assert saved.of_kind("ann", SavedKind.PLAN) == []
    assert len(saved.of_kind("bob", SavedKind.PLAN)) == len(saved.of_kind("ann", SavedKind.VALUES)) == 1


def test_input_images_of_saved_plans(store: GenerationStore) -> None:
    """The images of a saved plan are in use where it keeps them."""
    text = f'{{"image":"{image_ref("QUJD")}"}}'
    plan = SavedPlan("ann", SavedKind.PLAN, "b", 5.0, "/v1/x", ("seed",), 4, text)
    store.sweeps.saved.save(plan)
    assert store.inputs.referenced() == set()
    store.sweeps.saved.save(replace(plan, keeps_images=True))
    assert store.inputs.referenced() == {image_ref("QUJD")}


def test_generations_of_a_sweep(store: GenerationStore) -> None:
    """The generations of a sweep are found by owner and id, and existing images by several fingerprints."""
    one = Generation("1", "ann", 1.0, "/v1/x", "http://127.0.0.1:1", {}, State.SUCCEEDED, sweep="a", fingerprint="f")
    for generation in (
        one,
        replace(one, id="2", created_at=2.0, fingerprint="g"),
        replace(one, id="3", owner="bob"),
        replace(one, id="4", sweep="", state=State.FAILED, fingerprint="h"),
        replace(one, id="5", sweep="", image_deleted_at=1.0, fingerprint="i"),
    ):
        store.save(generation)
    assert [found.id for found in store.of_sweep("ann", "a")] == ["1", "2"]
    assert store.of_sweep("ann", "") == []
    found = store.find_by_fingerprints("ann", ["f", "g", "h", "i", "j"])
    assert {digest: generation.id for digest, generation in found.items()} == {"f": "1", "g": "2"}
