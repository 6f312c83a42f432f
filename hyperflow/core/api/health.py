"""`/api/health`: can this installation do its work, and what is missing?"""

import hmac
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.db import connections
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from hyperflow.core import clock
from hyperflow.core.api.permissions import OPEN
from hyperflow.core.api.responses import wire_time
from hyperflow.core.api.serializers import WireDateTimeField
from hyperflow.core.api.viewsets import ActionViewSet

LONGEST = 1.0  # seconds a check may take
WORKER_SILENT = 60  # seconds after which a worker counts as gone
#: Without these nothing works; without the others, things wait.
REQUIRED = frozenset({"database", "storage"})


@dataclass(frozen=True)
class Finding:
    state: str  # ok, degraded, down
    detail: str = ""


def database() -> Finding:
    connection = connections.create_connection("default")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    finally:
        connection.close()
    return Finding("ok", connection.vendor)


def cache() -> Finding:
    store = caches["default"]
    if hasattr(store, "ping"):
        store.ping()
        return Finding("ok", "redis")
    try:
        store.get("health")
    finally:
        connections.close_all()
    return Finding("ok", "database")


def broker() -> Finding:
    if not settings.REDIS_URL:
        return Finding("ok", "not used: the worker looks into the table of jobs")
    import redis

    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=LONGEST, socket_connect_timeout=LONGEST)
    try:
        client.ping()
    finally:
        client.close()
    return Finding("ok", "redis")


def worker() -> Finding:
    from hyperflow.core.jobs import worker_seen

    try:
        seen = worker_seen()
    finally:
        connections.close_all()
    if seen is None:
        return Finding("degraded", "no worker has shown up yet")
    silent = (clock.now() - seen).total_seconds()
    return Finding("ok" if silent < WORKER_SILENT else "degraded", f"last seen {int(max(0, silent))} s ago")


def storage() -> Finding:
    if settings.FILE_STORE != "local":
        from hyperflow.core.storage import file_store

        file_store().exists("health")
        return Finding("ok", settings.FILE_STORE)
    settings.FILES_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    probe = settings.FILES_DIR / f".health-{os.getpid()}-{threading.get_ident()}"
    probe.write_bytes(b"ok")
    probe.unlink()
    return Finding("ok", "local")


CHECKS: dict[str, Callable[[], Finding]] = {
    "database": database,
    "cache": cache,
    "broker": broker,
    "worker": worker,
    "storage": storage,
}

_lock = threading.Lock()
_running: dict[str, threading.Thread] = {}


def examine() -> dict[str, dict[str, Any]]:
    """Every check at once, each with a second. One that hangs is not begun again until it is back."""
    found: dict[str, Finding] = {}
    threads = {name: _begin(name, check, found) for name, check in CHECKS.items()}
    ends = time.monotonic() + LONGEST
    for thread in threads.values():
        thread.join(max(0.0, ends - time.monotonic()))
    report: dict[str, dict[str, Any]] = {}
    for name in CHECKS:
        finding = found.get(name, Finding("down", f"no answer within {LONGEST:g} s"))
        state = finding.state
        if state == "down" and name not in REQUIRED:
            state = "degraded"
        report[name] = {"status": state, "detail": finding.detail}
    return report


def _begin(name: str, check: Callable[[], Finding], found: dict[str, Finding]) -> threading.Thread:
    def run() -> None:
        try:
            found[name] = check()
        except Exception as error:  # noqa: BLE001 (whatever a dependency raises, it is down)
            found[name] = Finding("down", f"{type(error).__name__}: {error}"[:300])

    with _lock:
        hanging = _running.get(name)
        if hanging is not None and hanging.is_alive():
            return hanging
        thread = _running[name] = threading.Thread(target=run, name=f"health-{name}", daemon=True)
        thread.start()
    return thread


class CheckSerializer(serializers.Serializer):
    """A check. ``detail`` is for staff and for who has the metrics token."""

    status = serializers.ChoiceField(choices=["ok", "degraded", "down"])
    detail = serializers.CharField(required=False)


class ChecksSerializer(serializers.Serializer):
    database = CheckSerializer()
    cache = CheckSerializer()
    broker = CheckSerializer()
    worker = CheckSerializer()
    storage = CheckSerializer()


class HealthSerializer(serializers.Serializer):
    status = serializers.ChoiceField(choices=["healthy", "unhealthy"])
    timestamp = WireDateTimeField()
    version = serializers.CharField()
    checks = ChecksSerializer()


class LiveSerializer(serializers.Serializer):
    status = serializers.ChoiceField(choices=["alive"])


class HealthViewSet(ActionViewSet):
    """Is it up, and what is missing?"""

    needs = {"ready": OPEN, "live": OPEN}
    outputs = {"ready": HealthSerializer, "live": LiveSerializer}
    limited = False

    def ready(self, request: Request) -> HttpResponse:
        """The state of what this installation stands on; 503 where it cannot work."""
        checks = examine()
        healthy = all(checks[name]["status"] == "ok" for name in REQUIRED)
        if not self._may_read_details(request):
            checks = {name: {"status": check["status"]} for name, check in checks.items()}
        body = {
            "status": "healthy" if healthy else "unhealthy",
            "timestamp": wire_time(clock.now()),
            "version": settings.VERSION,
            "checks": checks,
        }
        return self.answer(body, 200 if healthy else 503)

    def live(self, request: Request) -> HttpResponse:
        """Is the process answering? Asks nothing of anybody else."""
        return self.answer({"status": "alive"})

    def _admit(self, request: Request) -> None:
        """Everybody; a token that is no good is no reason to hide the state."""

    def _may_read_details(self, request: Request) -> bool:
        given = request.META.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ").encode()
        if settings.METRICS_TOKEN and hmac.compare_digest(given, settings.METRICS_TOKEN.encode()):
            return True
        if not given:
            return False
        try:
            return bool(request.user.is_authenticated and request.user.is_staff)
        except Exception:  # noqa: BLE001 (the database may be what is down)
            return False
