"""What a day was: planned, worked, late, absent, on leave. The week is 6 to 12 July 2026, Monday to Sunday."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Holiday, WorkingCalendar
from hr.models import Employment
from hr.selectors.days import days_of, summed
from hr.tests.factories import EmploymentFactory, WorkPatternFactory
from hr.tests.sessions import leave, session

pytestmark = pytest.mark.django_db

MONDAY = dt.date(2026, 7, 6)
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = (MONDAY + dt.timedelta(days=n) for n in range(1, 7))
LATER = dt.datetime(2026, 8, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def ada():
    return EmploymentFactory(user__name="Ada")


def week_of(employment, now=LATER):
    """The days of the week by date."""
    rows = days_of(Employment.objects.filter(pk=employment.pk), MONDAY, SUNDAY, now)
    return {day.date: day for day in rows[employment.user_id]}


def test_a_week_without_a_session_is_five_absences_and_two_days_off(ada):
    found = week_of(ada)
    assert list(found) == [MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY]
    assert [day.status for day in found.values()] == ["absent"] * 5 + ["off"] * 2
    assert [day.planned_seconds for day in found.values()] == [27_000] * 5 + [0] * 2
    assert summed(list(found.values())).absent == 5


def test_nobody_is_absent_before_the_day_is_past(ada):
    found = week_of(ada, dt.datetime(2026, 7, 8, 23, 30, tzinfo=dt.UTC))
    assert [day.status for day in found.values()] == ["absent", "absent", "open", "open", "open", "off", "off"]


def test_the_day_is_past_by_the_persons_own_clock():
    kim = EmploymentFactory(user__timezone="Pacific/Auckland")
    # Half past noon in London is past midnight in Auckland: their Monday is over, in London it is not.
    found = week_of(kim, dt.datetime(2026, 7, 6, 12, 30, tzinfo=dt.UTC))
    assert [found[MONDAY].status, found[TUESDAY].status] == ["absent", "open"]
    ann = EmploymentFactory(user__timezone="Europe/London")
    assert week_of(ann, dt.datetime(2026, 7, 6, 12, 30, tzinfo=dt.UTC))[MONDAY].status == "open"


def test_a_night_shift_that_still_runs_is_not_missed_yet():
    pattern = WorkPatternFactory(days=dict.fromkeys(range(5), (dt.time(22), 480, 0)))
    night = EmploymentFactory(pattern=pattern)
    assert week_of(night, dt.datetime(2026, 7, 7, 3, tzinfo=dt.UTC))[MONDAY].status == "open"
    assert week_of(night, dt.datetime(2026, 7, 7, 6, tzinfo=dt.UTC))[MONDAY].status == "absent"


def test_sessions_of_a_day_are_summed_and_the_gaps_between_them_are_its_break(ada):
    session(ada.user, MONDAY, "08:55", "12:00")
    session(ada.user, MONDAY, "12:30", "17:10")
    day = week_of(ada)[MONDAY]
    assert (day.status, day.sessions, day.worked_seconds, day.break_seconds) == ("present", 2, 27_900, 1_800)
    assert day.first_in == dt.datetime(2026, 7, 6, 8, 55, tzinfo=dt.UTC)
    assert day.last_out == dt.datetime(2026, 7, 6, 17, 10, tzinfo=dt.UTC)
    assert (day.late_seconds, day.overtime_seconds) == (0, 0)


def test_late_begins_after_the_grace_and_counts_from_the_begin(ada):
    session(ada.user, MONDAY, "09:10", "17:00")
    session(ada.user, TUESDAY, "09:11", "17:00")
    found = week_of(ada)
    assert (found[MONDAY].status, found[MONDAY].late_seconds) == ("present", 0)
    assert (found[TUESDAY].status, found[TUESDAY].late_seconds) == ("late", 660)


def test_less_than_the_share_of_the_plan_is_half_a_day(ada):
    session(ada.user, MONDAY, "09:00", "13:29")
    session(ada.user, TUESDAY, "09:00", "13:30")
    found = week_of(ada)
    assert [found[MONDAY].status, found[TUESDAY].status] == ["half-day", "present"]


def test_half_a_day_is_not_judged_while_the_day_lasts(ada):
    session(ada.user, MONDAY, "09:00", "12:00")
    assert week_of(ada, dt.datetime(2026, 7, 6, 12, 15, tzinfo=dt.UTC))[MONDAY].status == "present"


def test_overtime_is_what_goes_beyond_the_plan_and_the_allowance(ada):
    session(ada.user, MONDAY, "09:00", "16:45")
    session(ada.user, TUESDAY, "09:00", "18:00")
    session(ada.user, SATURDAY, "10:00", "12:00")
    found = week_of(ada)
    assert found[MONDAY].overtime_seconds == 0
    assert found[TUESDAY].overtime_seconds == 32_400 - 27_000 - 900
    assert (found[SATURDAY].status, found[SATURDAY].overtime_seconds) == ("present", 7_200 - 900)


def test_unconfirmed_sessions_do_not_count_and_are_no_absence(ada):
    session(ada.user, MONDAY, "09:00", "17:00", confirmed=False, closed_by_job=True)
    session(ada.user, TUESDAY, "09:00", "12:00")
    session(ada.user, TUESDAY, "13:00", "19:00", confirmed=False, closed_by_job=True)
    found = week_of(ada)
    assert (found[MONDAY].status, found[MONDAY].worked_seconds, found[MONDAY].unconfirmed_seconds) == (
        "open",
        0,
        28_800,
    )
    assert (found[TUESDAY].status, found[TUESDAY].worked_seconds, found[TUESDAY].unconfirmed_seconds) == (
        "half-day",
        10_800,
        21_600,
    )
    assert found[TUESDAY].break_seconds == 3_600
    assert found[TUESDAY].overtime_seconds == 0


def test_a_day_with_an_open_session_is_open_and_counts_what_is_finished(ada):
    session(ada.user, MONDAY, "09:30", "12:00")
    session(ada.user, MONDAY, "12:20")
    day = week_of(ada, dt.datetime(2026, 7, 6, 15, tzinfo=dt.UTC))[MONDAY]
    assert (day.status, day.worked_seconds, day.break_seconds, day.last_out) == ("open", 9_000, 1_200, None)
    assert day.late_seconds == 1_800


def test_a_day_is_remote_when_all_of_it_was(ada):
    session(ada.user, MONDAY, "09:00", "12:00", status="remote")
    session(ada.user, MONDAY, "13:00", "17:00", status="remote")
    session(ada.user, TUESDAY, "09:00", "12:00", status="remote")
    session(ada.user, TUESDAY, "13:00", "17:00")
    leave(ada.user, WEDNESDAY, code="wfh", is_away=False)
    session(ada.user, WEDNESDAY, "09:00", "17:00")
    found = week_of(ada)
    assert [found[day].status for day in (MONDAY, TUESDAY, WEDNESDAY)] == ["remote", "present", "remote"]
    assert (found[WEDNESDAY].leave_portion, found[WEDNESDAY].leave_type) == (0, "wfh")


def test_leave_of_a_whole_day_excuses_it_and_half_a_day_only_half(ada):
    leave(ada.user, MONDAY)
    leave(ada.user, TUESDAY, portion="0.5")
    leave(ada.user, WEDNESDAY, portion="0.5")
    session(ada.user, WEDNESDAY, "13:05", "17:00")
    found = week_of(ada)
    assert [found[day].status for day in (MONDAY, TUESDAY, WEDNESDAY)] == ["leave", "absent", "half-day"]
    assert found[WEDNESDAY].late_seconds == 0
    assert [found[day].leave_portion for day in (MONDAY, TUESDAY, WEDNESDAY)] == [1, Decimal("0.5"), Decimal("0.5")]


def test_two_halves_of_leave_are_a_day_and_each_keeps_whether_it_is_paid(ada):
    leave(ada.user, MONDAY, portion="0.5")
    leave(ada.user, MONDAY, portion="0.5", code="unpaid", is_paid=False)
    day = week_of(ada)[MONDAY]
    assert (day.status, day.leave_portion, day.leave_paid_portion) == ("leave", 1, Decimal("0.5"))


def test_work_on_a_day_of_leave_stays_leave_and_shows_its_hours(ada):
    leave(ada.user, MONDAY)
    session(ada.user, MONDAY, "15:00", "16:00")
    day = week_of(ada)[MONDAY]
    assert (day.status, day.worked_seconds, day.late_seconds, day.overtime_seconds) == ("leave", 3_600, 0, 0)


def test_a_holiday_of_the_persons_calendar_is_planned_for_nobody(ada):
    calendar = WorkingCalendar.objects.create(name="Harbour")
    Holiday.objects.create(calendar=calendar, date=MONDAY, name="Regatta")
    Holiday.objects.create(calendar=calendar, date=SUNDAY, name="Mass")
    ada.user.calendar = calendar
    ada.user.save()
    session(ada.user, MONDAY, "11:00", "12:00")
    found = week_of(ada)
    assert (found[MONDAY].status, found[MONDAY].holiday, found[MONDAY].planned_seconds) == ("present", "Regatta", 0)
    assert (found[MONDAY].late_seconds, found[MONDAY].overtime_seconds) == (0, 2_700)
    assert (found[SUNDAY].status, found[SUNDAY].holiday) == ("off", "Mass")
    other = EmploymentFactory(user__calendar=calendar)
    assert week_of(other)[MONDAY].status == "holiday"


def test_days_before_and_after_the_employment_are_off():
    short = EmploymentFactory(hire_date=TUESDAY, end_date=WEDNESDAY)
    found = week_of(short)
    assert [day.status for day in found.values()] == ["off", "absent", "absent", "off", "off", "off", "off"]
    assert [day.is_employed for day in found.values()] == [False, True, True, False, False, False, False]
    assert sum(day.planned_seconds for day in found.values()) == 54_000


def test_a_summary_counts_what_its_days_say(ada):
    session(ada.user, MONDAY, "09:00", "18:00")
    session(ada.user, TUESDAY, "09:30", "12:00")
    leave(ada.user, WEDNESDAY, portion="0.5")
    total = summed(list(week_of(ada).values()))
    assert (total.present, total.late, total.absent, total.half_days, total.leave) == (2, 1, 3, 1, Decimal("0.5"))
    assert (total.planned_seconds, total.worked_seconds, total.overtime_seconds) == (135_000, 41_400, 4_500)


def test_seven_people_take_as_many_queries_as_one():
    rows = [EmploymentFactory() for _ in range(7)]
    for row in rows:
        session(row.user, MONDAY, "09:00", "17:00")
        leave(row.user, TUESDAY)
    counts = []
    for people in (rows[:1], rows):
        with CaptureQueriesContext(connection) as queries:
            found = days_of(Employment.objects.filter(pk__in=[row.pk for row in people]), MONDAY, SUNDAY, LATER)
        assert len(found) == len(people)
        counts.append(len(queries))
    assert counts == [8, 8]
