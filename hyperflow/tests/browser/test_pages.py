"""The pages in a real browser, on a desk and a phone: no error, no refused resource, no overflow, names for all."""

import csv
import datetime as dt
import re

import pytest

from accounts.models import Role
from accounts.tests.factories import UserFactory
from clients.models import Client, CommunicationLog
from clients.tests.factories import ClientFactory, ContactFactory, ProjectFactory
from hyperflow.core import clock
from tasks.models import Comment, Task, TaskTag
from tasks.tests.factories import TaskFactory, TimeEntryFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

STAFF = [Role.Code.ADMIN, Role.Code.MANAGER, Role.Code.EMPLOYEE, Role.Code.HR, Role.Code.FINANCE, Role.Code.MARKETING]
LISTS = [
    "tasks/task", "tasks/timeentry", "tasks/lockedperiod", "clients/client", "clients/project", "clients/contact",
    "clients/brand", "clients/communicationlog", "accounts/user", "accounts/role", "accounts/department",
    "accounts/workingcalendar", "accounts/session", "core/job", "core/auditentry",
]  # fmt: skip


def agency(person):
    client = ClientFactory(name="Bergmann & Söhne Maschinenbau Aktiengesellschaft", owner=person)
    project = ProjectFactory(client=client, name="A website for the whole of the family")
    contact = ContactFactory(client=client)
    CommunicationLog.objects.create(
        client=client, contact=contact, sender=person, sender_name=person.name, channel="email", direction="inbound",
        subject="The new claim", message="Could we see it by Friday?",
    )  # fmt: skip
    tasks = [
        TaskFactory(
            title=f"Shorten the texts of the glass return and find a picture for each of them ({number})",
            client=client, project=project, assigned_to=person, priority=1 + number % 4,
            due_date=clock.business_date() + dt.timedelta(days=number - 3),
        )
        for number in range(8)
    ]  # fmt: skip
    Comment.objects.create(task=tasks[0], author=person, content="Looks good to me")
    TaskTag.objects.create(task=tasks[0], name="waiting-for-client")
    TimeEntryFactory(task=tasks[0], user=person)
    return tasks


@pytest.mark.parametrize("role", STAFF)
def test_every_role_comes_in_and_every_page_in_its_menu_opens(browse, role):
    person = UserFactory(as_=role, name="Mira Osei")
    agency(person)
    window = browse()
    window.sign_in(person)

    links = window.page.eval_on_selector_all(
        "#nav-sidebar-apps a", "found => found.map(link => link.getAttribute('href'))"
    )

    assert links[0] == "/admin/"
    for link in links:
        window.open(link)
        assert window.page.locator("h1").count() == 1, link


def test_every_list_form_history_and_report_holds_on_every_screen(browse):
    boss = UserFactory(as_=Role.Code.ADMIN)
    task = agency(boss)[0]
    window = browse()
    window.sign_in(boss)

    for model in LISTS:
        window.hold(f"/admin/{model}/")
    for model in LISTS:
        if model not in {"core/job", "core/auditentry", "accounts/session"}:
            window.hold(f"/admin/{model}/add/")
    for path in ("change", "history", "do/assign", "do/log_time", "do/attach", "do/progress"):
        window.hold(f"/admin/tasks/task/{task.pk}/{path}/")
    window.hold(f"/admin/clients/client/{task.client_id}/change/")
    window.hold("/admin/accounts/role/2/change/")
    for report in ("", "clients/performance", "tasks/late", "time/hours?start=2026-01-01&end=2026-12-31&group=person"):
        window.hold(f"/reports/{report}")
    window.hold("/admin/password_change/")


def test_who_prefers_the_dark_has_it_from_the_start(browse):
    boss = UserFactory(as_=Role.Code.ADMIN)
    task = agency(boss)[0]
    window = browse(dark=True)
    window.sign_in(boss)

    for path in ("/admin/", "/admin/tasks/task/", f"/admin/tasks/task/{task.pk}/change/"):
        window.open(path)
        assert window.page.evaluate("document.documentElement.classList.contains('dark')"), path


def test_a_task_is_found_opened_started_and_its_history_tells(browse):
    manager = UserFactory(as_=Role.Code.MANAGER, name="Jonas Falk")
    task = agency(manager)[5]
    window = browse()
    window.sign_in(manager)
    page = window.open("/admin/tasks/task/")

    page.fill("#searchbar", task.key)
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=*")
    window.check()
    assert page.locator("#result_list tbody tr").count() == 1
    page.locator("#result_list tbody tr a").first.click()
    window.check()
    page.get_by_role("link", name="Start", exact=False).first.click()
    window.check()
    assert page.locator(".hf-rows li").inner_text() == str(task)
    page.fill("#id_note", "On it")
    page.get_by_role("button", name="Start").click()
    window.check()
    assert "1 row: started." in page.content()
    assert Task.objects.get(pk=task.pk).status == "in_progress"
    assert Comment.objects.get(task=task).content == "On it"
    page.get_by_role("link", name="History").click()
    window.check()
    assert "Pending" in page.locator(".hf-history li").first.inner_text()
    assert "In progress" in page.locator(".hf-history li").first.inner_text()


