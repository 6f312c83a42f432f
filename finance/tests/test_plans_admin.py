"""Plans and records in the admin, as a person clicks through them."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory, ProjectFactory
from finance.models import Estimate, FinancialRecord, Invoice, RecurringInvoice
from finance.services import claims, estimates, milestones, recurring
from finance.tests.documents import line
from tasks.tests.factories import TaskFactory, TimeEntryFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def bookkeeper(client):
    person = UserFactory(as_="finance")
    client.force_login(person)
    return person


def test_a_projects_hours_are_billed_from_its_page(client, bookkeeper):
    project = ProjectFactory()
    task = TaskFactory(project=project, client=project.client)
    TimeEntryFactory(task=task, status="approved", rate=Decimal(90), seconds=7_200)
    path = f"/admin/clients/project/{project.pk}/do/bill_hours/"

    asked = client.get(path).content.decode()
    answer = client.post(
        path, {"confirmed": "1", "until": "2026-12-31", "group_by": "person", "with_expenses": "on"}, follow=True
    )

    assert "Worked until" in asked
    assert "a draft of its hours is among the invoices" in answer.content.decode()
    assert Invoice.objects.get().subtotal == 180
    again = client.post(path, {"confirmed": "1", "until": "2026-12-31", "group_by": "person"}, follow=True)
    assert "There is no approved time to bill" in again.content.decode()


def test_who_may_not_bill_has_no_button(client):
    project = ProjectFactory()
    client.force_login(UserFactory(as_="manager"))
    assert "bill_hours" not in client.get(f"/admin/clients/project/{project.pk}/change/").content.decode()
    assert client.get(f"/admin/clients/project/{project.pk}/do/bill_hours/").status_code == 403


def test_an_estimate_goes_from_draft_to_invoice(client, bookkeeper):
    estimate = estimates.create_estimate(actor=bookkeeper, client=ClientFactory(currency="EUR"), lines=[line(80)])
    base = f"/admin/finance/estimate/{estimate.pk}"
    for move, form in (("send", {}), ("accept", {"note": "By phone"}), ("bill", {})):
        assert client.post(f"{base}/do/{move}/", {"confirmed": "1", **form}).status_code == 302, move
    estimate = Estimate.objects.get()
    assert (estimate.status, estimate.decision_note, estimate.invoice.total) == ("accepted", "By phone", 80)
    page = client.get(f"{base}/change/").content.decode()
    assert f"/admin/finance/invoice/{estimate.invoice_id}/change/" in page


def test_a_milestone_is_reached_and_billed(client, bookkeeper):
    project = ProjectFactory(client=ClientFactory(currency="EUR"))
    part = milestones.create_milestone(actor=bookkeeper, project=project, name="Design", amount=Decimal(500))
    base = f"/admin/finance/milestone/{part.pk}/do"
    client.post(f"{base}/reach/", {"confirmed": "1", "date": ""})
    client.post(f"{base}/bill/", {"confirmed": "1"})
    assert Invoice.objects.get().subtotal == 500


def test_a_schedule_gets_its_lines_and_its_rates_are_read_once(client, bookkeeper):
    schedule = recurring.create_schedule(
        actor=bookkeeper, client=ClientFactory(currency="EUR"), name="Hosting", starts_on=dt.date(2026, 1, 1)
    )
    first = recurring.add_line(schedule=schedule, actor=bookkeeper, description="Server", unit_price=Decimal(40))
    recurring.add_line(schedule=schedule, actor=bookkeeper, description="Backup", unit_price=Decimal(5))
    recurring.update_line(line=first, actor=bookkeeper, quantity=Decimal(2))
    recurring.remove_line(line=schedule.lines.get(description="Backup"), actor=bookkeeper)
    page = client.get(f"/admin/finance/recurringinvoice/{schedule.pk}/change/")
    assert page.status_code == 200
    assert "Server" in page.content.decode()
    assert RecurringInvoice.objects.get().version == 5


def test_a_claim_is_approved_by_somebody_else_and_paid_back(client, bookkeeper):
    person = UserFactory(as_="employee")
    record = claims.claim(
        actor=person, category="travel", amount=Decimal("38.50"), record_date=dt.date(2026, 1, 8), description="Taxi"
    )
    base = f"/admin/finance/financialrecord/{record.pk}/do"
    client.post(f"{base}/approve/", {"confirmed": "1", "note": "Fine"})
    client.post(f"{base}/reimburse/", {"confirmed": "1", "date": ""})
    record = FinancialRecord.objects.get()
    assert (record.status, record.decided_by, record.decision_note) == ("reimbursed", bookkeeper, "Fine")
    own = claims.claim(actor=bookkeeper, category="books", amount=Decimal(9), record_date=dt.date(2026, 1, 8))
    answer = client.post(
        f"/admin/finance/financialrecord/{own.pk}/do/approve/", {"confirmed": "1", "note": ""}, follow=True
    )
    assert "Somebody else decides about your own expenses" in answer.content.decode()
    own.refresh_from_db()
    assert own.status == "submitted"


def test_days_are_closed_and_opened_again(client, bookkeeper):
    values = {"starts_on": "2026-01-01", "ends_on": "2026-01-31", "reason": "January is done"}
    assert client.post("/admin/finance/closedperiod/add/", values).status_code == 302
    from finance.models import ClosedPeriod

    period = ClosedPeriod.objects.get()
    assert period.closed_by == bookkeeper
    client.post(f"/admin/finance/closedperiod/{period.pk}/delete/", {"post": "yes"})
    assert not ClosedPeriod.objects.exists()
