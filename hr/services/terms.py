"""Since when somebody works the week that they work: the weeks before it are kept, so the past stays as it was."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from hr.models import Attendance, Employment, PastTerms
from hr.services import attendance_days
from hr.services.attendance_locks import check_open
from hyperflow.core import audit, clock
from hyperflow.core.errors import Conflict, Invalid

#: What holds from a day on. (Pay has rows of its own.)
DATED = ("weekly_hours", "pattern", "timezone")
DAY = dt.timedelta(days=1)


def since_when(employment: Employment, values: dict[str, Any], given: dt.date | None, hired: dt.date) -> dt.date | None:
    """From which day on the new week holds: the given one, else today; nothing where it stays as it is.

    Raises `Invalid` for a day before the employment (``before_hire``) or still to come (``in_the_future``).
    """
    if all(values.get(name, getattr(employment, name)) == getattr(employment, name) for name in DATED):
        return None
    today = max(clock.business_date(employment), hired)
    since = given or today
    if since < hired:
        raise Invalid(_("The employment begins later."), code="before_hire", field="terms_from")
    if since > today:
        raise Invalid(
            _("Change the week on the day from which it holds, or afterwards."),
            code="in_the_future",
            field="terms_from",
        )
    return since


def keep(employment: Employment, since: dt.date, *, hired: dt.date, actor: Any | None) -> None:
    """Keep the week that was worked up to the day before; what was kept of the days after it no longer holds."""
    last = since - DAY
    later = PastTerms._base_manager.filter(employment=employment, until__gte=last).order_by("until")
    in_force: Any = later.first() or employment
    values = {"weekly_hours": in_force.weekly_hours, "pattern_id": in_force.pattern_id, "timezone": in_force.timezone}
    later.delete()
    if since > hired:
        PastTerms.objects.create(employment=employment, until=last, **values)
    audit.record("employment.week", employment, actor=actor, changes={"terms_from": (None, since)})


def restate_since(employment: Employment, since: dt.date, *, actor: Any | None) -> None:
    """Say anew of the sessions since then how they stand; locked days stay as they are."""
    rows = Attendance._base_manager.filter(user_id=employment.user_id, work_date__gte=since).order_by("login_time")
    found = list(rows.values_list("work_date", "login_time"))
    if not found:
        return
    person = attendance_days.lock_person(employment.user_id)
    plan = attendance_days.plan_of(person, found[0][1], found[-1][1])
    for day in sorted({work_date for work_date, _at in found}):
        try:
            check_open(person.pk, day)
        except Conflict:
            continue
        attendance_days.restate(person, day, plan, actor=actor)
