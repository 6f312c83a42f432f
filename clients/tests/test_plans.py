"""How MariaDB finds the pages of the lists among 20,000 rows: by an index, in order, without sorting."""

import pytest
from django.db import connection

from accounts.tests.factories import UserFactory
from clients.api.views import ClientViewSet, CommunicationViewSet, ProjectViewSet
from clients.tests.factories import CommunicationFactory, ProjectFactory
from clients.tests.plans import BASE, ROWS, copy, plan, sorts

# ANALYZE TABLE commits what is under way, so a rollback would not clean up.
pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.fixture
def many(manager):
    """So many clients, each key in use, twenty projects with each of the first thousand; the first four said a lot."""
    entry = CommunicationFactory()
    project = ProjectFactory(client=entry.client)
    copy(project.key_sequence, id=f"seq + {BASE}", prefix="CONCAT('C', seq)")
    copy(entry.client.key_sequence, id=f"seq + {BASE + ROWS}", prefix="CONCAT('P', seq)")
    copy(
        entry.client,
        id=f"seq + {BASE}",
        name="CONCAT('Client ', seq)",
        key_sequence_id=f"seq + {BASE}",
        status="ELT(1 + seq % 4, 'lead', 'active', 'paused', 'former')",
        owner_id=f"IF(seq % 3, {manager.pk}, NULL)",
    )
    copy(
        project,
        id=f"seq + {BASE}",
        name="CONCAT('Project ', seq)",
        client_id=f"{BASE} + 1 + seq DIV 20",
        key_sequence_id=f"seq + {BASE + ROWS}",
        status="ELT(1 + seq % 4, 'planned', 'active', 'on_hold', 'completed')",
    )
    copy(entry, id=f"seq + {BASE}", client_id=f"{BASE} + 1 + seq % 4")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE TABLE clients, clients_project, communication_logs")
        cursor.fetchall()
    return BASE + 1


@pytest.fixture
def manager():
    return UserFactory(as_="manager")


def test_every_offered_order_has_an_index_alone_and_with_a_filter(many, manager):
    lists = [
        (ClientViewSet, [{}, {"status": "lead"}, {"owner_id": manager.pk}]),
        (ProjectViewSet, [{}, {"status": "planned"}, {"client_id": many}]),
        (CommunicationViewSet, [{"client_id": many}]),
    ]
    bad = []
    for view, filters in lists:
        for condition in filters:
            for column in view.orderings.values():
                for sign in ("", "-"):
                    rows = view.queryset.visible_to(manager).filter(**condition)
                    steps = plan(rows.order_by(f"{sign}{column}", f"{sign}pk")[:51])
                    if sorts(steps) or steps[0]["key"] is None:
                        bad.append((view.__name__, condition, f"{sign}{column}", steps))

    assert bad == []
