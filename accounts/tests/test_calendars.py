"""Working calendars, and how many hours of work lie between two instants."""

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Holiday, WorkingCalendar, WorkingHours
from accounts.selectors import calendar_of, working_hours_between, working_time
from accounts.services import calendars
from accounts.signals import holidays_changed
from accounts.tests.factories import UserFactory
from hyperflow.core.errors import DomainError
from hyperflow.core.models import AuditEntry

OFFICE = {weekday: [(dt.time(9), dt.time(12)), (dt.time(13), dt.time(18))] for weekday in range(5)}
ALWAYS = {weekday: [(dt.time(0), dt.time.max)] for weekday in range(7)}
ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Australia/Lord_Howe",
    "Pacific/Apia", "Africa/Casablanca", "America/St_Johns", "Asia/Tehran", "Pacific/Chatham", "Asia/Kathmandu",
]  # fmt: skip


def at(text: str, zone: str = "UTC") -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def hours(week: Any, start: dt.datetime, end: dt.datetime, zone: str = "UTC", holidays: Any = ()) -> float:
    return working_time(week, holidays, ZoneInfo(zone), start, end) / dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-11-23T09:00", "2026-11-23T18:00", 8),
        ("2026-11-23T00:00", "2026-11-24T00:00", 8),
        ("2026-11-23T10:00", "2026-11-23T10:30", 0.5),
        ("2026-11-23T12:00", "2026-11-23T13:00", 0),
        ("2026-11-23T11:30", "2026-11-23T13:30", 1),
        ("2026-11-23T17:00", "2026-11-24T10:00", 2),
        ("2026-11-20T17:00", "2026-11-23T10:00", 2),
        ("2026-11-21T00:00", "2026-11-23T00:00", 0),
        ("2026-11-16T00:00", "2026-11-30T00:00", 80),
        ("2026-11-23T10:00", "2026-11-23T10:00", 0),
        ("2026-11-23T11:00", "2026-11-23T10:00", 0),
    ],
)
def test_only_time_at_work_counts(start: str, end: str, expected: float) -> None:
    assert hours(OFFICE, at(start), at(end)) == expected


def test_a_holiday_is_no_work() -> None:
    holidays = {dt.date(2026, 12, 25)}
    assert hours(OFFICE, at("2026-12-24T00:00"), at("2026-12-29T00:00"), holidays=holidays) == 16


def test_the_persons_own_clock_counts() -> None:
    start, end = at("2026-11-23T00:00", "UTC"), at("2026-11-23T12:00", "UTC")
    assert hours(OFFICE, start, end, "Europe/Berlin") == 3
    assert hours(OFFICE, start, end, "Asia/Tokyo") == 8
    assert hours(OFFICE, start, end, "America/New_York") == 0


@pytest.mark.parametrize(("day", "expected"), [("2026-03-29", 5), ("2026-10-25", 7), ("2026-07-05", 6)])
def test_the_night_of_the_change_counts_what_it_lasted(day: str, expected: float) -> None:
    night = {6: [(dt.time(0), dt.time(6))]}
    start = at(f"{day}T00:00", "Europe/Berlin")
    assert hours(night, start, start + dt.timedelta(hours=23), "Europe/Berlin") == expected


def test_stretches_that_overlap_count_once() -> None:
    week = {0: [(dt.time(9), dt.time(17)), (dt.time(10), dt.time(12)), (dt.time(16), dt.time(18))]}
    assert hours(week, at("2026-11-23T00:00"), at("2026-11-24T00:00")) == 9


