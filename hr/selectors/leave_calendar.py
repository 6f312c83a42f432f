"""Who is away when: the team calendar and its private feed."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from hr import scope
from hr.models import Employment, LeaveDay
from hyperflow.core import clock

#: What a feed shows: this much before today and after it.
FEED_BACK, FEED_AHEAD = dt.timedelta(days=92), dt.timedelta(days=366)
_LINE = 75


@dataclass(frozen=True)
class Away:
    """One stretch of somebody's approved leave, as far as it lies in the period that was asked for.

    ``leave_type`` and ``request_id`` are there for those alone who may see the request; to other colleagues somebody
    is simply away.
    """

    user_id: int
    name: str
    department: str
    start: dt.date
    end: dt.date
    days: Decimal
    is_away: bool
    leave_type: str | None
    type_name: str | None
    request_id: int | None
    changed_at: dt.datetime
    key: int


def team_of(user: Any) -> QuerySet[Employment]:
    """Whose absences somebody is told: those in their scope, and colleagues of their department or manager."""
    if user.has_perm("hr.view_all_leave"):
        return Employment.objects.all()
    mine = Employment.objects.filter(user_id=user.pk).values_list("manager_id", flat=True).first()
    near = Q(user_id__in=[user.pk, *sorted(scope.reports_of(user))])
    if user.department_id is not None:
        near |= Q(user__department_id=user.department_id)
    if mine is not None:
        near |= Q(manager_id=mine) | Q(user_id=mine)
    return Employment.objects.filter(near)


def away(user: Any, start: dt.date, end: dt.date, *, department: Any = None, person: Any = None) -> list[Away]:
    """Approved leave in the period, of the people whom this person is told about, by its begin."""
    people = team_of(user)
    if department is not None:
        people = people.filter(user__department=department)
    if person is not None:
        people = people.filter(user_id=getattr(person, "pk", person))
    rows = (
        LeaveDay.objects.filter(user_id__in=people.order_by().values("user_id"), date__range=(start, end))
        .select_related("request", "type", "user__department")
        .order_by("request_id", "date")
    )
    seen = None if user.has_perm("hr.view_all_leave") else {user.pk, *scope.reports_of(user)}
    found = [_stretch(days, seen) for days in _by_request(rows)]
    return sorted(found, key=lambda one: (one.start, one.name, one.key))


def _by_request(rows: Iterable[LeaveDay]) -> Iterator[list[LeaveDay]]:
    days: list[LeaveDay] = []
    for row in rows:
        if days and days[0].request_id != row.request_id:
            yield days
            days = []
        days.append(row)
    if days:
        yield days


def _stretch(days: list[LeaveDay], seen: set[int] | None) -> Away:
    first = days[0]
    is_known = seen is None or first.user_id in seen
    return Away(
        user_id=first.user_id,
        name=first.user.name,
        department=first.user.department.name if first.user.department else "",
        start=first.date,
        end=days[-1].date,
        days=sum((day.portion for day in days), Decimal(0)),
        is_away=first.is_away,
        leave_type=first.request.asked_as if is_known else None,
        type_name=first.type.name if is_known else None,
        request_id=first.request_id if is_known else None,
        changed_at=first.request.updated_at,
        key=first.request_id,
    )


def feed(user: Any) -> bytes:
    """The team calendar of this person as iCalendar (RFC 5545): an all-day event for each stretch of leave."""
    today = clock.business_date(user)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//HyperFlow//Leave//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_escaped(_('Who is away'))}",
    ]
    for one in away(user, today - FEED_BACK, today + FEED_AHEAD):
        lines += _event(one)
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line)).encode()


def _event(one: Away) -> list[str]:
    what = one.type_name or (_("away") if one.is_away else _("works elsewhere"))
    half = _(" (half a day)") if one.start == one.end and one.days < 1 else ""
    stamp = one.changed_at.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    return [
        "BEGIN:VEVENT",
        f"UID:leave-{one.key}@hyperflow",
        f"DTSTAMP:{stamp}",
        f"DTSTART;VALUE=DATE:{one.start:%Y%m%d}",
        f"DTEND;VALUE=DATE:{one.end + dt.timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_escaped(f'{one.name}: {what}{half}')}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _escaped(text: str) -> str:
    """TEXT as RFC 5545 writes it; a line break in a name would begin another line of the calendar."""
    for before, after in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n"), ("\r", "\\n")):
        text = text.replace(before, after)
    return text


def _folded(line: str) -> Iterator[str]:
    """At most 75 bytes a line, never within a character; what follows begins with a blank."""
    current, size = "", 0
    for character in line:
        width = len(character.encode())
        if size + width > _LINE:
            yield current
            current, size = " ", 1
        current += character
        size += width
    yield current