def test_several_tasks_are_moved_from_the_list_after_a_question(browse):
    manager = UserFactory(as_=Role.Code.MANAGER)
    agency(manager)
    window = browse()
    window.sign_in(manager)
    page = window.open("/admin/tasks/task/?whose=mine&standing=open")

    page.locator("#result_list tbody input.action-select").nth(0).check()
    page.locator("#result_list tbody input.action-select").nth(1).check()
    page.select_option("select[name=action]", "start")
    page.get_by_role("button", name="Run").click()
    window.check()
    assert page.locator(".hf-rows li").count() == 2
    assert Task.objects.filter(status="in_progress").count() == 0
    page.get_by_role("button", name="Start").click()
    window.check()

    assert "2 rows: started." in page.content()
    assert Task.objects.filter(status="in_progress").count() == 2


def test_the_list_is_filtered_by_typing_a_clients_name(browse):
    manager = UserFactory(as_=Role.Code.MANAGER)
    agency(manager)
    other = TaskFactory(client=ClientFactory(name="Tidewater Outfitters"), title="Report for October")
    window = browse()
    window.sign_in(manager)
    page = window.open("/admin/tasks/task/")

    page.locator("a", has_text="Filters").click()
    page.locator("#changelist-filter .select2-selection", has=page.locator("[id*=client]")).first.click()
    page.locator(".select2-search__field").last.fill("Tide")
    page.locator(".select2-results__option", has_text="Tidewater").click()
    page.locator("#changelist-filter button[type=submit]").click()
    window.check()

    assert f"client__id__exact={other.client_id}" in page.url
    assert page.locator("#result_list tbody tr").count() == 1


def test_a_client_is_taken_on_with_a_contact(browse):
    manager = UserFactory(as_=Role.Code.MANAGER)
    window = browse()
    window.sign_in(manager)
    page = window.open("/admin/clients/client/add/")

    page.fill("#id_name", "Kaffeerösterei Ahorn")
    page.fill("#id_website", "ahorn.example")
    page.fill("#id_dos", "Short sentences\nFriendly")
    page.locator("button[name=_continue]").click()
    window.check()

    made = Client.objects.get()
    assert (made.name, made.website) == ("Kaffeerösterei Ahorn", "https://ahorn.example")
    assert list(made.preferences.values_list("text", flat=True)) == ["Short sentences", "Friendly"]


def test_what_somebody_else_saved_is_not_overwritten(browse):
    manager = UserFactory(as_=Role.Code.MANAGER)
    task = agency(manager)[0]
    mine, theirs = browse(), browse()
    for window in (mine, theirs):
        window.sign_in(manager)
        window.open(f"/admin/tasks/task/{task.pk}/change/")

    for window, title in ((theirs, "Theirs"), (mine, "Mine")):
        window.page.fill("#id_title", title)
        window.page.locator("button[name=_continue]").click()
        window.check()

    assert "changed this in the meantime" in mine.page.content()
    assert Task.objects.get(pk=task.pk).title == "Theirs"


def test_anything_is_found_from_anywhere(browse):
    manager = UserFactory(as_=Role.Code.MANAGER)
    agency(manager)
    window = browse()
    window.sign_in(manager)
    page = window.open("/admin/")

    page.keyboard.press("Control+k")
    page.locator("#search-input-command").press_sequentially("Bergmann")
    page.locator("#command-results a", has_text="Bergmann").first.click()
    window.check()

    assert re.search(r"/admin/clients/client/\d+/change/$", page.url)


def test_a_report_is_filtered_downloaded_and_leads_to_the_rows(browse):
    manager = UserFactory(as_=Role.Code.MANAGER)
    agency(manager)
    window = browse()
    window.sign_in(manager)
    page = window.open("/reports/time/hours")

    page.fill("#id_start", "2026-01-01")
    page.fill("#id_end", "2026-12-31")
    page.select_option("#id_group", "person")
    page.get_by_role("button", name="Show").click()
    window.check()
    assert "start=2026-01-01" in page.url
    assert page.locator("tbody tr").count() == 1
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    assert lines[1][:4] == [manager.name, "", "1", "1.0"]
    page.locator("tbody a").first.click()
    window.check()
    assert page.locator("#result_list tbody tr").count() == 1


def test_the_door_tells_who_knocks_too_often(browse):
    person = UserFactory(as_=Role.Code.EMPLOYEE)
    window = browse()
    page = window.page
    page.goto(f"{window.address}/admin/login/")
    window.check()
    for _ in range(6):
        page.fill("#id_username", person.email)
        page.fill("#id_password", "wrong")
        page.click("#login-form button[type=submit]")
        window.wait()

    assert "too many" in page.content().lower() or "later" in page.content().lower()
    assert [line for line in window.complaints if line.startswith("429")] == [f"429 {window.address}/admin/login/"]
