"""Generates images without a page: values in, generations out."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from typing import Any

from . import active_document, schema
from .access.admission import Admission
from .access.quota import Quota
from .access.visitor import OWNER, Visitor, digest_key, offered_servers, resolve_credentials, spender_of, uses_demo
from .build_request import SEED, PreparedRequest, prepare_request, queue_request, queue_stored, seed_of
from .client import Client, Limits
from .errors import InvalidRequest, QueueFull, QuotaExceeded, Unauthorized
from .generation import Generation, State
from .identity import UNKNOWN
from .image_ref import is_image_ref
from .price_estimate import estimate_price
from .recipe import document_version
from .reproduce import add_image_facts
from .request_images import has_images, resolve_image_refs, sends_image, to_stored_request
from .runs.active_runs import ActiveRun
from .runs.changes import stream_changes
from .runs.client_pool import ClientPool
from .runs.queued_request import QueuedRequest
from .runs.recovery import can_be_collected, end_if_lost
from .runs.runner import Runner
from .settings import LOCAL_SERVER_PREFIX, Settings
from .storage.generation_store import GenerationStore
from .storage.retention import Retention

Values = Mapping[str, Any]
MAX_CONCURRENT_ENCODINGS = 2  # a file and its base64 take hundreds of megabytes
__all__ = ["OWNER", "ActiveRun", "Playground", "Visitor", "offered_servers"]


class Playground:
    """Generates images: `generate` for a script, `start` and `changes` for a page. Safe to use from many threads.

    `operation` is the endpoint that is used where a call names none. Raises `InvalidDocument` and `StorageError`.
    """

    def __init__(
        self, settings: Settings, document: schema.Document | None = None, *, limits: Limits | None = None
    ) -> None:
        self.settings = settings
        self.document = document or active_document.load_active(settings)
        self.operation = active_document.default_operation(self.document, settings.endpoint)
        self._document_version = document_version(self.document.raw)
        self.store = GenerationStore(settings.data, settings.files, settings.database)
        most, queue = settings.max_in_flight, self.store.shared_queue(settings.max_in_flight)
        self.clients = ClientPool(most, queue, others=not settings.hosted, limits=limits)
        free = "" if settings.max_storage_gb else LOCAL_SERVER_PREFIX
        self.retention = kept = Retention(self.store, settings.max_storage_bytes, free, not settings.hosted)
        self._runner = Runner(self.store, self.clients, kept, self._patience, add_image_facts, schema.usual_seconds)
        self._runs, self.others = self._runner.runs, self._runner.others
        quota = Quota(self.store.usage, settings.allowance, settings.budget, self._estimate)
        self._admission = Admission(self._runs, quota, has_queue_limits=settings.hosted)
        self.is_closing = False
        self._restarting = threading.Lock()  # a record is read and its run is added in one step
        self._encoding = threading.BoundedSemaphore(MAX_CONCURRENT_ENCODINGS)

    def __enter__(self) -> Playground:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop waiting for running generations, which the next start resumes, and close the data folder."""
        self.is_closing = True
        self._runner.close()
        self.clients.close()
        self.store.close()

    def adopt(self, document: schema.Document) -> None:
        """Use another document for later requests; running generations keep the one they were started with."""
        same = (operation for operation in document.operations if operation.path == self.operation.path)
        self.document, self.operation = document, next(same, document.operations[0])
        self._document_version = document_version(document.raw)

    def generate(self, values: Values, visitor: Visitor = OWNER, *, endpoint: str = "") -> Iterator[Generation]:
        """Generate one image and yield each record; the last one has `image` and `seed`, or `error`.

        Raises what `start` raises. The image is also generated and stored when the caller stops iterating.
        """
        yield from self.watch(self.start(values, visitor, endpoint=endpoint).id)

    def prepare(self, values: Values, visitor: Visitor = OWNER, *, endpoint: str = "") -> PreparedRequest:
        """Build and check the request of a visitor's values, without sending it or storing its images.

        An empty seed or -1 is replaced by a random one. Images may be paths, bytes or base64 text. `endpoint` is a path
        of the document. The visitor's limits are checked before images are encoded. Raises `InvalidRequest`,
        `InvalidDocument`, `QuotaExceeded`, `QueueFull`, and `Unauthorized` for invalid values without a key.
        """
        operation = self._find_operation(endpoint)
        server = self.server(visitor, endpoint=endpoint)
        with_images = has_images(operation, values)
        if with_images:
            self._admission.check(self._new_generation(operation.path, server, visitor), visitor)
        try:
            with self._encoding if with_images else nullcontext():
                return prepare_request(operation, values, server, visitor.id, lambda ref: self.load_input(ref, visitor))
        except InvalidRequest:
            resolve_credentials(self.settings, visitor, operation)  # a missing key is reported first
            raise

    def load_input(self, reference: str, visitor: Visitor = OWNER) -> str | None:
        """Return the base64 of an image that this visitor has sent as an image, by its reference; else None."""
        sent = self.store.inputs.find_requests(visitor.id, reference) if is_image_ref(reference) else []
        owned = any(sends_image(self._last_operation(path), request, reference) for path, request in sent)
        return self.store.inputs.load(reference) if owned else None

    def load_inputs(self, generation: Generation) -> dict[str, Any]:
        """Return the request of a generation with its images as base64, where they are still stored."""
        return resolve_image_refs(self._last_operation(generation.endpoint), generation.request, self.store.inputs.load)

    def start(
        self,
        request: Values | PreparedRequest,
        visitor: Visitor = OWNER,
        *,
        endpoint: str = "",
        reproduces: str = "",
        sweep: str = "",
        reuse_running: bool = False,
        new_id: str = "",
    ) -> Generation:
        """Store a generation, queue it and return at once. `request` is what `prepare` returned, or the values for it.

        `reproduces` is the id of a generation that this one repeats, `sweep` that of a sweep. What has `new_id` is
        returned (`KeyError` if deleted), with `reuse_running` and a given seed also a run of the same request. Raises
        `InvalidRequest`, `Unauthorized`, `InvalidDocument`, `QuotaExceeded`, `QueueFull`, `StorageError`.
        """
        if new_id:
            with suppress(KeyError):
                return self.get(new_id)
        operation = request.operation if isinstance(request, PreparedRequest) else self._find_operation(endpoint)
        server, key = resolve_credentials(self.settings, visitor, operation)
        self.store.check_writable()
        if not isinstance(request, PreparedRequest):
            request = self.prepare(request, visitor, endpoint=endpoint)
        if (request.owner, request.server) != (visitor.id, server):
            raise Unauthorized("The API key has changed meanwhile. Try again.")
        generation = replace(
            self._new_generation(operation.path, server, visitor, new_id),
            request=request.redacted,
            seed=seed_of(request.body),
            fingerprint=request.fingerprint,
            reproduces=reproduces,
            sweep=sweep,
            account=digest_key(self.store.secret_key(), key),
        )
        new = ActiveRun(generation, queue_request(operation, request.redacted, request.body), visitor.identity)
        run = self._admission.admit(new, visitor, reuse=reuse_running and not request.draws_seed)
        if run.generation is not generation:
            return run.generation
        save_inputs = partial(to_stored_request, operation, request.body, self.store.inputs.save)
        try:
            is_new = self._admission.save(run, self.store, save_inputs)
        except BaseException as error:
            self._runner.abandon(run, is_stored=not isinstance(error, QueueFull | QuotaExceeded))
            raise
        return self._runner.enqueue(run, key) if is_new else self._runner.drop(run)

    def check_allowance(self, count: int, cost: float | None, visitor: Visitor = OWNER, *, endpoint: str = "") -> None:
        """Raise `QuotaExceeded` when a visitor may not start `count` generations of `cost` credits."""
        one = self._new_generation(endpoint, self.server(visitor, endpoint=endpoint), visitor)
        self._admission.check_allowance(one, count, cost)

    def find_existing(self, request: PreparedRequest) -> Generation | None:
        """Return the owner's generation of the same request and seed that has succeeded, or None."""
        return self.store.find_by_fingerprint(request.owner, request.fingerprint)

    def preview_request(self, values: Values, visitor: Visitor = OWNER, *, endpoint: str = "") -> dict[str, Any]:
        """Return the request of these values without secrets, its seed only if given; raises what `prepare` raises."""
        request = self.prepare(values, visitor, endpoint=endpoint)
        return {name: value for name, value in request.redacted.items() if name != SEED or not request.draws_seed}

    def collect(self, generation_id: str, visitor: Visitor = OWNER) -> Generation:
        """Poll an accepted generation again and download its image, at no cost; others are returned unchanged.

        Raises `Unauthorized` when the generation was submitted with another key than the visitor's present one.
        """
        with self._restarting:
            generation = self.get(generation_id)
            if not can_be_collected(generation):
                return generation
            server, key = self._credentials_for(generation, visitor)
            if generation.account and generation.account != digest_key(self.store.secret_key(), key):
                raise Unauthorized("This image was made with another API key. Enter that key to download the image.")
            again = replace(generation, state=State.RUNNING, error=None, finished_at=None)
            return self._runner.enqueue_if_absent(ActiveRun(again), self._key_for(generation, server, key))

    def stop(self, generation_id: str) -> Generation:
        """Stop waiting for a generation: a queued one is never sent, a submitted one can be collected later."""
        run = self._runs.get(generation_id)
        return self._runner.stop_elsewhere(self.get(generation_id)) if run is None else self._runner.stop(run)

    def resume(self) -> list[Generation]:
        """Resume the generations of ended processes: submitted tasks are polled, nothing is submitted again."""
        return [self._recover(*taken) for taken in self.store.take_over().items()]

    def get(self, generation_id: str) -> Generation:
        """Return the latest record of a generation; raises `KeyError` for an unknown id."""
        generation = run.generation if (run := self._runs.get(generation_id)) else self.store.get(generation_id)
        if generation is None:
            raise KeyError(generation_id)
        return generation

    def run(self, generation_id: str) -> ActiveRun | None:
        """Return the run of a generation that runs in this process, or None."""
        return self._runs.get(generation_id)

    def watch(self, generation_id: str) -> Iterator[Generation]:
        """Yield each new record of a generation, the last one finished; raises `KeyError`."""
        run = self._runs.get(generation_id)
        yield from run.watch() if run else (self.get(generation_id),)

    def changes(self, generation_id: str, keepalive_seconds: float | None = None) -> AsyncIterator[Generation]:
        """Yield each new record of a generation, the last one finished; see `stream_changes`. Raises `KeyError`."""
        return stream_changes(self._runs.get, self.get, generation_id, keepalive_seconds, self.others)

    def recent(self, visitor: Visitor = OWNER, limit: int = 60) -> list[Generation]:
        """Return a visitor's latest generations, newest first, running ones included."""
        latest = self.store.recent(visitor.id, limit)
        return [run.generation if (run := self._runs.get(stored.id)) else stored for stored in latest]

    def queue_position(self, generation_id: str) -> int:
        """Return the position of a generation in its queue, 1 for the next one; 0 when it does not wait."""
        return self.clients.queue_position(run) if (run := self._runs.get(generation_id)) else 0

    def server(self, visitor: Visitor = OWNER, *, endpoint: str = "") -> str:
        """Return the base URL of a visitor's requests."""
        return resolve_credentials(self.settings, visitor, self._find_operation(endpoint), required=False)[0]

    def client(self, visitor: Visitor = OWNER) -> Client:
        """Return a new client for account calls; close it after use. Raises `Unauthorized`, `InvalidDocument`."""
        return Client(*resolve_credentials(self.settings, visitor, self.operation))  # the key may be invalid: no pool

    def credits(self, visitor: Visitor = OWNER) -> float:
        """Return the balance of the visitor's account in credits (0.01 USD); raises `APIError`, `APIUnreachable`."""
        with self.client(visitor) as client:
            return client.credits()

    def uses_demo(self, visitor: Visitor = OWNER) -> bool:
        """Return whether the local demo server generates this visitor's images."""
        return uses_demo(self.settings, visitor)

    def _estimate(self, generation: Generation) -> float | None:
        where = generation.server, self._last_operation(generation.endpoint)
        return estimate_price(self.store.usage, *where, generation.request).credits

    def _patience(self, endpoint: str) -> float:
        return self.settings.timeout or schema.patience_seconds(endpoint)

    def _find_operation(self, endpoint: str) -> schema.Operation:
        return self.document.operation(endpoint) if endpoint else self.operation

    def _last_operation(self, path: str) -> schema.Operation:
        return {operation.path: operation for operation in self.document.operations}.get(path, self.operation)

    def _new_generation(self, path: str, server: str, visitor: Visitor, new_id: str = "") -> Generation:
        return Generation(
            id=new_id or secrets.token_hex(16),
            owner=visitor.id,
            created_at=time.time(),
            endpoint=path,
            server=server,
            request={},
            document=self._document_version,
            spender=spender_of(self.settings, visitor),
        )

    def _credentials_for(self, generation: Generation, visitor: Visitor) -> tuple[str, str]:
        return resolve_credentials(self.settings, visitor, self._last_operation(generation.endpoint), required=False)

    def _key_for(self, generation: Generation, server: str, key: str) -> str:
        """Return the key, or "" where the server of a generation is none that requests may go to today."""
        return key if generation.server in (server, *offered_servers(self.settings, self.document)) else ""

    def _recover(self, generation_id: str, is_recent: bool) -> Generation:
        with self._restarting:
            active, generation = self._runs.get(generation_id), self.get(generation_id)  # without a run it is final
            if active or generation.finished or self.is_closing:
                return generation
            server, key = self._credentials_for(generation, OWNER)
            request = queue_stored(self.document.operations, generation)
            account = digest_key(self.store.secret_key(), key)
            recovered = end_if_lost(generation, server, account, may_be_sent=is_recent and request is not None)
            if recovered.finished:
                return self.store.save_with_retry(recovered)
            run = ActiveRun(generation, request or QueuedRequest(), generation.spender or UNKNOWN)
            return self._runner.resume(run, self._key_for(generation, server, key))
