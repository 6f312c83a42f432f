"""Money for invoices: payments, refunds, and what clients have in credit. Each makes its record of income, once."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from clients.models import Client
from finance.models import CreditEntry, CreditNote, FinancialRecord, Invoice, Payment
from finance.services import books, issuing, rollups
from hyperflow.core import audit, changes, clock, money, outbox
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.transactions import command

Status = Invoice.Status
Method = Payment.Method
#: The category of income that invoices bring.
SERVICES = "services"


@command
def record_payment(
    *,
    invoice: Invoice,
    actor: Any,
    amount: Decimal,
    currency: str | None = None,
    date: dt.date | None = None,
    method: str = Method.BANK_TRANSFER,
    reference: str = "",
    note: str = "",
    exchange_rate: Decimal | None = None,
    keep_as_credit: bool = False,
    expected_version: int | None = None,
) -> Payment:
    """Money came for an issued invoice, wholly or in part; what settles it makes it paid.

    More than the balance is refused (`Conflict` ``overpayment``) unless the rest is to be kept as the client's credit,
    by which later invoices can be paid (``method`` ``credit``, at most what there is: ``insufficient_credit``). Money
    in another currency than the invoice's is `Invalid` ``currency_mismatch``.
    """
    _check_may(actor)
    invoice = changes.lock(invoice, expected_version=expected_version)
    _check_takes_money(invoice)
    day = _checked_day(date, actor)
    _check_amount(amount, currency, invoice)
    by_credit = method == Method.CREDIT
    kept = max(amount - max(invoice.balance, Decimal(0)), Decimal(0))
    if kept and (by_credit or not keep_as_credit):
        raise Conflict(
            _("The invoice has a balance of %(balance)s %(currency)s. Pay no more, or keep the rest as credit.")
            % {"balance": money.wire(invoice.balance, invoice.currency), "currency": invoice.currency},
            code="overpayment",
            balance=money.wire(invoice.balance, invoice.currency),
        )
    if by_credit:
        _check_credit(invoice, amount)
    books.check_open(day)
    payment = _write(
        invoice, actor, amount, kept=kept, day=day, rate=exchange_rate, method=method, reference=reference, note=note
    )
    _count(invoice, actor, payment, by_credit=by_credit)
    return payment


@command
def record_refund(
    *,
    invoice: Invoice,
    actor: Any,
    amount: Decimal,
    currency: str | None = None,
    date: dt.date | None = None,
    method: str = Method.BANK_TRANSFER,
    reference: str = "",
    note: str = "",
    exchange_rate: Decimal | None = None,
    expected_version: int | None = None,
) -> Payment:
    """Money for an invoice went back, at most what was paid for it (`Conflict` ``refund_exceeds_paid``).

    What credit notes of the invoice left in the client's credit, and is still there, goes back first: that owes nothing
    again. The rest does, and makes the invoice pending again.
    """
    _check_may(actor)
    invoice = changes.lock(invoice, expected_version=expected_version)
    _check_takes_money(invoice)
    day = _checked_day(date, actor)
    _check_amount(amount, currency, invoice)
    if method == Method.CREDIT:
        raise Invalid(_("A refund moves money: say by which way."), field="method")
    credit = min(amount, _credit_left_by_notes(invoice))
    most = invoice.paid + credit
    if amount > most:
        raise Conflict(
            _("Only %(paid)s %(currency)s of what was paid for it can go back.")
            % {"paid": money.wire(most, invoice.currency), "currency": invoice.currency},
            code="refund_exceeds_paid",
            paid=money.wire(most, invoice.currency),
        )
    books.check_open(day)
    payment = _write(
        invoice, actor, -amount, kept=Decimal(0), day=day, rate=exchange_rate, method=method, reference=reference,
        note=note,
    )  # fmt: skip
    _count(invoice, actor, payment, by_credit=False, from_credit=credit)
    return payment


@command
def settle(*, invoice: Invoice, actor: Any, amount: Decimal | None = None, **details: Any) -> Invoice:
    """Record what an invoice still owes as paid. A given amount must be just that (`Conflict` ``amount_mismatch``)."""
    _check_may(actor)
    invoice = changes.lock(invoice)
    if amount is not None and amount != invoice.balance:
        raise Conflict(
            _("The balance is %(balance)s %(currency)s. Record a part of it as a payment.")
            % {"balance": money.wire(invoice.balance, invoice.currency), "currency": invoice.currency},
            code="amount_mismatch",
            balance=money.wire(invoice.balance, invoice.currency),
        )
    record_payment(invoice=invoice, actor=actor, amount=invoice.balance, **details)
    invoice.refresh_from_db()
    return invoice


@command
def pay_out_credit(
    *,
    client: Client,
    actor: Any,
    amount: Decimal | None = None,
    currency: str,
    date: dt.date | None = None,
    exchange_rate: Decimal | None = None,
    note: str = "",
) -> CreditEntry:
    """Give a client back what it has in credit, all of it or at most that (`Conflict` ``insufficient_credit``).

    Its record takes the income back. In another currency than the company's it counts at the rate that is given, or at
    that of the payment or credit note which left the credit.
    """
    if not actor.has_perm("finance.add_creditentry"):
        raise NotAllowed(_("You may not pay credit out."))
    day = _checked_day(date, actor)
    if amount is not None and (amount <= 0 or not money.fits(amount, currency)):
        raise Invalid(_("Write an amount above zero with the digits of its currency."), field="amount")
    _check_rate(exchange_rate, currency)
    client = changes.lock(client)
    amount = _check_has_credit(client.pk, currency, amount)
    books.check_open(day)
    rate = exchange_rate if exchange_rate is not None else _rate_of_credit(client.pk, currency)
    entry = _enter(
        client.pk, CreditEntry.Kind.PAID_OUT, -amount, currency, day, actor,
        note=note, exchange_rate=rate, company_amount=issuing.convert(-amount, rate),
    )  # fmt: skip
    rollups.added(entry, _income_taken_back(entry))
    audit.record("credit.paid_out", client, actor=actor, changes={"amount": (None, amount)})
    return entry


def _rate_of_credit(client_id: int, currency: str) -> Decimal | None:
    """1 for the company's own currency; for another, that of the payment or credit note which last left credit."""
    if currency == settings.COMPANY_CURRENCY:
        return Decimal(1)
    kept = CreditEntry._base_manager.filter(client_id=client_id, currency=currency, kind=CreditEntry.Kind.KEPT)
    source = Coalesce("payment__exchange_rate", "credit_note__exchange_rate")
    rate: Decimal | None = kept.order_by("-pk").values_list(source, flat=True).first()
    return rate


