"""The zone of somebody's days is a term of their employment: their account's own is only for reading and writing."""

import datetime as dt

import pytest
import time_machine

from accounts.models import User
from accounts.tests.factories import UserFactory
from hr.models import Attendance, Employment, PastTerms
from hr.selectors.days import days_of
from hr.services.employment import create_employment, update_employment
from hr.tests.factories import EmploymentFactory
from hr.tests.sessions import session
from hyperflow.core.errors import NotAllowed

pytestmark = pytest.mark.django_db

MONDAY, TUESDAY = dt.date(2026, 3, 9), dt.date(2026, 3, 10)


@pytest.fixture(autouse=True)
def hand():
    with time_machine.travel(dt.datetime(2026, 3, 10, 10, tzinfo=dt.UTC), tick=False) as traveller:
        yield traveller


def test_nobody_comes_in_time_by_choosing_another_zone(api):
    """Ten o'clock in London, an hour late, is nine in the Azores."""
    person = EmploymentFactory(user__timezone="Europe/London").user
    caller = api(person)
    changed = caller.put("/api/auth/me", {"name": person.name, "timezone": "Atlantic/Azores"})

    made = caller.post("/api/employee/attendance/login").json()

    assert (changed.status_code, User.objects.get(pk=person.pk).timezone) == (200, "Atlantic/Azores")
    assert (made["status"], made["work_date"]) == ("late", "2026-03-10")
    day = days_of([person.employment], TUESDAY, TUESDAY)[person.pk][0]
    assert (day.status, day.late_seconds) == ("open", 3_600)


def test_hr_sets_it_and_nobody_their_own(api):
    hr = UserFactory(as_="hr")
    row = EmploymentFactory(user__timezone="Europe/London")
    mine = EmploymentFactory(user=hr)

    told = api(hr).put(f"/api/hr/employees/{row.user_id}", {"timezone": "Europe/Berlin"})
    own = api(hr).put(f"/api/hr/employees/{hr.pk}", {"timezone": "Europe/Berlin"})
    nowhere = api(hr).put(f"/api/hr/employees/{row.user_id}", {"timezone": "Mars/Olympus"})

    row.refresh_from_db()
    assert (told.status_code, told.json()["timezone"], row.timezone) == (200, "Europe/Berlin", "Europe/Berlin")
    assert User.objects.get(pk=row.user_id).timezone == "Europe/London"
    assert (own.status_code, own.json()["code"], Employment.objects.get(pk=mine.pk).timezone) == (
        403, "self_approval", "UTC",
    )  # fmt: skip
    assert nowhere.status_code == 422


def test_the_service_refuses_it_to_the_person_too():
    row = EmploymentFactory(user__as_="hr")

    with pytest.raises(NotAllowed) as refusal:
        update_employment(employment=row, actor=row.user, timezone="Asia/Tokyo")

    assert (refusal.value.code, Employment.objects.get().timezone) == ("self_approval", "UTC")


def test_a_new_employment_begins_in_the_zone_of_the_account():
    hr = UserFactory(as_="hr")
    tokyo, other = UserFactory(timezone="Asia/Tokyo"), UserFactory(timezone="Asia/Tokyo")

    made = create_employment(actor=hr, user=tokyo, hire_date=MONDAY)
    named = create_employment(actor=hr, user=other, hire_date=MONDAY, timezone="Europe/Berlin")

    assert (made.timezone, named.timezone) == ("Asia/Tokyo", "Europe/Berlin")
    assert User.objects.get(pk=other.pk).timezone == "Asia/Tokyo"


def test_another_zone_leaves_the_days_before_it_as_they_were():
    hr = UserFactory(as_="hr")
    row = EmploymentFactory(user__timezone="Europe/London")
    session(row.user, MONDAY, "10:00", "18:00")
    session(row.user, TUESDAY, "08:00", "09:30")

    update_employment(employment=row, actor=hr, timezone="Atlantic/Azores")

    before, today = days_of([Employment.objects.get(pk=row.pk)], MONDAY, TUESDAY)[row.user_id]
    assert (before.late_seconds, today.late_seconds) == (3_600, 0)
    assert PastTerms.objects.get().timezone == "Europe/London"
    assert Attendance.objects.get(work_date=MONDAY).status == "present"  # as it was written, nothing was restated
