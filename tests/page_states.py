"""States of the result, each with the words in a prompt that make the local server end or stay in that state."""

from __future__ import annotations

ENDINGS = {
    "ready": "",
    "upsampled": "",
    "moderated-request": "#moderated-request",
    "moderated-content": "#moderated-content",
    "no-credits": "#no-credits",
    "wrong-key": "#bad-key",
    "no-finetune": "#no-finetune",
    "refused-by-the-api": "#invalid",
    "uncertain": "#broken",
    "failed": "#error",
    "lost": "#lost",
    "not-an-image": "#sample-not-image",
    "expired": "#sample-expired",
    "unavailable": "#unavailable",
    "rate-limited": "#too-many",
}
UNDER_WAY = {"progress": "#stuck", "no-progress": "#stuck #no-progress"}
