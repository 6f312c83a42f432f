"""Reports: who may read them, what they print, and that every surface shows the same rows."""

import csv
import datetime as dt
import io
import re

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from accounts.tests.factories import UserFactory
from clients.models import Client, Project, ProjectMember
from clients.selectors import performance
from clients.tests.factories import ClientFactory, ProjectFactory
from hyperflow.core import clock
from hyperflow.dashboard import urls
from tasks.models import Task, TaskTag, TimeEntry
from tasks.tests.factories import TaskFactory, TimeEntryFactory

pytestmark = pytest.mark.django_db

STAFF = [Role.Code.ADMIN, Role.Code.MANAGER, Role.Code.EMPLOYEE, Role.Code.HR, Role.Code.FINANCE, Role.Code.MARKETING]
EVERYBODY = {"admin", "manager", "employee", "hr", "finance", "marketing"}
BOOKS = {"admin", "manager", "finance"}
#: Every report there is. Of most, everybody reads what is theirs.
READERS = {
    "clients/performance": {"admin", "manager", "finance", "marketing"},
    "tasks/late": EVERYBODY,
    "time/hours": EVERYBODY,
    "hr/attendance-sheet": EVERYBODY,
    "hr/late-absent": EVERYBODY,
    "hr/overtime": EVERYBODY,
    "hr/unexplained": EVERYBODY,
    "hr/headcount": {"admin", "manager", "hr"},
    "hr/capacity": EVERYBODY,
    "hr/leave-balances": EVERYBODY,
    "hr/leave-calendar": EVERYBODY,
    "hr/payroll": {"admin", "hr"},
    "hr/recruitment": {"admin", "manager", "hr"},
    "finance/budgets": BOOKS,
    "finance/revenue": BOOKS,
    "finance/trace": BOOKS,
    "finance/expenses": BOOKS,
    "finance/profit-loss": BOOKS,
    "finance/receivables": BOOKS,
    "finance/cash-forecast": BOOKS,
    "finance/statement": BOOKS,
    "finance/team-cost": BOOKS,
    "finance/margin": BOOKS,
    "finance/unbilled": BOOKS,
}
REPORTS = list(READERS)


def lines_of(response):
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode().removeprefix("\ufeff"))))


def agency(person):
    """Work that the person does, work of others in their project, and work they have nothing to do with."""
    long_ago = clock.business_date() - dt.timedelta(days=30)
    mine, ours, theirs = ClientFactory(name="Mine"), ClientFactory(name="Ours"), ClientFactory(name="Theirs")
    project = ProjectFactory(client=ours)
    ProjectMember.objects.create(project=project, user=person)
    made = [
        TaskFactory(client=mine, assigned_to=person, due_date=long_ago),
        TaskFactory(client=ours, project=project, due_date=long_ago),
        TaskFactory(client=theirs, project=ProjectFactory(client=theirs), due_date=long_ago),
    ]
    TaskTag.objects.create(task=made[0], name="waiting-for-client")
    for task in made:
        TimeEntryFactory(task=task, user=task.assigned_to or UserFactory())
    return made


@pytest.mark.parametrize("role", STAFF)
@pytest.mark.parametrize("report", REPORTS)
def test_who_may_read_which_report(sign_in, role, report):
    client, person = sign_in(role)
    agency(person)
    allowed = role in READERS[report]

    assert client.get(f"/reports/{report}").status_code == (200 if allowed else 403)
    for kind in ("csv", "xlsx", "pdf"):
        assert client.get(f"/reports/{report}?format={kind}").status_code == (200 if allowed else 403)
    assert (f"/reports/{report}" in client.get("/reports/").content.decode()) is allowed


def test_a_portal_user_has_no_session_here(sign_in):
    client, _portal = sign_in(Role.Code.CLIENT)

    for address in ("/reports/", *(f"/reports/{report}" for report in REPORTS)):
        assert client.get(address)["Location"] == f"/admin/login/?next={address}"


@pytest.mark.parametrize("role", STAFF)
def test_list_api_export_and_report_show_the_same_rows(sign_in, api, role):
    """Z08: for each role and model, every surface gives the same ids."""
    client, person = sign_in(role)
    agency(person)
    cache.clear()
    period = "start=2026-01-01&end=2026-12-31"

    shown = {model: listed(client, model) for model in (Client, Project, Task, TimeEntry)}

    assert shown[Client] == {row["client_id"] for row in api(person).get("/api/client/clients?limit=200").json()}
    assert shown[Project] == {row["project_id"] for row in api(person).get("/api/client/projects?limit=200").json()}
    assert shown[Task] == {row["task_id"] for row in api(person).get("/api/client/tasks?limit=200").json()}
    names = {line[0] for line in lines_of(client.get("/admin/clients/client/export.csv"))[1:]}
    assert names == set(Client.objects.filter(pk__in=shown[Client]).values_list("name", flat=True))
    keys = {line[0] for line in lines_of(client.get("/admin/tasks/task/export.csv"))[1:]}
    assert keys == set(Task.objects.filter(pk__in=shown[Task]).values_list("key", flat=True))
    assert len(lines_of(client.get("/admin/tasks/timeentry/export.csv"))) - 1 == len(shown[TimeEntry])
    late = {line[2].split(" ")[0] for line in lines_of(client.get("/reports/tasks/late?format=csv"))[1:]}
    assert late == keys
    hours = lines_of(client.get(f"/reports/time/hours?{period}&format=csv"))[1:]
    assert sum(int(line[2]) for line in hours) == len(shown[TimeEntry])
    if role in READERS["clients/performance"]:
        assert {line[0] for line in lines_of(client.get("/reports/clients/performance?format=csv"))[1:]} == names