def apply_credit_note(note: CreditNote, *, invoice: Invoice, actor: Any, day: dt.date) -> None:
    """Let a credit note count for its locked invoice.

    What was paid and is owed no more becomes the client's credit: it leaves the invoice, whose balance is 0, and can be
    used for others or paid out. No money moves, so nothing is booked.
    """
    credited = invoice.credited + note.total
    kept = max(invoice.paid + credited - invoice.total, Decimal(0))
    if kept:
        _enter(note.client_id, CreditEntry.Kind.KEPT, kept, note.currency, day, actor, credit_note=note)
    apply(
        invoice,
        actor=actor,
        action="invoice.credited",
        day=day,
        paid=invoice.paid - kept,
        credited=credited,
        credit_note_id=note.pk,
    )


def credits_of(client_id: int) -> dict[str, Decimal]:
    """What a client has in credit, by currency; only where there is some."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    lines = CreditEntry._base_manager.filter(client_id=client_id)
    for currency, amount in lines.values_list("currency", "amount"):
        found[currency] += amount
    return {currency: amount for currency, amount in sorted(found.items()) if amount}


def credit_of(client_id: int, currency: str) -> Decimal:
    """What a client has in credit. Added up here, since SQLite would sum decimals as floats."""
    lines = CreditEntry._base_manager.filter(client_id=client_id, currency=currency)
    return sum(lines.values_list("amount", flat=True), Decimal(0))


# -- checks


def _check_takes_money(invoice: Invoice) -> None:
    if invoice.status not in {Status.PENDING, Status.PAID}:
        raise Conflict(_("Only an issued invoice takes payments and refunds."), code="invoice_not_open")


def _checked_day(day: dt.date | None, actor: Any) -> dt.date:
    """The day that is given, or today. A day that nobody has yet is none."""
    today = books.today()
    if day is not None and day > max(today, clock.business_date(actor)):
        raise Invalid(_("This day is still to come."), code="in_future", field="date")
    if day is not None:
        books.check_day(day, field="date")
    return day or today


def _check_amount(amount: Decimal, currency: str | None, invoice: Invoice) -> None:
    if currency is not None and currency != invoice.currency:
        raise Invalid(
            _("The invoice is in %(currency)s: state what came in that currency.") % {"currency": invoice.currency},
            code="currency_mismatch",
            field="currency",
        )
    if amount <= 0:
        raise Invalid(_("The amount is above zero."), code="min_value", field="amount")
    if not money.fits(amount, invoice.currency):
        raise Invalid(
            _("%(currency)s has %(digits)d digits after the point.")
            % {"currency": invoice.currency, "digits": money.digits(invoice.currency)},
            code="too_many_digits",
            field="amount",
        )


def _check_credit(invoice: Invoice, amount: Decimal) -> None:
    changes.lock(Client(pk=invoice.client_id))  # two payments never use the same credit
    _check_has_credit(invoice.client_id, invoice.currency, amount)


def _check_has_credit(client_id: int, currency: str, amount: Decimal | None) -> Decimal:
    """The amount, or without one all that there is."""
    there = credit_of(client_id, currency)
    amount = there if amount is None else amount
    if amount > there or amount <= 0:
        raise Conflict(
            _("The client has %(there)s %(currency)s in credit.")
            % {"there": money.wire(there, currency), "currency": currency},
            code="insufficient_credit",
            credit=money.wire(there, currency),
        )
    return amount


def _check_rate(rate: Decimal | None, currency: str) -> None:
    if rate is not None and rate <= 0:
        raise Invalid(_("A rate is above zero."), code="min_value", field="exchange_rate")
    if rate not in {None, Decimal(1)} and currency == settings.COMPANY_CURRENCY:
        raise Invalid(_("The company's own currency has the rate 1."), field="exchange_rate")


def _check_may(actor: Any) -> None:
    if not actor.has_perm("finance.add_payment"):
        raise NotAllowed(_("You may not record payments."))


# -- writing


def _write(
    invoice: Invoice,
    actor: Any,
    amount: Decimal,
    *,
    kept: Decimal,
    day: dt.date,
    rate: Decimal | None,
    method: str,
    reference: str,
    note: str,
) -> Payment:
    _check_rate(rate, invoice.currency)
    rate = rate if rate is not None else invoice.exchange_rate
    payment = Payment(
        invoice=invoice,
        client_id=invoice.client_id,
        kind=Payment.Kind.PAYMENT if amount > 0 else Payment.Kind.REFUND,
        amount=amount,
        applied=amount - kept,
        kept=kept,
        currency=invoice.currency,
        exchange_rate=rate,
        company_amount=issuing.convert(amount, rate),
        received_on=day,
        method=method,
        reference=reference,
        note=note,
        recorded_by=actor,
    )
    payment.full_clean(exclude=["invoice", "client", "recorded_by"], validate_unique=False, validate_constraints=False)
    payment.save(force_insert=True)
    return payment


def refundable(invoice: Invoice) -> Decimal:
    """What can go back for an invoice: what was paid for it, and of that what its credit notes left as credit."""
    return invoice.paid + _credit_left_by_notes(invoice, lock=False)


def _credit_left_by_notes(invoice: Invoice, *, lock: bool = True) -> Decimal:
    """What its credit notes left in the client's credit, did not go back since, and is still there."""
    lines = CreditEntry._base_manager.filter(
        Q(credit_note__invoice=invoice) | Q(payment__invoice=invoice, payment__kind=Payment.Kind.REFUND)
    )
    if not lines.exists():
        return Decimal(0)
    if lock:
        changes.lock(Client(pk=invoice.client_id))  # so that nobody uses it meanwhile
    left = sum(lines.values_list("amount", flat=True), Decimal(0))
    return max(min(left, credit_of(invoice.client_id, invoice.currency)), Decimal(0))


