"""/api/health: what is missing, told to everybody; why, told to staff."""

import threading

import pytest
from django.test import Client

from accounts.tests.factories import UserFactory
from hyperflow.core.api import health
from hyperflow.core.api.health import Finding

pytestmark = pytest.mark.django_db

FINE = dict.fromkeys(["database", "cache", "broker", "worker", "storage"], Finding("ok", "because"))


@pytest.fixture
def found(monkeypatch):
    """Sets what the checks find."""

    def answer(finding):
        if isinstance(finding, Exception):
            raise finding
        return finding

    def set_to(**findings):
        checks = {name: (lambda finding=finding: answer(finding)) for name, finding in {**FINE, **findings}.items()}
        monkeypatch.setattr(health, "CHECKS", checks)

    monkeypatch.setattr(health, "_running", {})
    return set_to


def test_all_is_well(found, settings):
    found()
    reply = Client().get("/api/health")

    document = reply.json()
    assert reply.status_code == 200
    assert set(document) == {"status", "timestamp", "version", "checks"}
    assert (document["status"], document["version"]) == ("healthy", settings.VERSION)
    assert document["timestamp"].endswith("Z")
    assert document["checks"] == {name: {"status": "ok"} for name in FINE}


@pytest.mark.parametrize("name", ["database", "storage"])
def test_without_what_it_stands_on_it_is_unhealthy(found, name):
    found(**{name: OSError("gone")})
    reply = Client().get("/api/health")

    assert reply.status_code == 503
    assert reply.json()["status"] == "unhealthy"
    assert reply.json()["checks"][name] == {"status": "down"}


@pytest.mark.parametrize("name", ["cache", "broker", "worker"])
def test_without_a_helper_it_is_degraded_there_and_still_healthy(found, name):
    found(**{name: OSError("gone")})
    reply = Client().get("/api/health")

    assert reply.status_code == 200
    assert reply.json()["status"] == "healthy"
    assert reply.json()["checks"][name] == {"status": "degraded"}


def test_a_check_that_hangs_is_down_after_its_second_and_not_begun_again(found, monkeypatch):
    hanging, begun = threading.Event(), []
    monkeypatch.setattr(health, "LONGEST", 0.05)
    found()

    def hangs():
        begun.append(1)
        hanging.wait(30)
        return Finding("ok")

    health.CHECKS["database"] = hangs
    replies = [Client().get("/api/health") for _ in range(3)]
    hanging.set()

    assert [reply.status_code for reply in replies] == [503, 503, 503]
    assert begun == [1]


@pytest.mark.parametrize(("role", "told"), [("admin", True), ("employee", True), ("client", False), (None, False)])
def test_details_are_for_staff(api, found, role, told):
    found()
    client = api(UserFactory(as_=role)) if role else api()

    assert ("detail" in client.get("/api/health").json()["checks"]["database"]) is told


@pytest.mark.parametrize(("sent", "told"), [("m" * 32, True), ("m" * 31, False), ("", False), ("ü" * 32, False)])
def test_details_are_for_who_has_the_metrics_token(found, settings, sent, told):
    found()
    settings.METRICS_TOKEN = "m" * 32
    reply = Client().get("/api/health", headers={"Authorization": f"Bearer {sent}"})

    assert reply.status_code == 200
    assert ("detail" in reply.json()["checks"]["database"]) is told


def test_no_token_at_all_is_no_token(found, settings):
    found()
    settings.METRICS_TOKEN = ""

    assert "detail" not in Client().get("/api/health", headers={"Authorization": "Bearer "}).json()["checks"]["cache"]


def test_live_asks_nobody(django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(health, "examine", lambda: pytest.fail("it looked"))
    with django_assert_num_queries(0):
        reply = Client().get("/api/health/live", headers={"Authorization": "Bearer nonsense"})

    assert (reply.status_code, reply.json()) == (200, {"status": "alive"})


def test_the_checks_themselves_work_here():
    assert health.storage().state == "ok"
    assert health.broker().state == "ok"
    assert health.cache().state == "ok"


@pytest.mark.parametrize(("seconds", "state"), [(None, "degraded"), (5, "ok"), (600, "degraded")])
def test_a_worker_is_there_while_it_shows_itself(monkeypatch, seconds, state):
    import datetime as dt

    from hyperflow.core import clock

    seen = None if seconds is None else clock.now() - dt.timedelta(seconds=seconds)
    monkeypatch.setattr("hyperflow.core.jobs.worker_seen", lambda: seen)

    assert health.worker().state == state
