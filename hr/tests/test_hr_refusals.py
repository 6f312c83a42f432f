"""What HR's commands refuse so that nothing is lost, paid twice or decided for nothing."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Notification
from accounts.tests.factories import UserFactory
from hr.models import Attendance, AttendanceCorrection, LeaveRequest, PayAdjustment
from hr.services import payroll_parts
from hr.tests.factories import CompensationFactory, EmploymentFactory
from hr.tests.payroll_people import approved, paid
from hr.tests.sessions import session
from hyperflow.core.errors import Invalid
from tasks.tests.factories import TimeEntryFactory

pytestmark = pytest.mark.django_db

OWN = "/api/employee/attendance"
DAY = dt.date(2026, 3, 9)


@pytest.fixture(autouse=True)
def _on_tuesday():
    with time_machine.travel(dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC), tick=False):
        yield


def times(begins, ends, day="2026-03-09"):
    return {"login_time": f"{day}T{begins}:00Z", "logout_time": f"{day}T{ends}:00Z"}


@pytest.mark.parametrize("year", ["abc", "0000", "20261", "²026"])
def test_what_is_no_year_is_refused(api, hr, year):
    assert api(hr).get("/api/hr/holidays", {"year": year}).status_code == 422


# -- corrections of attendance


def asked(api, person):
    body = {"kind": "add", "reason": "The clock was down", **times("09:00", "17:00")}
    return api(person).post(f"{OWN}/corrections", body)


def test_a_manager_who_may_not_decide_is_not_asked(api, hr):
    admin = UserFactory(as_="admin")
    colleague = UserFactory(as_="employee")
    person = EmploymentFactory(manager=colleague).user

    assert asked(api, person).status_code == 201

    told = Notification.objects.filter(kind="attendance.correction_requested")
    assert set(told.values_list("user_id", flat=True)) == {hr.pk, admin.pk}


def test_neither_is_one_who_has_left(api, hr):
    person = EmploymentFactory(manager=UserFactory(as_="manager", is_active=False)).user

    asked(api, person)

    assert set(Notification.objects.values_list("user_id", flat=True)) == {hr.pk}


def test_of_two_additions_at_the_same_time_only_the_first_waits(api):
    person = EmploymentFactory().user
    first = asked(api, person)

    again = asked(api, person)
    overlapping = api(person).post(f"{OWN}/corrections", {"kind": "add", "reason": "x", **times("16:59", "18:00")})
    after = api(person).post(f"{OWN}/corrections", {"kind": "add", "reason": "x", **times("17:00", "18:00")})
    somebody_else = asked(api, EmploymentFactory().user)

    assert [one.status_code for one in (first, again, overlapping, after, somebody_else)] == [201, 409, 409, 201, 201]
    assert again.json()["code"] == overlapping.json()["code"] == "time_overlap"
    assert AttendanceCorrection.objects.count() == 3


def test_one_that_was_rejected_is_asked_for_again(api):
    person = EmploymentFactory().user
    asked(api, person)
    AttendanceCorrection.objects.update(status="rejected")

    assert asked(api, person).status_code == 201


def test_a_session_is_not_confirmed_while_its_correction_waits(api):
    person = EmploymentFactory().user
    row = session(person, DAY, "09:00", "17:00", confirmed=False, closed_by_job=True)
    client = api(person)
    assert client.post(f"{OWN}/{row.pk}/confirm", {"logout_time": "2026-03-09T15:00:00Z"}).status_code < 300

    refused = client.post(f"{OWN}/{row.pk}/confirm", {})

    assert (refused.status_code, refused.json()["code"]) == (409, "correction_waits")
    assert not Attendance.objects.get().confirmed
    AttendanceCorrection.objects.update(status="rejected")
    assert client.post(f"{OWN}/{row.pk}/confirm", {}).status_code < 300
    assert Attendance.objects.get().confirmed


def test_an_entry_over_two_sessions_of_a_day_is_named_once(api):
    person = EmploymentFactory().user
    session(person, DAY, "09:00", "12:00")
    session(person, DAY, "13:00", "17:00")
    begins = dt.datetime(2026, 3, 9, 10, tzinfo=dt.UTC)
    entry = TimeEntryFactory(user=person, started_at=begins, ended_at=begins + dt.timedelta(hours=5), work_date=DAY)

    [day] = api(person).get(f"{OWN}/unexplained", {"start_date": "2026-03-09", "end_date": "2026-03-09"}).json()

    assert (day["entry_ids"], day["logged"]) == ([entry.pk], 5.0)


# -- documents of leave


@pytest.mark.parametrize("content", [b"", b"MZ\x90\x00 a program"])
def test_a_document_that_is_refused_is_named_as_the_request_has_it(api, content):
    person = EmploymentFactory().user
    form = {
        "leave_type": "sick", "start_date": "2026-03-16", "end_date": "2026-03-20",
        "document": SimpleUploadedFile("note.pdf", content),
    }  # fmt: skip

    refused = api(person).post("/api/hr/leave-requests", form, format="multipart")

    assert (refused.status_code, refused.json()["code"]) == (422, "unsupported_file_type")
    assert [one["field"] for one in refused.json()["errors"]] == ["document"]
    assert not LeaveRequest.objects.exists()


# -- corrections of pay


def corrected(hr, employment, run, currency):
    return payroll_parts.add_adjustment(
        actor=hr, user=employment.user, corrects=run, amount=Decimal(50), currency=currency, reason="A bonus"
    )


def test_a_correction_of_pay_is_in_the_currency_of_the_pay(hr):
    employment = paid(2_100)
    run = approved(hr, "2026-02")

    with pytest.raises(Invalid) as refusal:
        corrected(hr, employment, run, "USD")

    assert (refusal.value.code, refusal.value.field) == ("mixed_currencies", "currency")
    assert not PayAdjustment.objects.exists()
    assert corrected(hr, employment, run, "EUR").amount == 50


def test_one_in_the_currency_that_is_agreed_from_next_month_on_is_taken(hr):
    employment = paid(2_100)
    run = approved(hr, "2026-02")
    CompensationFactory(employment=employment, currency="USD", effective_from=dt.date(2026, 4, 1))

    assert corrected(hr, employment, run, "USD").currency == "USD"
