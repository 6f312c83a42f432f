"""Leave in the admin and in the reports."""

import csv
import datetime as dt
import io

import pytest
import time_machine
from django.contrib.admin import helpers
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory
from hr.models import LeaveDay, LeaveEntry, LeaveRequest, LeaveType
from hr.services import leave, leave_ledger
from hr.tests.factories import CompensationFactory, EmploymentFactory
from hyperflow.core.models import StoredFile
from tasks.tests.factories import TaskFactory

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
LIST = "/admin/hr/leaverequest/"


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def boss():
    return EmploymentFactory(user__as_="manager", user__name="Bo").user


@pytest.fixture
def worker(boss):
    return EmploymentFactory(user__name="Wanda", manager=boss).user


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def ask(user, start="2026-03-16", end=None, word="annual"):
    start, end = dt.date.fromisoformat(start), dt.date.fromisoformat(end or start)
    return leave.ask_for_leave(actor=user, leave_type=word, start_date=start, end_date=end)


def lines_of(response):
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode().removeprefix("\ufeff"))))


def test_the_decision_page_shows_what_it_means_and_decides(boss, worker):
    request = ask(worker, "2026-03-16", "2026-03-17")
    other = EmploymentFactory(user__name="Ada", manager=boss).user
    leave.set_status(request=ask(other, "2026-03-17"), status="approved", actor=boss)
    TaskFactory(client=ClientFactory(name="Acme"), assigned_to=worker, due_date=dt.date(2026, 3, 16), title="Banner")
    client = signed_in(boss)

    for address in (f"{LIST}{request.pk}/change/", f"{LIST}{request.pk}/do/approve/"):
        page = client.get(address).content.decode()
        assert all(words in page for words in ("Ada", "Banner", "Acme", "balance 25, then 23 days")), address
    client.post(f"{LIST}{request.pk}/do/approve/", {"confirmed": "yes", "decision_note": "Enjoy"})

    request.refresh_from_db()
    assert (request.status, request.approver, request.decision_note) == ("approved", boss, "Enjoy")
    assert LeaveDay.objects.filter(request=request).count() == 2


def test_many_are_rejected_at_once_with_a_reason_and_ones_own_is_refused(boss, worker):
    rows = [ask(worker, "2026-03-16"), ask(worker, "2026-03-18"), ask(boss, "2026-03-18")]
    client = signed_in(boss)
    ticked = {"action": "reject", "index": "0", helpers.ACTION_CHECKBOX_NAME: [row.pk for row in rows]}

    without = client.post(LIST, {**ticked, "confirmed": "yes", "decision_note": ""})
    assert without.status_code == 200
    assert set(LeaveRequest.objects.values_list("status", flat=True)) == {"pending"}
    done = client.post(LIST, {**ticked, "confirmed": "yes", "decision_note": "Launch week"}, follow=True)

    told = [str(message) for message in done.context["messages"]]
    assert told[0] == "2 rows: rejected."
    assert "Nobody decides their own leave" in told[1]
    assert sorted(LeaveRequest.objects.values_list("status", "decision_note")) == [
        ("pending", ""), ("rejected", "Launch week"), ("rejected", "Launch week"),
    ]  # fmt: skip


def test_leave_is_asked_for_in_the_admin_by_the_same_rules(worker):
    client = signed_in(worker)
    form = {"user": worker.pk, "type": LeaveRequest._meta.get_field("type").related_model.objects.get(code="annual").pk,
            "start_date": "2026-03-14", "end_date": "2026-03-15", "reason": "", "ledger_entries-TOTAL_FORMS": 0,
            "ledger_entries-INITIAL_FORMS": 0}  # fmt: skip

    refused = client.post(f"{LIST}add/", form)
    assert "There is no working day among them" in refused.content.decode()
    made = client.post(f"{LIST}add/", {**form, "end_date": "2026-03-16"})

    assert made.status_code == 302
    assert LeaveRequest.objects.get().days == 1