def listed(client, model):
    options = model._meta
    page = client.get(f"/admin/{options.app_label}/{options.model_name}/")
    return {row.pk for row in page.context["cl"].result_list}


@time_machine.travel("2026-03-10T12:00:00Z", tick=False)  # one date in every zone that asks
def test_the_performance_report_prints_what_the_api_says(sign_in, api):
    client, boss = sign_in(Role.Code.MANAGER)
    row = ClientFactory(name="Acme")
    done = TaskFactory(
        client=row, status="completed", start_time=clock.now(), end_time=clock.now(), due_date=clock.business_date(),
        estimated_time=2, actual_time=3,
    )  # fmt: skip
    TaskFactory(client=row)
    TimeEntryFactory(task=done)

    answer = api(boss).get(f"/api/client/clients/{row.pk}/reports/performance").json()
    [line] = lines_of(client.get("/reports/clients/performance?format=csv"))[1:]

    figures = performance(client=row, user=boss)
    assert line[:5] == ["Acme", "2", "1", "1", "0"]
    assert line[5:8] == [str(figures.completion_rate), str(figures.on_time_rate), str(figures.estimate_accuracy)]
    assert float(line[8]) == float(figures.hours) == answer["hours"]


def test_hours_sum_in_the_database_at_a_constant_cost(sign_in):
    client, _boss = sign_in(Role.Code.MANAGER)
    TimeEntryFactory(billable=True)
    address = "/reports/time/hours?start=2026-01-01&end=2026-12-31&group=client"
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for billable in (True, False) * 3:
        TimeEntryFactory(billable=billable)
    with CaptureQueriesContext(connection) as seven:
        page = client.get(address)

    assert len(seven) == len(one)
    assert page.context["count"] == 7
    assert [cell.text for cell in page.context["totals"]] == ["Together", "", "7", "7.00", "4.00", ""]


@pytest.mark.parametrize("group", ["client", "project", "person"])
def test_a_number_leads_to_the_rows_behind_it(sign_in, group):
    client, _boss = sign_in(Role.Code.MANAGER)
    project = ProjectFactory()
    TimeEntryFactory(task=TaskFactory(project=project, client=project.client))
    TimeEntryFactory()
    page = client.get(f"/reports/time/hours?start=2026-01-01&end=2026-12-31&group={group}")

    links = [row[0].link for row in page.context["rows"]]
    found = [[entry.pk for entry in client.get(link).context["cl"].result_list] for link in links]

    assert sorted(pk for rows in found for pk in rows) == sorted(TimeEntry.objects.values_list("pk", flat=True))
    assert [len(rows) for rows in found] == [1, 1]


def test_the_performance_report_costs_the_same_for_seven_clients(sign_in):
    client, _boss = sign_in(Role.Code.MANAGER)
    TaskFactory()
    client.get("/reports/clients/performance")
    with CaptureQueriesContext(connection) as one:
        client.get("/reports/clients/performance")
    for _ in range(6):
        TaskFactory()
    with CaptureQueriesContext(connection) as seven:
        client.get("/reports/clients/performance")

    assert len(seven) == len(one)


@pytest.mark.parametrize(
    "query", ["start=2026-02-01&end=2026-01-01", "start=abc", "end=99999-01-01", "person=x", "group=colour"]
)
def test_a_filter_that_makes_no_sense_is_said_so(sign_in, query):
    client, _boss = sign_in(Role.Code.MANAGER)

    page = client.get(f"/reports/time/hours?{query}")

    assert page.status_code == 400
    assert 'class="error"' in page.content.decode()


@pytest.mark.parametrize("report", REPORTS)
def test_a_filter_that_a_report_does_not_have_is_refused_by_its_name(sign_in, report):
    """Else the numbers of everything would look like those of one client."""
    client, boss = sign_in(Role.Code.ADMIN)
    agency(boss)

    for kind in ("", "csv", "pdf"):
        page = client.get(f"/reports/{report}?colour=abc&format={kind}")
        assert page.status_code == 400
        assert 'class="note error"' in page.content.decode()
        assert "“colour”" in page.content.decode()
    assert client.get(f"/reports/{report}?page=1").status_code == 200
    assert client.get(f"/reports/{report}?format=docx").status_code == 400


