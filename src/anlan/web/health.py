"""Is it alive, is it ready, how is it doing: for a load balancer, a supervisor, Prometheus."""

import ipaddress
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from anlan.kernel import trace
from anlan.web import vitals, watch
from anlan.web.store import multiprocess_metrics

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

REQUESTS = Counter("anlan_requests", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram("anlan_request_seconds", "Time to the first byte", ["route"],
                    buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10))  # fmt: skip


async def alive(_scope: MutableMapping[str, Any], _receive: Receive, send: Send) -> None:
    """Answer /healthz: this process runs its loop. Asks nothing of the database, which has an answer of its own."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"ok\n"})


_migrated: list[bool] = []


def migrated() -> bool:
    """Say whether every migration is applied; once true it stays so for the life of the process."""
    if not _migrated:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _migrated.append(True)
    return True


@login_not_required
@require_safe
def ready(_request: HttpRequest) -> HttpResponse:
    """Answer /readyz: 200 where this machine can do its work, 503 with what is wrong: database, tables, jobs, clock."""
    checks: dict[str, str] = {}
    try:
        checks["migrations"] = "" if migrated() else "not applied"
        if not checks["migrations"]:
            found = {a.code: a.text for a in watch.judge(vitals.measure())}
            checks |= {code: found.get(code, "") for code in ("worker", "jobs", "ladder", "clock")}
        checks["database"] = ""
    except Error as error:
        connection.close()
        checks["database"] = type(error).__name__
    wrong = {k: v for k, v in checks.items() if v}
    body = {"ready": not wrong, "checks": {k: v or "ok" for k, v in checks.items()}}
    return JsonResponse(body, status=503 if wrong else 200, json_dumps_params={"ensure_ascii": False})


class State(Collector):
    """What the database says of itself, asked for at each scrape."""

    def describe(self) -> Iterable[Metric]:
        """Name nothing in advance: registering must not ask the database."""
        return ()

    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("anlan_database_up", "1 where the database answers")
        try:
            seen = vitals.measure()
        except Error:
            connection.close()
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        single = {
            "anlan_clock_skew_seconds": ("This machine's clock less the database's", -seen.skew),
            "anlan_workers": ("Workers heard of within 30 s", seen.workers),
            "anlan_worker_heartbeat_age_seconds": ("Since the last heartbeat", seen.heartbeat_age or 0),
            "anlan_oldest_job_age_seconds": ("The job that has waited longest past its time", seen.oldest_job_age),
            "anlan_obligations_overdue": ("Open obligations past their time", seen.overdue),
            "anlan_ladder_late_seconds": ("The one that is latest", seen.ladder_late),
            "anlan_sealing_lag_seconds": ("Age of the oldest entry not yet sealed", seen.sealing_lag),
            "anlan_readings_waiting": ("Readings kept and not yet evaluated, of the oldest batches", seen.readings),
            "anlan_readings_late_seconds": ("The one that has waited longest", seen.readings_late),
            "anlan_entries_stuck": ("Entries set aside, waiting for somebody", seen.stuck),
            "anlan_horizon_age_seconds": ("Oldest writing transaction", seen.horizon.age if seen.horizon else 0),
            "anlan_disk_free_bytes": ("Left on the disk", seen.disk_free_mb * 2**20),
        }
        for name, (text, value) in single.items():
            yield GaugeMetricFamily(name, text, value=value)
        many: dict[str, tuple[str, str, dict[str, Any]]] = {
            "anlan_jobs": ("Jobs waiting or being done", "state", seen.jobs),
            "anlan_calls": ("Calls by state", "state", seen.calls),
            "anlan_feeds": ("Sources of readings that are on, by how they are", "state", seen.feeds),
            "anlan_follower_moved_seconds": ("Since a ledger follower moved", "follower", seen.followers),
            "anlan_follower_failures": ("Its failures in a row", "follower", seen.failing),
        }
        for name, (text, label, values) in many.items():
            gauge = GaugeMetricFamily(name, text, labels=[label])
            for key, value in values.items():
                gauge.add_metric([key], value)
            yield gauge


STATE = State()
REGISTRY.register(STATE)


def permitted(request: HttpRequest) -> bool:
    """Loopback may, and not through a proxy; anybody else needs ANLAN_METRICS_TOKEN as a bearer token."""
    token = settings.METRICS_TOKEN
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return secrets.compare_digest(given.encode(), token.encode())
    try:
        near = ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
    return near and "X-Forwarded-For" not in request.headers


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer /metrics in Prometheus's text format."""
    if not permitted(request):
        return HttpResponse(status=404)
    registry = REGISTRY
    if multiprocess_metrics():
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        registry.register(STATE)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class CountMiddleware:
    """Counts and times requests by route (never by address, which would be endless), and gives the log its ids."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        trace.chain.set(None)  # a thread is used again for the next request
        trace.request.set(request.headers.get("X-Request-Id", "")[:64] or secrets.token_hex(8))
        response = self.get_response(request)
        route = request.resolver_match.route if request.resolver_match else "(none)"
        REQUESTS.labels(request.method, route, response.status_code).inc()
        SECONDS.labels(route).observe(time.perf_counter() - began)
        response.headers["X-Request-Id"] = trace.request.get() or ""
        return response
