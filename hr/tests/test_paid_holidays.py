"""No holiday comes, goes or moves in days that an approved payroll run has closed."""

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import Holiday, WorkingCalendar
from accounts.services import calendars
from accounts.tests.factories import UserFactory
from hr.models import LockedDays
from hr.tests.factories import EmploymentFactory
from hyperflow.core.errors import Conflict

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_march():
    with time_machine.travel(dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def calendar():
    return WorkingCalendar.objects.get(is_default=True)


def paid_until(day, source="payroll:2026-02"):
    return LockedDays.objects.create(starts_on=day.replace(day=1), ends_on=day, source=source)


FEBRUARY = dt.date(2026, 2, 28)


def test_no_holiday_comes_goes_or_moves_in_days_that_are_paid(api, hr, calendar):
    EmploymentFactory()
    kept = Holiday.objects.create(calendar=calendar, date=dt.date(2026, 2, 16), name="Kept")
    later = Holiday.objects.create(calendar=calendar, date=dt.date(2026, 4, 6), name="Later")
    paid_until(FEBRUARY)
    client = api(hr)

    answers = [
        client.post("/api/hr/holidays", {"date": "2026-02-17", "name": "New"}),
        client.delete(f"/api/hr/holidays/{kept.pk}"),
        client.put(f"/api/hr/holidays/{kept.pk}", {"date": "2026-04-01"}),
        client.put(f"/api/hr/holidays/{later.pk}", {"date": "2026-02-17"}),
    ]
    renamed = client.put(f"/api/hr/holidays/{kept.pk}", {"name": "Carnival"})

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(409, "period_locked")] * 4
    assert "correction of pay" in answers[0].json()["detail"]
    assert renamed.status_code == 200
    assert sorted(Holiday.objects.values_list("date", "name")) == [
        (dt.date(2026, 2, 16), "Carnival"), (dt.date(2026, 4, 6), "Later"),
    ]  # fmt: skip


def test_the_admin_says_so_on_the_calendars_page(hr, calendar):
    EmploymentFactory()
    paid_until(FEBRUARY)
    browser = Client()
    browser.force_login(UserFactory(as_="admin"))
    form = {
        "name": calendar.name, "is_default": "on", "read_version": calendar.version,
        "hours-TOTAL_FORMS": "0", "hours-INITIAL_FORMS": "0",
        "holidays-TOTAL_FORMS": "1", "holidays-INITIAL_FORMS": "0",
        "holidays-0-date": "2026-02-17", "holidays-0-name": "New",
    }  # fmt: skip

    page = browser.post(reverse("admin:accounts_workingcalendar_change", args=[calendar.pk]), form, follow=True)

    assert "approved payroll run" in page.content.decode()
    assert not Holiday.objects.exists()


def test_other_days_other_calendars_and_days_that_hr_closed_stay_free(calendar):
    elsewhere = calendars.create_calendar(actor=None, name="Elsewhere")
    EmploymentFactory(end_date=dt.date(2026, 1, 31), user__calendar=elsewhere)
    EmploymentFactory()
    paid_until(FEBRUARY)
    paid_until(dt.date(2026, 1, 31), source="")

    calendars.add_holiday(calendar=calendar, actor=None, date=dt.date(2026, 3, 17), name="Open")
    calendars.add_holiday(calendar=calendar, actor=None, date=dt.date(2026, 1, 6), name="Closed by HR")
    calendars.add_holiday(calendar=elsewhere, actor=None, date=dt.date(2026, 2, 17), name="Nobody's")
    with pytest.raises(Conflict) as refusal:
        calendars.add_holiday(calendar=calendar, actor=None, date=FEBRUARY, name="Paid")

    assert (refusal.value.code, Holiday.objects.count()) == ("period_locked", 3)


def test_nobody_gets_a_calendar_by_which_paid_days_were_others(api, hr, calendar):
    employment = EmploymentFactory()
    paid_until(FEBRUARY)
    other = calendars.create_calendar(actor=None, name="South")
    for hours in calendar.hours.all():
        calendars.add_hours(
            calendar=other, actor=None, weekday=hours.weekday, starts_at=hours.starts_at, ends_at=hours.ends_at
        )
    path = f"/api/hr/employees/{employment.user_id}"
    Holiday.objects.create(calendar=other, date=dt.date(2026, 2, 17), name="Carnival")

    refused = api(hr).put(path, {"calendar_id": other.pk})

    assert (refused.status_code, refused.json()["code"]) == (409, "period_locked")
    assert "2026-02-17" in refused.json()["detail"]
    Holiday.objects.filter(calendar=other).update(date=dt.date(2026, 4, 6))  # a day that is still to come
    assert api(hr).put(path, {"calendar_id": other.pk}).status_code == 200
