"""How MariaDB finds the pages of finance's lists among 20,000 rows: by an index, in order, without sorting."""

import pytest
from django.db import connection

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory, ProjectFactory
from clients.tests.plans import BASE, copy, plan, sorts
from finance.api.invoices.views import CreditNoteViewSet, InvoiceViewSet, PaymentViewSet
from finance.api.records.views import RecordViewSet
from finance.models import Payment
from finance.tests.factories import CreditNoteFactory, FinancialRecordFactory, InvoiceFactory

# ANALYZE TABLE commits what is under way, so a rollback would not clean up.
pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
DAY = "'2024-01-01' + INTERVAL seq % 900 DAY"


@pytest.fixture
def many():
    """So many of each, over twenty clients with a project each, in every status."""
    projects = [ProjectFactory(client=ClientFactory()) for _number in range(20)]
    client, project = projects[0].client_id, projects[0].pk
    spread = {"client_id": f"{client} + seq % 20", "project_id": f"IF(seq % 3, {project} + seq % 20, NULL)"}
    invoice = InvoiceFactory(issued=True, client=projects[0].client)
    copy(
        invoice,
        id=f"seq + {BASE}",
        number="CONCAT('N', seq)",
        status="ELT(1 + seq % 3, 'pending', 'pending', 'draft')",
        total="seq % 5000",
        issue_date=DAY,
        due_date=f"{DAY} + INTERVAL 30 DAY",
        **spread,
    )
    values = {"amount": 5, "applied": 5, "currency": "EUR", "received_on": "2026-03-16"}
    payment = Payment.objects.create(invoice=invoice, client=invoice.client, **values)
    copy(payment, id=f"seq + {BASE}", invoice_id=f"{BASE} + 1 + seq % 500", received_on=DAY)
    note = CreditNoteFactory(invoice=invoice)
    copy(note, id=f"seq + {BASE}", invoice_id=f"{BASE} + 1 + seq % 500", number="CONCAT('C', seq)")
    copy(
        FinancialRecordFactory(),
        id=f"seq + {BASE}",
        record_type="ELT(1 + seq % 2, 'income', 'expense')",
        category="ELT(1 + seq % 4, 'software', 'travel', 'rent', 'office')",
        record_date=DAY,
        **spread,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE TABLE invoices, finance_payment, finance_creditnote, financial_records")
        cursor.fetchall()
    return {"client_id": client + 1, "project_id": project + 1, "invoice_id": BASE + 7}


def test_every_offered_order_has_an_index_alone_and_with_a_filter(many):
    boss = UserFactory(as_="finance")
    one = {name: {name: pk} for name, pk in many.items()}
    lists = [
        (InvoiceViewSet, [{}, {"status": "draft"}, one["client_id"], one["project_id"]]),
        (RecordViewSet, [{}, {"status": "booked"}, one["client_id"], one["project_id"]]),
    ]
    bad = []
    for view, filters in lists:
        for condition in filters:
            for column in view.orderings.values():
                for sign in ("", "-"):
                    rows = view.queryset.visible_to(boss).filter(**condition)
                    steps = plan(rows.order_by(f"{sign}{column}", f"{sign}pk")[:51])
                    if sorts(steps) or steps[0]["key"] is None:
                        bad.append((view.__name__, condition, f"{sign}{column}", steps))

    assert bad == []


def test_parts_of_an_invoice_are_found_by_it(many):
    """There are few of them: they may be sorted, but no others are read."""
    boss = UserFactory(as_="finance")
    for view in (PaymentViewSet, CreditNoteViewSet):
        rows = view.queryset.visible_to(boss).filter(invoice_id=many["invoice_id"])
        for column in view.orderings.values():
            steps = plan(rows.order_by(f"-{column}", "-pk")[:51])
            assert sum(int(step["rows"]) for step in steps) < 200, (view.__name__, column, steps)


def test_income_of_a_type_or_category_is_read_along_an_index_by_day(many):
    boss = UserFactory(as_="finance")
    for condition in ({"record_type": "income"}, {"category": "travel"}):
        rows = RecordViewSet.queryset.visible_to(boss).filter(**condition)
        steps = plan(rows.order_by("-record_date", "-pk")[:51])
        assert not sorts(steps), (condition, steps)
