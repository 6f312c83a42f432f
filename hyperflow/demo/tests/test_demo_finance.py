"""Finance's part of the demo data keeps every promise that the services make."""

import datetime as dt
from collections import Counter
from decimal import Decimal

import pytest

from clients.models import Project
from finance.models import (
    BankLine,
    BillingDetails,
    Budget,
    CreditEntry,
    CreditNote,
    Estimate,
    FinancialRecord,
    Invoice,
    Milestone,
    NumberSeries,
    Payment,
    RecurringInvoice,
    Retainer,
    RetainerMonth,
    SettledTime,
)
from finance.selectors import verification
from hr.models import Payslip
from hyperflow.demo.tests.invented import NOW
from tasks.models import TimeEntry

pytestmark = pytest.mark.django_db

TODAY = NOW.date()


def test_there_are_invoices_of_fourteen_months_in_every_status_and_three_currencies(loaded):
    rows = list(Invoice.objects.all())
    assert {row.status_on(TODAY) for row in rows} == {"draft", "pending", "overdue", "paid", "void"}
    assert sum(row.status_on(TODAY) == "overdue" for row in rows) >= 3
    assert len({row.currency for row in rows}) >= 3
    months = {(row.issue_date.year, row.issue_date.month) for row in rows if row.issue_date is not None}
    assert len(months) >= 14
    assert max(row.issue_date for row in rows if row.issue_date is not None) <= TODAY
    assert all(row.exchange_rate for row in rows if row.is_issued)


def test_numbers_have_no_hole_and_follow_the_days(loaded):
    for series in NumberSeries.objects.filter(kind=NumberSeries.Kind.INVOICE):
        issued = list(Invoice.objects.filter(series=series).order_by("sequence"))
        assert [row.sequence for row in issued] == list(range(1, series.last + 1))
        days = [row.issue_date for row in issued]
        assert days == sorted(days)


def test_balances_are_what_payments_and_credit_notes_leave(loaded):
    assert CreditNote.objects.count() == 2
    assert CreditEntry.objects.filter(kind="kept").exists()
    assert Payment.objects.filter(kind="refund").exists()
    for row in Invoice.objects.prefetch_related("payments", "credit_notes"):
        paid = sum((one.applied for one in row.payments.all()), Decimal(0))
        paid -= sum((one.amount for one in CreditEntry.objects.filter(credit_note__invoice=row)), Decimal(0))
        credited = sum((one.total for one in row.credit_notes.all()), Decimal(0))
        expected = Decimal(0) if row.status == "void" else row.total - paid - credited
        assert (row.paid, row.credited, row.balance) == (paid, credited, expected)
        assert all(row.issue_date <= one.received_on <= TODAY for one in row.payments.all())


def test_billed_time_stands_behind_lines_to_the_minute(loaded):
    held = SettledTime.objects.holding()
    assert set(held.values_list("entry_id", flat=True)) == set(
        TimeEntry.objects.filter(status="billed").values_list("pk", flat=True)
    )
    hours = Counter[int]()
    for line_id, seconds in held.values_list("line_id", "seconds"):
        hours[line_id] += seconds
    by_time = held.select_related("line").exclude(line__invoice__in=RetainerMonth.objects.values("invoice"))
    for one in by_time[:200]:
        assert abs(one.line.quantity * 3600 - hours[one.line_id]) < Decimal("0.01")


def test_retainers_bill_each_month_that_is_over_and_settle_its_hours(loaded):
    projects = Project.objects.filter(billing="retainer")
    assert {row.project_id for row in Retainer.objects.filter(project__in=projects)} == set(
        projects.values_list("pk", flat=True)
    )
    months = list(RetainerMonth.objects.select_related("invoice"))
    assert len(months) > 60
    assert all(row.invoice is not None and row.invoice.number for row in months)
    assert any(row.brought and row.covered > row.included for row in months)  # used what rolled over
    over = [row for row in months if row.overrun and row.retainer.overrun_rate]
    assert over
    assert all(row.invoice.lines.count() == 2 for row in over)
    # What was approved when the last of its months was billed is not left over.
    for retainer in Retainer.objects.filter(project__in=projects):
        last = retainer.months.first().month
        left = TimeEntry.objects.filter(
            task__project=retainer.project, status="approved", billable=True, work_date__lt=last
        )
        assert not left.exists(), retainer


def test_payroll_is_booked_once_and_payments_make_income_once(loaded):
    booked = FinancialRecord.objects.filter(source="payroll")
    paid = Payslip.objects.filter(run__status="paid")
    assert booked.count() == paid.count()
    assert sum(row.amount for row in booked) == sum(row.gross + row.employer_share for row in paid)
    assert FinancialRecord.objects.filter(source="payment").count() == Payment.objects.exclude(method="credit").count()


def test_expenses_budgets_and_claims_are_there(loaded):
    claims = Counter(FinancialRecord.objects.filter(source="claim").values_list("status", flat=True))
    assert claims == {"reimbursed": 2, "approved": 1, "rejected": 1, "submitted": 2}
    assert {row.scope for row in Budget.objects.all()} == {"company", "department", "client", "project"}
    assert FinancialRecord.objects.filter(is_billable=True).exists()
    assert not FinancialRecord.objects.filter(record_date__gt=TODAY).exists()
    assert BillingDetails.objects.exclude(tax_rate__code="standard").count() >= 3


def test_the_sums_that_reports_read_are_those_of_the_rows(loaded):
    assert verification.differences() == []


def test_there_is_something_of_every_plan_and_a_statement_to_go_through(loaded):
    assert Counter(Estimate.objects.values_list("status", flat=True)) == {"accepted": 1, "sent": 1, "draft": 1}
    assert RecurringInvoice.objects.get().next_on > TODAY
    assert Retainer.objects.exclude(project__billing="retainer").count() == 1
    assert Milestone.objects.filter(reached_on__isnull=False).count() == 1
    assert BankLine.objects.filter(status="open").count() == 5
    assert BankLine.objects.exclude(proposed=None).count() >= 2


def test_nothing_was_made_in_the_future(loaded):
    later = dt.timedelta(seconds=1)
    for model in (Invoice, Payment, CreditNote, FinancialRecord, Budget, BillingDetails):
        assert not model.objects.filter(created_at__gt=NOW + later).exists(), model
