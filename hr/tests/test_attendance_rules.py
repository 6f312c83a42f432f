"""Hours, days and states of sessions: pure rules."""

import datetime as dt
import random
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from hr import rules
from hr.schedules import Plan, Rules, instant, shift_of

UTC = dt.UTC
ZONES = [
    "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "America/Sao_Paulo", "Asia/Kolkata",
    "Asia/Kathmandu", "Asia/Tokyo", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Apia",
]  # fmt: skip


@cache
def nights_of_change(zone, year=2026):
    """The dates of a year on which the clocks in the zone are moved."""
    found, day = [], dt.date(year, 1, 1)
    while day.year == year:
        noons = [dt.datetime.combine(one, dt.time(12), tzinfo=zone).utcoffset() for one in (day, day + rules.DAY)]
        if noons[0] != noons[1]:
            found.append(day + rules.DAY)
        day += rules.DAY
    return found or [dt.date(year, 3, 29), dt.date(year, 10, 25)]


def test_ten_thousand_random_shifts_are_as_long_as_utc_says():
    """P18: around both nights of change in 12 zones."""
    dice = random.Random(18)
    lengths = set()
    for number in range(10_000):
        zone = ZoneInfo(ZONES[number % len(ZONES)])
        day = dice.choice(nights_of_change(zone)) + dt.timedelta(days=dice.randint(-2, 1))
        plan = Plan(dt.time(dice.randrange(24), dice.randrange(60)), dice.randint(1, 1_440))
        shift = shift_of(plan, day, zone)
        if shift.ends_at <= shift.starts_at:
            continue  # it lies in the hour that comes twice: no clock says how long it was

        seconds = rules.seconds_between(shift.starts_at, shift.ends_at)
        parts = rules.split_by_day(shift.starts_at, shift.ends_at, zone)

        assert seconds == (shift.ends_at - shift.starts_at).total_seconds()
        assert shift.starts_at.astimezone(UTC) + dt.timedelta(seconds=seconds) == shift.ends_at.astimezone(UTC)
        assert sum(parts.values()) == seconds
        assert set(parts) <= {day, day + rules.DAY} | (
            {day - rules.DAY, day + 2 * rules.DAY} if len(parts) > 2 else set()
        )
        lengths.add(seconds - plan.minutes * 60)
    assert lengths >= {-3600, 0, 3600, -1800, 1800}


def test_a_random_clock_in_during_any_shift_belongs_to_its_day():
    dice = random.Random(3)
    for number in range(2_000):
        zone = ZoneInfo(ZONES[number % len(ZONES)])
        day = dice.choice(nights_of_change(zone)) + dt.timedelta(days=dice.randint(-2, 1))
        plan = Plan(dt.time(dice.randrange(24), dice.choice([0, 30])), dice.randint(60, 1_200))
        shift = shift_of(plan, day, zone)
        if shift.ends_at <= shift.starts_at:
            continue
        at = shift.starts_at + (shift.ends_at - shift.starts_at) * dice.random()

        found = rules.work_date(at, zone, lambda date, plan=plan, zone=zone: shift_of(plan, date, zone))

        assert found in {day, day + rules.DAY}
        if found != day:  # the next one has begun already
            assert shift_of(plan, found, zone).starts_at <= at


NIGHT, AFTER_MIDNIGHT, DAYTIME = Plan(dt.time(22), 480), Plan(dt.time(0, 30), 450), Plan(dt.time(9), 480, 30)
BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = dt.date(2026, 3, 9)


def at(text, day=MONDAY, zone=BERLIN):
    return instant(day, dt.time.fromisoformat(text), zone)


@pytest.mark.parametrize(
    ("plan", "moment", "days"),
    [
        (NIGHT, "21:40", 0),
        (NIGHT, "18:30", 0),
        (NIGHT, "23:59", 0),
        (NIGHT, "00:10", -1),
        (NIGHT, "05:59", -1),
        (NIGHT, "06:30", -1),  # back once more after the end
        (NIGHT, "12:00", 0),  # near to none
        (AFTER_MIDNIGHT, "23:45", 1),
        (AFTER_MIDNIGHT, "00:31", 0),
        (AFTER_MIDNIGHT, "08:30", 0),
        (DAYTIME, "08:00", 0),
        (DAYTIME, "19:00", 0),
        (DAYTIME, "02:00", 0),
        (None, "02:00", 0),
    ],
)
def test_the_day_a_clock_in_belongs_to(plan, moment, days):
    planned = (lambda day: shift_of(plan, day, BERLIN)) if plan else (lambda day: None)

    assert rules.work_date(at(moment), BERLIN, planned) == MONDAY + dt.timedelta(days=days)