def test_nobody_filters_by_who_they_cannot_see(sign_in):
    client, _employee = sign_in(Role.Code.EMPLOYEE)
    hidden = ClientFactory(name="Hidden Ltd")

    page = client.get(f"/reports/tasks/late?client={hidden.pk}")

    assert page.status_code == 400
    assert "Hidden Ltd" not in page.content.decode()


@pytest.mark.parametrize("report", REPORTS)
def test_a_report_page_has_nothing_inline_and_a_policy_that_allows_nothing_inline(sign_in, report):
    client, boss = sign_in(Role.Code.ADMIN)
    agency(boss)

    page = client.get(f"/reports/{report}")

    text = page.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|<style|\son[a-z]+=|javascript:", text)
    assert "unsafe" not in page["Content-Security-Policy"]


def test_the_list_of_readers_names_every_report():
    assert sorted(READERS) == sorted(report.slug for report in urls.REPORTS)


@time_machine.travel("2026-03-10T12:00:00Z", tick=False)
def test_a_report_on_paper_shows_texts_as_they_are(sign_in):
    """What somebody wrote is data of the document, never markup or code of its template."""
    client, _boss = sign_in(Role.Code.MANAGER)
    name = '#panic("x") *bold* $x^2$ #read("/etc/passwd") <script>'
    TaskFactory(client=ClientFactory(name=name))

    first = client.get("/reports/clients/performance?format=pdf")
    again = client.get("/reports/clients/performance?format=pdf")

    assert (first.status_code, first["Content-Type"]) == (200, "application/pdf")
    assert first["Content-Disposition"] == 'attachment; filename="clients-performance-2026-03-10.pdf"'
    assert first["Cache-Control"] == "private, no-store"
    assert first.content.startswith(b"%PDF-")
    assert first.content == again.content


def test_a_long_report_on_paper_says_what_it_leaves_out(sign_in, monkeypatch):
    client, _boss = sign_in(Role.Code.MANAGER)
    printed = {}
    monkeypatch.setattr("hyperflow.core.reports.MOST_PRINTED", 20)
    monkeypatch.setattr(
        "hyperflow.core.typesetting.pdf", lambda template, data, **more: printed.update(data) or b"%PDF-"
    )
    for _number in range(3):
        TimeEntryFactory()

    client.get("/reports/time/hours?start=2026-01-01&end=2026-12-31&group=client&format=pdf")

    columns = len(printed["columns"])
    assert len(printed["rows"]) == 20 // columns == min(3, 20 // columns)
    assert printed["filter"] == ["From: 01 Jan 2026", "To: 31 Dec 2026", "By: Client"]


def test_formulas_in_names_stay_text_in_every_export(sign_in):
    """X01"""
    client, _boss = sign_in(Role.Code.MANAGER)
    TaskFactory(title="=1+1", client=ClientFactory(name="@SUM(A1)"))

    [line] = lines_of(client.get("/admin/tasks/task/export.csv"))[1:]

    assert line[1:3] == ["'=1+1", "'@SUM(A1)"]


def test_an_export_keeps_the_filter_and_the_search(sign_in):
    client, _boss = sign_in(Role.Code.MANAGER)
    TaskFactory(key="A-1", status="pending"), TaskFactory(key="A-2", status="cancelled"), TaskFactory(key="B-1")

    lines = lines_of(client.get("/admin/tasks/task/export.csv?status__exact=pending&q=A-"))

    assert [line[0] for line in lines[1:]] == ["A-1"]


def test_an_export_leaves_out_what_the_person_may_not_see(sign_in):
    client, employee = sign_in(Role.Code.EMPLOYEE)
    boss, _boss = sign_in(Role.Code.MANAGER)
    TaskFactory(client=ClientFactory(hourly_rate=99), assigned_to=employee)

    assert "Hourly rate" not in lines_of(client.get("/admin/clients/client/export.csv"))[0]
    assert "Hourly rate" in lines_of(boss.get("/admin/clients/client/export.csv"))[0]


def test_an_address_that_is_cut_short_leads_to_the_list_of_its_part(client):
    client.force_login(UserFactory(as_="admin"))
    for given, shown in (("/reports", "/reports/"), ("/reports/hr", "/reports/hr/"), ("/careers/", "/careers")):
        reply = client.get(given)
        assert (reply.status_code, reply["Location"]) == (302, shown)
    page = client.get("/reports/hr/").content.decode()
    assert "/reports/hr/overtime" in page
    assert "/reports/finance/" not in page
    client.force_login(UserFactory(as_="employee"))
    assert "/reports/finance/" not in client.get("/reports/").content.decode()
