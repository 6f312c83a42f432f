"""Everybody's home page: what somebody did last."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from clients.tests.factories import ClientFactory
from hyperflow.core import clock
from hyperflow.core.models import AuditEntry
from hyperflow.dashboard import home

pytestmark = pytest.mark.django_db


def entry(actor, label, *, days_ago, target="clients.client"):
    return AuditEntry.objects.create(
        actor=actor, action="client.update", target_type=target, target_id=ClientFactory().pk, target_label=label,
        at=clock.now() - dt.timedelta(days=days_ago),
    )  # fmt: skip


def test_recent_activity_goes_by_the_clock_and_leaves_sign_ins_out(sign_in):
    """An import writes today what happened last year."""
    client, person = sign_in(Role.Code.MANAGER)
    entry(person, "yesterday", days_ago=1)
    entry(person, "signed in", days_ago=0, target="accounts.user")
    entry(None, "somebody else", days_ago=0)
    entry(person, "last year", days_ago=400)
    entry(person, "this morning", days_ago=0)

    page = client.get("/admin/")

    assert [row["label"] for row in page.context["recent"]] == ["this morning", "yesterday", "last year"]


def test_recent_activity_reads_a_bounded_number_of_rows_by_an_index(sign_in):
    _client, person = sign_in(Role.Code.MANAGER)
    AuditEntry.objects.bulk_create(
        AuditEntry(actor=person, action="client.update", target_type="clients.client", target_id=1, target_label=f"{n}")
        for n in range(home.MOST_READ + 20)
    )

    with CaptureQueriesContext(connection) as captured:
        shown = home._recent(person)

    [query] = captured.captured_queries
    assert len(shown) == home.MOST_ENTRIES
    assert query["sql"].endswith(f"LIMIT {home.MOST_READ}")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            assert [row[-1].split(" (")[0] for row in cursor.fetchall()] == [
                "SEARCH core_auditentry USING INDEX core_audit_actor_at"
            ]
