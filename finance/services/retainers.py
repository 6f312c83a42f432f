"""Retainers: a month's fee, the hours that it covers, and what runs over, billed once a month."""

import calendar
import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, Sum, prefetch_related_objects
from django.db.utils import IntegrityError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from clients.models import Project
from finance.billing.retainer import Month, Terms, months
from finance.models import Invoice, InvoiceLine, Retainer, RetainerMonth, SettledTime, Unit
from finance.services import books, invoices
from finance.services.failing import tell_of_failure
from hyperflow.core import changes, clock, money
from hyperflow.core.errors import Conflict, DomainError, Invalid, NotAllowed
from hyperflow.core.transactions import command
from tasks.models import TimeEntry

_HOUR = 3_600
#: Months whose invoice was voided or discarded.
_GONE = Q(invoice__isnull=True) | Q(invoice__status=Invoice.Status.VOID)


@command
def create_retainer(*, actor: Any, project: Project, **values: Any) -> Retainer:
    """Agree on hours a month for a fee. The currency is the client's."""
    values.setdefault("currency", project.client.currency)
    retainer = Retainer(project=project, **values)
    _check(retainer)
    return changes.create(retainer, actor=actor, action="retainer.create")


@command
def update_retainer(*, retainer: Retainer, actor: Any, expected_version: int | None = None, **values: Any) -> Retainer:
    """Change what later months are billed. Its first day and its hours stay once a month is billed (`Conflict`
    ``retainer_began``): what rolled over follows from them."""
    retainer = changes.lock(retainer, expected_version=expected_version)
    fixed = ("project", "starts_on", "included_seconds", "rolls_over_months", "currency")
    moved = [name for name in fixed if values.get(name, getattr(retainer, name)) != getattr(retainer, name)]
    if moved and retainer.months.exists():
        raise Conflict(
            _("Months of it are billed already: end it, and agree on another one."),
            code="retainer_began",
        )
    changed = Retainer(**{one.attname: getattr(retainer, one.attname) for one in Retainer._meta.concrete_fields})
    for name, value in values.items():
        setattr(changed, name, value)
    _check(changed)
    changes.update(retainer, actor=actor, action="retainer.update", **values)
    return retainer


