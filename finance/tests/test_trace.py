"""From a line back to the work and forward again; hours in = billed + written off + unbilled, to the minute."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory, ProjectFactory
from finance.models import FinancialRecord
from finance.selectors import trace
from finance.selectors.hours import work
from finance.selectors.sums import Period
from finance.services import invoices, settling
from finance.services.from_time import bill_time
from finance.tests.documents import draft, line
from hyperflow.core.errors import Conflict, NotAllowed
from tasks.models import TimeEntry
from tasks.services import time
from tasks.tests.factories import TaskFactory, TimeEntryFactory

pytestmark = pytest.mark.django_db
UNTIL = dt.date(2026, 12, 31)


@pytest.fixture
def bookkeeper():
    return UserFactory(as_="finance")


@pytest.fixture
def project():
    return ProjectFactory(client=ClientFactory(currency="EUR"))


def worked(project, minutes, **more):
    task = more.pop("task", None) or TaskFactory(project=project, client=project.client)
    values = {"status": "approved", "rate": Decimal(90), "currency": "EUR", "seconds": minutes * 60, **more}
    return TimeEntryFactory(task=task, **values)


def test_each_line_leads_to_what_it_bills(bookkeeper, project):
    first, second = worked(project, 90), worked(project, 30)
    FinancialRecord.objects.create(
        record_type="expense", category="print", description="Prints", amount=50, currency="EUR",
        record_date=dt.date(2026, 1, 5), project=project, client=project.client, is_billable=True,
    )  # fmt: skip
    invoice = bill_time(actor=bookkeeper, project=project, until=UNTIL)
    steps = trace.behind(invoice)
    assert [(step.kind, step.task, step.seconds, step.amount) for step in steps] == [
        ("time", first.task, 5_400, None), ("time", second.task, 1_800, None), ("expense", None, None, 50),
    ]  # fmt: skip
    assert {step.line.invoice for step in steps} == {invoice}
    by_hand = trace.behind(draft(bookkeeper, line(10)))
    assert [step.kind for step in by_hand] == ["written"]


def test_a_task_leads_forward_and_what_was_given_back_is_told(bookkeeper, project):
    entry = worked(project, 60)
    later = worked(project, 15, task=entry.task)
    settling.write_off(entry=later, actor=bookkeeper, reason="Our mistake")
    invoice = bill_time(actor=bookkeeper, project=project, until=UNTIL)
    invoice = invoices.set_status(invoice=invoice, status="pending", actor=bookkeeper)
    invoices.set_status(invoice=invoice, status="void", actor=bookkeeper, reason="wrong")
    again = bill_time(actor=bookkeeper, project=project, until=UNTIL)
    found = [(step.state, step.given_back, step.line and step.line.invoice) for step in trace.forward(entry.task)]
    assert found == [("billed", True, invoice), ("billed", False, again), ("written off", False, None)]


def test_hours_in_are_billed_written_off_or_unbilled_to_the_minute(bookkeeper, project):
    worked(project, 61), worked(project, 43)
    off, kept = worked(project, 17), worked(project, 29, status="open")
    settling.write_off(entry=off, actor=bookkeeper, reason="Training")
    bill_time(actor=bookkeeper, project=project, until=UNTIL)
    [found] = work(bookkeeper, period=Period(dt.date(2020, 1, 1), UNTIL))
    hours = found.hours
    assert (hours.billed, hours.written_off, hours.unbilled) == (104 * 60, 17 * 60, 29 * 60)
    assert hours.logged == hours.billed + hours.written_off + hours.unbilled == (104 + 17 + 29) * 60
    assert kept.status == "open"


def test_only_unbilled_time_is_written_off_and_it_can_be_taken_back(bookkeeper, project):
    entry = worked(project, 60)
    settling.write_off(entry=entry, actor=bookkeeper, reason="x")
    with pytest.raises(Conflict) as twice:
        settling.write_off(entry=entry, actor=bookkeeper)
    assert twice.value.code == "not_unbilled"
    with pytest.raises(Conflict):
        bill_time(actor=bookkeeper, project=project, until=UNTIL)
    settling.take_back_write_off(entry=entry, actor=bookkeeper)
    assert bill_time(actor=bookkeeper, project=project, until=UNTIL).subtotal == 90
    with pytest.raises(NotAllowed):
        settling.write_off(entry=worked(project, 5), actor=UserFactory(as_="employee"))


def test_written_off_time_is_not_opened_behind_that(bookkeeper, project):
    manager = UserFactory(as_="manager")
    free, entry = worked(project, 60), worked(project, 60)
    settling.write_off(entry=entry, actor=bookkeeper, reason="Our mistake")

    with pytest.raises(Conflict) as refusal:
        time.unapprove(ids=[free.pk, entry.pk], actor=manager)

    assert (refusal.value.code, refusal.value.extra["ids"]) == ("written_off", [entry.pk])
    free.refresh_from_db()
    assert free.status == "approved"
    settling.take_back_write_off(entry=entry, actor=bookkeeper)
    assert [row.status for row in time.unapprove(ids=[free.pk, entry.pk], actor=manager)] == ["open", "open"]


def test_time_that_stood_on_an_invoice_is_kept_and_says_on_which(bookkeeper, project):
    entry = worked(project, 60)
    invoice = bill_time(actor=bookkeeper, project=project, until=UNTIL)
    invoice = invoices.set_status(invoice=invoice, status="pending", actor=bookkeeper)
    invoices.set_status(invoice=invoice, status="void", actor=bookkeeper, reason="wrong")
    time.unapprove(ids=[entry.pk], actor=UserFactory(as_="manager"))

    with pytest.raises(Conflict) as refusal:
        time.delete_entry(entry=entry, actor=entry.user)

    assert refusal.value.code == "in_use"
    assert str(invoice) in refusal.value.message
    assert TimeEntry.objects.filter(pk=entry.pk).exists()


def test_the_page_follows_an_invoice_and_a_task(client, bookkeeper, project):
    entry = worked(project, 90)
    invoice = bill_time(actor=bookkeeper, project=project, until=UNTIL)
    client.force_login(bookkeeper)
    page = client.get(f"/reports/finance/trace?invoice={invoice.pk}").content.decode()
    assert entry.task.key in page
    assert f"/admin/tasks/timeentry/{entry.pk}/change/" in page
    page = client.get(f"/reports/finance/trace?task={entry.task.key}").content.decode()
    assert f"/admin/finance/invoice/{invoice.pk}/change/" in page
    assert client.get("/reports/finance/trace?invoice=NONE-1").status_code == 400
    assert client.get("/reports/finance/trace?task=NONE-1").status_code == 400
