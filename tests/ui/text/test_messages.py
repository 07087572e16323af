"""Every state and error in words: nothing without any, nothing that is not true of money, nothing unescaped."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from flux_playground import errors
from flux_playground.errors import FieldError, InvalidRequest, PlaygroundError
from flux_playground.generation import Generation, State
from flux_playground.ui.generate import history_view, missing_file, result_view
from flux_playground.ui.generate.result_view import ResultContext, render_result
from flux_playground.ui.text import error_messages, messages, notices

ONE = Generation("a" * 32, "owner", time.time(), "/v1/x", "http://127.0.0.1:1", {"prompt": "a mill"}, seed=0)
EVIL = "<script>alert(1)</script>"


def kinds() -> list[type[PlaygroundError]]:
    found = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, PlaygroundError)]
    starts = (errors.InvalidSettings, errors.InvalidDocument)
    return [kind for kind in found if kind not in starts]


@pytest.mark.parametrize("kind", kinds())
def test_every_error_has_complete_words(kind: type[PlaygroundError]) -> None:
    """Each error has a title, three sentences and known actions."""
    said = error_messages.ERRORS[kind]
    assert said.title
    assert said.happened.endswith(".")
    assert said.cost.endswith(".")
    assert said.advice.endswith(".")
    assert set(said.offers) <= set(messages.ACTION_LABELS)


@pytest.mark.parametrize("state", [one for one in State if one.finished and one is not State.SUCCEEDED])
def test_every_state_has_words(state: State) -> None:
    """Each state has a label and a title."""
    assert messages.ending(replace(ONE, state=state)).title
    assert set(messages.STATE_LABELS) == set(State)


def test_unknown_submit_never_claims_to_be_free() -> None:
    """A submit whose outcome is unknown warns of a second charge."""
    said = messages.ending(replace(ONE, state=State.SUBMIT_UNKNOWN, error=errors.SubmitUnknown()))
    assert said.cost == error_messages.UNSURE
    assert "charge you twice" in said.advice


@pytest.mark.parametrize("kind", [errors.Unauthorized, errors.InvalidImage, errors.TaskTimeout, errors.APIUnreachable])
def test_accepted_task_offers_collect_first(kind: type[PlaygroundError]) -> None:
    """An accepted task without its image offers to collect it first."""
    said = messages.ending(replace(ONE, state=State.DETACHED, error=kind()))
    assert said.offers[0] == "collect"
    assert said.cost == error_messages.PAID


@pytest.mark.parametrize("state", list(State))
def test_foreign_text_is_escaped(state: State) -> None:
    """Text of the API and of the request is escaped in each state."""
    error = PlaygroundError(EVIL, detail=EVIL) if state.finished else None
    one = replace(ONE, state=state, status=EVIL, error=error, request={"prompt": EVIL, "aspect_ratio": EVIL})
    drawn = render_result(ResultContext(one))
    assert EVIL not in drawn.frame + drawn.line + drawn.below + history_view.render_history([one], one.id)


def test_field_errors_are_ordered_and_escaped() -> None:
    """Field errors and messages are escaped."""
    assert notices.render_field_errors((), ()) == ""
    assert EVIL not in notices.render_field_errors((FieldError(("body", EVIL), EVIL, "x"),), ())
    assert EVIL not in notices.render_error(PlaygroundError(EVIL))


def test_long_api_texts_are_shortened() -> None:
    """A long text of the API is shortened; field errors are not quoted."""
    assert len(messages.quoted(PlaygroundError(detail="x" * 5000))) < 700
    assert messages.quoted(InvalidRequest([FieldError(("body", "seed"), "no", "x")])) == ""


@pytest.mark.parametrize(
    ("status", "label"),
    [
        ("", "Generating"),
        ("Pending", "Generating"),
        ("Reasoning", "Reasoning"),
        ("Generating", "Generating"),
        ("Dreaming", "Dreaming"),
        ("x" * 300, "x" * 40),
    ],
)
def test_status_in_words(status: str, label: str) -> None:
    """A running generation has the API's status as its label, also an unknown one; a long one is cut."""
    assert messages.brief(replace(ONE, state=State.RUNNING, status=status)) == label


