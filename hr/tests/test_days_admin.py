"""Corrections in the admin: decided in bulk, with a reason where they are refused, by who is above the person."""

import datetime as dt

import pytest
import time_machine
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client

from accounts.tests.factories import UserFactory
from hr.models import AttendanceCorrection
from hr.services import attendance_corrections as corrections
from hr.tests.factories import EmploymentFactory
from hr.tests.sessions import session

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_july")]

MONDAY = dt.date(2026, 7, 6)
LIST = "/admin/hr/attendancecorrection/"


@pytest.fixture
def _july():
    with time_machine.travel("2026-07-13T12:00:00Z", tick=False):
        yield


def browser(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def boss():
    return UserFactory(as_="manager", name="Boss")


@pytest.fixture
def asked(boss):
    """Two reports of the boss each ask for an hour more."""
    rows = []
    for _ in range(2):
        person = EmploymentFactory(manager=boss).user
        made = session(person, MONDAY, "09:00", "16:00")
        later = dt.datetime(2026, 7, 6, 17, tzinfo=dt.UTC)
        rows.append(
            corrections.ask(actor=person, kind="change", attendance=made, logout_time=later, reason="Stayed longer")
        )
    return rows


def press(client, action, rows, **answers):
    ticked = {"action": action, "index": "0", ACTION_CHECKBOX_NAME: [row.pk for row in rows]}
    return client.post(LIST, {**ticked, **answers}, follow=True)


def test_a_manager_approves_several_at_once_and_is_asked_first(boss, asked):
    client = browser(boss)
    question = press(client, "approve", asked)
    assert len(question.context["rows"]) == 2
    assert {row.status for row in AttendanceCorrection.objects.all()} == {"pending"}

    told = press(client, "approve", asked, confirmed="yes", note="")
    assert [str(message) for message in told.context["messages"]] == ["2 rows: approved."]
    for row in AttendanceCorrection.objects.select_related("attendance"):
        assert (row.status, row.decided_by, row.attendance.seconds) == ("approved", boss, 28_800)
        assert row.old_logout_time == dt.datetime(2026, 7, 6, 16, tzinfo=dt.UTC)


def test_rejecting_takes_a_reason_and_changes_no_attendance(boss, asked):
    client = browser(boss)
    press(client, "reject", asked, confirmed="yes", note="")
    assert {row.status for row in AttendanceCorrection.objects.all()} == {"pending"}

    press(client, "reject", asked, confirmed="yes", note="The office was closed.")
    for row in AttendanceCorrection.objects.select_related("attendance"):
        assert (row.status, row.decision_note) == ("rejected", "The office was closed.")
        assert row.attendance.seconds == 25_200


def test_nobody_decides_their_own_or_of_people_out_of_sight(asked):
    mine = asked[0]
    own = browser(mine.user)
    assert own.post(f"{LIST}{mine.pk}/do/approve/", {"confirmed": "yes", "note": ""}).status_code == 403
    stranger = browser(UserFactory(as_="manager"))
    assert stranger.post(f"{LIST}{mine.pk}/do/approve/", {"confirmed": "yes"}).status_code == 404
    assert list(stranger.get(LIST).context["cl"].result_list) == []
    mine.refresh_from_db()
    assert mine.status == "pending"


def test_times_are_shown_in_the_zone_of_the_person():
    row = EmploymentFactory(user__timezone="Europe/Berlin")
    made = session(row.user, MONDAY, "07:00", "15:30")
    client = browser(UserFactory(as_="hr"))
    text = client.get("/admin/hr/attendance/").content.decode()
    assert "09:00 CEST" in text
    assert "17:30 CEST" in text
    assert client.get(f"/admin/hr/attendance/{made.pk}/change/").status_code == 200
    assert client.get("/admin/hr/attendance/add/").status_code == 403
