"""Income and expenses as people write them, and what payroll books."""

import datetime as dt
import logging
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Department, User
from clients.models import Client, Project
from finance.models import FinancialRecord, Invoice
from finance.services import books, issuing, rollups
from finance.services.lines import check_project
from hr.models import PayrollRun, Payslip
from hyperflow.core import audit, changes, clock, money, storage
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.models import StoredFile
from hyperflow.core.transactions import command

logger = logging.getLogger(__name__)

#: What signed links to receipts name.
KIND = "finance.receipt"
PAYROLL = "payroll"


class RecordFields(TypedDict, total=False):
    """What can be given for a record, and changed of one that was written by hand."""

    record_type: str
    category: str
    amount: Decimal
    tax: Decimal
    currency: str
    exchange_rate: Decimal | None
    description: str
    supplier: str
    record_date: dt.date
    client: Client | None
    project: Project | None
    department: Department | None
    user: User | None
    invoice: Invoice | None
    is_billable: bool


def create_record(*, actor: Any, receipt: Any = None, **fields: Unpack[RecordFields]) -> FinancialRecord:
    """Write income or an expense down. The currency is the client's, else the company's, unless one is given."""
    return write_record(actor=actor, receipt=receipt, **fields)


def write_record(*, actor: Any, receipt: Any, **values: Any) -> FinancialRecord:
    """The bytes of the receipt are stored before the rows are written: a file without a row is swept up."""
    stored = storage.store(receipt, actor=actor) if receipt is not None else None
    return _create(actor=actor, receipt=stored, **values)


@command
def _create(*, actor: Any, receipt: StoredFile | None, **values: Any) -> FinancialRecord:
    client = values.get("client")
    values.setdefault("currency", client.currency if client is not None else settings.COMPANY_CURRENCY)
    record = FinancialRecord(receipt=receipt, created_by=actor, **values)
    for name, value in _settled(record).items():
        setattr(record, name, value)
    books.check_open(record.record_date)
    changes.create(record, actor=actor, action="record.created", event="record.created")
    rollups.added(record)
    return record


@command
def update_record(
    *, record: FinancialRecord, actor: Any, expected_version: int | None = None, **fields: Unpack[RecordFields]
) -> FinancialRecord:
    """Change a record that somebody wrote. What a payment or a payslip booked follows it (`Conflict`
    ``record_of_a_payment``), and neither the old day nor the new one may be closed."""
    record = _lock_own(record, expected_version)
    if record.billings.filter(released_at__isnull=True).exists():
        raise Conflict(_("It is billed to a client: take it off the invoice first."), code="record_billed")
    if record.is_paid_by_person and "user" in fields and getattr(fields["user"], "pk", None) != record.user_id:
        raise NotAllowed(_("What somebody handed in stays theirs: who decides about it follows from that."))
    changed = FinancialRecord(
        **{one.attname: getattr(record, one.attname) for one in FinancialRecord._meta.concrete_fields}
    )
    for name, value in fields.items():
        setattr(changed, name, value)
    settled = _settled(changed)
    books.check_open(record.record_date, changed.record_date)
    before = rollups.facts_of(record)
    changes.update(record, actor=actor, action="record.changed", event="record.updated", **{**fields, **settled})
    rollups.changed(before, record)
    return record


@command
def delete_record(*, record: FinancialRecord, actor: Any, expected_version: int | None = None) -> None:
    """Take back a record that somebody wrote; the audit log keeps what it said."""
    record = _lock_own(record, expected_version)
    if record.billings.filter(released_at__isnull=True).exists():
        raise Conflict(_("It is billed to a client: take it off the invoice first."), code="record_billed")
    books.check_open(record.record_date)
    before = rollups.facts_of(record)
    said = {name: (value, None) for name, (_nothing, value) in changes.filled(record).items()}
    audit.record("record.deleted", record, actor=actor, changes=said)
    record.billings.all().delete()
    record.delete()
    rollups.removed(before)


def attach_receipt(*, record: FinancialRecord, actor: Any, upload: Any) -> FinancialRecord:
    """Keep a receipt with a record, in place of the one before."""
    stored = storage.store(upload, actor=actor)
    return _attach(record=record, actor=actor, stored=stored)


@command
def _attach(*, record: FinancialRecord, actor: Any, stored: StoredFile) -> FinancialRecord:
    record = changes.lock(record)
    old = record.receipt
    changes.update(record, actor=actor, action="record.receipt", event="record.updated", receipt=stored)
    if old is not None:
        storage.remove(old)
    return record


def receipt_of(pk: int, user: Any) -> StoredFile | None:
    """The receipt of a record, for who may see it. The store asks this for each download."""
    record = FinancialRecord.objects.visible_to(user).select_related("receipt").filter(pk=pk).first()
    return record.receipt if record is not None else None


def _lock_own(record: FinancialRecord, expected_version: int | None) -> FinancialRecord:
    record = changes.lock(record, expected_version=expected_version)
    if record.payment_id is not None or record.credit_entry_id is not None or record.payslip_id is not None:
        raise Conflict(
            _("A payment or a payslip booked this, so it follows that: correct it there."), code="record_of_a_payment"
        )
    if record.decided_at is not None and record.status != FinancialRecord.Status.REJECTED:
        raise Conflict(_("This expense is approved and stays as it was handed in."), code="expense_decided")
    return record


