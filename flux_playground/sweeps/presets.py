"""Axes for the usual questions about a finetune: which strength, which seed, which prompt, and what leaks."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..build_request import SEED
from ..errors import InvalidSweep
from ..schema import Field, Operation, facts
from ..schema.known_fields import FINETUNE, PROMPT, STRENGTH, VALUE_LABELS
from .axes import LABEL_COLUMN, AxisKind, AxisText, axis_of_values
from .number_ranges import expand_range, to_number

LADDER_STEPS = 6
SEEDS = 4


def strength_ladder(operation: Operation) -> AxisText | None:
    """Return six strengths from the lowest to the highest.

    None for an endpoint whose strength has no known bounds, or without a seed to hold: each image would differ anyway.
    """
    field = _find(operation, STRENGTH)
    low, high = facts(operation.path).suggested.get(STRENGTH, (None, None))
    if field is not None:
        low, high = (
            (low if field.minimum is None else field.minimum),
            (high if field.maximum is None else field.maximum),
        )
    if field is None or low is None or high is None or low >= high or not _find(operation, SEED):
        return None
    values = [to_number(one) for one in expand_range(f"{low}-{high} [{LADDER_STEPS}]", None, LADDER_STEPS)]
    return axis_of_values(operation, STRENGTH, values)


def seeds(operation: Operation, count: int = SEEDS) -> AxisText | None:
    """Return random seeds, the first of which is that of the sweep; None for an endpoint without seeds."""
    return AxisText(SEED, f"{count} random") if _find(operation, SEED) else None


def prompts_by_finetune(
    operation: Operation, prompts: Sequence[str], finetunes: Sequence[str]
) -> tuple[AxisText, AxisText] | None:
    """Return an axis of finetunes and one of prompts; None for an endpoint without finetunes."""
    if _find(operation, FINETUNE) is None or _find(operation, PROMPT) is None:
        return None
    return axis_of_values(operation, FINETUNE, finetunes), axis_of_values(operation, PROMPT, prompts)


def leak_test(operation: Operation, values: Mapping[str, Any], trigger_word: str, other_prompt: str) -> AxisText | None:
    """Return the table that shows what a finetune does where it should do nothing.

    None for an endpoint without a strength, a prompt, or a seed to hold.

    Its rows: the prompt, the prompt without the trigger word, a prompt about another subject, and strength 0. Raises
    `InvalidSweep` for a prompt without the trigger word.
    """
    field = _find(operation, STRENGTH)
    if field is None or not _find(operation, PROMPT) or not _find(operation, SEED):
        return None
    prompt = str(values.get(PROMPT) or "")
    without = remove_word(prompt, trigger_word)
    if not trigger_word.strip():
        raise InvalidSweep("This finetune has no known trigger word. Use “Replace words” to remove it.")
    if without == prompt:
        raise InvalidSweep(f"The trigger word “{trigger_word[:60]}” is not in the prompt.")
    strength = values.get(STRENGTH) or field.default or 1
    rows = [
        ("as prompted", prompt, strength),
        ("without trigger word", without, strength),
        *([("other subject", other_prompt, strength)] if other_prompt.strip() else []),
        (VALUE_LABELS[STRENGTH, 0], prompt, 0),
    ]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([(LABEL_COLUMN, PROMPT, STRENGTH), *rows])
    return AxisText("", text.getvalue(), AxisKind.TABLE)


def remove_word(text: str, word: str) -> str:
    """Return a text without a word, in any case, and without the comma and the blanks that it leaves."""
    if not word.strip():
        return text
    without = re.sub(rf"(?<!\w){re.escape(word.strip())}(?!\w),?", "", text, flags=re.IGNORECASE)
    return text if without == text else re.sub(r"[ \t]{2,}", " ", without).strip().lstrip(", ")


def _find(operation: Operation, name: str) -> Field | None:
    return next((field for field in operation.fields if field.name == name), None)
