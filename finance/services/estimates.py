"""Estimates: written, sent to a client, agreed to or not, and turned into an invoice once."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from clients.models import Client
from finance.models import Estimate, EstimateLine, Invoice, NumberSeries
from finance.services import books, invoices, issuing
from finance.services import lines as parts
from finance.services.lines import LineInput
from hyperflow.core import changes, clock
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.transactions import command

Status = Estimate.Status
_COPIED = (
    "description", "quantity", "unit", "unit_price", "discount_percent", "discount_amount", "tax_rate",
    "tax_category", "tax_note",
)  # fmt: skip


@command
def create_estimate(*, actor: Any, client: Client, lines: Sequence[LineInput], **fields: Any) -> Estimate:
    """A draft. It has no number until it is sent."""
    fields.setdefault("currency", client.currency)
    estimate = Estimate(client=client, created_by=actor, **fields)
    _settle(estimate)
    built = _built(estimate, lines)
    changes.create(estimate, actor=actor, action="estimate.created")
    _insert(estimate, built)
    return estimate


@command
def update_estimate(
    *,
    estimate: Estimate,
    actor: Any,
    expected_version: int | None = None,
    lines: Sequence[LineInput] | None = None,
    **fields: Any,
) -> Estimate:
    """Change a draft (else `Conflict` ``estimate_sent``). ``lines``, where given, are all that it is to have."""
    estimate = changes.lock(estimate, expected_version=expected_version)
    if estimate.status != Status.DRAFT:
        raise Conflict(_("What was sent does not change: write another one."), code="estimate_sent")
    changed = Estimate(
        **{one.attname: getattr(estimate, one.attname) for one in Estimate._meta.concrete_fields if not one.generated}
    )
    for name, value in fields.items():
        setattr(changed, name, value)
    _settle(changed)
    built = list(estimate.lines.all()) if lines is None else _built(changed, lines)
    sums: dict[str, Any] = dict(parts.sum_up(changed, built))
    written = changes.update(estimate, actor=actor, action="estimate.changed", **fields, **sums)
    if lines is not None:
        _keep(estimate, lines, built)
    for line in built:
        line.estimate = estimate
        line.save()
    if lines is not None and not written:
        changes.touch(estimate)
    return estimate


@command
def send(*, estimate: Estimate, actor: Any) -> Estimate:
    """Number and freeze it: this is what the client was told."""
    estimate = _lock(estimate, Status.SENT)
    if estimate.total <= 0:
        raise Conflict(_("There is nothing on it: give it lines first."), code="empty_estimate")
    day = estimate.issue_date or books.today()
    _check_valid(day, estimate.valid_until)
    issuing.check_currency(estimate.currency, estimate.client, estimate.exchange_rate)
    numbered = issuing.take_number(NumberSeries.Kind.ESTIMATE, day.year)
    changes.update(
        estimate,
        actor=actor,
        action="estimate.sent",
        status=Status.SENT,
        issue_date=day,
        issued_at=clock.now(),
        issued_by=actor,
        **numbered,
        **issuing.copies(estimate),
    )
    return estimate


@command
def decide(*, estimate: Estimate, actor: Any, accepted: bool, note: str = "") -> Estimate:
    """Write down what the client said. What is past its date can't be accepted (`Conflict` ``estimate_expired``)."""
    status = Status.ACCEPTED if accepted else Status.DECLINED
    estimate = _lock(estimate, status)
    if accepted and estimate.valid_until is not None and estimate.valid_until < books.today():
        raise Conflict(_("It has run out: write another one."), code="estimate_expired")
    changes.update(
        estimate,
        actor=actor,
        action=f"estimate.{status}",
        status=status,
        decided_at=clock.now(),
        decided_by=actor,
        decision_note=note,
    )
    return estimate