def _settled(record: FinancialRecord) -> dict[str, Any]:
    """What follows from what is given: the client of a project, the worth in the company's currency."""
    if record.amount <= 0:
        raise Invalid(_("The amount is above zero; the type says which way it goes."), code="min_value", field="amount")
    books.check_day(record.record_date, field="record_date")
    check_project(record.project, record.client_id)
    if record.invoice is not None and record.client_id not in {None, record.invoice.client_id}:
        raise Invalid(_("The invoice is another client's."), code="invoice_of_another_client", field="invoice_id")
    if record.invoice_id is not None and record.record_type == FinancialRecord.Type.INCOME:
        # A payment books its own income: written beside it, the money would be counted twice.
        raise Invalid(
            _("What an invoice brings in is recorded as a payment of it, which books the income."),
            code="income_of_an_invoice",
            field="invoice_id",
        )
    if not money.fits(record.amount, record.currency):
        raise Invalid(_("It has more digits than its currency."), code="too_many_digits", field="amount")
    own = record.currency == settings.COMPANY_CURRENCY
    if own and record.exchange_rate not in {None, Decimal(1)}:
        raise Invalid(_("The company's own currency has the rate 1."), field="exchange_rate")
    if record.exchange_rate is not None and record.exchange_rate <= 0:
        raise Invalid(_("A rate is above zero."), code="min_value", field="exchange_rate")
    rate = Decimal(1) if own else record.exchange_rate
    company = issuing.convert(record.amount, rate)
    client = record.client or (record.project.client if record.project is not None else None)
    worth = {"company_amount": company, "company_tax": issuing.convert(record.tax, rate)}
    return {"client": client, "exchange_rate": rate, **worth}


def in_company(amount: Decimal, record: FinancialRecord) -> Decimal | None:
    """What another amount of the record would be worth, where its rate is known."""
    if not (amount > 0 and money.fits(amount, record.currency)):
        raise Invalid(_("Write an amount above zero with the digits of its currency."), field="amount")
    return issuing.convert(amount, record.exchange_rate)


# -- payroll


@command
def book_payroll(*, run_id: int) -> int:
    """Book what a paid payroll run cost, an expense a payslip, each once; gives how many were booked now.

    The cost is the gross pay and the employer's share, on the last day of the month that it is for; where the books
    of that day are closed, on the day that it was paid, and where those are too, today.
    """
    run = changes.lock(PayrollRun(pk=run_id))
    if run.status != PayrollRun.Status.PAID or run.paid_at is None:
        return 0
    paid_on = clock.business_date(at=run.paid_at)
    day = next((one for one in (run.ends_on, paid_on) if books.is_open(one)), books.today())
    books.check_open(day)
    departments = dict(Department._base_manager.values_list("name", "pk"))
    slips = Payslip._base_manager.filter(run_id=run.pk, expense__isnull=True).order_by("pk")
    booked = [_book(slip, day, departments) for slip in slips if slip.gross + slip.employer_share > 0]
    rollups.added(*booked)
    return len(booked)


def book_waiting_payroll() -> int:
    """Book the paid runs that could not be booked when they were paid, since the books were closed; gives how many
    expenses. Where they still are, the run waits for the next time."""
    costs = Q(gross__gt=0) | Q(employer_share__gt=0)
    open_slips = Payslip._base_manager.filter(costs, run__status=PayrollRun.Status.PAID, expense__isnull=True)
    booked = 0
    for run_id in list(open_slips.order_by("run_id").values_list("run_id", flat=True).distinct()):
        booked += book_payroll_or_wait(run_id=run_id)
    return booked


def book_payroll_or_wait(*, run_id: int) -> int:
    """`book_payroll`, or nothing yet where the books of today are closed too: `book_waiting_payroll` comes back."""
    try:
        return book_payroll(run_id=run_id)
    except Conflict as refusal:
        logger.warning("payroll.not_booked", extra={"run_id": run_id, "code": refusal.code})
        return 0


@command
def state_rate(*, record: FinancialRecord, actor: Any, rate: Decimal, expected_version: int | None = None) -> Any:
    """Say at which rate pay in another currency counts in the books; until then it is in no sum of the company's.

    Payroll knows no rates, so its expenses come without one. It may be stated again while the books of its day are
    open. Raises `Conflict` (``not_booked_by_payroll``) for other records, which are changed as a whole.
    """
    record = changes.lock(record, expected_version=expected_version)
    if record.payslip_id is None:
        raise Conflict(
            _("Payroll did not book this: change the record or what booked it."), code="not_booked_by_payroll"
        )
    if record.currency == settings.COMPANY_CURRENCY:
        raise Invalid(_("The company's own currency has the rate 1."), field="exchange_rate")
    if rate <= 0:
        raise Invalid(_("A rate is above zero."), code="min_value", field="exchange_rate")
    books.check_open(record.record_date)
    before = rollups.facts_of(record)
    worth: dict[str, Any] = {"exchange_rate": rate, "company_amount": issuing.convert(record.amount, rate)}
    changes.update(record, actor=actor, action="record.rated", event="record.updated", **worth)
    rollups.changed(before, record)
    return record


def _book(slip: Payslip, day: dt.date, departments: dict[str, int]) -> FinancialRecord:
    cost = slip.gross + slip.employer_share
    own = slip.currency == settings.COMPANY_CURRENCY
    record = FinancialRecord(
        record_type=FinancialRecord.Type.EXPENSE,
        category=PAYROLL,
        amount=cost,
        currency=slip.currency,
        exchange_rate=Decimal(1) if own else None,
        company_amount=cost if own else None,
        description=_("Payroll %(period)s, %(name)s") % {"period": slip.period, "name": slip.employee_name},
        record_date=day,
        department_id=departments.get(slip.department),
        user_id=slip.user_id,
        payslip=slip,
        source=FinancialRecord.Source.PAYROLL,
    )
    return changes.create(record, actor=None, action="record.created", event="record.created")
