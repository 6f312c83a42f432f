"""Who is employed at the invented agency, on what terms, and at what pay. Told by the services, each at its time."""

import calendar
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ParamSpec, TypeVar

from accounts.models import Department, User
from accounts.services import people
from hr.models import Compensation, Employment, WorkPattern
from hr.schedules import Person, Rota, instant
from hr.services import employment as services
from hr.services import patterns
from hyperflow.core import clock
from hyperflow.demo import agency
from hyperflow.demo.days import DAY
from hyperflow.demo.stage import Stage

P = ParamSpec("P")
R = TypeVar("R")

#: Until this day of a month the run of the last one has not been approved.
PAYDAY = 8
#: So many runs are paid.
PAID_RUNS = 13
#: How the working weeks are called, with begin, minutes and break of the shift on each weekday.
OFFICE, NIGHTS = "Office hours, 9 to 17:15", "Nights, Sunday to Thursday"
_EIGHT_TO_SIX = (dt.time(9), 540, 60)
WEEKS: dict[str, dict[int, tuple[dt.time, int, int]]] = {
    OFFICE: dict.fromkeys(range(5), (dt.time(9), 495, 45)),
    agency.SHORT_WEEK: dict.fromkeys(range(4), _EIGHT_TO_SIX),
    NIGHTS: dict.fromkeys((6, 0, 1, 2, 3), (dt.time(22), 480, 45)),
}

LEAVER = agency.Colleague(
    name="Oskar Lindner",
    login="oskar.lindner",
    role="employee",
    department=agency.DEVELOPMENT,
    job_title="Night operations",
    zone="Europe/Berlin",
    rate=None,
    crafts=(),
)


@dataclass(frozen=True)
class Terms:
    """``years`` are those since they were hired when the data begins. ``pay`` is per month, or per hour."""

    login: str
    manager: str
    years: float
    pay: str
    week: str = OFFICE
    hours: str = "37.5"
    currency: str = "EUR"
    share: str = "21"
    kind: str = Compensation.Kind.MONTHLY
    type: str = Employment.Type.FULL_TIME


#: From the top down: whoever is above somebody stands before them.
TERMS = (
    Terms("admin", "", 9.0, "8200"),
    Terms("manager", "admin", 6.4, "6100"),
    Terms("hr", "admin", 5.1, "4900"),
    Terms("finance", "admin", 4.3, "5200", share="20.5"),
    Terms("marketing", "admin", 3.7, "5400", share="23.75"),
    Terms("daniel.okafor", "manager", 2.2, "3900", currency="GBP", share="13.8"),
    Terms("leon.brandt", "manager", 5.8, "5300"),
    Terms("aiko.tanabe", "leon.brandt", 2.9, "4600"),
    Terms(
        "lucia.prieto",
        "leon.brandt",
        1.6,
        "3400",
        week=agency.SHORT_WEEK,
        hours="32",
        share="30",
        type=Employment.Type.PART_TIME,
    ),
    Terms("employee", "manager", 1.4, "4100"),
    Terms("rasmus.holm", "manager", 3.1, "5000", share="12"),
    Terms("viktor.hahn", "manager", 4.6, "4900"),
    Terms("carla.benedetti", "marketing", 1.9, "4300", share="30"),
    Terms("ines.weiland", "marketing", 0.6, "4400"),
    Terms("oskar.lindner", "viktor.hahn", 1.1, "26.40", week=NIGHTS, hours="36.25", kind=Compensation.Kind.HOURLY),
)
#: Whose pay rises in January, by how much; the demo employee's in the middle of a month half a year ago.
JANUARY = {"manager": 250, "daniel.okafor": 150, "aiko.tanabe": 200, "viktor.hahn": 180, "carla.benedetti": 150}
RAISE = 300


