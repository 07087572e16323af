"""What the sweep panel shows while a plan is written: each axis, the number of images, the price, the duration."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...account_finetunes import find_unlisted
from ...build_request import SEED
from ...errors import InvalidDocument, InvalidRequest, InvalidSweep
from ...schema import Field, Operation
from ...schema.known_fields import FINETUNE, is_prose
from ...sweeps import presets
from ...sweeps.axes import AxisKind, AxisText, parse_axis
from ...sweeps.estimate import Estimate
from ...sweeps.plan import MAX_AXES, Plan, make_plan
from ..account.price import BASES, describe_estimate
from ..events.context import Context, Payer
from ..text import field_hints
from ..text.templates import render

MAX_LISTED_POINTS = 8
MAX_PRESET_FINETUNES = 12
MAX_NAMED_FINETUNES = 3
PRESETS: Mapping[str, tuple[str, str]] = {
    "ladder": ("Strength ladder", "six strengths, one seed"),
    "seeds": ("4 seeds", "same settings, four seeds"),
    "prompts": ("Prompts × finetunes", "each prompt with each finetune"),
    "leak": ("Leak test", "no trigger word, other subject"),
}
"""The usual plans, with the texts of their buttons and what they make."""

MAX_EXAMPLE_VALUES = 3
OTHER_SUBJECT = "a red bicycle leaning against a brick wall"
NOTHING_SHOWN: Mapping[str, Any] = {
    **dict.fromkeys(("problem", "summary", "started", "saved", "question"), ""),
    "notes": (),
    "fields": (),
    "images": 0,
    "preset": None,
}


@dataclass(frozen=True)
class AxisNote:
    """What the page says below an axis: its values, or what is wrong with it. `warning` does not prevent the sweep."""

    text: str
    is_fault: bool = False
    warning: str = ""


class NeedsApproval(Exception):
    """A sweep that costs more than the settings allow or the account has, or whose finetune may not exist."""

    def __init__(self, estimate: Estimate, doubt: str = "") -> None:
        super().__init__("The visitor has not approved this sweep.")
        self.estimate, self.doubt = estimate, doubt


@dataclass(frozen=True)
class PlanPreview:
    """A plan as far as it can be read. `problem` says why there is none; `plan` has no images."""

    notes: tuple[AxisNote, ...]
    plan: Plan | None = None
    problem: str = ""


def approver(context: Context) -> Callable[[Estimate], None]:
    """Return what raises `NeedsApproval` for a price, a balance or a finetune that the visitor must be asked about.

    `approved` in the data of the press is the number of images that the visitor was asked about.
    """
    approved = context.data.get("approved")

    def approve(estimate: Estimate) -> None:
        is_approved = type(approved) is int and estimate.images <= approved
        doubt = "" if context.payer is Payer.DEMO else _describe_unlisted(estimate, context.session.finetunes)
        balance, amount = context.session.balance, estimate.price.credits
        is_short = balance is not None and amount is not None and amount > balance
        is_high = context.page.sweeps.needs_approval(estimate, context.paying_visitor)
        if not is_approved and (doubt or is_short or is_high):
            raise NeedsApproval(estimate, doubt)

    return approve


def _describe_unlisted(estimate: Estimate, finetunes: Collection[str]) -> str:
    missing = find_unlisted(estimate.finetunes, finetunes)
    images = sum(estimate.finetunes[name] for name in missing)
    return f"{_name_unlisted(missing)} {images:,} {'image' if images == 1 else 'images'} may fail." if missing else ""


def _name_unlisted(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name[:60]}”" for name in names[:MAX_NAMED_FINETUNES])
    more = f" and {len(names) - MAX_NAMED_FINETUNES} more" if len(names) > MAX_NAMED_FINETUNES else ""
    return f"{shown}{more} {'is' if len(names) == 1 else 'are'} not in this account's list."


def read_axes(data: Mapping[str, Any]) -> list[AxisText]:
    """Return the axes that came with an event, at most one too many; what is no axis is left out."""
    sent = data.get("axes")
    axes = []
    for one in (sent if isinstance(sent, list) else [])[: MAX_AXES + 1]:
        if isinstance(one, dict) and all(isinstance(one.get(name), str) for name in ("field", "text", "kind")):
            kind = AxisKind(one["kind"]) if one["kind"] in set(AxisKind) else AxisKind.VALUES
            axes.append(AxisText(one["field"], one["text"], kind))
    return axes


def preview_plan(
    operation: Operation, values: Mapping[str, Any], axes: Sequence[AxisText], finetunes: Collection[str] = ()
) -> PlanPreview:
    """Read each axis, then the whole plan without the images of the form; `finetunes` are those of the account."""
    seed = values.get(SEED)
    notes = tuple(_note(operation, axis, seed if isinstance(seed, int) else 1, finetunes) for axis in axes)
    if not axes or any(note.is_fault for note in notes):
        return PlanPreview(notes)
    media = {field.name for field in operation.fields if field.media}
    try:
        plan = make_plan(operation, {name: value for name, value in values.items() if name not in media}, axes)
    except InvalidSweep as error:
        return PlanPreview(notes, problem=error.message)
    except InvalidRequest as error:
        faults = [detail for detail in error.details if detail.field not in media]
        first = f"{field_hints.label_of(faults[0].field)}: {faults[0].msg}." if faults else ""
        return PlanPreview(notes, problem=first)
    return PlanPreview(notes, plan)


def choose_preset(context: Context, name: str, values: Mapping[str, Any]) -> tuple[list[AxisText], str]:
    """Return the axes of a preset for the form, and why there are none."""
    operation = context.operation
    try:
        if name == "ladder":
            axes = [presets.strength_ladder(operation)]
        elif name == "seeds":
            axes = [presets.seeds(operation)]
        elif name == "leak":
            axes = [presets.leak_test(operation, values, context.text("trigger"), OTHER_SUBJECT)]
        else:
            finetunes = [one for one in context.data.get("finetunes") or () if isinstance(one, str)]
            prompt = str(values.get("prompt") or "")
            axes = list(presets.prompts_by_finetune(operation, [prompt], finetunes[:MAX_PRESET_FINETUNES]) or [None])
    except InvalidSweep as error:
        return [], error.message
    found = [axis for axis in axes if axis is not None]
    return found, "" if found else "This endpoint has no field for this plan."


def render_plan(
    number: int,
    context: Context,
    preview: PlanPreview,
    preset: Sequence[AxisText] | None = None,
    operation: Operation | None = None,
    sweep_id: str = "",
) -> str:
    """Render the answer to a plan; the page shows it unless it has asked for a later `number`.

    `operation` and `sweep_id` are the endpoint and the sweep of a plan that exists; without them, the form's.
    """
    estimate = _estimate(context, preview.plan, sweep_id)
    return render_answer(
        number,
        notes=preview.notes,
        problem=preview.problem,
        fields=[
            (field.name, field_hints.label(field), example_values(field), "\n".join(choices(field)))
            for field in sweepable_fields(operation or context.operation)
        ],
        summary=describe_sweep(context, estimate) if estimate else "",
        images=estimate.images if estimate else 0,
        preset=None if preset is None else [{"field": a.field, "text": a.text, "kind": a.kind.value} for a in preset],
    )


def render_answer(number: int, **shown: Any) -> str:
    """Render the answer to a press: the id of the `started` sweep, the `saved` name, or the `question` to approve."""
    return render("sweep_plan.html", number=number, **{**NOTHING_SHOWN, **shown})


def sweepable_fields(operation: Operation) -> list[Field]:
    """Return the fields that an axis can have, numbers first, else in the order of the form."""
    offered = [
        field
        for field in field_hints.ordered(operation.fields)
        if not (field.media or field.secret or field.name in field_hints.OWNERS)
    ]
    return sorted(offered, key=lambda field: field.type not in ("number", "integer"))


def example_values(field: Field) -> str:
    """Return values of a field as they are written in an axis, for an empty one."""
    if field.name == SEED:
        return "1, 2 or 4 random"
    if field.enum:
        return ", ".join(map(str, [value for value in field.enum if value is not None][:MAX_EXAMPLE_VALUES]))
    if field.type == "boolean":
        return "true, false"
    if field.type in ("number", "integer"):
        low, high = field.minimum or 0, field.maximum
        return "1, 2 or 1-10 (+2)" if high is None else f"{low:g}, {high:g} or {low:g}-{high:g} [5]"
    if is_prose(field.name):
        return "One on a line"
    return f"{field.default}, …" if isinstance(field.default, str) and field.default else "one, two"


def choices(field: Field) -> list[str]:
    """Return the values of a field that can be ticked; none where there are too many."""
    if field.enum:
        return [str(value) for value in field.enum if value not in (None, "")]
    if field.name == "aspect_ratio" and field.type == "string":
        return list(field_hints.SHAPES)
    return ["true", "false"] if field.type == "boolean" else []


def describe_duration(seconds: float) -> str:
    """Return a duration in words: "about 40 s", "about 3 min"."""
    return f"about {max(1, round(seconds))} s" if seconds < 90 else f"about {round(seconds / 60):,} min"


def _note(operation: Operation, axis: AxisText, seed: int, finetunes: Collection[str]) -> AxisNote:
    try:
        points = parse_axis(operation, axis, seed).points
    except (InvalidSweep, InvalidRequest) as error:
        return AxisNote(error.message, is_fault=True)
    labels = ", ".join(point.label[:60] for point in points[:MAX_LISTED_POINTS])
    more = f" and {len(points) - MAX_LISTED_POINTS:,} more" if len(points) > MAX_LISTED_POINTS else ""
    missing = find_unlisted((str(name) for point in points if (name := point.values.get(FINETUNE))), finetunes)
    warning = _name_unlisted(missing) if missing else ""
    return AxisNote(f"{len(points):,} {'value' if len(points) == 1 else 'values'}: {labels}{more}", warning=warning)


def _estimate(context: Context, plan: Plan | None, sweep_id: str) -> Estimate | None:
    if plan is None:
        return None
    try:
        return context.page.sweeps.estimate(plan, context.visitor, sweep_id)
    except InvalidDocument:
        return None


def ask(context: Context, reason: NeedsApproval) -> str:
    """Return the question to a visitor, in sentences."""
    return f"{describe_sweep(context, reason.estimate)}. {reason.doubt}".strip()


def describe_sweep(context: Context, estimate: Estimate) -> str:
    """Return the number of images, their price, the balance afterwards and the duration."""
    if not estimate.images:
        return f"Nothing to make: {'this image exists' if estimate.existing == 1 else 'all images exist'} already."
    parts = [f"{estimate.images:,} {'image' if estimate.images == 1 else 'images'}"]
    if context.payer is Payer.DEMO:
        parts.append("free (demo)")
    else:
        basis = BASES[estimate.price.basis][0]
        parts.append(describe_estimate(estimate.price) + (f" ({basis})" if basis else ""))
        balance = context.session.balance
        if balance is not None and estimate.price.credits is not None:
            left = balance - estimate.price.credits
            parts.append(f"{left:,.0f} credits left" if left >= 0 else f"only {balance:,.0f} credits in the account")
    parts.append(describe_duration(estimate.seconds))
    if estimate.existing:
        parts.append(f"{estimate.existing:,} {'exists' if estimate.existing == 1 else 'exist'} already")
    return " · ".join(parts)