def _count(
    invoice: Invoice, actor: Any, payment: Payment, *, by_credit: bool, from_credit: Decimal = Decimal(0)
) -> None:
    """Let a payment count: for the invoice, the client's credit, the records and the sums."""
    if from_credit:
        _enter_for(payment, CreditEntry.Kind.USED, -from_credit, actor)
    if by_credit:
        _enter_for(payment, CreditEntry.Kind.USED, -payment.amount, actor)
    else:
        if payment.kept:
            _enter_for(payment, CreditEntry.Kind.KEPT, payment.kept, actor)
        rollups.added(payment, _income_of(payment, invoice))
    apply(
        invoice,
        actor=actor,
        action=f"invoice.{payment.kind}",
        day=payment.received_on,
        paid=invoice.paid + payment.applied + from_credit,
        payment_id=payment.pk,
    )


def apply(
    invoice: Invoice,
    *,
    actor: Any,
    action: str,
    day: dt.date,
    paid: Decimal | None = None,
    credited: Decimal | None = None,
    **payload: Any,
) -> None:
    """Give a locked invoice what was paid or credited by now; its balance and whether it is paid follow from that."""
    before = rollups.facts_of(invoice)
    paid = invoice.paid if paid is None else paid
    credited = invoice.credited if credited is None else credited
    balance = invoice.total - paid - credited
    was = invoice.status
    is_paid = balance <= 0
    changes.update(
        invoice,
        actor=actor,
        action=action,
        event="invoice.updated",
        payload={"client_id": invoice.client_id, **payload},
        paid=paid,
        credited=credited,
        balance=balance,
        status=Status.PAID if is_paid else Status.PENDING,
        paid_on=(invoice.paid_on or day) if is_paid else None,
    )
    rollups.changed(before, invoice)
    if is_paid and was != Status.PAID:
        outbox.emit("invoice.paid", invoice, client_id=invoice.client_id)