@dataclass
class Staff:
    """Who is employed, when they are meant to work, and which months are paid already."""

    stage: Stage
    employments: dict[str, Employment] = field(default_factory=dict)
    rota: Rota = field(default_factory=lambda: Rota({}))
    logged: dict[int, dict[dt.date, list[tuple[dt.datetime, dt.datetime]]]] = field(default_factory=dict)

    @property
    def draft(self) -> dt.date:
        """The first day of the month whose payroll run is a draft."""
        first = self.stage.today.replace(day=1)
        return first if self.stage.today.day >= PAYDAY else month_before(first, 1)

    @property
    def paid(self) -> list[dt.date]:
        """The first days of the months that are paid, from the oldest."""
        return [month_before(self.draft, number) for number in range(PAID_RUNS, 0, -1)]

    @property
    def opens(self) -> dt.date:
        """The first day with attendance."""
        return min(self.paid[0], self.stage.months_ago(14))

    def user(self, login: str) -> User:
        return self.stage.people[f"{login}@{agency.DOMAIN}"]

    def person(self, user: User) -> Person:
        return self.rota[user.pk]

    def at(self, user: User, day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
        """A time of day in the person's own zone."""
        return instant(day, dt.time(hour, minute), clock.zone_of(user))

    def office_day(self, day: dt.date) -> dt.date:
        """This day, or the next on which the office is at work."""
        return self.stage.diaries[self.user("hr").pk].next_working_day(day)

    def above(self, user: User) -> User:
        """Who decides for somebody: the manager, where they may; HR for the others, and a director for HR."""
        manager = next(row.manager for row in self.employments.values() if row.user_id == user.pk)
        if manager is not None and manager.has_perm("hr.decide_leave"):
            return manager
        return self.user("hr") if user.pk != self.user("hr").pk else self.stage.admin


def month_before(first: dt.date, months: int) -> dt.date:
    number = first.year * 12 + first.month - 1 - months
    return dt.date(number // 12, number % 12 + 1, 1)


def last_of(month: dt.date) -> dt.date:
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def at_time(at: dt.datetime, service: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What a service did at a time."""
    with clock.as_of(at):
        return service(*args, **kwargs)


def employ(stage: Stage) -> Staff:
    """Make employees of the people of the stage, and of one who has left meanwhile; pay them from the start."""
    staff = Staff(stage)
    with clock.as_of(stage.began):
        _leaver(stage)
        weeks = {name: _pattern(stage, name, week) for name, week in WEEKS.items()}
        for number, terms in enumerate(TERMS, 1):
            staff.employments[terms.login] = _employment(staff, terms, number, weeks)
        for terms in TERMS:
            _pay(staff, terms)
    for login, more in JANUARY.items():
        _rise_in_january(staff, login, more)
    raised = month_before(stage.today.replace(day=1), 6).replace(day=15)
    _raise(staff, "employee", raised, RAISE, "More responsibility: the shop is hers now")
    _leave_the_company(staff)
    rows = [Employment.objects.select_related("user", "manager").get(pk=row.pk) for row in staff.employments.values()]
    staff.employments = dict(zip(staff.employments, rows, strict=True))
    staff.rota = Rota.of(rows, staff.opens - 40 * DAY, stage.today + 400 * DAY)
    return staff


def _leaver(stage: Stage) -> None:
    user = people.create_user(
        actor=None,
        name=LEAVER.name,
        email=LEAVER.email,
        role=people.role_by_code(LEAVER.role),
        department=Department.objects.get(name=LEAVER.department),
        job_title=LEAVER.job_title,
        timezone=LEAVER.zone,
    )
    stage.people[user.email] = user


def _pattern(stage: Stage, name: str, week: dict[int, tuple[dt.time, int, int]]) -> WorkPattern:
    pattern = patterns.create_pattern(actor=stage.admin, name=name)
    for weekday, (starts_at, minutes, pause) in week.items():
        patterns.set_shift(
            pattern=pattern,
            actor=stage.admin,
            weekday=weekday,
            starts_at=starts_at,
            minutes=minutes,
            break_minutes=pause,
        )
    return pattern


def _employment(staff: Staff, terms: Terms, number: int, weeks: dict[str, WorkPattern]) -> Employment:
    user = staff.user(terms.login)
    hired = staff.stage.began.date() - dt.timedelta(days=round(365.25 * terms.years))
    return services.create_employment(
        actor=staff.stage.admin,
        user=user,
        code=f"E{number:04}",
        hire_date=hired.replace(day=1 if hired.day < 15 else 15),
        position=user.job_title,
        manager=staff.user(terms.manager) if terms.manager else None,
        employment_type=terms.type,
        weekly_hours=Decimal(terms.hours),
        pattern=weeks[terms.week],
    )


def _pay(staff: Staff, terms: Terms) -> None:
    row = staff.employments[terms.login]
    actor = staff.user("hr") if terms.login != "hr" else staff.stage.admin
    services.set_compensation(
        employment=row,
        actor=actor,
        effective_from=row.hire_date,
        amount=Decimal(terms.pay),
        currency=terms.currency,
        kind=terms.kind,
        employer_share=Decimal(terms.share),
        reason="Contract",
    )


def _raise(staff: Staff, login: str, day: dt.date, more: int, reason: str) -> None:
    """More pay from a day on, entered some weeks before it."""
    row, hr = staff.employments[login], staff.user("hr")
    last: Any = row.compensations.order_by("-effective_from", "-pk").first()
    at_time(
        staff.at(hr, staff.office_day(day - 20 * DAY), 14, 10),
        services.set_compensation,
        employment=row,
        actor=hr,
        effective_from=day,
        amount=last.amount + more,
        currency=last.currency,
        kind=last.kind,
        employer_share=last.employer_share,
        reason=reason,
    )


def _rise_in_january(staff: Staff, login: str, more: int) -> None:
    """With every January of the data. A raise that was told later than this one must not come before it."""
    for year in range(staff.opens.year + 1, staff.stage.today.year + 1):
        _raise(staff, login, dt.date(year, 1, 1), more, f"Yearly review {year}")


def _leave_the_company(staff: Staff) -> None:
    """Gave notice two months before the last day, in the middle of a month; the account ends the morning after."""
    row, hr = staff.employments[LEAVER.login], staff.user("hr")
    last = month_before(staff.stage.today.replace(day=1), 5).replace(day=14)
    told = staff.at(hr, staff.office_day(last - 60 * DAY), 11, 30)
    staff.employments[LEAVER.login] = at_time(told, services.update_employment, employment=row, actor=hr, end_date=last)
    gone = staff.at(hr, staff.office_day(last + DAY), 9, 30)
    at_time(gone, people.deactivate_user, user=staff.user(LEAVER.login), actor=hr)
