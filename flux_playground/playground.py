"""The whole program without a page: values in, generations out, run by worker threads, whoever watches."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from . import active_document, schema
from .access.quota import Quota
from .access.visitor import OWNER, Visitor, billing_key, resolve_credentials, uses_demo
from .build_request import SEED, build, draws_seed, has_images, image_names, redact, resolve_image_refs, seed_of
from .client import Client
from .errors import TaskNotFound, Unauthorized
from .generation import Generation, State
from .image_ref import image_ref, is_image_ref
from .recipe import document_version, fingerprint
from .runs.client_pool import ClientPool
from .runs.fair_queue import ActiveRun, check_capacity
from .runs.queued_request import QueuedRequest
from .runs.runner import Runner
from .settings import LOCAL_SERVER_PREFIX, LOOPBACK, Settings
from .storage.generation_store import GenerationStore
from .storage.retention import Retention

MAX_CONCURRENT_ENCODINGS = 2  # a file and its base64 take hundreds of megabytes
Values = Mapping[str, Any]
__all__ = ["OWNER", "ActiveRun", "Playground", "Visitor"]


class Playground:
    """Makes images from values: `generate` is for scripts, `start` and `get` are for a page; `resume` after a restart.

    Raises `InvalidDocument` and `StorageError`."""

    def __init__(self, settings: Settings, document: schema.Document | None = None) -> None:
        self.settings = settings
        self.document = document or active_document.load_active(settings)
        self.operation = active_document.default_operation(self.document, settings.endpoint)
        self._edition = document_version(self.document.raw)
        self.store = GenerationStore(settings.data)
        self.clients = ClientPool(settings.max_in_flight, others=not settings.hosted)
        free_server = "" if settings.max_storage_gb else LOCAL_SERVER_PREFIX
        retention = Retention(self.store, settings.max_storage_bytes, free_server)
        self._runner = Runner(self.store, self.clients, retention, settings.timeout)
        self._quota = Quota(self.store, settings.allowance, settings.budget)
        self._runs = self._runner.runs
        self._admission = threading.Lock()
        self._encoding = threading.BoundedSemaphore(MAX_CONCURRENT_ENCODINGS)

    def __enter__(self) -> Playground:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop waiting for what is under way, which the next start resumes, and let go of the folder."""
        self._runner.close()
        self.clients.close()
        self.store.close()

    def at(self, endpoint: str) -> Playground:
        """The same playground as seen from another endpoint of its document; raises `InvalidDocument`."""
        view = copy(self)
        view.operation = self.document.operation(endpoint)
        return view

    def adopt(self, document: schema.Document) -> None:
        """Go by another document from now on; what is under way goes on by the one that it was started with."""
        same = (one for one in document.operations if one.path == self.operation.path)
        self.document = document
        self.operation = next(same, document.operations[0])
        self._edition = document_version(document.raw)

    def generate(self, values: Values, visitor: Visitor = OWNER, *, endpoint: str = "") -> Iterator[Generation]:
        """Make one image and yield its records as it gets further; the last has `.image` and `.seed`, or `.error`.

        Raises as `start` does. The image is made and kept also for a caller who stops iterating.
        """
        yield from self.watch(self.start(values, visitor, endpoint=endpoint).id)

    def start(
        self,
        values: Values,
        visitor: Visitor = OWNER,
        *,
        endpoint: str = "",
        origin: str = "",
        reuse_running: bool = False,
    ) -> Generation:
        """Check the values, write the generation down, hand it to a worker and return at once.

        A blank seed or -1 is drawn here, so that what is kept is the whole recipe. Images may be paths, bytes or
        base64 text. `endpoint` is a path of the document, else that of the settings; `origin` is what this one makes
        again. With `reuse_running`, a running generation of the same request is returned instead, if a seed was given.
        Raises `InvalidRequest` (all that is wrong), `Unauthorized`, `InvalidDocument`, `QuotaExceeded`, `QueueFull`,
        `StorageError`.
        """
        operation = self._operation(endpoint)
        server, key = resolve_credentials(self.settings, visitor, operation)
        self.store.check_writable()
        request, shown = self._prepare(endpoint, values, visitor)
        generation = Generation(
            id=secrets.token_hex(16),
            owner=visitor.id,
            created_at=time.time(),
            endpoint=operation.path,
            server=server,
            request=shown,
            seed=seed_of(request),
            document=self._edition,
            fingerprint=fingerprint(server, operation.path, shown),
            origin=origin,
            spender=billing_key(self.settings, visitor),
            account=self._digest(key),
        )
        queued = QueuedRequest({**request, **shown}, image_names(operation))  # without images: they take megabytes
        run = self._admit(ActiveRun(generation, queued, visitor.mark), reuse=reuse_running and not draws_seed(values))
        if run.generation is not generation:
            return run.generation
        try:
            redact(operation, request, self.store.save_input)
            self.store.save(generation)
            return self._runner.enqueue(run, key)
        except BaseException:
            self._runner.abandon(run)
            raise
        finally:
            self._quota.reserved.pop(generation.id, None)

    def collect(self, generation_id: str, visitor: Visitor = OWNER) -> Generation:
        """Fetch the image of an accepted generation that is not here yet; costs nothing. Others are left as they are.

        Raises `Unauthorized` where the generation was submitted with another key than the visitor's present one.
        """
        generation = self.get(generation_id)
        lost = generation.state is State.FAILED and isinstance(generation.error, TaskNotFound)
        if not (generation.state is State.DETACHED or lost) or not generation.task_id:
            return generation
        server, key = resolve_credentials(self.settings, visitor, self._operation_of(generation), required=False)
        if generation.account and generation.account != self._digest(key):
            raise Unauthorized("This image was made with another API key. Enter that key to download the image.")
        again = replace(generation, state=State.RUNNING, error=None, finished_at=None)
        return self._runner.enqueue_if_absent(ActiveRun(again), key if generation.server == server else "")

    def stop(self, generation_id: str) -> Generation:
        """Stop waiting for a generation: one still in line is never sent, any other can be collected later."""
        run = self._runs.get(generation_id)
        return self.get(generation_id) if run is None else self._runner.stop(run)

    def resume(self) -> list[Generation]:
        """Take up what an ended process left behind: every submitted task is waited for, none is submitted again."""
        if not self.store.is_primary:
            return []
        return [self._recover(generation) for generation in self.store.unfinished()]

    def get(self, generation_id: str) -> Generation:
        """The latest record of a generation; raises `KeyError` for an id that nobody has given out."""
        run = self._runs.get(generation_id)
        generation = run.generation if run else self.store.get(generation_id)
        if generation is None:
            raise KeyError(generation_id)
        return generation

    def run(self, generation_id: str) -> ActiveRun | None:
        """A generation that is under way in this process, to be looked at until it has finished and after."""
        return self._runs.get(generation_id)

    def watch(self, generation_id: str) -> Iterator[Generation]:
        """The records of a generation from now on, the last being the finished one; raises `KeyError`."""
        run = self._runs.get(generation_id)
        yield from run.watch() if run else (self.get(generation_id),)

    def recent(self, visitor: Visitor = OWNER, limit: int = 60) -> list[Generation]:
        """A visitor's latest generations, newest first, those under way included."""
        latest = self.store.recent(visitor.id, limit)
        return [run.generation if (run := self._runs.get(one.id)) else one for one in latest]

    def queue_position(self, generation_id: str) -> int:
        """Where a generation stands in the line before its key, 1 being the next; 0 when it does not wait."""
        run = self._runs.get(generation_id)
        return 0 if run is None else self.clients.queue_position(run)

    def median_seconds(self, visitor: Visitor = OWNER, *, endpoint: str = "") -> float | None:
        """How long an image of an endpoint takes as a rule (median), or None while there are fewer than three."""
        server = self.server(visitor, endpoint=endpoint)
        durations = sorted(self.store.usage.durations(server, self._operation(endpoint).path))
        return durations[len(durations) // 2] if len(durations) >= 3 else None

    def find_existing(self, values: Values, visitor: Visitor = OWNER, *, endpoint: str = "") -> Generation | None:
        """Return the visitor's image of the same values and seed, or None; raises as `start` does."""
        operation, shown = self._operation(endpoint), self._prepare(endpoint, values, visitor)[1]
        digest = fingerprint(self.server(visitor, endpoint=endpoint), operation.path, shown)
        return self.store.find_by_fingerprint(visitor.id, digest)

    def preview_request(self, values: Values, visitor: Visitor = OWNER, *, endpoint: str = "") -> dict[str, Any]:
        """The request of these values as it would be kept, but a blank seed left blank; raises as `start` does."""
        shown = self._prepare(endpoint, values, visitor)[1]
        return {name: value for name, value in shown.items() if name != SEED or not draws_seed(values)}

    def server(self, visitor: Visitor = OWNER, *, endpoint: str = "") -> str:
        """The base URL that a visitor's requests go to."""
        return resolve_credentials(self.settings, visitor, self._operation(endpoint), required=False)[0]

    def thumbnail(self, generation_id: str) -> Path | None:
        """A small WebP of a finished image, or None."""
        return self.store.thumbnail(self.get(generation_id))

    def credits(self, visitor: Visitor = OWNER) -> float:
        """What the visitor's account still has, in credits (0.01 USD each); raises `APIError`, `APIUnreachable`."""
        with self._client(visitor) as client:
            return client.credits()

    def finetunes(self, visitor: Visitor = OWNER) -> list[Any]:
        """The account's finetunes as the API lists them, ids or objects; raises `APIError`, `APIUnreachable`."""
        with self._client(visitor) as client:
            return client.finetunes()

    def finetune(self, finetune_id: str, visitor: Visitor = OWNER) -> dict[str, Any]:
        """What the API knows of one finetune, in its own free form; raises `APIError`, `APIUnreachable`."""
        with self._client(visitor) as client:
            return client.finetune(finetune_id)

    def uses_demo(self, visitor: Visitor = OWNER) -> bool:
        """Whether the local server makes this visitor's images."""
        return uses_demo(self.settings, visitor)

    def _operation(self, endpoint: str) -> schema.Operation:
        return self.document.operation(endpoint) if endpoint else self.operation

    def _prepare(self, endpoint: str, values: Values, asker: Visitor) -> tuple[dict[str, Any], dict[str, Any]]:
        """The whole request of these values, and what is kept of it; raises as `start` does."""

        def known(text: str) -> str | None:
            return self.store.load_input(text) if is_image_ref(text) and self.store.owns_input(asker.id, text) else None

        operation = self._operation(endpoint)
        if has_images(operation, values):  # encoding them is work, also for a free `find_existing`
            server, now = self.server(asker, endpoint=endpoint), time.time()
            press = Generation("", asker.id, now, operation.path, server, {}, spender=billing_key(self.settings, asker))
            self._check_limits(press, asker.mark)
        with self._encoding if has_images(operation, values) else nullcontext():
            request = build(operation, resolve_image_refs(values, known))
        return request, redact(operation, request, image_ref)

    def _client(self, visitor: Visitor) -> Client:
        """A client for one question: it is closed after that, as a key may be made up and its connection idle."""
        return Client(*resolve_credentials(self.settings, visitor, self.operation))

    def _operation_of(self, generation: Generation) -> schema.Operation:
        """The endpoint that a generation was made with, or today's where the document no longer has it."""
        return next((one for one in self.document.operations if one.path == generation.endpoint), self.operation)

    def _digest(self, key: str) -> str:
        """A name for an API key from which nobody can get the key back; "" for no key."""
        return hmac.new(self.store.secret_key(), key.encode(), "sha256").hexdigest()[:24] if key else ""

    def _check_limits(self, generation: Generation, mark: str) -> None:
        if self.settings.hosted:
            check_capacity(self._runs.list(), mark)
        self._quota.check(generation)

    def _admit(self, run: ActiveRun, *, reuse: bool = False) -> ActiveRun:
        """Take a run on: whoever comes next counts it, although it is not written down yet.

        With `reuse`, return the active run of the same owner and request, if there is one, and take on nothing.
        """
        with self._admission:
            running = self._runs.find(run.generation.owner, run.generation.fingerprint) if reuse else None
            if running is not None:
                return running
            self._check_limits(run.generation, run.mark)
            self._quota.reserve(run.generation)
            return self._runs.add(run)

    def _recover(self, generation: Generation) -> Generation:
        if run := self._runs.get(generation.id):
            return run.generation
        fate = {State.QUEUED: State.CANCELLED, State.SUBMITTING: State.SUBMIT_UNKNOWN}.get(generation.state)
        if fate is not None:
            return self.store.save_with_retry(replace(generation, state=fate, finished_at=time.time()))
        server, key = resolve_credentials(self.settings, OWNER, self._operation_of(generation), required=False)
        if generation.server != server and urlsplit(generation.server).hostname in LOOPBACK:
            lost = TaskNotFound("The local server that was drawing this picture has ended.")
            ended = replace(generation, state=State.FAILED, error=lost, finished_at=time.time(), task_id="")
            return self.store.save_with_retry(ended)
        if generation.account and generation.account != self._digest(key):
            missing = Unauthorized("The API key that this image was made with is not here after the restart.")
            ended = replace(generation, state=State.DETACHED, error=missing, finished_at=time.time())
            return self.store.save_with_retry(ended)
        return self._runner.enqueue_if_absent(ActiveRun(generation), key if generation.server == server else "")