def test_a_certificate_is_sent_with_the_form_by_the_rules_of_files(worker, boss):
    sick = LeaveType.objects.get(code="sick")
    form = {"user": worker.pk, "type": sick.pk, "start_date": "2026-03-16", "end_date": "2026-03-20", "reason": "Flu",
            "ledger_entries-TOTAL_FORMS": 0, "ledger_entries-INITIAL_FORMS": 0}  # fmt: skip
    client = signed_in(worker)

    def sent(**more):
        return client.post(f"{LIST}add/", {**form, **more})

    assert 'enctype="multipart/form-data"' in client.get(f"{LIST}add/").content.decode()
    without = sent().context["adminform"].form.errors
    wrong = sent(enclosed=SimpleUploadedFile("note.exe", b"MZ" + bytes(100))).context["adminform"].form.errors
    assert {name: [error.code for error in errors.as_data()] for name, errors in without.items()} == {
        "enclosed": ["document_needed"]
    }
    assert {name: [error.code for error in errors.as_data()] for name, errors in wrong.items()} == {
        "enclosed": ["unsupported_file_type"]
    }
    assert (LeaveRequest.objects.count(), StoredFile.objects.count()) == (0, 0)
    made = sent(enclosed=SimpleUploadedFile("note.pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"))

    request = LeaveRequest.objects.get()
    assert (made.status_code, request.document.original_name, request.document.uploaded_by) == (302, "note.pdf", worker)
    page = signed_in(boss).get(f"{LIST}{request.pk}/change/").content.decode()
    assert f'<a href="{LIST}{request.pk}/document/">' in page
    assert signed_in(boss).get(f"{LIST}{request.pk}/document/").status_code == 200
    stranger = EmploymentFactory(user__as_="manager").user
    assert signed_in(stranger).get(f"{LIST}{request.pk}/document/").status_code == 404


def test_balances_are_worth_money_to_those_alone_who_see_pay(worker, boss):
    CompensationFactory(employment=worker.employment, amount=5_200)
    leave_ledger.credit_everybody()
    leave.set_status(request=ask(worker), status="approved", actor=boss)

    paid = lines_of(signed_in(UserFactory(as_="hr")).get("/reports/hr/leave-balances?format=csv"))
    unpaid = lines_of(signed_in(boss).get("/reports/hr/leave-balances?format=csv"))

    assert paid[0][-3:] == ["Pay a day", "Owed", "Currency"]
    mine = next(line for line in paid if line[0] == "Wanda" and line[2] == "Annual leave")
    assert mine[3:] == ["0", "25", "0", "1", "0", "24", "0", "0", "240.00", "5760.00", "EUR"]
    assert unpaid[0][-2:] == ["Asked for", "Booked for later years"]
    assert {line[0] for line in unpaid[1:]} == {"Bo", "Wanda"}
    assert "5760" not in str(unpaid)


def test_a_balance_leads_to_the_lines_behind_it(worker, boss):
    leave_ledger.credit_everybody()
    client = signed_in(boss)

    page = client.get(f"/reports/hr/leave-balances?person={worker.pk}")
    link = page.context["rows"][0][8].link

    found = {entry.pk for entry in client.get(link).context["cl"].result_list}
    assert found == set(LeaveEntry.objects.filter(user=worker, type__code="annual").values_list("pk", flat=True))


def test_the_team_calendar_names_no_kind_to_colleagues(worker, boss):
    colleague = EmploymentFactory(user__name="Cleo", manager=boss).user
    leave.set_status(request=ask(worker, "2026-03-13", "2026-03-16", "unpaid"), status="approved", actor=boss)
    address = "/reports/hr/leave-calendar?start=2026-03-01&end=2026-03-31&format=csv"

    theirs, own = (lines_of(signed_in(user).get(address))[1:] for user in (colleague, boss))

    assert theirs == [["Wanda", "", "2026-03-13", "2026-03-16", "2", "away", ""]]
    assert own == [["Wanda", "", "2026-03-13", "2026-03-16", "2", "away", "Unpaid leave"]]


@pytest.mark.parametrize("report", ["leave-balances", "leave-calendar"])
def test_a_report_costs_the_same_for_one_person_and_for_seven(worker, boss, report):
    client = signed_in(UserFactory(as_="hr"))

    def cost():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/reports/hr/{report}").status_code == 200
        return len([query for query in captured.captured_queries if "cache" not in query["sql"]])

    leave.set_status(request=ask(worker), status="approved", actor=boss)
    cost()
    few = cost()
    for _turn in range(6):
        person = EmploymentFactory(manager=boss).user
        CompensationFactory(employment=person.employment)
        leave.set_status(request=ask(person), status="approved", actor=boss)

    assert cost() == few
