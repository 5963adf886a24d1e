"""``GET /metrics``: the depot for Prometheus. No label names a person, a model or an address: those would explode."""

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import APIRouter, Request
from prometheus_client import exposition
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector, CollectorRegistry
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from steelyard.advice.health import Health
from steelyard.advice.usage_metrics import UsageMetrics
from steelyard.catalog import store as catalog
from steelyard.core.errors import Unavailable
from steelyard.db.database import Database
from steelyard.http.late import late_router
from steelyard.http.metrics import HttpMeters

Snapshot = dict[str, Any]
_GAUGES = {"ok": 2, "degraded": 1, "error": 0}


class Metrics:
    """Reads what the scrape shows; the counts of answers come from the process's own meters."""

    def __init__(self, database: Database, health: Health, meters: HttpMeters, usage: UsageMetrics) -> None:
        self._usage = usage
        self._database = database
        self._health = health
        self._meters = meters

    async def registry(self) -> CollectorRegistry:
        """What to expose now. A database that is away leaves out what only it knows; the rest still says so."""
        depot = families(await self._health.report(), await self._counts())
        registry = CollectorRegistry()
        registry.register(_Once([*depot, *await self._usage.families(), *self._meters.registry.collect()]))
        return registry

    async def _counts(self) -> Snapshot:
        def read(connection: Connection) -> Snapshot:
            return {
                "models": catalog.count_by_status(connection),
                "downloads": catalog.total_downloads(connection),
            }

        try:
            return await self._database.read(read)
        except (SQLAlchemyError, Unavailable):
            return {}


class _Once(Collector):
    """A snapshot in the shape that the library reads."""

    def __init__(self, found: list[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        return self._found


def families(health: Snapshot, counts: Snapshot) -> Iterator[Metric]:
    """The metric families of a health report and the catalog's counts. Pure; sizes are bytes, times seconds."""
    yield InfoMetricFamily("steelyard", "The running version", {"version": health["version"]})
    yield GaugeMetricFamily("steelyard_status", "2 ok, 1 degraded, 0 error", _GAUGES[health["status"]])
    yield GaugeMetricFamily("steelyard_uptime_seconds", "Since this process started", health["uptime_seconds"])
    yield GaugeMetricFamily("steelyard_database_up", "Whether the database answers", int(health["database"]["ok"]))
    yield GaugeMetricFamily("steelyard_workers", "Workers that were there lately", health["workers"])
    yield from _store(health["store"])
    yield from _running(health["cache"], health["models"])
    yield _labelled("steelyard_jobs", "Jobs in line and at work", "status", health["downloads"])
    events = health["events"]
    yield GaugeMetricFamily("steelyard_events_lag_seconds", "How long the oldest event waits", events["lag_seconds"])
    yield GaugeMetricFamily("steelyard_events_spooled", "Events that wait on disk for the database", events["spooled"])
    yield CounterMetricFamily("steelyard_events_dropped", "Events that were lost", events["dropped"])
    if counts:
        yield _labelled("steelyard_models", "Catalog entries", "status", counts["models"])
        yield CounterMetricFamily("steelyard_downloads", "Requests ever completed", counts["downloads"])


def _store(store: Snapshot) -> Iterator[Metric]:
    for name, text in (("bytes_free", "Bytes that can still be written"), ("bytes_held", "Bytes of stored files")):
        if store[name] is not None:
            yield GaugeMetricFamily(f"steelyard_store_{name}", text, store[name])


def _running(cache: Snapshot, models: Snapshot) -> Iterator[Metric]:
    for key, name, text in (
        ("loaded", "steelyard_loaded_models", "Models in memory"),
        ("bytes", "steelyard_loaded_bytes", "Memory that models take"),
        ("budget_bytes", "steelyard_loaded_budget_bytes", "Memory that models may take"),
        ("waiting", "steelyard_generations_waiting", "Requests that wait for their model"),
        ("in_flight", "steelyard_generations_running", "Requests that hold a model"),
    ):
        yield GaugeMetricFamily(name, text, cache[key])
    loads, unloads = models["loads"], models["unloads"]
    yield _labelled("steelyard_model_loads", "Loads of models", "result", loads, CounterMetricFamily)
    yield _labelled("steelyard_model_unloads", "Models that left memory", "reason", unloads, CounterMetricFamily)


def _labelled(
    name: str,
    text: str,
    label: str,
    values: dict[str, int],
    kind: type[CounterMetricFamily | GaugeMetricFamily] = GaugeMetricFamily,
) -> Metric:
    family = kind(name, text, labels=[label])
    for word, value in values.items():
        family.add_metric([word], value)
    return family


def create_router(metrics: Metrics) -> APIRouter:
    """The route that Prometheus scrapes; OpenMetrics for those who ask for it."""
    router = late_router(tags=["health"])

    @router.head("/metrics", response_model=None, include_in_schema=False)
    @router.get("/metrics", summary="Everything for Prometheus", response_class=Response)
    async def scrape(request: Request) -> Response:
        asked = "application/openmetrics-text" in request.headers.get("accept", "")
        form = openmetrics if asked else exposition
        headers = {"Content-Type": form.CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}
        return Response(form.generate_latest(await metrics.registry()), headers=headers)

    return router
