"""What HR's commands refuse, and what they leave as it was: pay, attendance, leave, payroll, postings and résumés."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Department, Notification
from accounts.tests.factories import DepartmentFactory, UserFactory
from hr.models import (
    Attendance,
    AttendanceCorrection,
    Candidate,
    Compensation,
    JobPosting,
    LeaveRequest,
    PayrollRun,
)
from hr.tests.factories import CompensationFactory, EmploymentFactory
from hr.tests.recruitment_factories import CandidateFactory, PostingFactory
from hr.tests.sessions import session
from hyperflow.core.models import StoredFile

pytestmark = pytest.mark.django_db

RESUME = "Send the résumé as PDF, DOCX, ODT or plain text."


@pytest.fixture(autouse=True)
def _in_march():
    with time_machine.travel(dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def hr():
    return UserFactory(as_="hr")


def refusal(reply):
    problem = reply.json()
    [error] = problem["errors"]
    return reply.status_code, problem["code"], error["field"]


# -- pay


def pay(api, hr, row, **values):
    body = {"effective_from": "2026-03-01", "amount": "4000", "currency": "EUR", **values}
    return api(hr).post(f"/api/hr/employees/{row.user_id}/compensation", body)


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"effective_from": "2025-12-31"}, "before_hire", "effective_from"),
        ({"amount": "4000.123"}, "too_many_digits", "amount"),
        ({"amount": "400000.5", "currency": "JPY"}, "too_many_digits", "amount"),
    ],
)
def test_pay_before_the_hire_date_or_beyond_the_currency_is_refused(api, hr, values, code, field):
    row = EmploymentFactory(hire_date=dt.date(2026, 1, 1))

    assert refusal(pay(api, hr, row, **values)) == (422, code, field)
    assert not Compensation.objects.exists()


def test_monthly_pay_has_the_digits_of_its_currency_and_hourly_pay_up_to_six(api, hr):
    row = EmploymentFactory()

    sent = [
        {"amount": "4000.5"},
        {"amount": "400000", "currency": "JPY"},
        {"amount": "1234.567", "currency": "KWD"},
        {"amount": "21.123456", "kind": "hourly"},
    ]

    assert [pay(api, hr, row, **values).json()["amount"] for values in sent] == [
        "4000.50", "400000", "1234.567", "21.123456",
    ]  # fmt: skip


def test_a_share_that_is_left_out_stays_as_it_is(api, hr):
    row = EmploymentFactory()
    CompensationFactory(employment=row, effective_from=dt.date(2026, 2, 1), employer_share=Decimal("21.5"))
    CompensationFactory(employment=row, effective_from=dt.date(2026, 6, 1), employer_share=Decimal(30))

    shares = [
        pay(api, hr, row).json()["employer_share"],
        pay(api, hr, row, employer_share="0").json()["employer_share"],
        pay(api, hr, row, effective_from="2025-02-01").json()["employer_share"],
    ]

    assert shares == ["21.5", "0", "0"]


# -- attendance


def test_a_correction_that_corrects_nothing_is_refused(api, hr):
    person = EmploymentFactory().user
    there = session(person, dt.date(2026, 3, 9), "09:00", "17:00")
    path, same = f"/api/hr/attendance/{person.pk}/{there.pk}", "2026-03-09T10:00:00+01:00"

    replies = [
        api(hr).put(path, {"reason": "Looked at"}),
        api(hr).put(path, {"reason": "Looked at", "login_time": same}),
        api(person).post(
            "/api/employee/attendance/corrections",
            {"kind": "change", "attendance_id": there.pk, "login_time": same, "reason": "Looked at"},
        ),
    ]

    assert [(reply.status_code, reply.json()["code"]) for reply in replies] == [(422, "nothing_to_correct")] * 3
    assert not AttendanceCorrection.objects.exists()


def test_hours_that_wait_are_confirmed_by_hr_as_they_stand(api, hr):
    person = EmploymentFactory().user
    there = session(person, dt.date(2026, 3, 9), "09:00", "17:00", confirmed=False, closed_by_job=True)

    reply = api(hr).put(f"/api/hr/attendance/{person.pk}/{there.pk}", {"reason": "The guard saw them leave"})

    assert (reply.status_code, reply.json()["confirmed"]) == (200, True)
    assert AttendanceCorrection.objects.get().reason == "The guard saw them leave"


@pytest.mark.parametrize(
    ("day", "limit"), [("2026-01-30", "begins on 2026-02-01"), ("2026-03-07", "ended on 2026-03-06")]
)
def test_there_is_no_attendance_outside_the_employment(api, hr, day, limit):
    person = EmploymentFactory(hire_date=dt.date(2026, 2, 1), end_date=dt.date(2026, 3, 6)).user
    body = {"reason": "Forgotten", "login_time": f"{day}T09:00:00Z", "logout_time": f"{day}T17:00:00Z"}

    made = api(hr).post(f"/api/hr/attendance/{person.pk}", body)
    asked = api(person).post("/api/employee/attendance/corrections", {"kind": "add", **body})

    for reply in (made, asked):
        assert refusal(reply) == (422, "outside_employment", "login_time")
        assert limit in reply.json()["errors"][0]["message"]
        assert day in reply.json()["errors"][0]["message"]
    assert (Attendance.objects.count(), AttendanceCorrection.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "terms", [{"hire_date": dt.date(2026, 3, 11)}, {"end_date": dt.date(2026, 3, 9)}], ids=["not_yet", "not_any_more"]
)
def test_only_who_is_employed_clocks_in(api, terms):
    person = EmploymentFactory(**terms).user

    reply = api(person).post("/api/employee/attendance/login", {})

    assert (reply.status_code, reply.json()["code"]) == (422, "outside_employment")
    assert not Attendance.objects.exists()


# -- leave


@pytest.mark.parametrize("word", ["true", "yes", 1, 0, "", None])
def test_half_a_day_is_true_or_false(api, word):
    person = EmploymentFactory().user
    body = {"leave_type": "annual", "start_date": "2026-03-16", "end_date": "2026-03-16", "half_day": word}

    assert refusal(api(person).post("/api/hr/leave-requests", body))[::2] == (422, "half_day")
    assert not LeaveRequest.objects.exists()


@pytest.mark.parametrize(("sent", "days"), [({"half_day": "true"}, "0.5"), ({"half_day": "false"}, "1"), ({}, "1")])
def test_a_form_says_half_a_day_with_a_word(api, sent, days):
    person = EmploymentFactory().user
    body = {"leave_type": "annual", "start_date": "2026-03-16", "end_date": "2026-03-16", **sent}

    reply = api(person).post("/api/hr/leave-requests", body, format="multipart")

    assert (reply.status_code, reply.json()["days"]) == (201, days)


def test_half_a_day_reads_so_wherever_it_is_decided(api, client):
    boss = EmploymentFactory(user__as_="manager").user
    person = EmploymentFactory(user__name="Wanda", manager=boss).user
    body = {"leave_type": "half_day", "start_date": "2026-03-16", "end_date": "2026-03-16"}

    made = api(person).post("/api/hr/leave-requests", body).json()

    address = f"/admin/hr/leaverequest/{made['request_id']}/change/"
    client.force_login(boss)
    for page in ("/admin/hr/leaverequest/", address):
        text = client.get(page).content.decode()
        assert "half a day" in text
        assert "1 working day" not in text
    assert "2026-03-16 (half a day)" in Notification.objects.get(user=boss, kind="leave.requested").title


# -- payroll


@pytest.mark.parametrize("path", ["/api/hr/payroll", "/api/hr/payroll/runs"])
@pytest.mark.parametrize("period", ["2026-13", "x", "2026-1"])
def test_what_is_no_month_narrows_no_list(api, hr, path, period):
    assert refusal(api(hr).get(f"{path}?period={period}"))[::2] == (422, "period")
    assert api(hr).get(f"{path}?period=2026-02").status_code == 200


def test_a_month_in_which_nobody_was_employed_has_no_run(api, hr):
    EmploymentFactory(hire_date=dt.date(2026, 2, 1))

    assert refusal(api(hr).post("/api/hr/payroll/runs", {"period": "2026-01"})) == (422, "nobody_employed", "period")
    assert not PayrollRun.objects.exists()
    assert api(hr).post("/api/hr/payroll/runs", {"period": "2026-02"}).status_code == 201


# -- recruitment


def test_naming_a_department_makes_none(api):
    client = api(UserFactory(as_="admin"))
    posting = PostingFactory(department=DepartmentFactory(name="Design"))

    made = client.post("/api/hr/recruitment", {"title": "Painter", "department": "Desing"})
    changed = client.put(f"/api/hr/recruitment/{posting.pk}", {"department": "Desing"})

    assert refusal(made) == refusal(changed) == (422, "validation_error", "department")
    assert list(Department.objects.values_list("name", flat=True)) == ["Design"]
    assert JobPosting.objects.get().department.name == "Design"


FILES = [
    (b"\x89PNG\r\n\x1a\nbroken", "invalid_image", RESUME),
    (b"MZ\x90\x00\x03\x00\x00\x00\xff\xff", "unsupported_file_type", RESUME),
    (b"PK\x03\x04 no archive", "unsupported_file_type", RESUME),
]


@pytest.mark.parametrize(("content", "code", "said"), [*FILES, (b"", "unsupported_file_type", "The file is empty.")])
def test_a_resume_of_another_kind_is_refused_with_the_kinds_there_are(api, hr, content, code, said):
    candidate = CandidateFactory()
    file = SimpleUploadedFile("cv.pdf", content)

    reply = api(hr).post(f"/api/hr/candidates/{candidate.pk}/resume", {"file": file}, format="multipart")

    assert refusal(reply) == (422, code, "file")
    assert reply.json()["errors"][0]["message"] == said
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize(("content", "said"), [*((content, said) for content, _code, said in FILES), (b"", "empty")])
def test_the_careers_page_says_the_same(client, content, said):
    posting = PostingFactory(status="open", posted_date=dt.date(2026, 3, 1))
    sent = {"name": "Ann", "email": "ann@example.com", "resume": SimpleUploadedFile("cv.pdf", content)}

    page = client.post(f"/careers/{posting.pk}", sent)

    assert page.status_code == 422
    assert said in page.content.decode()
    assert not Candidate.objects.exists()
