"""Reports of attendance and employment: their figures, whose they are, and where the numbers lead."""

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Holiday, WorkingCalendar
from accounts.tests.factories import DepartmentFactory, UserFactory
from hr.selectors.headcount import Stay, by_month
from hr.tests.factories import EmploymentFactory
from hr.tests.sessions import leave, session
from tasks.tests.factories import TaskFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_july")]

MONDAY = dt.date(2026, 7, 6)
TUESDAY, WEDNESDAY, THURSDAY, SATURDAY = (MONDAY + dt.timedelta(days=n) for n in (1, 2, 3, 5))
WEEK = "start=2026-07-06&end=2026-07-12"
REPORTS = ["hr/attendance-sheet", "hr/late-absent", "hr/overtime", "hr/headcount", "hr/capacity"]


@pytest.fixture
def _july():
    with time_machine.travel("2026-07-13T12:00:00Z", tick=False):
        yield


def browser(person):
    client = Client()
    client.force_login(person)
    return client


def lines(client, report, query=""):
    """The report's CSV as one dictionary a row."""
    answer = client.get(f"/reports/{report}?{query}&format=csv")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode().removeprefix("\ufeff"))))


@pytest.fixture
def team():
    """Boss over Ada, who was late, worked long and on a Saturday, and was absent twice; and Kim, whom HR alone sees."""
    boss = UserFactory(as_="manager", name="Boss")
    ada = EmploymentFactory(user__name="Ada", manager=boss)
    kim = EmploymentFactory(user__name="Kim")
    session(ada.user, MONDAY, "09:30", "19:00")
    session(ada.user, TUESDAY, "09:00", "16:30")
    leave(ada.user, WEDNESDAY)
    session(ada.user, SATURDAY, "10:00", "12:15")
    return boss, ada, kim


def test_the_sums_of_a_week(team):
    boss, ada, _kim = team
    [row] = lines(browser(boss), "hr/attendance-sheet", WEEK)
    assert row == {
        "Person": "Ada", "Department": "", "Present": "3", "Late": "1", "Absent": "2", "Half days": "0", "Remote": "0",
        "Days of leave": "1", "Planned hours": "37.5", "Hours worked": "19.25", "Hours to confirm": "0.0",
        "Overtime": "3.75",
    }  # fmt: skip
    everybody = lines(browser(UserFactory(as_="hr")), "hr/attendance-sheet", WEEK)
    assert [row["Person"] for row in everybody] == ["Ada", "Kim"]
    assert [row["Person"] for row in lines(browser(ada.user), "hr/attendance-sheet", WEEK)] == ["Ada"]


def test_late_and_absent_days_newest_first(team):
    boss, _ada, _kim = team
    client = browser(boss)
    found = [(row["Day"], row["What"], row["Minutes late"]) for row in lines(client, "hr/late-absent", WEEK)]
    assert found == [("2026-07-10", "Absent", ""), ("2026-07-09", "Absent", ""), ("2026-07-06", "Late", "30")]
    assert [row["Day"] for row in lines(client, "hr/late-absent", f"{WEEK}&what=late")] == ["2026-07-06"]


def test_an_absence_leads_to_the_month_of_the_person_and_lateness_to_the_sessions(team):
    _boss, ada, kim = team
    client = browser(UserFactory(as_="hr"))
    page = client.get(f"/reports/hr/late-absent?{WEEK}").content.decode().replace("&amp;", "&")

    sheet = f"/admin/hr/attendance/sheet/?month=2026-07&person={ada.user_id}"
    assert page.count(f'href="{sheet}"') == 4  # day and name, of two days
    assert page.count(f'href="/admin/hr/attendance/?user__id__exact={ada.user_id}&work_date_from=2026-07-06&work') >= 2
    assert f"/admin/hr/attendance/?user__id__exact={kim.user_id}" not in page  # who was never there
    assert client.get(sheet).status_code == 200


def test_overtime_names_the_share_of_days_off(team):
    [row] = lines(browser(team[0]), "hr/overtime", WEEK)
    assert (row["Days with overtime"], row["Most on one day"], row["On days off"], row["Overtime"]) == (
        "2",
        "2.0",
        "2.0",
        "3.75",
    )


def test_numbers_lead_to_their_rows(team):
    _boss, ada, _kim = team
    client = browser(UserFactory(as_="admin"))
    page = client.get(f"/reports/hr/overtime?{WEEK}")
    [row] = page.context["rows"]
    listed = client.get(row[-1].link).context["cl"].result_list
    assert {one.user_id for one in listed} == {ada.user_id}
    assert len(listed) == 3
    sums = client.get(f"/reports/hr/attendance-sheet?{WEEK}").context["rows"][0]
    assert ">Ada</a>" in client.get(sums[0].link).context["body"]
    assert client.get(sums[3].link).context["count"] == 3


