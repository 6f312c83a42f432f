"""Attendance against the time logged on tasks."""

import datetime as dt

import pytest
import time_machine

from accounts.tests.factories import UserFactory
from hr.models import AttendanceCorrection
from hr.selectors.attendance_home import home_counters
from hr.selectors.attendance_time import days_of_time, flags_of_entries
from hr.tests.factories import EmploymentFactory
from hr.tests.sessions import leave, session
from tasks.tests.factories import TaskFactory, TimeEntryFactory

pytestmark = pytest.mark.django_db

OWN, HR = "/api/employee/attendance/unexplained", "/api/hr/attendance/unexplained"
#: A Monday; now it is Tuesday noon.
DAY = dt.date(2026, 3, 9)
TODAY = dt.date(2026, 3, 10)
HOUR = 3600


@pytest.fixture(autouse=True)
def _on_tuesday():
    with time_machine.travel(dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def boss():
    return UserFactory(as_="manager")


@pytest.fixture
def person(boss):
    return EmploymentFactory(manager=boss).user


def logged(person, day, begins, ends):
    """Time of that day, past midnight where it must be."""
    first = dt.datetime.combine(day, dt.time.fromisoformat(begins), tzinfo=dt.UTC)
    last = dt.datetime.combine(day, dt.time.fromisoformat(ends), tzinfo=dt.UTC)
    return TimeEntryFactory(user=person, started_at=first, ended_at=last + dt.timedelta(days=last <= first))


def only(person, day=DAY):
    (found,) = days_of_time([person.pk], day, day)[person.pk]
    return found


def test_attended_less_breaks_less_logged_is_unexplained(person):
    session(person, DAY, "09:00", "12:00")
    session(person, DAY, "12:30", "17:00")
    entries = [logged(person, DAY, "09:30", "12:00"), logged(person, DAY, "13:00", "16:00")]

    day = only(person)

    assert (day.attended_seconds, day.break_seconds) == (8 * HOUR, HOUR // 2)
    assert (day.logged_seconds, day.unexplained_seconds) == (5.5 * HOUR, 2 * HOUR)
    assert (day.flags, day.entry_ids) == (["unexplained"], [entry.pk for entry in entries])


def test_what_is_explained_but_for_a_quarter_of_an_hour_needs_no_word(person):
    session(person, DAY, "09:00", "17:00")
    logged(person, DAY, "09:15", "17:00")

    assert only(person).flags == []


def test_time_logged_while_clocked_out_is_flagged(person):
    session(person, DAY, "09:00", "12:00")
    session(person, DAY, "13:00", "17:00")
    inside, across = logged(person, DAY, "09:00", "12:00"), logged(person, DAY, "12:30", "17:00")
    after = logged(person, DAY, "18:00", "19:00")

    day = only(person)

    assert (day.logged_seconds, day.while_out_seconds, day.unexplained_seconds) == (8.5 * HOUR, 1.5 * HOUR, -1.5 * HOUR)
    assert day.flags == ["logged_while_out"]
    assert flags_of_entries([inside.pk, across.pk, after.pk]) == {
        across.pk: ["logged_while_out"],
        after.pk: ["logged_while_out"],
    }
    assert flags_of_entries([]) == {}


def test_time_logged_on_leave_is_flagged_but_not_on_half_a_day(person):
    leave(person, DAY)
    entry = logged(person, DAY, "10:00", "11:00")
    half = dt.date(2026, 3, 6)
    leave(person, half, portion="0.5")
    session(person, half, "09:00", "10:00")
    logged(person, half, "09:00", "10:00")
    at_home = dt.date(2026, 3, 5)
    leave(person, at_home, code="wfh", is_away=False)
    session(person, at_home, "09:00", "10:00")
    logged(person, at_home, "09:00", "10:00")

    assert only(person).flags == ["logged_while_out", "logged_on_leave"]
    assert only(person).on_leave_seconds == HOUR
    assert (only(person, half).flags, only(person, at_home).flags) == ([], [])
    assert flags_of_entries([entry.pk]) == {entry.pk: ["logged_on_leave", "logged_while_out"]}


def test_a_night_shifts_time_belongs_to_the_day_it_began(person):
    session(person, DAY, "22:00", "06:00")
    early, late = logged(person, DAY, "22:00", "02:00"), logged(person, TODAY, "02:00", "06:00")

    day = only(person)

    assert (day.attended_seconds, day.logged_seconds, day.unexplained_seconds) == (8 * HOUR, 8 * HOUR, 0)
    assert day.entry_ids == [early.pk, late.pk]
    assert days_of_time([person.pk], TODAY, TODAY) == {person.pk: []}


def test_what_waits_to_be_confirmed_is_not_attended_and_a_running_day_is_not_asked_about(person):
    session(person, DAY, "09:00", "17:00", confirmed=False, closed_by_job=True)
    logged(person, DAY, "09:00", "10:00")
    session(person, TODAY, "09:00")

    waiting, running = only(person), only(person, TODAY)

    assert (waiting.attended_seconds, waiting.unexplained_seconds, waiting.flags) == (0, -HOUR, [])
    assert (running.attended_seconds, running.unexplained_seconds, running.flags) == (3 * HOUR, 3 * HOUR, [])


def test_everybody_sees_their_own_newest_first(api, person):
    session(person, DAY, "09:00", "17:00")
    session(person, dt.date(2026, 3, 6), "09:00", "10:00")
    logged(person, dt.date(2026, 3, 6), "09:00", "10:00")
    caller = api(person)

    days = caller.get(OWN).json()

    assert days[0] == {
        "user_id": person.pk, "date": "2026-03-09", "attended": 8.0, "breaks": 0.0, "logged": 0.0, "unexplained": 8.0,
        "logged_while_out": 0.0, "logged_on_leave": 0.0, "flags": ["unexplained"], "entry_ids": [],
    }  # fmt: skip
    assert [day["date"] for day in days] == ["2026-03-09", "2026-03-06"]
    assert [day["date"] for day in caller.get(f"{OWN}?flagged=true").json()] == ["2026-03-09"]
    assert [day["date"] for day in caller.get(f"{OWN}?end_date=2026-03-08").json()] == ["2026-03-06"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("start_date=2026-03-02&end_date=2026-03-01", "invalid_period"),
        ("start_date=2020-01-01", "too_long"),
        ("start_date=x", "invalid"),
        ("day=2026-03-02", "unknown_parameter"),
    ],
)
def test_periods_that_are_refused(api, boss, person, query, code):
    for caller, path in ((api(person), OWN), (api(boss), HR)):
        reply = caller.get(f"{path}?{query}")
        problem = reply.json()
        assert reply.status_code == 422
        assert code in {problem["code"], *(error["code"] for error in problem["errors"])}
    assert api(person).get(f"{OWN}?flagged=maybe").status_code == 422
    assert api(boss).get(f"{HR}?flagged=maybe").status_code == 422


def test_managers_see_it_of_their_reports_and_hr_of_all(api, boss, person):
    other = EmploymentFactory().user
    for one in (person, other):
        session(one, DAY, "09:00", "17:00")

    (seen,) = api(boss).get(HR).json()
    everybody = api(UserFactory(as_="hr")).get(HR).json()

    assert (seen["user_id"], [day["flags"] for day in seen["days"]]) == (person.pk, [["unexplained"]])
    assert [one["user_id"] for one in everybody] == [person.pk, other.pk]
    found = api(UserFactory(as_="hr")).get(f"{HR}?user_id={other.pk}&start_date=2026-03-10").json()
    assert [(one["user_id"], one["days"]) for one in found] == [(other.pk, [])]


@pytest.mark.parametrize(
    ("role", "own", "others"),
    [("admin", 200, 200), ("hr", 200, 200), ("manager", 200, 200), ("employee", 200, 403), ("finance", 200, 403),
     ("marketing", 200, 403), ("client", 403, 403)],
)  # fmt: skip
def test_who_may_ask(api, role, own, others):
    caller = api(UserFactory(as_=role))

    assert (caller.get(OWN).status_code, caller.get(HR).status_code) == (own, others)


@pytest.mark.parametrize("rows", [1, 7])
def test_it_costs_the_same_however_many_people(api, django_assert_num_queries, rows):
    task = TaskFactory()
    for row in EmploymentFactory.create_batch(rows):
        session(row.user, DAY, "09:00", "17:00")
        TimeEntryFactory(user=row.user, task=task)
    caller = api(UserFactory(as_="hr"))
    caller.get(HR)

    with django_assert_num_queries(5):  # who, page; sessions, time, leave
        assert len(caller.get(HR).json()) == rows


def test_the_home_page_counts_what_needs_a_word(boss, person):
    session(person, DAY, "09:00", "17:00")
    session(person, dt.date(2026, 3, 6), "09:00", "17:00", confirmed=False, closed_by_job=True)
    AttendanceCorrection.objects.create(user=person, kind="add", reason="x", requested_by=person)
    AttendanceCorrection.objects.create(user=boss, kind="add", reason="x", requested_by=boss)

    def shown(user):
        return {str(counter.label): counter.value for counter in home_counters(user)}

    assert shown(person) == {"Clock-outs to confirm": 1, "My unexplained days": 1}
    assert shown(boss) == {"Unexplained days of reports": 1, "Corrections to decide": 1}
    assert shown(UserFactory(as_="hr")) == {"Corrections to decide": 2}
    assert shown(UserFactory(as_="client")) == {}


def test_the_report_prints_each_day_and_leads_to_what_is_behind_it(client, boss, person):
    for begins, ends in (("09:00", "12:00"), ("12:30", "17:00")):
        session(person, DAY, begins, ends)
    entry = logged(person, DAY, "09:30", "12:00")
    session(EmploymentFactory().user, DAY, "09:00", "17:00")  # nobody of the manager's
    client.force_login(boss)

    page = client.get("/reports/hr/unexplained?start=2026-03-09&end=2026-03-09")

    [row] = page.context["rows"]
    assert [cell.text for cell in row[3:]] == ["8.00", "0.50", "2.50", "5.00", "0.00", "0.00", "unexplained"]
    assert [bar.text for chart in page.context["charts"] for bar in chart.bars] == ["5.0 h"]
    assert [one.pk for one in client.get(row[5].link).context["cl"].result_list] == [entry.pk]
    assert len(client.get(row[3].link).context["cl"].result_list) == 2
    assert client.get("/reports/hr/unexplained?start=2026-03-09&end=2026-03-09&flagged=on").context["count"] == 1
