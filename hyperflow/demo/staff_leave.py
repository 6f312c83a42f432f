"""Who was away when: asked for, decided and taken back by the services. Their diaries know, so work goes round it."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from accounts.models import User
from hr.models import Employment, LeaveDay, LeaveRequest, LeaveType
from hr.services import leave, leave_ledger
from hyperflow.core import clock
from hyperflow.core.errors import Conflict
from hyperflow.demo.days import DAY
from hyperflow.demo.staff import LEAVER, Staff, at_time

Status = LeaveRequest.Status
ANNUAL, SICK, PERSONAL, HOME, UNPAID, HALF = "annual", "sick", "personal", "wfh", "unpaid", "half_day"

REASONS = {
    ANNUAL: ("Family visit", "Summer holidays", "Hiking", "A long weekend", "Moving house", ""),
    SICK: ("A cold", "Migraine", "Stomach bug", ""),
    PERSONAL: ("A funeral", "Handing over the flat", "School event"),
    HOME: ("Plumber in the morning", "Child at home", "Writing without interruptions", "Waiting for a delivery"),
    UNPAID: ("A longer trip", "Looking after a parent"),
    HALF: ("Doctor", "Train at noon", "Kindergarten closes early"),
}
REFUSALS = ("Half the team is away that week.", "The launch is on these days. The week after?", "We are too few then.")
#: What most people take: the kind of leave and on how many working days, long ones first.
USUAL = ((ANNUAL, 8), (ANNUAL, 5), (ANNUAL, 3), (SICK, 3), (SICK, 1), (HALF, 1), (HOME, 2))
UNUSUAL = ((PERSONAL, 1), (SICK, 2), (HALF, 1), (HOME, 3))
#: Who takes unpaid leave.
UNPAID_BY = ("rasmus.holm", "carla.benedetti")
#: Leave still to come: login, kind, in how many days, on how many working days, and where the request stands.
COMING = (
    ("employee", ANNUAL, 24, 5, Status.APPROVED),
    ("employee", HALF, 8, 1, Status.PENDING),
    ("aiko.tanabe", ANNUAL, 11, 3, Status.PENDING),
    ("rasmus.holm", ANNUAL, 33, 8, Status.PENDING),
    ("viktor.hahn", ANNUAL, 4, 2, Status.APPROVED),
    ("leon.brandt", ANNUAL, 9, 5, Status.APPROVED),
    ("daniel.okafor", PERSONAL, 6, 1, Status.PENDING),
    ("manager", ANNUAL, 40, 5, Status.PENDING),
    ("carla.benedetti", ANNUAL, 18, 5, Status.PENDING),
    ("marketing", HOME, 3, 2, Status.APPROVED),
    ("lucia.prieto", ANNUAL, 30, 4, Status.REJECTED),
    ("finance", ANNUAL, 15, 4, Status.CANCELLED),
    ("ines.weiland", ANNUAL, 21, 2, Status.APPROVED),
)
#: Leave that was asked for in vain or taken back; they were at work then.
UNTAKEN = (
    ("employee", ANNUAL, 3, Status.REJECTED),
    ("daniel.okafor", ANNUAL, 2, Status.CANCELLED),
    ("aiko.tanabe", ANNUAL, 4, Status.REJECTED),
    ("viktor.hahn", HALF, 1, Status.CANCELLED),
    ("ines.weiland", PERSONAL, 1, Status.REJECTED),
    ("marketing", ANNUAL, 3, Status.CANCELLED),
)
#: What people had taken of their year when HyperFlow came.
TAKEN_BEFORE = Decimal(-12)


@dataclass(frozen=True)
class _Wish:
    """A request before it is asked for."""

    user: User
    kind: str
    start: dt.date
    end: dt.date
    asked_at: dt.datetime
    status: str


def take(staff: Staff) -> list[LeaveRequest]:
    """Ask for all leave in the order of time. What the rules refuse (too little is left) is not there."""
    _begin_ledgers(staff)
    wishes = [wish for row in staff.employments.values() for wish in _past(staff, row)]
    wishes += [_coming(staff, *one) for one in COMING]
    wishes.append(_now(staff))
    made = []
    for wish in sorted(wishes, key=lambda wish: (wish.asked_at, wish.user.pk)):
        request = _ask(staff, wish)
        if request is not None:
            made.append(request)
    for row in staff.employments.values():
        at_time(staff.stage.now, leave_ledger.credit, user_id=row.user_id)
    _tell_the_diaries(staff)
    return made


def _tell_the_diaries(staff: Staff) -> None:
    for one in LeaveDay.objects.filter(is_away=True, user__in=list(staff.stage.diaries)):
        diary = staff.stage.diaries[one.user_id]
        (diary.away if one.portion >= 1 else diary.afternoons).add(one.date)


def _begin_ledgers(staff: Staff) -> None:
    hr, annual = staff.user("hr"), LeaveType.objects.get(code=ANNUAL)
    with clock.as_of(staff.stage.began):
        for row in staff.employments.values():
            leave_ledger.credit(user_id=row.user_id)
            leave_ledger.adjust(
                user=row.user,
                leave_type=annual,
                days=TAKEN_BEFORE,
                reason="Taken this year before HyperFlow",
                actor=hr if row.user_id != hr.pk else staff.stage.admin,
            )


def _past(staff: Staff, row: Employment) -> Iterator[_Wish]:
    """What somebody took in the past, long leave first, each on the days that are still free; and what came to
    nothing."""
    pick, user = staff.stage.random, row.user
    login = user.email.partition("@")[0]
    last = min(row.end_date or staff.stage.today, staff.stage.today - 3 * DAY)
    days = staff.person(user).working_days(staff.opens, last)
    taken: set[dt.date] = set()
    wanted = [*USUAL, pick.choice(UNUSUAL)]
    wanted += [(UNPAID, pick.randint(2, 3))] if login in UNPAID_BY else []
    plan: list[tuple[str, int, str]] = [(kind, number, Status.APPROVED) for kind, number in wanted]
    plan += [(kind, number, status) for who, kind, number, status in UNTAKEN if who == login]
    for kind, number, status in plan:
        runs = list(_runs(days, {day for day in days if day not in taken}, number))
        if not runs or (login == LEAVER.login and kind in (HOME, HALF)):
            continue
        start, end = pick.choice(runs)
        taken |= {day for day in days if start - DAY <= day <= end + DAY}
        yield _Wish(user, kind, start, end, _asked(staff, user, kind, start), status)


def _runs(days: list[dt.date], free: set[dt.date], number: int) -> Iterator[tuple[dt.date, dt.date]]:
    """Stretches of so many working days one after the other, all of them free."""
    for index in range(len(days) - number + 1):
        stretch = days[index : index + number]
        if all(day in free for day in stretch):
            yield stretch[0], stretch[-1]


def _asked(staff: Staff, user: User, kind: str, start: dt.date) -> dt.datetime:
    """Weeks before, or in the morning where nobody could know."""
    pick = staff.stage.random
    if kind == SICK:
        return staff.at(user, start, 7, pick.randint(20, 59))
    ahead = {ANNUAL: pick.randint(14, 60), HOME: pick.randint(2, 5), UNPAID: 30}.get(kind, pick.randint(3, 10))
    day = start - ahead * DAY
    while not staff.person(user).is_working_day(day):
        day -= DAY
    return max(staff.at(user, day, pick.randint(9, 16), pick.randint(0, 59)), staff.stage.began + DAY)


def _coming(staff: Staff, login: str, kind: str, ahead: int, number: int, status: str) -> _Wish:
    """Asked for in the last days, since nothing is decided of some of it yet."""
    pick, user, today = staff.stage.random, staff.user(login), staff.stage.today
    days = staff.person(user).working_days(today + ahead * DAY, today + (ahead + 40) * DAY)[:number]
    back = 1 if status == Status.PENDING else pick.randint(6, 16)
    asked = staff.office_day(today - (back + 3) * DAY)
    return _Wish(user, kind, days[0], days[-1], staff.at(user, asked, 10, pick.randint(0, 59)), status)


def _now(staff: Staff) -> _Wish:
    """Somebody is away these days."""
    user, today = staff.user("carla.benedetti"), staff.stage.today
    days = staff.person(user).working_days(today - DAY, today + 12 * DAY)[:5]
    return _Wish(user, ANNUAL, days[0], days[-1], _asked(staff, user, ANNUAL, days[0]), Status.APPROVED)


def _ask(staff: Staff, wish: _Wish) -> LeaveRequest | None:
    pick, stage = staff.stage.random, staff.stage
    reason = pick.choice(REASONS[wish.kind])
    decided = wish.asked_at + dt.timedelta(minutes=pick.randint(40, 180))
    if wish.kind not in (SICK, HOME):
        decided += pick.choice((0, 0, 1)) * DAY
    try:
        with clock.as_of(wish.asked_at):
            request = leave.ask_for_leave(
                actor=wish.user, leave_type=wish.kind, start_date=wish.start, end_date=wish.end, reason=reason
            )
    except Conflict:
        return None
    if wish.status == Status.PENDING or decided >= stage.now:
        return request
    above = staff.above(wish.user)
    moves: list[tuple[dt.datetime, Any, str, str]] = [(decided, above, Status.APPROVED, "")]
    if wish.status == Status.REJECTED:
        moves = [(decided, above, Status.REJECTED, pick.choice(REFUSALS))]
    elif wish.status == Status.CANCELLED:
        moves.append((decided + dt.timedelta(hours=3), wish.user, Status.CANCELLED, ""))
    for at, actor, status, note in moves:
        request = at_time(at, leave.set_status, request=request, status=status, actor=actor, decision_note=note)
    return request