def test_headcount_by_month_and_turnover():
    end = dt.date(2026, 3, 31)
    stays = [
        Stay(dt.date(2020, 1, 1), dt.date.max, None, None),
        Stay(dt.date(2020, 1, 1), dt.date(2026, 1, 31), None, None),
        Stay(dt.date(2026, 2, 1), dt.date(2026, 3, 15), None, None),
        Stay(dt.date(2026, 3, 31), dt.date.max, None, None),
    ]
    found = by_month(stays, dt.date(2026, 1, 10), end)
    assert [(span.before, span.joined, span.left, span.after) for span in found] == [
        (2, 0, 1, 1),
        (1, 1, 0, 2),
        (2, 1, 1, 2),
    ]
    assert [span.turnover for span in found] == [Decimal("66.7"), Decimal("0.0"), Decimal("50.0")]
    assert found[0].start == dt.date(2026, 1, 10)


def test_headcount_by_department_leads_to_who_joined():
    design = DepartmentFactory(name="Design")
    EmploymentFactory(user__department=design, hire_date=dt.date(2026, 7, 1))
    EmploymentFactory(user__department=design)
    EmploymentFactory()
    client = browser(UserFactory(as_="admin"))
    found = lines(client, "hr/headcount", "group=department&start=2026-07-01&end=2026-07-31")
    assert [tuple(row.values()) for row in found] == [
        ("Design", "1", "1", "0", "2", "0.0"),
        ("Without a department", "1", "0", "0", "1", "0.0"),
    ]
    row = client.get("/reports/hr/headcount?group=department&start=2026-07-01&end=2026-07-31").context["rows"][0]
    assert [len(client.get(row[at].link).context["cl"].result_list) for at in (0, 2)] == [2, 1]
    months = lines(client, "hr/headcount")
    assert [months[0]["Month or department"], months[-1]["Month or department"]] == ["Aug 2025", "Jul 2026"]


def test_capacity_is_net_of_leave_and_holidays_and_counts_what_is_left_of_tasks(team):
    boss, ada, _kim = team
    calendar = WorkingCalendar.objects.create(name="Harbour")
    Holiday.objects.create(calendar=calendar, date=dt.date(2026, 7, 14), name="Regatta")
    ada.user.calendar = calendar
    ada.user.save()
    leave(ada.user, dt.date(2026, 7, 15))
    leave(ada.user, dt.date(2026, 7, 16), portion="0.5")
    TaskFactory(assigned_to=ada.user, due_date="2026-07-20", estimated_time=10, progress=25, status="in_progress")
    TaskFactory(assigned_to=ada.user, due_date="2026-07-01")
    TaskFactory(assigned_to=ada.user, due_date="2026-07-27", estimated_time=100)
    TaskFactory(assigned_to=ada.user, due_date="2026-07-20", estimated_time=100, status="cancelled")
    client = browser(boss)
    [row] = lines(client, "hr/capacity")
    assert row == {
        "Person": "Ada", "Department": "", "Planned hours": "67.5", "Leave": "11.25", "Holidays": "1",
        "Net hours": "56.25", "Open tasks due": "2", "Without an estimate": "1", "Hours asked for": "7.5",
        "Hours free": "48.75", "Load": "13",
    }  # fmt: skip
    due = client.get("/reports/hr/capacity").context["rows"][0][6].link
    assert len(client.get(due).context["cl"].result_list) == 2


@pytest.mark.parametrize("report", REPORTS)
def test_seven_people_cost_as_many_queries_as_one(report):
    client = browser(UserFactory(as_="admin"))
    asked = WEEK.partition("&")[0] if report == "hr/capacity" else WEEK  # it is of two weeks, and has no end
    counts = []
    for people in (1, 6):
        for _ in range(people):
            row = EmploymentFactory(user__department=DepartmentFactory())
            session(row.user, MONDAY, "10:00", "20:00")
        client.get(f"/reports/{report}?{asked}")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/reports/{report}?{asked}").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1], [query["sql"] for query in queries.captured_queries]


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("query", ["start=abc", "start=99999-01-01", "department=x", "start=0001-01-01"])
def test_a_filter_that_makes_no_sense_is_said_so(report, query):
    page = browser(UserFactory(as_="admin")).get(f"/reports/{report}?{query}")
    assert page.status_code == 400
    assert 'class="error"' in page.content.decode()


@pytest.mark.parametrize("report", REPORTS)
def test_every_report_prints_charts_and_exports(team, report):
    client = browser(UserFactory(as_="admin"))
    page = client.get(f"/reports/{report}")
    assert page.status_code == 200
    assert "<svg" in page.content.decode()
    for kind in ("csv", "xlsx"):
        assert client.get(f"/reports/{report}?format={kind}").status_code == 200