@command
def bill(*, estimate: Estimate, actor: Any) -> Invoice:
    """The draft of an invoice with the same lines, once (`Conflict` ``estimate_billed``, ``estimate_not_accepted``)."""
    if not actor.has_perm("finance.add_invoice"):
        raise NotAllowed(_("You may not write invoices."))
    estimate = changes.lock(estimate)
    if estimate.status != Status.ACCEPTED:
        raise Conflict(_("The client has not accepted it."), code="estimate_not_accepted")
    if estimate.invoice_id is not None and estimate.invoice.status != Invoice.Status.VOID:  # type: ignore[union-attr]
        raise Conflict(_("It is an invoice already: %(which)s.") % {"which": estimate.invoice}, code="estimate_billed")
    invoice = invoices.create_invoice(
        actor=actor,
        client=estimate.client,
        project=estimate.project,
        currency=estimate.currency,
        exchange_rate=estimate.exchange_rate,
        discount_percent=estimate.discount_percent,
        discount_amount=estimate.discount_amount,
        language=estimate.language,
        notes=estimate.notes,
        lines=[],
    )
    built = [_line_of(invoice, line) for line in estimate.lines.all()]
    sums: dict[str, Any] = dict(parts.sum_up(invoice, built))
    parts.insert(built)
    changes.update(invoice, actor=actor, action="invoice.changed", **sums, balance=sums["total"])
    changes.update(estimate, actor=actor, action="estimate.billed", invoice=invoice)
    return invoice


def status_on(estimate: Estimate, today: dt.date) -> str:
    """The status as people read it: what was sent and is past its date has run out."""
    if estimate.status == Status.SENT and estimate.valid_until is not None and estimate.valid_until < today:
        return Estimate.EXPIRED
    return str(estimate.status)


def _line_of(invoice: Invoice, line: EstimateLine) -> Any:
    from finance.models import InvoiceLine

    return InvoiceLine(
        invoice=invoice,
        position=line.position,
        project=invoice.project,
        **{name: getattr(line, name) for name in _COPIED},
    )


def _lock(estimate: Estimate, status: Status) -> Estimate:
    estimate = changes.lock(estimate)
    allowed = Estimate.NEXT[Status(estimate.status)]
    if status not in allowed:
        raise Conflict(
            _("An estimate that is “%(from)s” cannot become “%(to)s”.")
            % {"from": estimate.get_status_display(), "to": status.label},
            code="invalid_transition",
            allowed=sorted(str(one) for one in allowed),
        )
    return estimate


def _settle(estimate: Estimate) -> None:
    issuing.check_currency(estimate.currency, estimate.client, estimate.exchange_rate)
    parts.check_project(estimate.project, estimate.client_id)
    if estimate.issue_date is not None:
        _check_valid(estimate.issue_date, estimate.valid_until)


def _check_valid(day: dt.date, until: dt.date | None) -> None:
    if until is not None and until < day:
        raise Invalid(_("It would have run out before its date."), code="end_before_start", field="valid_until")


def _built(estimate: Estimate, lines: Sequence[LineInput]) -> list[Any]:
    parts.check(lines, estimate.client, estimate.currency)
    given: list[Any] = [
        {name: value for name, value in line.items() if name not in {"line_id", "task"}} for line in lines
    ]
    built = parts.build(EstimateLine, estimate, given)
    for name, amount in parts.sum_up(estimate, built).items():
        setattr(estimate, name, amount)
    return built


def _keep(estimate: Estimate, given: Sequence[LineInput], built: Sequence[Any]) -> None:
    """Lines that name their ``line_id`` stay themselves; those that nobody names go."""
    there = set(estimate.lines.values_list("pk", flat=True))
    for number, (one, line) in enumerate(zip(given, built, strict=True)):
        if (pk := one.get("line_id")) is not None:
            if pk not in there:
                raise Invalid(_("It has no such line."), code="does_not_exist", field=f"lines.{number}.line_id")
            there.discard(pk)
            line.pk, line._state.adding = pk, False
    estimate.lines.filter(pk__in=there).delete()


def _insert(estimate: Estimate, built: Sequence[Any]) -> None:
    for line in built:
        line.estimate = estimate
    EstimateLine._base_manager.bulk_create(built)
