"""How MariaDB finds the pages of the lists among 20,000 rows: by an index, in order, without sorting."""

import pytest
from django.db import connection

from accounts.tests.factories import UserFactory
from clients.api.views import ClientViewSet, CommunicationViewSet, ProjectViewSet
from clients.models import Client, CommunicationLog, KeySequence, Project

pytestmark = [pytest.mark.services, pytest.mark.django_db]

ROWS = 20_000


@pytest.fixture
def many(manager):
    """So many clients, each with a project; the first has said a lot."""
    KeySequence.objects.bulk_create([KeySequence(prefix=f"K{n}") for n in range(2 * ROWS)], batch_size=2_000)
    keys = list(KeySequence.objects.order_by("pk").values_list("pk", flat=True))
    statuses, states = Client.Status.values, Project.Status.values
    Client.objects.bulk_create(
        [
            Client(
                name=f"Client {n}",
                key_sequence_id=keys[n],
                status=statuses[n % len(statuses)],
                owner=manager if n % 3 else None,
            )
            for n in range(ROWS)
        ],
        batch_size=2_000,
    )
    clients = list(Client.objects.order_by("pk").values_list("pk", flat=True))
    Project.objects.bulk_create(
        [
            Project(
                name=f"Project {n}",
                client_id=clients[n // 20],
                key_sequence_id=keys[ROWS + n],
                currency="EUR",
                status=states[n % len(states)],
            )
            for n in range(ROWS)
        ],
        batch_size=2_000,
    )
    CommunicationLog.objects.bulk_create(
        [
            CommunicationLog(client_id=clients[n % 4], channel="note", direction="internal", message="x")
            for n in range(ROWS)
        ],
        batch_size=2_000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE TABLE clients, clients_project, communication_logs")
        cursor.fetchall()
    return clients


@pytest.fixture
def manager():
    return UserFactory(as_="manager")


def _plan(rows):
    sql, parameters = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}", parameters)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_every_offered_order_has_an_index_alone_and_with_a_filter(many, manager):
    lists = [
        (ClientViewSet, [{}, {"status": "lead"}, {"owner_id": manager.pk}]),
        (ProjectViewSet, [{}, {"status": "planned"}, {"client_id": many[0]}]),
        (CommunicationViewSet, [{"client_id": many[0]}]),
    ]
    bad = []
    for view, filters in lists:
        for condition in filters:
            for column in view.orderings.values():
                for sign in ("", "-"):
                    rows = view.queryset.visible_to(manager).filter(**condition)
                    plan = _plan(rows.order_by(f"{sign}{column}", f"{sign}pk")[:51])
                    sorts = any(
                        "filesort" in (step["Extra"] or "") or "temporary" in (step["Extra"] or "") for step in plan
                    )
                    if sorts or plan[0]["key"] is None:
                        bad.append((view.__name__, condition, f"{sign}{column}", plan))

    assert bad == []
