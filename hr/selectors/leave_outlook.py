"""How balances of leave will stand: what is booked and asked for, and what is still credited, carried and lapsing."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from hr import leave_rules
from hr.leave_rules import Line, Policy, Span
from hr.models import Employment, LeaveEntry, LeaveRequest, LeaveType
from hr.schedules import Rota
from hr.services import leave_ledger

Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Outlook:
    """The ledger of one person and kind of leave, and what of it is asked for and not decided."""

    policy: Policy
    span: Span
    lines: list[Line] = field(default_factory=list)
    asked: list[Line] = field(default_factory=list)

    def left(self, day: dt.date, *, with_asked: bool) -> Decimal:
        """What can still be taken from that day on (from today, if it is past) until its year ends."""
        return leave_rules.left(self.policy, self._all(with_asked), self.span, max(day, self.span.until))

    def short_by(self, dates: Iterable[dt.date], portion: Decimal, *, with_asked: bool) -> Decimal:
        """How many days are missing for these dates; 0 if they can be taken."""
        more = leave_ledger.taken_lines(dates, portion)
        return leave_rules.short_by(self.policy, self._all(with_asked), self.span, more)

    def _all(self, with_asked: bool) -> Sequence[Line]:
        return [*self.lines, *self.asked] if with_asked else self.lines


def of(employments: Sequence[Employment], types: Iterable[LeaveType]) -> dict[Key, Outlook]:
    """The outlook of each of these people for each of these kinds, in a fixed number of queries."""
    kinds = list(types)
    people = {one.user_id: one for one in employments}
    found = {
        (user_id, kind.pk): Outlook(leave_ledger.policy_of(kind), leave_ledger.span_of(one))
        for user_id, one in people.items()
        for kind in kinds
    }
    rows = LeaveEntry.objects.filter(user_id__in=people, type__in=kinds).order_by("effective_on", "pk")
    for row in rows.only("user_id", "type_id", "kind", "days", "effective_on", "key"):
        found[row.user_id, row.type_id].lines.append(Line(row.kind, row.days, row.effective_on, row.key))
    for key, lines in _asked(people, kinds).items():
        found[key].asked.extend(lines)
    return found


def _asked(people: dict[int, Employment], kinds: list[LeaveType]) -> dict[Key, list[Line]]:
    """What undecided requests would take. Their days are known; one over the end of a year is counted by the day."""
    waiting = LeaveRequest.objects.filter(user_id__in=people, type__in=kinds, status=LeaveRequest.Status.PENDING)
    rows = list(waiting.only("user_id", "type_id", "start_date", "end_date", "half_day", "days").order_by("pk"))
    split = [row for row in rows if row.start_date.year != row.end_date.year]
    concerned = [people[user_id] for user_id in sorted({row.user_id for row in split})]
    rota = (
        Rota.of(concerned, min(row.start_date for row in split), max(row.end_date for row in split)) if split else None
    )
    found: dict[Key, list[Line]] = defaultdict(list)
    for row in rows:
        dates, portion = [row.start_date], row.days
        if rota is not None and row in split:
            dates, portion = rota[row.user_id].working_days(row.start_date, row.end_date), leave_rules.WHOLE
        found[row.user_id, row.type_id] += leave_ledger.taken_lines(dates, portion)
    return found