instants = st.datetimes(
    min_value=dt.datetime(2024, 1, 1), max_value=dt.datetime(2027, 12, 31), timezones=st.just(dt.UTC)
)
minutes = st.integers(0, 24 * 60 - 1).map(lambda minute: dt.time(minute // 60, minute % 60))
stretches = st.tuples(minutes, minutes).map(sorted).map(tuple)
weeks = st.dictionaries(st.integers(0, 6), st.lists(stretches, max_size=3), max_size=7)


@given(weeks, st.sampled_from(ZONES), instants, st.timedeltas(dt.timedelta(), dt.timedelta(days=30)), st.floats(0, 1))
def test_the_parts_make_the_whole(week: Any, zone: str, start: dt.datetime, span: dt.timedelta, share: float) -> None:
    end, middle = start + span, start + span * share
    of = lambda one, other: working_time(week, (), ZoneInfo(zone), one, other)  # noqa: E731
    whole = of(start, end)
    assert of(start, middle) + of(middle, end) == whole
    assert dt.timedelta() <= whole <= span


@given(st.sampled_from(ZONES), instants, st.timedeltas(dt.timedelta(), dt.timedelta(days=30)))
def test_whoever_always_works_works_all_the_time(zone: str, start: dt.datetime, span: dt.timedelta) -> None:
    missing = span - working_time(ALWAYS, (), ZoneInfo(zone), start, start + span)
    # A day ends a microsecond before midnight; where midnight comes twice, so does the hour after it.
    assert dt.timedelta() <= missing <= dt.timedelta(hours=1) * 2 + dt.timedelta(microseconds=span.days + 2)


@given(weeks, st.sampled_from(ZONES), instants, st.timedeltas(dt.timedelta(), dt.timedelta(days=30)))
def test_nobody_works_on_holidays(week: Any, zone: str, start: dt.datetime, span: dt.timedelta) -> None:
    everyday = {start.date() + dt.timedelta(days=number) for number in range(-2, 35)}
    assert working_time(week, everyday, ZoneInfo(zone), start, start + span) == dt.timedelta()


# -- whose calendar


@pytest.mark.django_db
def test_people_without_a_calendar_follow_the_installed_one() -> None:
    user = UserFactory(timezone="Europe/Berlin")
    assert calendar_of(user) == WorkingCalendar.objects.get(is_default=True)
    start = at("2026-11-20T16:00", "Europe/Berlin")
    assert working_hours_between(user, start, start + dt.timedelta(days=4)) == Decimal("16.0000")
    assert working_hours_between(user, start, start) == 0


@pytest.mark.django_db
def test_a_calendar_of_ones_own_with_its_holidays() -> None:
    mine = calendars.create_calendar(actor=None, name="Mine")
    calendars.add_hours(calendar=mine, actor=None, weekday=0, starts_at=dt.time(10), ends_at=dt.time(10, 20))
    calendars.add_holiday(calendar=mine, actor=None, date=dt.date(2026, 11, 30), name="Off")
    user = UserFactory(calendar=mine)
    assert working_hours_between(user, at("2026-11-22T00:00"), at("2026-12-09T00:00")) == Decimal("0.6667")


@pytest.mark.django_db
def test_every_change_of_a_part_counts_as_a_change_of_the_calendar() -> None:
    actor = UserFactory(as_="admin")
    calendar = calendars.create_calendar(actor=actor, name="Mine")
    part = calendars.add_hours(calendar=calendar, actor=actor, weekday=1, starts_at=dt.time(9), ends_at=dt.time(12))
    calendars.change_hours(hours=part, actor=actor, ends_at=dt.time(13))
    day = calendars.add_holiday(calendar=calendar, actor=actor, date=dt.date(2026, 5, 1), name="May Day")
    calendars.change_holiday(holiday=day, actor=actor, name="Labour Day")
    calendars.remove_hours(hours=part, actor=actor)
    calendars.remove_holiday(holiday=day, actor=actor)
    calendar.refresh_from_db()
    assert calendar.version == 7
    assert not WorkingHours.objects.filter(calendar=calendar).exists()
    assert not Holiday.objects.filter(calendar=calendar).exists()
    texts = [entry.changes["part"] for entry in AuditEntry.objects.filter(action="calendar.hours").order_by("pk")]
    assert texts == [
        [None, "Tuesday 09:00–12:00"], ["Tuesday 09:00–12:00", "Tuesday 09:00–13:00"], ["Tuesday 09:00–13:00", None],
    ]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("starts_at", "ends_at", "refused"),
    [
        ((11, 0), (14, 0), True),
        ((8, 0), (9, 1), True),
        ((12, 0), (13, 0), False),
        ((9, 0), (12, 0), True),
        ((7, 0), (6, 0), True),
    ],
)
def test_hours_of_one_day_do_not_overlap(starts_at: Any, ends_at: Any, refused: bool) -> None:
    calendar = calendars.create_calendar(actor=None, name="Mine")
    calendars.add_hours(calendar=calendar, actor=None, weekday=1, starts_at=dt.time(9), ends_at=dt.time(12))
    add = lambda: calendars.add_hours(  # noqa: E731
        calendar=calendar, actor=None, weekday=1, starts_at=dt.time(*starts_at), ends_at=dt.time(*ends_at)
    )
    if refused:
        with pytest.raises(Exception, match=r"overlap|after it begins"):
            add()
    else:
        add()
    assert calendar.hours.count() == (1 if refused else 2)


@pytest.mark.django_db
def test_there_is_always_one_default() -> None:
    first = WorkingCalendar.objects.get(is_default=True)
    second = calendars.create_calendar(actor=None, name="Second", is_default=True)
    assert list(WorkingCalendar.objects.filter(is_default=True)) == [second]
    with pytest.raises(DomainError) as refused:
        calendars.update_calendar(calendar=second, actor=None, is_default=False)
    assert refused.value.code == "default_needed"
    calendars.update_calendar(calendar=first, actor=None, is_default=True)
    assert list(WorkingCalendar.objects.filter(is_default=True)) == [first]


@pytest.mark.django_db
def test_names_and_days_are_taken_once() -> None:
    calendar = calendars.create_calendar(actor=None, name="Mine")
    calendars.add_holiday(calendar=calendar, actor=None, date=dt.date(2026, 5, 1), name="May Day")
    for work, code in [
        (lambda: calendars.create_calendar(actor=None, name="Mine"), "name_taken"),
        (
            lambda: calendars.add_holiday(calendar=calendar, actor=None, date=dt.date(2026, 5, 1), name="x"),
            "holiday_taken",
        ),
    ]:
        with pytest.raises(DomainError) as refused:
            work()
        assert refused.value.code == code


@pytest.mark.django_db
def test_it_is_told_which_days_have_become_or_ceased_to_be_holidays():
    told: list[Any] = []

    def listen(sender: Any, calendar_id: int, dates: list[dt.date], **more: Any) -> None:
        told.append((calendar_id, [day.day for day in dates]))

    calendar = calendars.create_calendar(actor=None, name="Regional")
    holidays_changed.connect(listen)
    try:
        holiday = calendars.add_holiday(calendar=calendar, actor=None, date=dt.date(2026, 6, 4), name="Corpus Christi")
        calendars.change_holiday(holiday=holiday, actor=None, name="Fronleichnam")
        calendars.change_holiday(holiday=holiday, actor=None, date=dt.date(2026, 6, 5))
        calendars.remove_holiday(holiday=holiday, actor=None)
        calendars.add_hours(calendar=calendar, actor=None, weekday=0, starts_at=dt.time(9), ends_at=dt.time(17))
    finally:
        holidays_changed.disconnect(listen)

    assert told == [(calendar.pk, [4]), (calendar.pk, [4, 5]), (calendar.pk, [5])]
