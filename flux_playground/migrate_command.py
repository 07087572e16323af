"""The command `flux-playground migrate`: moves the images of a data folder into its bucket, and back."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing

from .errors import InvalidSettings, PlaygroundError
from .settings import Settings
from .storage.data_folder import check_data_folder
from .storage.generation_store import GenerationStore

COMMAND = "migrate"
TO_BUCKET = "to-bucket"
PROGRESS_FILES = 500
MAX_LISTED_NAMES = 50


def run(arguments: Sequence[str]) -> int:
    """Run the command and return the exit code: 0, 1 if a file is damaged or missing, 2 with one sentence."""
    options = _parser().parse_args(arguments)
    try:
        settings = Settings.from_env(**({"data": options.data} if options.data else {}))
        if not settings.files:
            raise InvalidSettings("FLUX_PLAYGROUND_FILES must be the bucket that the images are moved to or from.")
        check_data_folder(settings.data)
        with closing(GenerationStore(settings.data, settings.files, settings.database)) as store:
            if not store.is_primary:
                raise InvalidSettings("The data folder is in use. Stop the program first.")
            return _move(store, to_bucket=options.direction == TO_BUCKET)
    except PlaygroundError as error:
        sys.stderr.write(f"{error.message}\n")
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        f"flux-playground {COMMAND}",
        description="Moves images, thumbnails and inputs to the bucket of FLUX_PLAYGROUND_FILES, or back. "
        "Stop the program first. After an interruption, start the command again.",
    )
    parser.add_argument("direction", choices=[TO_BUCKET, "to-folder"], help="where the files go")
    parser.add_argument("--data", default="", help="the folder of the generation store and the images")
    return parser


def _move(store: GenerationStore, *, to_bucket: bool) -> int:
    from .storage.move_files import MoveReport, move_files  # needs the extra `s3`

    def show(report: MoveReport) -> None:
        if report.files % PROGRESS_FILES == 0:
            sys.stdout.write(f"{report.files:,} files, {report.size / 1e6:,.1f} MB\n")

    hashes = store.image_hashes()
    report = move_files(store.files, hashes, show, to_bucket=to_bucket)
    for names, sentence in ((report.damaged, "damaged, not moved"), (report.missing, "missing")):
        sys.stdout.writelines(f"{name}: {sentence}\n" for name in names[:MAX_LISTED_NAMES])
    sys.stdout.write(
        f"{report.files:,} files moved, {report.size / 1e6:,.1f} MB. {len(report.damaged):,} files are damaged. "
        f"{len(hashes) - len(report.missing):,} of {len(hashes):,} images are there.\n"
    )
    return 1 if report.damaged or report.missing else 0
