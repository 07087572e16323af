"""Bounds the records of visitors' requests that the API did not accept: no allowance does, as they cost nothing."""

from __future__ import annotations

import logging
import threading
import time

from ..address_shares import AddressShares
from ..errors import StorageError
from ..generation import Generation, State
from .deletions import Deletions
from .purge import VISITOR_PREFIX

MAX_UNSENT, MAX_UNSENT_PER_ADDRESS = 5_000, 200
UNSENT = (State.FAILED, State.CANCELLED)

log = logging.getLogger(__name__)


class UnsentRecords:
    """Deletes the oldest ones that this process has written, so that made-up keys do not fill the disk."""

    def __init__(self, deletions: Deletions) -> None:
        self._deletions = deletions
        self._shares: AddressShares[tuple[str, str]] = AddressShares(MAX_UNSENT, MAX_UNSENT_PER_ADDRESS)
        self._lock = threading.Lock()

    def add(self, generation: Generation, address: str) -> None:
        """Count a finished generation of a visitor; delete the oldest one of an address with too many. Never raises."""
        if generation.state not in UNSENT or generation.task_id or not generation.owner.startswith(VISITOR_PREFIX):
            return
        with self._lock:
            oldest = self._shares.add((generation.owner, generation.id), address)
        if oldest is not None:
            owner, generation_id = oldest
            try:
                self._deletions.delete(owner, [generation_id], time.time())
            except StorageError as error:
                log.warning("generation %s could not be deleted: %s", generation_id, error)
