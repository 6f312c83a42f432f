"""The month sheet: whose days it shows, what a cell says, and what it costs. July 2026 in August."""

import csv
import datetime as dt
import io
import re

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import DepartmentFactory, UserFactory
from hr.tests.factories import EmploymentFactory
from hr.tests.sessions import leave, session

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_august")]

MONDAY = dt.date(2026, 7, 6)
TUESDAY, WEDNESDAY = dt.date(2026, 7, 7), dt.date(2026, 7, 8)
SHEET = "/admin/hr/attendance/sheet/"


@pytest.fixture
def _august():
    with time_machine.travel("2026-08-03T12:00:00Z", tick=False):
        yield


def browser(person):
    client = Client()
    client.force_login(person)
    return client


def shown(page):
    return re.findall(r'class="who"><a href="[^"]*">([^<]*)</a>', page.context["body"])


def test_a_cell_says_how_the_day_stands_its_hours_and_leads_to_its_sessions():
    ada = EmploymentFactory(user__name="Ada")
    session(ada.user, MONDAY, "09:20", "17:05")
    leave(ada.user, TUESDAY)
    page = browser(UserFactory(as_="admin")).get(f"{SHEET}?month=2026-07")

    address = f"../?user__id__exact={ada.user_id}&amp;work_date=2026-07-06"
    assert (
        f'<td class="is-late"><a href="{address}" title="Late, 7:45 h, 20 min late">L<small>7:45</small></a></td>'
        '<td class="is-leave"><abbr title="On leave, annual 1">V</abbr></td>'
        '<td class="is-absent"><abbr title="Absent">A</abbr></td>'
    ) in page.context["body"]
    assert len(page.context["dates"]) == page.context["body"].count('<td class="is-') == 31
    session(ada.user, WEDNESDAY, "09:00", "17:00")
    listed = browser(UserFactory(as_="admin")).get(SHEET.replace("sheet/", address[3:].replace("&amp;", "&")))
    assert [one.work_date for one in listed.context["cl"].result_list] == [MONDAY]


def test_everybody_sees_themselves_a_manager_their_reports_and_hr_all():
    boss = UserFactory(as_="manager", name="Boss")
    lead = EmploymentFactory(user__name="Lead", user__as_="employee", manager=boss)
    EmploymentFactory(user__name="Below", manager=lead.user)
    EmploymentFactory(user__name="Elsewhere")

    def names(person):
        return shown(browser(person).get(f"{SHEET}?month=2026-07"))

    assert names(boss) == ["Below", "Lead"]
    assert names(lead.user) == ["Below", "Lead"]
    assert names(UserFactory(as_="hr")) == ["Below", "Elsewhere", "Lead"]
    assert names(UserFactory(as_="employee")) == []


def test_the_filter_offers_and_finds_only_whom_the_reader_may_see():
    boss = UserFactory(as_="manager")
    design, sales = DepartmentFactory(), DepartmentFactory()
    EmploymentFactory(user__name="Dee", user__department=design, manager=boss)
    EmploymentFactory(user__name="Sal", user__department=sales, manager=boss)
    hidden = EmploymentFactory(user__name="Hidden", user__department=sales)
    client = browser(boss)

    assert shown(client.get(f"{SHEET}?month=2026-07&department={design.pk}")) == ["Dee"]
    refused = client.get(f"{SHEET}?month=2026-07&person={hidden.user_id}")
    assert refused.status_code == 400
    assert "Hidden" not in refused.content.decode()


@pytest.mark.parametrize("month", ["", "2026", "2026-13", "0000-01", "９９９９-01", "2026-07-01", "abc"])
def test_a_month_that_is_none_is_said_so(month):
    page = browser(UserFactory(as_="admin")).get(SHEET, {"month": month, "page": "x"})
    assert page.status_code == 400
    assert "body" not in page.context


def test_without_a_month_it_is_the_running_one():
    EmploymentFactory()
    page = browser(UserFactory(as_="admin")).get(SHEET)
    assert page.context["title"] == "August 2026"
    assert page.context["before"] == ("July 2026", "?month=2026-07")
    assert page.context["after"] == ("September 2026", "?month=2026-09")


def test_what_a_person_wrote_stays_text():
    row = EmploymentFactory(user__name="<b>Ada</b>", code='E"1')
    leave(row.user, MONDAY, code='x"y<')
    text = browser(UserFactory(as_="admin")).get(f"{SHEET}?month=2026-07").content.decode()
    assert "<b>Ada" not in text
    assert 'x"y<' not in text
    assert "x&quot;y&lt; 1" in text


def test_seven_people_cost_as_many_queries_as_one():
    client = browser(UserFactory(as_="hr"))
    counts = []
    for people in (1, 6):
        for _ in range(people):
            session(EmploymentFactory().user, MONDAY, "09:00", "17:00")
        client.get(f"{SHEET}?month=2026-07")
        with CaptureQueriesContext(connection) as queries:
            page = client.get(f"{SHEET}?month=2026-07")
        counts.append(len(queries))
    assert len(shown(page)) == 7
    assert counts[0] == counts[1], [query["sql"] for query in queries.captured_queries]


def test_the_file_holds_a_letter_and_the_hours_of_each_day():
    ada = EmploymentFactory(user__name="Ada", code="E1")
    session(ada.user, MONDAY, "09:00", "17:45")
    answer = browser(UserFactory(as_="hr")).get(f"{SHEET}?month=2026-07&format=csv")
    heading, line = csv.reader(io.StringIO(b"".join(answer.streaming_content).decode().removeprefix("\ufeff")))
    cells = dict(zip(heading, line, strict=True))
    assert (cells["Person"], cells["2026-07-06"], cells["2026-07-07"], cells["2026-07-11"]) == (
        "Ada",
        "P 8:45",
        "A",
        "·",
    )
    assert (cells["Present"], cells["Absent"], cells["Hours"], cells["Overtime"]) == ("1", "22", "8.75", "1.0")


def test_who_may_not_see_attendance_has_no_sheet():
    from accounts.models import Role

    nobody = UserFactory(role=Role.objects.create(code="nothing", name="Nothing", is_staff=True))
    assert browser(nobody).get(SHEET).status_code == 403
    assert Client().get(SHEET).status_code == 302
