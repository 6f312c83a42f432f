"""Income and expenses: by hand, with receipts, and what payroll books."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.tests.factories import DepartmentFactory, UserFactory
from clients.tests.factories import ClientFactory, ProjectFactory
from finance.facts import added_up, of
from finance.models import ClosedPeriod, FinancialRecord, RollupChange
from finance.services import books, claims, payments, records
from finance.services.from_time import bill_time
from finance.tests.documents import draft, issued
from hr.models import Payslip
from hr.services import payroll
from hr.tests.factories import CompensationFactory, EmploymentFactory
from hyperflow.core.errors import DomainError
from hyperflow.core.models import Job, StoredFile

pytestmark = pytest.mark.django_db
RECEIPT = b"50.00 EUR for software\n"


@pytest.fixture(autouse=True)
def _in_march():
    with time_machine.travel(dt.datetime(2026, 3, 16, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def bookkeeper():
    return UserFactory(as_="finance")


def refusal(work):
    with pytest.raises(DomainError) as caught:
        work()
    return caught.value.code


def expense(actor, amount=50, **more):
    values = {"record_type": "expense", "category": "software", "record_date": dt.date(2026, 3, 2), **more}
    return records.create_record(actor=actor, amount=Decimal(str(amount)), **values)


def summed():
    """What the sums were told, by measure."""
    told: dict[str, int] = {}
    for change in RollupChange.objects.all():
        told[change.measure] = told.get(change.measure, 0) + change.amount
    return {measure: amount for measure, amount in told.items() if amount}


def test_a_record_follows_its_project(bookkeeper):
    project = ProjectFactory()

    record = expense(bookkeeper, project=project)

    assert (record.client_id, record.currency, record.company_amount) == (project.client_id, "EUR", 50)
    assert summed() == {"expense": 50_000, "net_expense": 50_000}


def test_the_tax_in_it_is_kept_at_its_rate_and_is_in_no_sum_without_tax(bookkeeper):
    spent = expense(bookkeeper, "119", tax=Decimal(19), currency="USD", exchange_rate=Decimal("0.9"))
    records.create_record(
        actor=bookkeeper, record_type="income", category="interest", record_date=dt.date(2026, 3, 2),
        amount=Decimal(238), tax=Decimal(38),
    )  # fmt: skip

    assert (spent.company_amount, spent.company_tax) == (Decimal("107.1"), Decimal("17.1"))
    assert summed() == {"expense": 119_000, "net_expense": 100_000, "income": 238_000, "other_income": 200_000}
    assert {one.measure: one.company for one in RollupChange.objects.filter(currency="USD")} == {
        "expense": 107_100, "net_expense": 90_000,
    }  # fmt: skip


def test_a_change_moves_the_sums(bookkeeper):
    record = expense(bookkeeper)

    records.update_record(record=record, actor=bookkeeper, amount=Decimal(70), record_type="income")

    record.refresh_from_db()
    assert (record.amount, record.company_amount, record.version) == (70, 70, 2)
    assert summed() == {"income": 70_000, "other_income": 70_000}
    records.delete_record(record=record, actor=bookkeeper)
    assert (summed(), FinancialRecord.objects.count()) == ({}, 0)


def test_closed_days_take_no_records_and_keep_theirs(bookkeeper):
    record = expense(bookkeeper)
    books.close_period(starts_on=dt.date(2026, 3, 1), ends_on=dt.date(2026, 3, 2), actor=bookkeeper)

    for work in (
        lambda: expense(bookkeeper),
        lambda: records.update_record(record=record, actor=bookkeeper, record_date=dt.date(2026, 3, 3)),
        lambda: records.delete_record(record=record, actor=bookkeeper),
    ):
        assert refusal(work) == "period_locked"
    books.open_period(period=ClosedPeriod.objects.get(), actor=bookkeeper)
    records.update_record(record=record, actor=bookkeeper, record_date=dt.date(2026, 3, 3))
    assert FinancialRecord.objects.get().record_date == dt.date(2026, 3, 3)


def test_what_a_payment_booked_follows_it(bookkeeper):
    payment = payments.record_payment(invoice=issued(bookkeeper), actor=bookkeeper, amount=Decimal(5))

    for work in (
        lambda: records.update_record(record=payment.record, actor=bookkeeper, amount=Decimal(6)),
        lambda: records.delete_record(record=payment.record, actor=bookkeeper),
    ):
        assert refusal(work) == "record_of_a_payment"
    assert FinancialRecord.objects.get().amount == 5


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"amount": 0}, "min_value"),
        ({"amount": "1.001"}, "too_many_digits"),
        ({"exchange_rate": Decimal(2)}, "validation_error"),
    ],
)
def test_what_is_no_record_is_refused(bookkeeper, fields, code):
    assert refusal(lambda: expense(bookkeeper, **fields)) == code
    assert not FinancialRecord.objects.exists()


def test_another_currency_without_a_rate_is_not_converted(bookkeeper):
    record = expense(bookkeeper, client=ClientFactory(currency="USD"))

    assert (record.currency, record.exchange_rate, record.company_amount) == ("USD", None, None)
    records.update_record(record=record, actor=bookkeeper, exchange_rate=Decimal("0.9"))
    assert FinancialRecord.objects.get().company_amount == 45


def test_a_new_receipt_takes_the_place_of_the_old(bookkeeper, run_due_jobs):
    record = expense(bookkeeper, receipt=SimpleUploadedFile("a.txt", RECEIPT))
    first = record.receipt

    records.attach_receipt(record=record, actor=bookkeeper, upload=SimpleUploadedFile("b.txt", RECEIPT))

    record.refresh_from_db()
    assert (record.receipt.original_name, StoredFile.objects.filter(pk=first.pk).exists()) == ("b.txt", False)
    assert records.receipt_of(record.pk, bookkeeper) == record.receipt
    assert records.receipt_of(record.pk, UserFactory()) is None


def test_a_paid_payroll_is_booked_once(run_due_jobs):
    hr = UserFactory(as_="hr")
    department = DepartmentFactory(name="Design")
    employments = [
        CompensationFactory(
            employment=EmploymentFactory(hire_date=dt.date(2020, 1, 1), user__department=department),
            amount=Decimal(2_100),
        ).employment
        for _person in range(2)
    ]
    run = payroll.start_run(period="2026-02", actor=hr).run
    payroll.review(run=run, actor=hr)
    payroll.approve(run=run, actor=hr)
    payroll.pay(run=run, actor=hr)

    run_due_jobs()
    again = records.book_payroll(run_id=run.pk)

    booked = FinancialRecord.objects.order_by("pk")
    assert again == 0
    assert {one.user_id for one in booked} == {one.user_id for one in employments}
    assert [(one.amount, one.record_date, one.category, one.source, one.department) for one in booked] == [
        (Decimal(2_100), dt.date(2026, 2, 28), "payroll", "payroll", department)
    ] * 2
    assert summed() == {"payroll": 4_200_000}
    assert Payslip.objects.filter(expense__isnull=True).count() == 0


def test_payroll_of_a_closed_month_counts_on_the_day_it_was_paid(run_due_jobs):
    hr = UserFactory(as_="hr")
    CompensationFactory(employment=EmploymentFactory(hire_date=dt.date(2020, 1, 1)), amount=Decimal(2_100))
    run = payroll.start_run(period="2026-02", actor=hr).run
    payroll.review(run=run, actor=hr), payroll.approve(run=run, actor=hr), payroll.pay(run=run, actor=hr)
    books.close_period(starts_on=dt.date(2026, 2, 1), ends_on=dt.date(2026, 2, 28), actor=UserFactory(as_="finance"))

    run_due_jobs()

    [record] = FinancialRecord.objects.all()
    assert record.record_date == dt.date(2026, 3, 16)
    assert [(place.measure, one.amount) for place, one in added_up(of(record)).items()] == [("payroll", 2_100_000)]


def test_payroll_that_closed_books_kept_out_is_booked_once_they_let_it_in(run_due_jobs):
    hr, finance = UserFactory(as_="hr"), UserFactory(as_="finance")
    CompensationFactory(employment=EmploymentFactory(hire_date=dt.date(2020, 1, 1)), amount=Decimal(2_100))
    run = payroll.start_run(period="2026-02", actor=hr).run
    payroll.review(run=run, actor=hr), payroll.approve(run=run, actor=hr), payroll.pay(run=run, actor=hr)
    books.close_period(starts_on=dt.date(2026, 2, 1), ends_on=dt.date(2026, 3, 16), actor=finance)

    run_due_jobs()
    assert records.book_waiting_payroll() == 0
    assert not FinancialRecord.objects.exists()
    with time_machine.travel(dt.datetime(2026, 3, 17, 12, tzinfo=dt.UTC), tick=False):
        assert records.book_waiting_payroll() == 1
        assert records.book_waiting_payroll() == 0

    assert FinancialRecord.objects.get().record_date == dt.date(2026, 3, 17)
    assert not Job.objects.filter(kind="finance.book_payroll").exclude(state="done").exists()


def test_what_is_billed_to_a_client_does_not_change_any_more(bookkeeper):
    project = ProjectFactory(client=ClientFactory(currency="EUR"), currency="EUR")
    record = expense(bookkeeper, 100, client=project.client, project=project, is_billable=True)
    bill_time(actor=bookkeeper, project=project, until=dt.date(2026, 3, 31), with_expenses=True)
    for change in ({"amount": Decimal(900)}, {"record_type": "income"}, {"is_billable": False}):
        work = lambda change=change: records.update_record(record=record, actor=bookkeeper, **change)  # noqa: E731
        assert refusal(work) == "record_billed"


def test_a_claim_is_not_made_somebody_elses_to_decide_about_it(bookkeeper):
    own = claims.claim(actor=bookkeeper, category="travel", amount=Decimal(9), record_date=dt.date(2026, 3, 2))
    given_away = lambda: records.update_record(record=own, actor=bookkeeper, user=UserFactory())  # noqa: E731
    assert refusal(given_away) == "permission_denied"
    FinancialRecord.objects.filter(pk=own.pk).update(user=UserFactory())
    assert refusal(lambda: claims.decide(record=own, actor=bookkeeper, approve=True)) == "self_approval"


@pytest.mark.parametrize("day", [dt.date(1999, 12, 31), dt.date(206, 3, 4), dt.date(2027, 3, 30), dt.date(9999, 1, 1)])
def test_a_date_that_nobody_means_is_refused(bookkeeper, day):
    record = {"record_type": "expense", "category": "rent", "amount": Decimal(1)}

    assert refusal(lambda: records.create_record(actor=bookkeeper, record_date=day, **record)) == "implausible_date"
    assert refusal(lambda: draft(bookkeeper, issue_date=day)) == "implausible_date"
    assert refusal(lambda: draft(bookkeeper, issue_date=dt.date(2026, 3, 2), due_date=dt.date(9999, 1, 1))) == (
        "implausible_date"
    )


def test_what_an_invoice_brings_in_is_not_written_beside_its_payment(bookkeeper):
    invoice = issued(bookkeeper)
    income = lambda: expense(bookkeeper, record_type="income", category="services", invoice=invoice)  # noqa: E731

    assert refusal(income) == "income_of_an_invoice"
    record = expense(bookkeeper, invoice=invoice)
    turned = lambda: records.update_record(record=record, actor=bookkeeper, record_type="income")  # noqa: E731
    assert refusal(turned) == "income_of_an_invoice"
    assert summed()["expense"] == 50_000