@command
def bill_month(*, retainer: Retainer, actor: Any, month: dt.date) -> Invoice:
    """The draft of a month that is over: its fee, and the hours that run over at their rate.

    Months are billed in order and once (`Conflict` ``month_billed``, ``month_not_over``, ``month_before_open``;
    ``month_of_no_retainer`` before its first day or after its last). The approved, billable hours of the project in
    that month are settled by it: what the month covers by the fee, the rest by the line of what runs over; without a
    rate for that, the fee covers all. Hours of months before it that were approved after those were billed count here.
    """
    if actor is not None and not actor.has_perm("finance.bill_time"):
        raise NotAllowed(_("You may not bill hours."))
    retainer = changes.lock(retainer)
    month = month.replace(day=1)
    _reopen(retainer, month)
    _check_turn(retainer, month)
    entries = _entries(retainer, month)
    course = _course(retainer, month, sum(entry.seconds for entry in entries))
    row = RetainerMonth(
        retainer=retainer,
        month=month,
        **{name: getattr(course, name) for name in _KEPT},
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as taken:
        raise Conflict(_("This month is billed already."), code="month_billed") from taken
    invoice = _invoice(retainer, month, course, entries, actor)
    row.invoice = invoice
    row.save(update_fields=["invoice"])
    if retainer.issues_by_itself and invoice.total > 0:
        return invoices.set_status(invoice=invoice, status=Invoice.Status.PENDING, actor=actor)
    return invoice


def _reopen(retainer: Retainer, month: dt.date) -> None:
    """A month whose invoice was voided or discarded is open again, by hand, while no later one followed from it."""
    row = retainer.months.filter(_GONE, month=month).first()
    if row is not None and not retainer.months.filter(month__gt=month).exists():
        row.delete()


def run_due(today: dt.date | None = None) -> int:
    """Bill the months that are over, of all active retainers, oldest first; gives how many."""
    today = today or books.today()
    made = 0
    for retainer in Retainer._base_manager.filter(is_active=True, starts_on__lt=today.replace(day=1)).order_by("pk"):
        for month in open_months(retainer, today):
            try:
                bill_month(retainer=retainer, actor=None, month=month)
            except DomainError as refusal:
                if refusal.code != "month_billed":  # by somebody else, a moment ago
                    tell_of_failure(retainer, refusal)
                break
            made += 1
    return made


def open_months(retainer: Retainer, today: dt.date) -> list[dt.date]:
    """The months that are over and not billed yet."""
    billed = set(retainer.months.values_list("month", flat=True))
    over = today.replace(day=1)
    return [month for month in _months(retainer) if month < over and month not in billed]


_KEPT = ("included", "brought", "used", "covered", "overrun", "carried", "lapsed")


def _months(retainer: Retainer) -> Iterator[dt.date]:
    month = retainer.starts_on.replace(day=1)
    last = retainer.ends_on or books.today()
    while month <= last:
        yield month
        month = (month + dt.timedelta(days=32)).replace(day=1)


def _last_of(month: dt.date) -> dt.date:
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def _check_turn(retainer: Retainer, month: dt.date) -> None:
    if month >= books.today().replace(day=1):
        raise Conflict(_("The month is not over yet."), code="month_not_over")
    if month < retainer.starts_on.replace(day=1):
        raise Conflict(
            _("The retainer begins on %(day)s: this month is before it.")
            % {"day": date_format(retainer.starts_on, "DATE_FORMAT")},
            code="month_of_no_retainer",
        )
    if retainer.ends_on is not None and month > retainer.ends_on:
        raise Conflict(
            _("The retainer ended on %(day)s: this month is after it.")
            % {"day": date_format(retainer.ends_on, "DATE_FORMAT")},
            code="month_of_no_retainer",
        )
    waiting = open_months(retainer, books.today())
    if month not in waiting:
        raise Conflict(_("This month is billed already."), code="month_billed")
    if month != waiting[0]:
        raise Conflict(
            _("Bill %(month)s first: hours roll over from month to month.") % {"month": date_format(waiting[0], "F Y")},
            code="month_before_open",
        )


def _course(retainer: Retainer, month: dt.date, used: int) -> Month:
    """The month after all before it, which have been billed and are as they are."""
    before = list(retainer.months.filter(month__lt=month).order_by("month").values_list("month", "used"))
    worked = [*((day.isoformat(), seconds) for day, seconds in before), (month.isoformat(), used)]
    return months(Terms(retainer.included_seconds, retainer.rolls_over_months), worked)[-1]


def _entries(retainer: Retainer, month: dt.date) -> list[TimeEntry]:
    """Locked, in the order in which they were worked: those of the month, and those of months that were billed before
    the hours were approved. A month whose invoice is void gets its own back when it is billed anew."""
    found = TimeEntry._base_manager.filter(
        task__project_id=retainer.project_id,
        billable=True,
        status=TimeEntry.Status.APPROVED,
        work_date__gte=retainer.starts_on,
        work_date__lte=_last_of(month),
    )
    for gone in retainer.months.filter(_GONE, month__lt=month).values_list("month", flat=True):
        found = found.exclude(work_date__gte=gone, work_date__lte=_last_of(gone))
    locked = changes.lock_all(TimeEntry, list(found.values_list("pk", flat=True)))
    held = set(SettledTime.objects.holding().filter(entry__in=locked).values_list("entry_id", flat=True))
    open_ones = [one for one in locked if one.status == TimeEntry.Status.APPROVED and one.pk not in held]
    return sorted(open_ones, key=lambda one: (one.started_at, one.pk))


def _invoice(retainer: Retainer, month: dt.date, course: Month, entries: list[TimeEntry], actor: Any) -> Invoice:
    tax = {"tax_code": retainer.tax_rate.code} if retainer.tax_rate is not None else {}
    named = f"{retainer.name}, {date_format(month, 'F Y')}"
    lines: list[Any] = []
    over = course.overrun if retainer.overrun_rate else 0
    if retainer.fee or course.covered:  # hours that are covered stand behind a line, if one of nothing
        lines.append({"description": named, "quantity": 1, "unit": Unit.MONTH, "unit_price": retainer.fee, **tax})
    if over:
        hours = (Decimal(over) / _HOUR).quantize(Decimal("0.000001"))
        label = _("%(name)s: hours beyond those included") % {"name": named}
        lines.append(
            {"description": label, "quantity": hours, "unit": Unit.HOUR, "unit_price": retainer.overrun_rate, **tax}
        )
    invoice = invoices.create_invoice(
        actor=actor, client=retainer.project.client, project=retainer.project, currency=retainer.currency, lines=lines,
        service_from=month, service_until=_last_of(month),
    )  # fmt: skip
    _tie(invoice, entries, course.covered if over else None, actor)
    return invoice


def _tie(invoice: Invoice, entries: list[TimeEntry], covered: int | None, actor: Any) -> None:
    """Settle the entries by the lines: the fee has what it covers, an entry that runs over goes with what is over."""
    lines = list(InvoiceLine._base_manager.filter(invoice=invoice).order_by("position"))
    if not lines:
        return
    InvoiceLine._base_manager.filter(invoice=invoice).update(project=invoice.project)
    fee, over, now, counted, settled = lines[0], lines[-1], clock.now(), 0, []
    for entry in entries:
        counted += entry.seconds
        line = fee if covered is None or counted <= covered else over
        settled.append(SettledTime(entry=entry, line=line, seconds=entry.seconds, settled_by=actor, settled_at=now))
    SettledTime._base_manager.bulk_create(settled)
    prefetch_related_objects(entries, "user")  # by whom the audit log calls them
    changes.update_all(entries, actor=actor, action="time.billed", event="time.updated", status=TimeEntry.Status.BILLED)


def _check(retainer: Retainer) -> None:
    client = retainer.project.client
    if not money.fits(retainer.fee, retainer.currency):
        raise Invalid(_("It has more digits than its currency."), code="too_many_digits", field="fee")
    if retainer.ends_on is not None and retainer.ends_on < retainer.starts_on:
        raise Invalid(_("It ends before it begins."), code="end_before_start", field="ends_on")
    if retainer.currency != client.currency:
        raise Invalid(
            _("%(client)s is billed in %(currency)s.") % {"client": client.name, "currency": client.currency},
            code="currency_mismatch",
            field="currency",
        )


def hours_left(retainer: Retainer) -> int:
    """Seconds that are carried into the next month, and the month's own, less what was worked in it so far."""
    last = retainer.months.order_by("-month").first()
    today = books.today()
    worked = TimeEntry._base_manager.filter(
        task__project_id=retainer.project_id, billable=True, work_date__gte=today.replace(day=1)
    ).aggregate(sum=Sum("seconds"))["sum"]
    return (last.carried if last is not None else 0) + retainer.included_seconds - (worked or 0)
