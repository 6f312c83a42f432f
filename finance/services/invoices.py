"""Invoices: made and edited as drafts, issued, voided. Money for them is `finance.services.payments`."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from django.utils.translation import gettext as _

from accounts.services.uniqueness import or_taken
from clients.models import Client, Project
from finance.jobs.invoices import render_document
from finance.models import Invoice, InvoiceLine, NumberSeries
from finance.services import books, issuing, rollups
from finance.services import lines as parts
from finance.services.lines import LineInput
from finance.services.settling import give_back
from hyperflow.core import changes, clock, jobs
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.transactions import command

Status = Invoice.Status


class DraftFields(TypedDict, total=False):
    """What can be given for a draft beside its client and its lines."""

    project: Project | None
    currency: str
    exchange_rate: Decimal | None
    issue_date: dt.date | None
    due_date: dt.date | None
    discount_percent: Decimal
    discount_amount: Decimal
    notes: str
    language: str
    buyer_reference: str
    service_from: dt.date | None
    service_until: dt.date | None


@command
def create_invoice(
    *,
    actor: Any,
    client: Client,
    lines: Sequence[LineInput],
    invoice_number: str | None = None,
    **fields: Unpack[DraftFields],
) -> Invoice:
    """Make a draft. It has no number and counts nowhere until it is issued.

    The currency is the client's unless another is given, which then needs an exchange rate if it is not the
    company's. ``invoice_number`` is for old documents that are brought in, with the right to do so and outside the
    pattern of our own numbers (``number_not_allowed``, ``number_taken``).
    """
    if invoice_number is not None:
        _check_number(invoice_number, actor)
    fields.setdefault("currency", client.currency)
    invoice = Invoice(
        client=client,
        created_by=actor if getattr(actor, "pk", None) else None,
        number=invoice_number,
        is_imported=invoice_number is not None,
        **fields,
    )
    _settle_draft(invoice)
    built = _with_sums(invoice, lines)
    with _number_of_its_own():
        changes.create(invoice, actor=actor, action="invoice.created", event="invoice.created", client_id=client.pk)
    _insert(invoice, built)
    return invoice


@command
def update_invoice(
    *,
    invoice: Invoice,
    actor: Any,
    expected_version: int | None = None,
    lines: Sequence[LineInput] | None = None,
    **fields: Unpack[DraftFields],
) -> Invoice:
    """Change a draft. ``lines`` are all that it is to have: those that name their ``line_id`` stay themselves, with
    the hours behind them; the others are new. An issued invoice does not change (`Conflict` ``invoice_issued``)."""
    invoice = changes.lock(invoice, expected_version=expected_version)
    if invoice.status != Status.DRAFT:
        raise Conflict(_("An issued invoice does not change: void it, or write a credit note."), code="invoice_issued")
    changed = Invoice(**{field.attname: getattr(invoice, field.attname) for field in _columns()})
    for name, value in fields.items():
        setattr(changed, name, value)
    _settle_draft(changed)
    if lines is None:
        built, gone = list(invoice.lines.all()), list[InvoiceLine]()
    else:
        _check_lines(changed, lines)
        built, gone = parts.replace(changed, lines)
    sums: dict[str, Any] = dict(parts.sum_up(changed, built))
    values: dict[str, Any] = {name: getattr(changed, name) for name in (*fields, "due_date")}
    values |= {**sums, "balance": sums["total"]}
    written = changes.update(invoice, actor=actor, action="invoice.changed", event="invoice.updated", **values)
    give_back(gone, actor=actor, forget=True)
    InvoiceLine._base_manager.filter(pk__in=[line.pk for line in gone]).delete()
    for line in built:
        line.invoice = invoice
        line.save()
    if lines is not None and not written:
        changes.touch(invoice)
    return invoice


@command
def delete_draft(*, invoice: Invoice, actor: Any, expected_version: int | None = None) -> Invoice:
    """Give a draft up: it is void without ever having had a number."""
    return set_status(invoice=invoice, status=Status.VOID, actor=actor, expected_version=expected_version)


@command
def set_status(
    *,
    invoice: Invoice,
    status: str,
    actor: Any,
    payment: dict[str, Any] | None = None,
    reason: str = "",
    expected_version: int | None = None,
) -> Invoice:
    """Move an invoice along its life: issue it, record what it still owes as paid, void it.

    ``overdue`` moves nothing: it is right (and answered) where the invoice is overdue. What is not possible from where
    it stands is `Conflict` ``invalid_transition``.
    """
    invoice = changes.lock(invoice, expected_version=expected_version)
    if payment is not None and status != Status.PAID:
        raise Invalid(_("A payment goes with the status “paid”."), field="payment")
    if status == Invoice.OVERDUE:
        if invoice.status_on(books.today()) != Invoice.OVERDUE:
            raise _no_such_step(invoice, _("It is not overdue: that follows from its due date."))
        return invoice
    if status not in Invoice.NEXT[Status(invoice.status)]:
        raise _no_such_step(invoice)
    if status == Status.PENDING:
        return _issue(invoice, actor)
    if status == Status.VOID:
        return _void(invoice, actor, reason)
    from finance.services import payments

    return payments.settle(invoice=invoice, actor=actor, **(payment or {}))


def _issue(invoice: Invoice, actor: Any) -> Invoice:
    """Number and freeze a locked draft."""
    _check_may(actor, "finance.issue_invoice", _("You may not issue invoices."))
    if invoice.total <= 0:
        raise Conflict(_("There is nothing to bill: give it lines first."), code="empty_invoice")
    day = invoice.issue_date or books.today()
    due = invoice.due_date or day + dt.timedelta(days=invoice.client.payment_terms_days)
    books.check_day(day, field="issue_date")
    _check_due(day, due)
    issuing.check_currency(invoice.currency, invoice.client, invoice.exchange_rate)
    numbered = {} if invoice.is_imported else issuing.take_number(NumberSeries.Kind.INVOICE, day.year)
    books.check_open(day)
    changes.update(
        invoice,
        actor=actor,
        action="invoice.issued",
        event="invoice.issued",
        payload={"client_id": invoice.client_id},
        status=Status.PENDING,
        issue_date=day,
        due_date=due,
        issued_at=clock.now(),
        issued_by=actor if getattr(actor, "pk", None) else None,
        balance=invoice.total,
        **numbered,
        **issuing.copies(invoice),
    )
    rollups.added(invoice)
    jobs.enqueue(render_document, kind="finance.invoice", pk=invoice.pk)
    return invoice


def _void(invoice: Invoice, actor: Any, reason: str) -> Invoice:
    """Take a locked invoice back as if it had not been: its number stays used, its hours can be billed again."""
    was_issued = invoice.is_issued
    _check_may(
        actor,
        "finance.void_invoice" if was_issued else "finance.change_invoice",
        _("You may not void invoices."),
    )
    if invoice.paid or invoice.credited:
        raise _no_such_step(invoice, _("There are payments or credit notes for it: write a credit note instead."))
    give_back(list(invoice.lines.all()), actor=actor, forget=not was_issued)
    if was_issued:
        books.check_open(books.today())
    before = rollups.facts_of(invoice)
    changes.update(
        invoice,
        actor=actor,
        action="invoice.voided",
        event="invoice.voided",
        payload={"client_id": invoice.client_id},
        status=Status.VOID,
        balance=Decimal(0),
        voided_at=clock.now(),
        voided_by=actor if getattr(actor, "pk", None) else None,
        void_reason=reason,
    )
    rollups.changed(before, invoice)
    return invoice


# -- what a draft must be


def _settle_draft(invoice: Invoice) -> None:
    """Its currency can be billed; its due date follows from its date where none is given."""
    issuing.check_currency(invoice.currency, invoice.client, invoice.exchange_rate)
    parts.check_project(invoice.project, invoice.client_id)
    if invoice.issue_date is not None:
        books.check_day(invoice.issue_date, field="issue_date")
        if invoice.due_date is None:
            invoice.due_date = invoice.issue_date + dt.timedelta(days=invoice.client.payment_terms_days)
        _check_due(invoice.issue_date, invoice.due_date)
    since, until = invoice.service_from, invoice.service_until
    if since is not None and until is not None and until < since:
        raise Invalid(_("It ends before it begins."), code="invalid_period", field="service_until")


#: An invoice of next year with the longest terms that a client can have.
_LONGEST_DUE = dt.timedelta(days=3 * 366)


def _check_due(day: dt.date, due: dt.date) -> None:
    if due < day:
        raise Invalid(_("It cannot be due before its date."), code="due_before_issue", field="due_date")
    books.check_day(due, field="due_date", ahead=_LONGEST_DUE)


def _with_sums(invoice: Invoice, given: Sequence[LineInput]) -> list[InvoiceLine]:
    _check_lines(invoice, given)
    built: list[InvoiceLine] = parts.build(InvoiceLine, invoice, given)
    for name, amount in parts.sum_up(invoice, built).items():
        setattr(invoice, name, amount)
    invoice.balance = invoice.total
    return built


def _check_lines(invoice: Invoice, given: Sequence[LineInput]) -> None:
    parts.check(given, invoice.client, invoice.currency)


def _insert(invoice: Invoice, built: Sequence[InvoiceLine]) -> None:
    for line in built:
        line.invoice = invoice
    parts.insert(built)


def _columns() -> list[Any]:
    return [field for field in Invoice._meta.concrete_fields if not field.generated]


# -- numbers from elsewhere


def _check_number(number: str, actor: Any) -> None:
    if not actor.has_perm("finance.import_invoice") or issuing.OWN_PATTERN.fullmatch(number.strip()):
        raise Invalid(
            _("Numbers are given out when an invoice is issued. Only old documents bring theirs, unlike our own."),
            code="number_not_allowed",
            field="invoice_number",
        )


def _number_of_its_own() -> Any:
    return or_taken(_("There is an invoice with this number already."), "number_taken")


def _no_such_step(invoice: Invoice, why: str = "") -> Conflict:
    allowed = set(Invoice.NEXT[Status(invoice.status)])
    if invoice.paid or invoice.credited:
        allowed.discard(Status.VOID)
    status = Status(invoice.status).label.lower()
    message = why or _("An invoice that is “%(status)s” cannot become that.") % {"status": status}
    return Conflict(message, code="invalid_transition", allowed=sorted(str(one) for one in allowed))


def _check_may(actor: Any, permission: str, message: str) -> None:
    if actor is not None and not actor.has_perm(permission):
        raise NotAllowed(message)
