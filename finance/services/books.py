"""Closing days of the books, and asking whether a day is open."""

import datetime as dt
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from finance.models import Books, ClosedPeriod
from finance.models.issuing import THE_ONE
from hyperflow.core import audit, changes, clock
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.transactions import command


def today() -> dt.date:
    """The day it is for the books: the company's own."""
    return clock.business_date()


#: Nothing in the books is older, and a date further ahead than this is a slip of the pen.
OLDEST = dt.date(2000, 1, 1)
FARTHEST = dt.timedelta(days=366)


def check_day(day: dt.date, *, field: str, ahead: dt.timedelta = FARTHEST) -> None:
    """Refuses (`Invalid` ``implausible_date``) a day that nobody means: long ago, or far ahead."""
    if not OLDEST <= day <= today() + ahead:
        raise Invalid(
            _("%(day)s is hardly meant: the books take dates from %(oldest)s to %(latest)s here.")
            % {"day": day, "oldest": OLDEST, "latest": today() + ahead},
            code="implausible_date",
            field=field,
        )


@command
def close_period(*, starts_on: dt.date, ends_on: dt.date, actor: Any, reason: str = "") -> ClosedPeriod:
    """Close these days, the last included: nothing dated on them is made, changed or undone any more.

    Waits for everybody who is writing, and has everybody wait who begins to.
    """
    if not actor.has_perm("finance.add_closedperiod"):
        raise NotAllowed(_("You may not close the books."))
    if ends_on < starts_on:
        raise Invalid(_("The last day comes after the first."), code="end_before_start", field="ends_on")
    hold_alone()
    period = ClosedPeriod(starts_on=starts_on, ends_on=ends_on, reason=reason, closed_by=actor)
    period.full_clean(exclude=["closed_by"], validate_constraints=False)
    period.save(force_insert=True)
    days = {"starts_on": (None, starts_on), "ends_on": (None, ends_on)}
    audit.record("books.closed", period, actor=actor, changes=days)
    return period


@command
def open_period(*, period: ClosedPeriod, actor: Any) -> None:
    """Open the days again."""
    if not actor.has_perm("finance.delete_closedperiod"):
        raise NotAllowed(_("You may not open the books."))
    period = changes.lock(period)
    days = {"starts_on": (period.starts_on, None), "ends_on": (period.ends_on, None)}
    audit.record("books.opened", period, actor=actor, changes=days)
    period.delete()


def check_open(*days: dt.date) -> None:
    """Refuses (`Conflict` ``period_locked``) where one of the days is closed, and keeps them open until the caller's
    transaction ends. Call it after everything else that locks."""
    hold_shared()
    first, last = min(days), max(days)
    for closed in ClosedPeriod._base_manager.filter(starts_on__lte=last, ends_on__gte=first).order_by("starts_on"):
        if any(closed.starts_on <= day <= closed.ends_on for day in days):
            raise Conflict(
                _("The books are closed from %(first)s to %(last)s: date it on an open day, or have them opened.")
                % {"first": closed.starts_on, "last": closed.ends_on},
                code="period_locked",
                starts_on=closed.starts_on.isoformat(),
                ends_on=closed.ends_on.isoformat(),
            )


def is_open(day: dt.date) -> bool:
    hold_shared()
    return not ClosedPeriod._base_manager.filter(starts_on__lte=day, ends_on__gte=day).exists()


def hold_alone() -> None:
    """Hold the books so that nobody writes into any day. Never after `check_open` in one transaction: two who did
    would wait for each other."""
    if Books._base_manager.select_for_update().filter(pk=THE_ONE).first() is None:
        Books._base_manager.get_or_create(pk=THE_ONE)


def hold_shared() -> None:
    """Writers do not wait for each other. (SQLite has one writer anyway.)"""
    if connection.vendor == "mysql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT id FROM {Books._meta.db_table} WHERE id = %s LOCK IN SHARE MODE", [THE_ONE])  # noqa: S608
            cursor.fetchall()