@pytest.mark.parametrize(
    ("day", "zone", "parts"),
    [
        (dt.date(2026, 3, 31), "Europe/Berlin", [2, 6]),  # month end
        (dt.date(2026, 12, 31), "Asia/Tokyo", [2, 6]),  # year end
        (dt.date(2026, 3, 28), "Europe/Berlin", [2, 5]),  # the clocks go forward
        (dt.date(2026, 10, 24), "Europe/Berlin", [2, 7]),  # and back
        (dt.date(2026, 10, 3), "Australia/Lord_Howe", [2, 5.5]),
    ],
)
def test_a_night_shift_is_split_by_day_for_rates(day, zone, parts):
    """H03"""
    shift = shift_of(NIGHT, day, ZoneInfo(zone))

    found = rules.split_by_day(shift.starts_at, shift.ends_at, ZoneInfo(zone))

    assert found == {day: parts[0] * 3600, day + rules.DAY: parts[1] * 3600}
    assert shift.work_date == day


def test_when_a_session_was_forgotten_and_when_it_is_taken_to_have_ended():
    shift = shift_of(DAYTIME, MONDAY, BERLIN)

    assert rules.forgotten_at(at("09:00"), shift) == at("21:00")
    assert rules.assumed_end(at("09:00"), shift) == at("17:00")
    assert rules.assumed_end(at("18:00"), shift) == rules.assumed_end(at("18:00"), None) == at("22:00")
    assert rules.forgotten_at(at("08:00"), None) == at("20:00")


def sessions(*spans, **more):
    return [
        rules.Session(at(begins), at(ends) if ends else None, **more)
        for begins, ends in (span.split("-") for span in spans)
    ]


@pytest.mark.parametrize(
    ("spans", "over", "leave", "found"),
    [
        (["09:10-17:00"], True, "0", ["present"]),  # within the grace
        (["09:11-17:00"], True, "0", ["late"]),
        (["09:30-12:00", "12:30-17:00"], True, "0", ["late", "present"]),
        (["09:00-13:29"], True, "0", ["half-day"]),  # less than 60 % of 7.5 hours
        (["09:00-13:30"], True, "0", ["present"]),
        (["09:30-10:00", "11:00-12:00"], True, "0", ["half-day", "half-day"]),
        (["09:00-10:00"], False, "0", ["present"]),  # the day is not over
        (["09:00-"], False, "0", ["present"]),
        (["13:00-17:00"], False, "0.5", ["present"]),  # the morning was leave
        (["13:00-17:00"], False, "1", ["present"]),
    ],
)
def test_how_sessions_stand(spans, over, leave, found):
    shift = shift_of(DAYTIME, MONDAY, BERLIN)

    assert rules.statuses(sessions(*spans), shift, Rules(), leave=Decimal(leave), is_over=over) == found


def test_work_elsewhere_and_on_a_day_off():
    shift = shift_of(DAYTIME, MONDAY, BERLIN)
    away = sessions("09:00-17:00", is_remote=True)

    assert rules.statuses(away, shift, Rules(), leave=Decimal(0), is_over=True) == ["remote"]
    assert rules.statuses(sessions("20:00-21:00"), None, Rules(), leave=Decimal(0), is_over=True) == ["present"]
    assert rules.is_remote(" Home Office ", works_from_home=False)
    assert rules.is_remote("", works_from_home=True)
    assert not rules.is_remote("Home Street 5", works_from_home=False)


def test_what_waits_to_be_confirmed_makes_no_half_day():
    shift = shift_of(DAYTIME, MONDAY, BERLIN)
    waiting = sessions("09:00-17:00", confirmed=False)

    assert rules.statuses(waiting, shift, Rules(), leave=Decimal(0), is_over=True) == ["present"]


def test_how_long_two_things_went_on_at_once():
    one = [(at("09:00"), at("12:00")), (at("13:00"), at("17:00"))]

    assert rules.shared_seconds(one, [(at("11:00"), at("14:00"))]) == 2 * 3600
    assert rules.shared_seconds(one, [(at("12:00"), at("13:00"))]) == 0
    assert rules.shared_seconds(one, one) == 7 * 3600
