"""Invoices that come again and again: one a schedule and period, made by a nightly job, never two."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, TypedDict

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from clients.models import Client
from finance.billing.recurrence import Every, Period, periods
from finance.models import Invoice, RecurringInvoice, RecurringLine, RecurringPeriod, TaxRate
from finance.services import books, invoices
from finance.services.failing import tell_of_failure
from finance.services.lines import LineInput, check_project, check_size
from hyperflow.core import audit, changes, clock
from hyperflow.core.errors import Conflict, DomainError, Invalid
from hyperflow.core.transactions import command


class RecurringLineInput(TypedDict, total=False):
    description: str
    quantity: Any
    unit_price: Any
    discount_percent: Any
    tax_rate: TaxRate | None


@command
def create_schedule(
    *, actor: Any, client: Client, lines: Sequence[RecurringLineInput] = (), **values: Any
) -> RecurringInvoice:
    """Bill a client the same each period from ``starts_on`` on. The currency is the client's unless one is given."""
    values.setdefault("currency", client.currency)
    schedule = RecurringInvoice(client=client, created_by=actor, **values)
    _check(schedule)
    schedule.next_on = _next_of(schedule, set())
    changes.create(schedule, actor=actor, action="recurring.create")
    _write_lines(schedule, lines)
    return schedule


@command
def update_schedule(
    *,
    schedule: RecurringInvoice,
    actor: Any,
    expected_version: int | None = None,
    lines: Sequence[RecurringLineInput] | None = None,
    **values: Any,
) -> RecurringInvoice:
    """Change what later periods are billed; those that had their turn stay as they are.

    Its rhythm and first day stay once a period has had its turn (`Conflict` ``schedule_began``): the periods that are
    billed would no longer be those of the schedule.
    """
    schedule = changes.lock(schedule, expected_version=expected_version)
    had = set(schedule.periods.values_list("period", flat=True))
    moved = {
        name for name in ("every", "starts_on") if values.get(name, getattr(schedule, name)) != getattr(schedule, name)
    }
    if had and moved:
        raise Conflict(
            _("Periods of it are billed already: end it, and make another one for the new rhythm."),
            code="schedule_began",
        )
    if values.get("client", schedule.client) != schedule.client:
        raise Invalid(_("A schedule belongs to its client."), code="client_is_fixed", field="client")
    changed = RecurringInvoice(
        **{one.attname: getattr(schedule, one.attname) for one in RecurringInvoice._meta.concrete_fields}
    )
    for name, value in values.items():
        setattr(changed, name, value)
    _check(changed)
    written = changes.update(
        schedule, actor=actor, action="recurring.update", **{**values, "next_on": _next_of(changed, had)}
    )
    if lines is not None:
        schedule.lines.all().delete()
        _write_lines(schedule, lines)
        if not written:
            changes.touch(schedule)
    return schedule


@command
def add_line(*, schedule: RecurringInvoice, actor: Any, **values: Any) -> RecurringLine:
    """A further line of the invoices to come."""
    schedule = changes.lock(schedule)
    last = schedule.lines.order_by("-position").first()
    line = RecurringLine(schedule=schedule, **{"position": last.position + 1 if last else 0, **values})
    _check_line(line)
    line.save(force_insert=True)
    changes.touch(schedule)
    audit.record("recurring.line_added", schedule, actor=actor, changes={"line": (None, line.description)})
    return line


@command
def update_line(*, line: RecurringLine, actor: Any, **values: Any) -> RecurringLine:
    schedule = changes.lock(line.schedule)
    before = line.description
    for name, value in values.items():
        setattr(line, name, value)
    _check_line(line)
    line.save()
    changes.touch(schedule)
    audit.record("recurring.line_changed", schedule, actor=actor, changes={"line": (before, line.description)})
    return line


@command
def remove_line(*, line: RecurringLine, actor: Any) -> None:
    schedule = changes.lock(line.schedule)
    audit.record("recurring.line_removed", schedule, actor=actor, changes={"line": (line.description, None)})
    line.delete()
    changes.touch(schedule)


def run_due(today: dt.date | None = None) -> int:
    """Make the invoices of all periods that have begun, missed ones too; gives how many. Any number may run at once.

    A schedule that can't be billed (its client is billed in another currency by now, the books of today are closed)
    keeps nobody else's waiting: finance is told why, and it is tried again the next time.
    """
    today = today or books.today()
    made = 0
    due = RecurringInvoice._base_manager.filter(is_active=True, next_on__lte=today).order_by("next_on", "pk")
    for schedule in list(due):
        try:
            while _bill_next(schedule_id=schedule.pk, today=today) is not None:
                made += 1
        except DomainError as refusal:
            tell_of_failure(schedule, refusal)
    return made


