"""What was billed of each person's hours sums to the lines, to the cent."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory, ProjectFactory
from finance.selectors.person_revenue import billed_by_person
from finance.selectors.sums import Period
from finance.services import credit_notes, invoices
from finance.services.from_time import bill_time
from tasks.tests.factories import TaskFactory, TimeEntryFactory

pytestmark = pytest.mark.django_db
YEAR = Period(dt.date(2026, 1, 1), dt.date(2026, 12, 31))


def billed(boss, seconds, **more):
    project = ProjectFactory(client=ClientFactory(currency="EUR"))
    task = TaskFactory(project=project, client=project.client)
    people = [
        TimeEntryFactory(task=task, status="approved", rate=Decimal(100), currency="EUR", seconds=one).user
        for one in seconds
    ]
    made = bill_time(actor=boss, project=project, until=dt.date(2026, 12, 31), issue_date=dt.date(2026, 3, 2), **more)
    return invoices.set_status(invoice=made, status="pending", actor=boss), people


def test_a_line_is_shared_by_the_length_of_the_hours(client):
    boss = UserFactory(as_="admin")
    invoice, (first, second, third) = billed(boss, [1_000, 1_000, 1_600])
    found = billed_by_person(boss, YEAR)
    assert sum(found.values()) == invoice.subtotal == 100
    assert [found[one.pk] for one in (first, second)] == [Decimal("27.78")] * 2
    assert found[third.pk] == Decimal("44.44")
    line = invoice.lines.get()
    credit_notes.credit(
        invoice=invoice, actor=boss, lines=[{"line_id": line.pk, "quantity": Decimal("0.5")}],
        issue_date=dt.date(2026, 3, 9),
    )  # fmt: skip
    assert sum(billed_by_person(boss, YEAR).values()) == 50
    assert billed_by_person(boss, Period(dt.date(2025, 1, 1), dt.date(2025, 12, 31))) == {}
    client.force_login(boss)
    assert client.get("/reports/finance/margin?group=person").status_code == 200


def test_what_is_void_or_a_draft_is_nobodys_revenue():
    boss = UserFactory(as_="admin")
    invoice, _people = billed(boss, [3_600])
    invoices.set_status(invoice=invoice, status="void", actor=boss, reason="x")
    assert billed_by_person(boss, YEAR) == {}


def test_without_the_right_to_see_pay_there_is_no_money_of_people(client):
    boss = UserFactory(as_="admin")
    billed(boss, [3_600])
    client.force_login(UserFactory(as_="manager"))
    page = client.get("/reports/finance/margin?group=person&format=csv")
    if page.status_code == 200:
        assert b"100.00" not in b"".join(page.streaming_content)