def _income_of(payment: Payment, invoice: Invoice) -> FinancialRecord:
    """The record of a payment. Its unique column makes it the only one."""
    return _booked(
        payment,
        description=str(invoice),
        record_date=payment.received_on,
        created_by_id=payment.recorded_by_id,
        project_id=invoice.project_id,
        invoice=invoice,
        payment=payment,
    )


def _income_taken_back(entry: CreditEntry) -> FinancialRecord:
    """The record of credit that was paid out: the income that came with it goes."""
    return _booked(
        entry,
        description=_("Credit paid out"),
        record_date=entry.day,
        created_by_id=entry.made_by_id,
        credit_entry=entry,
    )


def _booked(money_of: Payment | CreditEntry, **more: Any) -> FinancialRecord:
    """Income of the amount, at the rate and worth that its source keeps."""
    record = FinancialRecord(
        record_type=FinancialRecord.Type.INCOME,
        category=SERVICES,
        amount=money_of.amount,
        currency=money_of.currency,
        exchange_rate=money_of.exchange_rate,
        company_amount=money_of.company_amount,
        client_id=money_of.client_id,
        source=FinancialRecord.Source.PAYMENT,
        **more,
    )
    record.save(force_insert=True)
    return record


def _enter_for(payment: Payment, kind: CreditEntry.Kind, amount: Decimal, actor: Any) -> CreditEntry:
    return _enter(payment.client_id, kind, amount, payment.currency, payment.received_on, actor, payment=payment)


def _enter(
    client_id: int, kind: CreditEntry.Kind, amount: Decimal, currency: str, day: dt.date, actor: Any, **more: Any
) -> CreditEntry:
    return CreditEntry._base_manager.create(
        client_id=client_id,
        kind=kind,
        amount=amount,
        currency=currency,
        day=day,
        made_by=actor,
        created_at=clock.now(),
        **more,
    )