@command
def _bill_next(*, schedule_id: int, today: dt.date) -> Invoice | None:
    """The invoice of the oldest period that has not had its turn; ``None`` where there is none."""
    schedule = changes.lock(RecurringInvoice(pk=schedule_id))
    if not schedule.is_active:
        return None
    had = set(schedule.periods.values_list("period", flat=True))
    every = Every(schedule.every)
    due = [one for one in periods(every, schedule.starts_on, today, schedule.ends_on) if one.name not in had]
    if not due:
        changes.update(schedule, actor=None, action="recurring.next", next_on=_next_of(schedule, had))
        return None
    turn = due[0]
    row = RecurringPeriod(
        schedule=schedule, period=turn.name, starts_on=turn.first, ends_on=turn.last, created_at=clock.now()
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # somebody else was a moment faster
        return None
    row.invoice = _make(schedule, turn)
    row.save(update_fields=["invoice"])
    changes.update(schedule, actor=None, action="recurring.billed", next_on=_next_of(schedule, {*had, turn.name}))
    return row.invoice


def _make(schedule: RecurringInvoice, turn: Period) -> Invoice:
    """A draft of today, issued where the schedule says so and it comes to something.

    The period is on it as the time of the service. Dated on a day that is over, it would be due before the client has
    it, and have a number out of the order of days."""
    day = books.today()
    terms = schedule.payment_terms_days
    due: dict[str, Any] = {"due_date": day + dt.timedelta(days=terms)} if terms is not None else {}
    invoice = invoices.create_invoice(
        actor=None,
        client=schedule.client,
        project=schedule.project,
        currency=schedule.currency,
        lines=[_line(line, turn) for line in schedule.lines.select_related("tax_rate")],
        issue_date=day,
        service_from=turn.first,
        service_until=turn.last,
        notes=fill(schedule.notes, turn),
        **due,
    )
    if schedule.issues_by_itself and invoice.total > 0:
        return invoices.set_status(invoice=invoice, status=Invoice.Status.PENDING, actor=None)
    return invoice


def _line(line: RecurringLine, turn: Period) -> LineInput:
    found: LineInput = {
        "description": fill(line.description, turn),
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "discount_percent": line.discount_percent,
    }
    if line.tax_rate is not None:
        found["tax_code"] = line.tax_rate.code
    return found


def fill(text: str, turn: Period) -> str:
    """``{month}``, ``{year}``, ``{from}`` and ``{to}`` of the period; any other brace stays as it is.

    >>> fill("Hosting {year}, {what}", Period("2026-01-01", dt.date(2026, 1, 1), dt.date(2026, 1, 31)))
    'Hosting 2026, {what}'
    """
    said = {
        "{month}": lambda: date_format(turn.first, "F Y"),
        "{year}": lambda: str(turn.first.year),
        "{from}": lambda: date_format(turn.first, "j F Y"),
        "{to}": lambda: date_format(turn.last, "j F Y"),
    }
    for mark, word in said.items():
        if mark in text:
            text = text.replace(mark, word())
    return text


def _check(schedule: RecurringInvoice) -> None:
    check_project(schedule.project, schedule.client_id)
    if schedule.ends_on is not None and schedule.ends_on < schedule.starts_on:
        raise Invalid(_("It ends before it begins."), code="end_before_start", field="ends_on")
    books.check_day(schedule.starts_on, field="starts_on")
    if schedule.currency != schedule.client.currency:
        raise Invalid(
            _("%(client)s is billed in %(currency)s.")
            % {"client": schedule.client.name, "currency": schedule.client.currency},
            code="currency_mismatch",
            field="currency",
        )


def _next_of(schedule: RecurringInvoice, had: set[str]) -> dt.date | None:
    """The first day of the first period that has had no turn; nothing once the schedule is over."""
    horizon = schedule.starts_on
    while True:
        for turn in periods(Every(schedule.every), schedule.starts_on, horizon, schedule.ends_on):
            if turn.name not in had:
                return turn.first
        if schedule.ends_on is not None and horizon >= schedule.ends_on:
            return None
        horizon += dt.timedelta(days=366 * 5)


def _check_line(line: RecurringLine) -> None:
    line.full_clean(exclude=["schedule", "tax_rate"], validate_constraints=False)
    check_size(line.quantity, line.unit_price, field="unit_price")


def _write_lines(schedule: RecurringInvoice, lines: Sequence[RecurringLineInput]) -> None:
    rows = [RecurringLine(schedule=schedule, position=number, **line) for number, line in enumerate(lines)]
    for row in rows:
        _check_line(row)
    RecurringLine._base_manager.bulk_create(rows)
