"""Routes for operators: `/health` and `/ready` without a key, `/metrics` for the holder of the token."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Callable, Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ...errors import StorageError
from ...generation import State
from ...playground import Playground

WINDOWS_SECONDS = {"hour": 3600, "day": 86400}
NO_STORE = {"cache-control": "no-store"}


def routes(playground: Playground) -> list[Route]:
    """`/health` for this process and its disk, `/ready` also for PostgreSQL and the bucket, and `/metrics`.

    `/metrics` answers 404 without the token of the settings.
    """
    registry = CollectorRegistry()
    registry.register(PlaygroundCollector(playground))

    async def answer(check: Callable[[], None]) -> Response:
        try:
            await asyncio.to_thread(check)
        except StorageError as error:
            return PlainTextResponse(error.message, 503, headers=NO_STORE)
        return PlainTextResponse("ok", headers=NO_STORE)

    async def health(_: Request) -> Response:
        return await answer(playground.store.check_folder)

    async def ready(_: Request) -> Response:
        return await answer(playground.store.check_writable)

    async def metrics(request: Request) -> Response:
        token = playground.settings.metrics_token
        authorization = request.headers.get("authorization", "").encode()
        if not token or not hmac.compare_digest(authorization, f"Bearer {token}".encode()):
            return PlainTextResponse("Not found", 404)
        text = await asyncio.to_thread(generate_latest, registry)
        return Response(text, media_type=CONTENT_TYPE_LATEST, headers=NO_STORE)

    return [Route("/health", health), Route("/ready", ready), Route("/metrics", metrics)]


class PlaygroundCollector(Collector):
    """Reads the metrics from the generation store at each scrape, so that they survive a restart."""

    def __init__(self, playground: Playground) -> None:
        self._playground = playground

    def describe(self) -> list[Metric]:
        """Nothing: else the registry would read the store when the collector is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Generations and credits by state, credits of visitors by window, and clients."""
        usage, now = self._playground.store.usage, time.time()
        by_state = usage.counts()
        generations = GaugeMetricFamily("flux_generations", "Stored generations by state.", labels=["state"])
        for state in State:
            generations.add_metric([state.value], by_state.get(state, (0, 0.0))[0])
        yield generations
        total = sum(cost for _, cost in by_state.values())
        yield GaugeMetricFamily("flux_credits_spent", "Credits of all stored generations.", value=total)
        recent = GaugeMetricFamily(
            "flux_visitor_credits_spent", "Credits that visitors spent on the owner's key.", labels=["window"]
        )
        for window, seconds in WINDOWS_SECONDS.items():
            recent.add_metric([window], usage.spent(None, now - seconds, now, price=0.0))
        yield recent
        yield GaugeMetricFamily("flux_clients", "Clients in use, one per key.", value=len(self._playground.clients))