def test_seed_zero_is_shown() -> None:
    """A seed of 0 is shown beside the image."""
    assert 'data-seed="0"' in render_result(ResultContext(replace(ONE, state=State.RUNNING))).line


@pytest.mark.parametrize(
    ("request_values", "shape"),
    [
        ({"aspect_ratio": "9:16"}, (9, 16)),
        ({"aspect_ratio": "0:1"}, (16, 9)),
        ({"width": 640, "height": 480}, (640, 480)),
    ],
)
def test_frame_has_the_requested_shape(request_values: dict[str, object], shape: tuple[int, int]) -> None:
    """The frame has the shape of the requested image before the image arrives."""
    assert result_view.frame_shape(replace(ONE, request=request_values)) == shape


def test_waiting_line_has_state_and_usual_time() -> None:
    """The waiting line has the state and the usual time, or the place in the queue."""
    running = replace(ONE, state=State.RUNNING, status="Pending", created_at=time.time())
    assert messages.waiting(running, 0, 9.2) == ("Generating", "about 9 s")
    assert messages.waiting(replace(running, created_at=time.time() - 40), 0, 9.2) == (
        "Generating",
        "longer than usual",
    )
    assert messages.waiting(replace(ONE, state=State.QUEUED), 3, 9.2) == ("Queued (#3)", "")


def below(generation: Generation) -> str:
    """What the page renders below a generation."""
    return render_result(ResultContext(generation)).below


def test_upsampled_words_are_marked() -> None:
    """Words that prompt upsampling added or removed are marked."""
    said = below(replace(ONE, request={"prompt": "a mill here"}, prompt="a grand mill <b>"))
    for part in ("a<ins> grand</ins> mill", "<del> here</del>", "<ins> &lt;b&gt;</ins>", 'data-what="used"'):
        assert said.count(part) == 1
    assert "<b>" not in said
    assert "Prompt used" not in below(replace(ONE, prompt="a mill"))


def test_json_details_are_readable() -> None:
    """JSON in an error of the API is written as text where it is simple."""
    assert (
        messages.quoted(errors.RequestModerated("", detail='{"Moderation Reasons": ["a", "b"]}'))
        == "Moderation Reasons: a, b"
    )
    for odd in ('{"a": {"b": 1}}', "[1]", "{", "plain"):
        assert messages.quoted(errors.RequestModerated("", detail=odd)) == odd


def test_card_names_a_fixable_failure() -> None:
    """A card names a failure that its visitor can fix."""
    assert messages.brief(replace(ONE, state=State.FAILED, error=errors.OutOfCredits())) == "No credits"
    assert (
        messages.brief(replace(ONE, state=State.DETACHED, error=errors.Unauthorized()))
        == messages.STATE_LABELS[State.DETACHED]
    )


@pytest.mark.parametrize("kind", [errors.TaskNotFound, errors.TaskTimeout, errors.SampleExpired])
def test_download_is_offered_of_an_image(kind: type[PlaygroundError]) -> None:
    """Where no image is known to exist, the button checks again."""
    failed = replace(ONE, state=State.FAILED, error=kind("why"))
    known = kind is errors.SampleExpired
    assert messages.action_labels(failed)["collect"] == ("Download image" if known else "Check again")


@pytest.mark.parametrize("kind", kinds())
def test_no_advice_about_a_missing_seed(kind: type[PlaygroundError]) -> None:
    """What is said about a generation without a seed names none, unlike that of one with a seed."""
    error = InvalidRequest([]) if kind is InvalidRequest else kind("why")
    failed = replace(ONE, state=State.FAILED, error=error, seed=None)
    words = messages.ending(failed)
    labels = messages.action_labels(failed)
    assert "seed" not in " ".join((words.title, words.happened, words.advice, *(labels[act] for act in words.offers)))
    gone = replace(ONE, state=State.SUCCEEDED, image=PurePosixPath("images/gone.jpg"), image_missing=True, seed=None)
    assert "seed" not in f"{missing_file.words(gone).happened} {missing_file.words(gone).advice}"
    assert "seed" in missing_file.words(replace(gone, seed=0)).advice
