"""Schedules, milestones, retainers and estimates become invoices: each once."""

import datetime as dt
import threading
from decimal import Decimal

import pytest
import time_machine
from django.db import connection

from accounts.models import Notification
from accounts.tests.factories import UserFactory
from clients.models import Client
from clients.services import clients
from clients.tests.factories import ClientFactory, ProjectFactory
from finance.models import Invoice, NumberSeries, RecurringPeriod, SettledTime
from finance.services import books, estimates, invoices, milestones, recurring, retainers, setup
from finance.tests.documents import line
from hyperflow.core.errors import Conflict, Invalid
from tasks.models import TimeEntry
from tasks.tests.factories import TaskFactory, TimeEntryFactory

pytestmark = pytest.mark.django_db

TODAY = dt.date(2026, 4, 15)


@pytest.fixture(autouse=True)
def _spring():
    with time_machine.travel(dt.datetime(2026, 4, 15, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def boss():
    return UserFactory(as_="admin")


def schedule_of(boss, **more):
    values = {"name": "Hosting", "every": "month", "starts_on": dt.date(2026, 1, 31)} | more
    values.setdefault("client", ClientFactory(currency="EUR"))
    values.setdefault("lines", [{"description": "Hosting {month}", "quantity": 1, "unit_price": Decimal(40)}])
    return recurring.create_schedule(actor=boss, **values)


# -- recurring


def test_each_period_that_has_begun_is_billed_once_missed_ones_too(boss):
    schedule = schedule_of(boss)
    assert recurring.run_due(TODAY) == 3
    assert recurring.run_due(TODAY) == 0
    made = list(Invoice.objects.order_by("service_from"))
    assert [row.service_from for row in made] == [dt.date(2026, 1, 31), dt.date(2026, 2, 28), dt.date(2026, 3, 31)]
    assert {row.issue_date for row in made} == {TODAY}  # so that none is overdue before the client has it
    assert [row.lines.get().description for row in made] == [
        "Hosting January 2026", "Hosting February 2026", "Hosting March 2026",
    ]  # fmt: skip
    schedule.refresh_from_db()
    assert schedule.next_on == dt.date(2026, 4, 30)
    assert {row.status for row in made} == {"draft"}


def test_what_is_issued_by_itself_has_a_number_and_what_is_over_or_off_makes_none(boss):
    schedule_of(boss, issues_by_itself=True, starts_on=dt.date(2026, 3, 1), ends_on=dt.date(2026, 4, 10))
    off = schedule_of(boss, is_active=False)
    assert recurring.run_due(TODAY) == 2
    assert set(Invoice.objects.values_list("status", flat=True)) == {"pending"}
    assert NumberSeries.objects.get().last == 2
    assert recurring.run_due(dt.date(2027, 4, 1)) == 0
    assert not off.periods.exists()


def test_a_period_whose_books_are_closed_is_billed_today(boss):
    schedule_of(boss, starts_on=dt.date(2026, 4, 1), issues_by_itself=True)
    books.close_period(starts_on=dt.date(2026, 4, 1), ends_on=dt.date(2026, 4, 5), actor=boss)
    assert recurring.run_due(TODAY) == 1
    assert Invoice.objects.get().issue_date == TODAY


def test_the_rhythm_stays_once_it_began_and_prices_may_change(boss):
    schedule = schedule_of(boss)
    recurring.run_due(TODAY)
    with pytest.raises(Conflict) as refused:
        recurring.update_schedule(schedule=schedule, actor=boss, every="week")
    assert refused.value.code == "schedule_began"
    lines = [{"description": "More", "quantity": 2, "unit_price": Decimal(30)}]
    recurring.update_schedule(schedule=schedule, actor=boss, lines=lines)
    assert recurring.run_due(dt.date(2026, 4, 30)) == 1
    assert Invoice.objects.order_by("service_from").last().total == 60


def test_a_schedule_that_can_not_be_billed_keeps_no_other_waiting_and_finance_is_told_once(boss):
    pounds = ClientFactory(currency="GBP")
    stuck = schedule_of(boss, client=pounds, currency="GBP", starts_on=dt.date(2026, 4, 1), issues_by_itself=True)
    schedule_of(boss, starts_on=dt.date(2026, 4, 2))
    Client.objects.filter(pk=pounds.pk).update(currency="USD")

    assert recurring.run_due(TODAY) == 1
    assert recurring.run_due(TODAY) == 0

    assert not stuck.periods.exists()
    told = Notification.objects.get(user=boss, kind="billing.failed")
    assert (told.subject_id, str(stuck) in told.title) == (stuck.pk, True)
    assert told.body


def test_what_a_schedule_is_billed_by_stays_while_it_runs(boss):
    rate = setup.create_tax_rate(actor=boss, code="low", name="Low", rate=Decimal(7))
    line = {"description": "Books", "quantity": 1, "unit_price": Decimal(40), "tax_rate": rate}
    schedule = schedule_of(boss, lines=[line])

    with pytest.raises(Conflict, match="Hosting") as refused:
        setup.update_tax_rate(tax_rate=rate, actor=boss, is_active=False)
    assert refused.value.code == "in_use"
    with pytest.raises(Conflict) as refused:
        clients.update_client(client=schedule.client, actor=boss, currency="USD")
    assert refused.value.code == "currency_in_use"

    recurring.update_schedule(schedule=schedule, actor=boss, is_active=False)
    setup.update_tax_rate(tax_rate=rate, actor=boss, is_active=False)


def test_a_line_that_no_invoice_has_room_for_is_refused_at_once(boss):
    huge = {"description": "Moon", "quantity": Decimal(1_000_000), "unit_price": Decimal(900_000_000)}
    schedule = schedule_of(boss)
    for write in (
        lambda: schedule_of(boss, lines=[huge]),
        lambda: recurring.add_line(schedule=schedule, actor=boss, **huge),
    ):
        with pytest.raises(Invalid) as refused:
            write()
        assert (refused.value.code, refused.value.field) == ("amount_too_large", "unit_price")
    assert schedule.lines.count() == 1


def test_a_schedule_from_long_ago_is_refused(boss):
    with pytest.raises(Invalid) as refused:
        schedule_of(boss, starts_on=dt.date(1999, 12, 1))
    assert (refused.value.code, refused.value.field) == ("implausible_date", "starts_on")


def test_a_schedule_of_another_currency_or_project_is_refused(boss):
    with pytest.raises(Invalid):
        schedule_of(boss, currency="USD")
    with pytest.raises(Invalid):
        schedule_of(boss, project=ProjectFactory())


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_parallel_runs_make_one_invoice_a_period(boss):
    schedule_of(boss)

    def work():
        try:
            recurring.run_due(TODAY)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert RecurringPeriod.objects.count() == Invoice.objects.count() == 3


# -- milestones


def test_a_milestone_is_billed_once_it_is_reached_and_again_after_voiding(boss):
    project = ProjectFactory(client=ClientFactory(currency="EUR"))
    part = milestones.create_milestone(actor=boss, project=project, name="Design", amount=Decimal(5_000))
    with pytest.raises(Conflict) as early:
        milestones.bill(milestone=part, actor=boss)
    assert early.value.code == "milestone_not_reached"
    part = milestones.reach(milestone=part, actor=boss)
    invoice = milestones.bill(milestone=part, actor=boss)
    assert (invoice.subtotal, invoice.project) == (Decimal(5_000), project)
    for refused in (
        lambda: milestones.bill(milestone=part, actor=boss),
        lambda: milestones.update_milestone(milestone=part, actor=boss, amount=Decimal(1)),
        lambda: milestones.delete_milestone(milestone=part, actor=boss),
    ):
        with pytest.raises(Conflict) as twice:
            refused()
        assert twice.value.code == "milestone_billed"
    invoice = invoices.set_status(invoice=invoice, status="pending", actor=boss)
    invoices.set_status(invoice=invoice, status="void", actor=boss, reason="wrong")
    assert milestones.bill(milestone=part, actor=boss).pk != invoice.pk


def test_a_day_to_come_and_a_name_that_is_taken_are_refused(boss):
    project = ProjectFactory(client=ClientFactory(currency="EUR"))
    part = milestones.create_milestone(actor=boss, project=project, name="Design", amount=Decimal(5))
    with pytest.raises(Invalid):
        milestones.reach(milestone=part, actor=boss, date=dt.date(2026, 5, 1))
    with pytest.raises(Conflict) as taken:
        milestones.create_milestone(actor=boss, project=project, name="Design", amount=Decimal(5))
    assert taken.value.code == "milestone_taken"


# -- retainers


def worked(project, day, hours):
    return TimeEntryFactory(
        task=TaskFactory(project=project, client=project.client), started_at=dt.datetime(2026, *day, 9, tzinfo=dt.UTC),
        ended_at=dt.datetime(2026, *day, 9, tzinfo=dt.UTC) + dt.timedelta(hours=hours), work_date=dt.date(2026, *day),
        seconds=hours * 3600, billable=True, status="approved", rate=100, currency="EUR",
    )  # fmt: skip


def test_a_month_is_billed_once_in_order_and_what_runs_over_by_its_rate(boss):
    project = ProjectFactory(client=ClientFactory(currency="EUR"), billing="retainer")
    retainer = retainers.create_retainer(
        actor=boss, project=project, name="Care", starts_on=dt.date(2026, 1, 1), fee=Decimal(900),
        included_seconds=10 * 3600, rolls_over_months=1, overrun_rate=Decimal(120),
    )  # fmt: skip
    worked(project, (1, 8), 6)
    for day in (3, 4, 5):
        worked(project, (2, day), 6)
    with pytest.raises(Conflict) as order:
        retainers.bill_month(retainer=retainer, actor=boss, month=dt.date(2026, 2, 1))
    assert order.value.code == "month_before_open"

    january = retainers.bill_month(retainer=retainer, actor=boss, month=dt.date(2026, 1, 1))
    february = retainers.bill_month(retainer=retainer, actor=boss, month=dt.date(2026, 2, 1))

    assert january.subtotal == 900
    assert february.subtotal == 900 + 4 * 120  # 18 worked, 10 included, 4 brought
    row = retainer.months.get(month=dt.date(2026, 2, 1))
    assert (row.brought, row.covered, row.overrun) == (4 * 3600, 14 * 3600, 4 * 3600)
    assert set(TimeEntry.objects.values_list("status", flat=True)) == {"billed"}
    assert SettledTime.objects.holding().count() == 4
    with pytest.raises(Conflict) as twice:
        retainers.bill_month(retainer=retainer, actor=boss, month=dt.date(2026, 1, 1))
    assert twice.value.code == "month_billed"
    with pytest.raises(Conflict) as early:
        retainers.bill_month(retainer=retainer, actor=boss, month=dt.date(2026, 4, 1))
    assert early.value.code == "month_not_over"
    assert retainers.run_due(TODAY) == 1  # March
    assert retainers.run_due(TODAY) == 0
    with pytest.raises(Conflict):
        retainers.update_retainer(retainer=retainer, actor=boss, included_seconds=1)


def test_a_month_outside_of_a_retainer_is_told_from_one_that_is_billed(boss):
    project = ProjectFactory(client=ClientFactory(currency="EUR"), billing="retainer")
    retainer = retainers.create_retainer(
        actor=boss, project=project, name="Care", starts_on=dt.date(2026, 2, 10), ends_on=dt.date(2026, 2, 20),
        fee=Decimal(900), included_seconds=3600,
    )  # fmt: skip
    retainers.bill_month(retainer=retainer, actor=boss, month=dt.date(2026, 2, 1))
    said = {}
    for month in (1, 2, 3):
        with pytest.raises(Conflict) as refused:
            retainers.bill_month(retainer=retainer, actor=boss, month=dt.date(2026, month, 1))
        said[month] = refused.value.code, str(refused.value)
    assert said == {
        1: ("month_of_no_retainer", "The retainer begins on 10 Feb 2026: this month is before it."),
        2: ("month_billed", "This month is billed already."),
        3: ("month_of_no_retainer", "The retainer ended on 20 Feb 2026: this month is after it."),
    }


def test_hours_approved_late_count_with_the_next_month_that_is_billed(boss):
    project = ProjectFactory(client=ClientFactory(currency="EUR"), billing="retainer")
    retainer = retainers.create_retainer(
        actor=boss, project=project, name="Care", starts_on=dt.date(2026, 1, 1), fee=Decimal(900),
        included_seconds=10 * 3600, rolls_over_months=0, overrun_rate=Decimal(120),
    )  # fmt: skip
    before, late, own = (worked(project, day, 6) for day in ((1, 8), (1, 9), (2, 3)))
    worked(ProjectFactory(client=project.client), (1, 8), 6)
    TimeEntry.objects.filter(pk=late.pk).update(status="submitted")
    retainers.bill_month(retainer=retainer, actor=boss, month=dt.date(2026, 1, 1))
    TimeEntry.objects.filter(pk=late.pk).update(status="approved")

    february = retainers.bill_month(retainer=retainer, actor=boss, month=dt.date(2026, 2, 1))

    assert february.subtotal == 900 + 2 * 120
    held = SettledTime.objects.holding().order_by("entry_id").values_list("entry_id", "line__invoice_id")
    assert dict(held)[late.pk] == dict(held)[own.pk] == february.pk
    assert sorted(dict(held)) == sorted([before.pk, late.pk, own.pk])


def test_hours_of_a_voided_month_are_not_billed_by_a_later_one(boss):
    project = ProjectFactory(client=ClientFactory(currency="EUR"), billing="retainer")
    retainer = retainers.create_retainer(
        actor=boss, project=project, name="Care", starts_on=dt.date(2026, 1, 1), fee=Decimal(900),
        included_seconds=10 * 3600,
    )  # fmt: skip
    bill = lambda month: retainers.bill_month(retainer=retainer, actor=boss, month=dt.date(2026, month, 1))  # noqa: E731
    entry = worked(project, (1, 8), 6)
    january = bill(1)
    bill(2)
    invoices.set_status(invoice=january, status="void", actor=boss, reason="Wrong")
    bill(3)
    assert SettledTime.objects.holding().count() == 0
    entry.refresh_from_db()
    assert entry.status == "approved"


def test_hours_that_a_fee_of_nothing_covers_are_billed_by_its_line_and_given_back(boss):
    project = ProjectFactory(client=ClientFactory(currency="EUR"), billing="retainer")
    retainer = retainers.create_retainer(
        actor=boss, project=project, name="Care", starts_on=dt.date(2026, 3, 1), fee=Decimal(0),
        included_seconds=10 * 3600, overrun_rate=Decimal(100),
    )  # fmt: skip
    entry, over = worked(project, (3, 3), 8), worked(project, (3, 4), 6)
    invoice = retainers.bill_month(retainer=retainer, actor=boss, month=dt.date(2026, 3, 1))
    lines = list(invoice.lines.order_by("position"))
    assert [(one.net, one.settled_time.get().entry_id) for one in lines] == [(0, entry.pk), (400, over.pk)]
    invoices.set_status(invoice=invoice, status="void", actor=boss, reason="Wrong")
    assert set(TimeEntry.objects.values_list("status", flat=True)) == {"approved"}


def test_a_month_whose_invoice_was_voided_is_billed_anew_by_hand(boss):
    project = ProjectFactory(client=ClientFactory(currency="EUR"), billing="retainer")
    retainer = retainers.create_retainer(
        actor=boss, project=project, name="Care", starts_on=dt.date(2026, 2, 1), fee=Decimal(900),
        included_seconds=10 * 3600,
    )  # fmt: skip
    worked(project, (2, 3), 6)
    bill = lambda month: retainers.bill_month(retainer=retainer, actor=boss, month=dt.date(2026, month, 1))  # noqa: E731
    invoices.set_status(invoice=bill(2), status="pending", actor=boss)
    invoices.set_status(invoice=Invoice.objects.get(), status="void", actor=boss, reason="Wrong")
    assert retainers.open_months(retainer, TODAY) == [dt.date(2026, 3, 1)]  # nothing is billed anew by itself
    again = bill(2)
    assert (again.subtotal, SettledTime.objects.holding().count()) == (900, 1)
    invoices.delete_draft(invoice=again, actor=boss)
    assert bill(2).subtotal == 900
    bill(3)
    with pytest.raises(Conflict):
        bill(2)


# -- estimates


def test_an_estimate_is_sent_accepted_and_billed_once(boss):
    client = ClientFactory(currency="EUR")
    estimate = estimates.create_estimate(
        actor=boss, client=client, lines=[line(100, 3, 19), line(50)], discount_percent=Decimal(10),
        valid_until=dt.date(2026, 5, 1), title="New shop",
    )  # fmt: skip
    assert estimate.number is None
    estimate = estimates.send(estimate=estimate, actor=boss)
    assert estimate.number == "EST-2026-0001"
    assert estimate.buyer["name"] == client.name
    with pytest.raises(Conflict) as sent:
        estimates.update_estimate(estimate=estimate, actor=boss, notes="x")
    assert sent.value.code == "estimate_sent"
    with pytest.raises(Conflict) as unaccepted:
        estimates.bill(estimate=estimate, actor=boss)
    assert unaccepted.value.code == "estimate_not_accepted"
    estimate = estimates.decide(estimate=estimate, actor=boss, accepted=True)
    invoice = estimates.bill(estimate=estimate, actor=boss)
    assert (invoice.total, invoice.subtotal, invoice.lines.count()) == (estimate.total, estimate.subtotal, 2)
    assert invoice.status == "draft"
    with pytest.raises(Conflict) as twice:
        estimates.bill(estimate=estimate, actor=boss)
    assert twice.value.code == "estimate_billed"


def test_a_draft_estimate_keeps_its_lines_and_kinds_of_tax_when_other_things_change(boss):
    client = ClientFactory(currency="EUR")
    lines = [{"description": "Work", "quantity": Decimal(1), "unit_price": Decimal(80), "tax_code": "reverse_charge"}]
    estimate = estimates.create_estimate(actor=boss, client=client, lines=lines)
    estimate = estimates.update_estimate(estimate=estimate, actor=boss, discount_percent=Decimal(50))
    assert estimate.total == 40
    assert estimate.lines.get().tax_category == "reverse_charge"


def test_what_has_run_out_cannot_be_accepted(boss):
    estimate = estimates.create_estimate(
        actor=boss, client=ClientFactory(currency="EUR"), lines=[line(1)], valid_until=dt.date(2026, 4, 16)
    )
    estimate = estimates.send(estimate=estimate, actor=boss)
    with time_machine.travel(dt.datetime(2026, 4, 20, tzinfo=dt.UTC)):
        assert estimates.status_on(estimate, books.today()) == "expired"
        with pytest.raises(Conflict) as late:
            estimates.decide(estimate=estimate, actor=boss, accepted=True)
    assert late.value.code == "estimate_expired"
    assert estimates.decide(estimate=estimate, actor=boss, accepted=False).status == "declined"


def test_an_empty_estimate_is_not_sent(boss):
    estimate = estimates.create_estimate(actor=boss, client=ClientFactory(currency="EUR"), lines=[])
    with pytest.raises(Conflict) as empty:
        estimates.send(estimate=estimate, actor=boss)
    assert empty.value.code == "empty_estimate"
