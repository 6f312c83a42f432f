"""Hours as lines of an invoice: billed once, given back when it is void."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.tests.factories import UserFactory
from clients.tests.factories import ProjectFactory
from finance.models import BilledExpense, FinancialRecord, Invoice, SettledTime
from finance.services import invoices, retainers
from finance.services.from_time import bill_time
from finance.tests.factories import FinancialRecordFactory
from hr.models import Attendance
from hyperflow.core.errors import Conflict, NotAllowed
from tasks.models import TimeEntry
from tasks.tests.factories import TaskFactory, TimeEntryFactory

pytestmark = pytest.mark.django_db
UNTIL = dt.date(2026, 1, 31)


@pytest.fixture
def bookkeeper():
    return UserFactory(as_="finance")


@pytest.fixture
def project():
    return ProjectFactory()


def worked(task, minutes=60, **more):
    """Approved, billable time at 90 an hour."""
    values = {"status": "approved", "rate": Decimal(90), "seconds": minutes * 60, **more}
    return TimeEntryFactory(task=task, **values)


def task_of(project, **more):
    return TaskFactory(client=project.client, project=project, **more)


def test_hours_become_lines_and_are_billed_once(api, bookkeeper, project):
    logo, site = task_of(project, title="Logo"), task_of(project, title="Site")
    mine = [worked(logo, 20), worked(logo, 20), worked(site, 90), worked(site, 60, rate=Decimal("99.50"))]
    worked(site, billable=False), worked(site, status="open"), worked(task_of(ProjectFactory()))
    worked(site, work_date=dt.date(2026, 2, 1)), worked(site, rate=None)
    body = {"client_id": project.client_id, "from_time": {"project_id": project.pk, "until": "2026-01-31"}}

    made = api(bookkeeper).post("/api/finance/invoices", body, format="json")
    again = api(bookkeeper).post("/api/finance/invoices", body, format="json")

    invoice = made.json()
    assert (made.status_code, invoice["status"], invoice["amount"]) == (201, "draft", "294.50")
    assert [(one["description"], one["quantity"], one["unit"], one["unit_price"]) for one in invoice["lines"]] == [
        ("Logo", "0.666667", "hour", "90.00"), ("Site", "1.5", "hour", "90.00"), ("Site", "1", "hour", "99.50"),
    ]  # fmt: skip
    assert {one["task_id"] for one in invoice["lines"]} == {logo.pk, site.pk}
    assert sorted(SettledTime.objects.holding().values_list("entry_id", flat=True)) == [entry.pk for entry in mine]
    assert TimeEntry.objects.filter(status="billed").count() == 4
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_bill")


def test_voiding_gives_the_hours_back(bookkeeper, project):
    entry = worked(task_of(project))
    first = bill_time(actor=bookkeeper, project=project, until=UNTIL)
    invoices.set_status(invoice=first, status="pending", actor=bookkeeper)

    invoices.set_status(invoice=first, status="void", actor=bookkeeper)
    second = bill_time(actor=bookkeeper, project=project, until=UNTIL)

    assert second.total == 90
    assert list(SettledTime.objects.filter(entry=entry).order_by("pk").values_list("line__invoice_id", "holding")) == [
        (first.pk, None), (second.pk, 1),
    ]  # fmt: skip


def test_a_line_that_leaves_the_draft_gives_its_hours_back(bookkeeper, project):
    kept, left = worked(task_of(project)), worked(task_of(project))
    invoice = bill_time(actor=bookkeeper, project=project, until=UNTIL)
    line = invoice.lines.get(settled_time__entry=kept)

    invoices.update_invoice(
        invoice=invoice,
        actor=bookkeeper,
        lines=[{"line_id": line.pk, "description": "Less", "quantity": Decimal(1), "unit_price": Decimal(80)}],
    )

    assert list(SettledTime.objects.values_list("entry_id", flat=True)) == [kept.pk]
    assert [TimeEntry.objects.get(pk=one.pk).status for one in (kept, left)] == ["billed", "approved"]


def test_who_may_not_bill_hours(bookkeeper, project):
    worked(task_of(project))

    with pytest.raises(NotAllowed):
        bill_time(actor=UserFactory(as_="manager"), project=project, until=UNTIL)
    with pytest.raises(Conflict):
        bill_time(actor=bookkeeper, project=project, until=dt.date(2026, 1, 1))
    assert not Invoice.objects.exists()


@pytest.mark.parametrize("more", [{}, {"lines": [{"description": "x", "quantity": "1", "unit_price": "1"}]}])
def test_it_is_either_lines_or_hours(api, bookkeeper, project, more):
    wanted = {"from_time": {"project_id": project.pk, "until": "2026-01-31"}} if more else {}

    reply = api(bookkeeper).post(
        "/api/finance/invoices", {"client_id": project.client_id, **wanted, **more}, format="json"
    )

    assert (reply.status_code, [error["field"] for error in reply.json()["errors"]]) == (422, ["lines"])


# -- expenses, and time that nothing explains


def bought(project, amount=119, tax=19, **more):
    values = {
        "record_type": "expense", "category": "production", "description": "Prints", "amount": Decimal(amount),
        "tax": Decimal(tax), "currency": project.currency, "record_date": dt.date(2026, 1, 20), "project": project,
        "client": project.client, "is_billable": True, **more,
    }  # fmt: skip
    return FinancialRecord.objects.create(**values)


def test_billable_expenses_are_billed_once_without_the_tax_in_them(bookkeeper, project):
    mine = bought(project)
    bought(project, is_billable=False), bought(project, record_date=dt.date(2026, 2, 1))
    bought(project, status="submitted"), bought(ProjectFactory())

    invoice = bill_time(actor=bookkeeper, project=project, until=UNTIL)

    assert [(line.description, line.unit_price) for line in invoice.lines.all()] == [("Prints", Decimal(100))]
    assert BilledExpense.objects.get().record == mine
    with pytest.raises(Conflict) as again:
        bill_time(actor=bookkeeper, project=project, until=UNTIL)
    assert again.value.code == "nothing_to_bill"
    invoices.set_status(invoice=invoice, status="void", actor=bookkeeper)
    assert bill_time(actor=bookkeeper, project=project, until=UNTIL).subtotal == 100


def test_expenses_can_be_left_out(bookkeeper, project):
    bought(project)
    entry = worked(task_of(project))
    invoice = bill_time(actor=bookkeeper, project=project, until=UNTIL, with_expenses=False)
    assert invoice.lines.count() == 1
    assert SettledTime.objects.get().entry == entry
    assert BilledExpense.objects.count() == 0


def test_time_logged_while_clocked_out_is_refused_without_a_note(api, bookkeeper, project):
    """Only of people who clock in; a note explains, and the rest can be billed."""
    task = task_of(project, title="Site")
    inside, outside, told = worked(task), worked(task), worked(task, note="At the client's, no clock there")
    for entry in (inside, outside, told):
        day = entry.work_date
        begins = entry.started_at if entry is inside else entry.started_at + dt.timedelta(hours=6)
        Attendance.objects.create(
            user=entry.user, work_date=day, login_time=begins, logout_time=begins + dt.timedelta(hours=2), seconds=7_200
        )
    body = {"client_id": project.client_id, "from_time": {"project_id": project.pk, "until": "2026-12-31"}}

    refused = api(bookkeeper).post("/api/finance/invoices", body, format="json")
    body["from_time"]["leave_out_unexplained"] = True
    made = api(bookkeeper).post("/api/finance/invoices", body, format="json")

    assert (refused.status_code, refused.json()["code"]) == (409, "unexplained_time")
    assert refused.json()["entry_ids"] == [outside.pk]
    assert outside.user.name in refused.json()["detail"]
    assert made.status_code == 201
    assert set(SettledTime.objects.holding().values_list("entry_id", flat=True)) == {inside.pk, told.pk}


def test_hours_that_a_retainer_bills_are_not_billed_by_time(api, bookkeeper):
    project = ProjectFactory(billing="retainer")
    entry = worked(task_of(project))
    body = {"client_id": project.client_id, "from_time": {"project_id": project.pk, "until": "2026-01-31"}}

    without = api(bookkeeper).post("/api/finance/invoices", body, format="json")
    retainer_of(project, bookkeeper)
    refused = api(bookkeeper).post("/api/finance/invoices", body, format="json")

    assert (without.status_code, without.json()["code"]) == (409, "billed_by_retainer")
    assert "set one up" in without.json()["detail"]
    assert (refused.status_code, refused.json()["code"]) == (409, "billed_by_retainer")
    assert "bill the month on its retainer" in refused.json()["detail"]
    entry.refresh_from_db()
    assert (entry.status, Invoice.objects.count(), SettledTime.objects.count()) == ("approved", 0, 0)


def test_what_was_bought_for_a_retainer_project_is_billed_without_its_hours(bookkeeper):
    project = ProjectFactory(billing="retainer")
    entry = worked(task_of(project))
    FinancialRecordFactory(project=project, amount=40, record_date=UNTIL, is_billable=True, currency=project.currency)

    invoice = bill_time(actor=bookkeeper, project=project, until=UNTIL)

    assert invoice.lines.count() == BilledExpense.objects.count() == 1
    entry.refresh_from_db()
    assert (entry.status, SettledTime.objects.count()) == ("approved", 0)


def test_of_an_hourly_project_only_the_days_of_its_retainer_are_left_to_that(bookkeeper, project):
    before, within = worked(task_of(project), work_date=dt.date(2026, 1, 10)), worked(task_of(project), work_date=UNTIL)
    retainer = retainer_of(project, bookkeeper, starts_on=dt.date(2026, 1, 20), ends_on=dt.date(2026, 2, 28))

    bill_time(actor=bookkeeper, project=project, until=UNTIL)

    assert list(SettledTime.objects.values_list("entry_id", flat=True)) == [before.pk]
    with pytest.raises(Conflict) as left:
        bill_time(actor=bookkeeper, project=project, until=UNTIL)
    assert left.value.code == "billed_by_retainer"
    retainers.update_retainer(retainer=retainer, actor=bookkeeper, is_active=False)
    bill_time(actor=bookkeeper, project=project, until=UNTIL)
    assert SettledTime.objects.holding().filter(entry=within).count() == 1


def retainer_of(project, actor, **more):
    values = {"name": "Care", "starts_on": dt.date(2026, 1, 1), "fee": Decimal(900), "included_seconds": 36_000, **more}
    return retainers.create_retainer(actor=actor, project=project, currency=project.currency, **values)
