"""What a month comes to for some employees, worked out from what is true now; nothing is written here."""

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import gettext as _

from hr.models import Employment, PayAdjustment, PayrollRun
from hr.payroll.basics import MixedCurrencies, WorkDay, basics_of
from hr.payroll.compute import NoAmount, Pay, pay_of
from hr.selectors import payroll as selectors
from hr.selectors.employment import earlier_hours_of, weekly_hours_on


class Unpayable(Exception):
    """No payslip can be made for this person; the code and the sentence say why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Month:
    """What is known of some employees for a month, read in a number of queries that does not depend on how many.

    Without ``takes_corrections`` it is the month by itself, as if nothing of an earlier one were put right in it.
    """

    def __init__(self, run: PayrollRun, employment_ids: Sequence[int], *, takes_corrections: bool = True) -> None:
        rows = Employment.objects.filter(pk__in=employment_ids).select_related("user", "user__department")
        self.rows = list(rows.order_by("pk"))
        people = [row.user_id for row in self.rows]
        self.days = selectors.work_days(self.rows, run.starts_on, run.ends_on)
        self.weekly_hours = weekly_hours_on(self.rows, run.ends_on)
        self.earlier_hours = earlier_hours_of(self.rows, run.starts_on)
        self.rates = selectors.rates_of(employment_ids, run.starts_on, run.ends_on)
        self.components = selectors.Components(run.starts_on, run.ends_on, employment_ids)
        self.corrections = selectors.adjustments_by_person(run, people) if takes_corrections else {}
        self.policy = selectors.policy()

    def pay(self, row: Employment, days: Sequence[WorkDay] | None = None) -> Pay:
        """By other ``days`` than those of now, where they are given. Raises `Unpayable`."""
        days = self.days[row.user_id] if days is None else days
        waiting = self.corrections.get(row.user_id, [])
        try:
            basics = basics_of(
                days,
                self.rates.get(row.pk, []),
                weekly_hours=row.weekly_hours,
                earlier_hours=self.earlier_hours[row.pk],
                policy=self.policy,
                currency=waiting[0].currency if waiting else settings.COMPANY_CURRENCY,
            )
            _check_currencies(waiting, basics.currency)
            return pay_of(
                basics,
                self.components.of(row.pk, basics.currency) if self._has_pay(row, days) else [],
                [selectors.as_adjustment(one) for one in waiting],
                weekly_hours=self.weekly_hours[row.pk],
            )
        except MixedCurrencies as error:
            text = _("The pay of this month is in two currencies (%(both)s): let the new one begin with a month.")
            raise Unpayable("mixed_currencies", text % {"both": error}) from error
        except NoAmount as error:
            raise Unpayable("component_failed", str(error)) from error

    def works(self, row: Employment) -> bool:
        """Were they employed on any day of the month? Who is not may still have a correction to come."""
        return any(day.is_employed for day in self.days[row.user_id])

    def has_pay(self, row: Employment) -> bool:
        """Was any pay in force while they worked here in this month? An agreed pay of nothing is one."""
        return self._has_pay(row, self.days[row.user_id])

    def _has_pay(self, row: Employment, days: Sequence[WorkDay]) -> bool:
        last = max((day.date for day in days if day.is_employed), default=None)
        return last is not None and any(rate.since <= last for rate in self.rates.get(row.pk, []))

    def days_before_pay(self, row: Employment) -> list[dt.date]:
        """The working days of the employment on which no pay was in force yet, though it was later in the month."""
        since = min((rate.since for rate in self.rates.get(row.pk, [])), default=None)
        days = (day for day in self.days[row.user_id] if day.is_employed and day.is_working)
        return [day.date for day in days if since is not None and day.date < since]


def _check_currencies(waiting: Sequence[PayAdjustment], currency: str) -> None:
    other = next((one for one in waiting if one.currency != currency), None)
    if other is not None:
        raise Unpayable(
            "mixed_currencies",
            _("A correction is in %(theirs)s, the pay in %(ours)s: make it in that currency.")
            % {"theirs": other.currency, "ours": currency},
        )
