"""Deletes the oldest files when the stored files exceed their limit; the records stay."""

from __future__ import annotations

import logging
import math
import threading
import time
from dataclasses import dataclass, field

from ..image_ref import PREFIX
from .blob_store import thumbnail_key
from .generation_store import GenerationStore

TARGET_SHARE = 0.9
"""The share of the room that stays filled: so much is removed at once that it need not be done for every image."""

BATCH_SIZE = 20

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Retention:
    """Keeps the files of a store below `most` bytes; `math.inf` means no limit.

    Files of servers whose URL does not begin with `server` are never deleted, except imported ones. Those are deleted
    first, because their files exist elsewhere. Starred images are kept, imported ones only with `keep_imports`, because
    visitors of a hosted page could fill the room with them.
    """

    store: GenerationStore
    most: float = math.inf
    server: str = ""
    keep_imports: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)

    def enforce(self) -> None:
        """Delete the oldest images and their inputs when the files exceed the limit.

        Unfinished generations are never touched. Does not raise: a file that cannot be deleted must not stop a worker.
        """
        if math.isinf(self.most) or not self.store.database.is_primary or self.store.files.size <= self.most:
            return
        if self.lock.acquire(blocking=False):
            try:
                self._clear()
            except Exception:
                log.exception("no room could be made")
            finally:
                self.lock.release()

    def _clear(self) -> None:
        files, goal, gone = self.store.files, self.most * TARGET_SHARE, 0
        files.count_again()
        self.store.inputs.remove_unreferenced()
        while files.size > goal and (
            oldest := self.store.oldest_with_files(BATCH_SIZE, self.server, self.keep_imports)
        ):
            cleared = []
            for one in oldest:
                if files.size <= goal:
                    break
                if one.image is not None:  # its file first: a record of a missing file is found again, not the reverse
                    files.remove(one.image)
                files.remove(thumbnail_key(one.id))
                cleared.append(one.id)
                if PREFIX in str(one.request):
                    break  # what was sent for it may be room enough
            self.store.mark_images_deleted(cleared, time.time())
            self.store.inputs.remove_unreferenced()
            gone += len(cleared)
        log.info("the files of %d generations were removed to make room", gone)
