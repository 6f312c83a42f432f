"""Another week holds since a day: what was before it stays, and what is paid already is put right."""

import datetime as dt
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import UserFactory
from hr.models import Attendance, Employment, LockedDays, PastTerms
from hr.selectors.days import days_of
from hr.selectors.employment import weekly_hours_on
from hr.services import payroll_parts
from hr.services.attendance_days import plan_of, restate
from hr.services.employment import update_employment
from hr.tests.factories import EmploymentFactory, WorkPatternFactory
from hr.tests.payroll_people import approved, paid, reviewed
from hr.tests.sessions import session
from hyperflow.core import clock
from hyperflow.core.errors import Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_june")]

MONDAY = dt.date(2026, 5, 18)
DAYS = [MONDAY + dt.timedelta(days=number) for number in range(7)]
FULL, SHORT = 27_000, 21_600


@pytest.fixture
def ada():
    return EmploymentFactory(user__name="Ada", user__timezone="UTC")


@pytest.fixture
def short():
    """Monday to Thursday from eight, six hours."""
    return WorkPatternFactory(days=dict.fromkeys(range(4), (dt.time(8), 360, 0)))


def planned(employment, days=DAYS):
    rows = days_of(Employment.objects.filter(pk=employment.pk), days[0], days[-1], clock.now())
    return [day.planned_seconds for day in rows[employment.user_id]]


def changed(employment, hr, since=None, **values):
    return update_employment(employment=employment, actor=hr, terms_from=since, **values)


def test_the_days_before_stay_as_they_were(ada, short, hr):
    changed(ada, hr, DAYS[2], pattern=short, weekly_hours=Decimal(24))

    assert planned(ada) == [FULL, FULL, SHORT, SHORT, 0, 0, 0]
    kept = PastTerms.objects.get()
    assert (kept.until, kept.weekly_hours) == (DAYS[1], Decimal("37.50"))
    ada.refresh_from_db()
    assert weekly_hours_on([ada], DAYS[1]) == {ada.pk: Decimal("37.50")}
    assert weekly_hours_on([ada], DAYS[2]) == {ada.pk: Decimal(24)}


def test_without_a_day_it_holds_since_today(ada, short, hr):
    changed(ada, hr, pattern=short)

    assert planned(ada) == [FULL] * 5 + [0, 0]
    assert PastTerms.objects.get().until == clock.business_date(ada.user) - dt.timedelta(days=1)


def test_other_changes_keep_nothing(ada, hr):
    changed(ada, hr, DAYS[2], position="Lead", weekly_hours=ada.weekly_hours)

    assert not PastTerms.objects.exists()


def test_what_was_wrong_all_along_is_put_right_from_the_first_day(ada, short, hr):
    changed(ada, hr, DAYS[2], weekly_hours=Decimal(30))
    changed(ada, hr, ada.hire_date, pattern=short)

    assert not PastTerms.objects.exists()
    assert planned(ada) == [SHORT] * 4 + [0] * 3


def test_a_change_from_an_earlier_day_takes_the_place_of_a_later_one(ada, short, hr):
    late = WorkPatternFactory(days=dict.fromkeys(range(5), (dt.time(12), 240, 0)))
    changed(ada, hr, DAYS[3], pattern=late)
    changed(ada, hr, DAYS[1], pattern=short)
    assert planned(ada) == [FULL, SHORT, SHORT, SHORT, 0, 0, 0]

    changed(ada, hr, DAYS[3], pattern=late)
    assert planned(ada) == [FULL, SHORT, SHORT, 14_400, 14_400, 0, 0]
    assert list(PastTerms.objects.order_by("until").values_list("until", flat=True)) == [DAYS[0], DAYS[2]]


@pytest.mark.parametrize(
    ("since", "code"), [(dt.date(2024, 12, 31), "before_hire"), (dt.date(2099, 1, 1), "in_the_future")]
)
def test_the_day_lies_within_the_employment_and_not_ahead(ada, short, hr, since, code):
    with pytest.raises(Invalid) as refused:
        changed(ada, hr, since, pattern=short)

    assert (refused.value.code, refused.value.field) == (code, "terms_from")
    assert not PastTerms.objects.exists()


def test_sessions_since_then_are_judged_anew_but_for_locked_days(ada, short, hr):
    for day in DAYS[:4]:
        session(ada.user, day, "09:00", "17:00")
        restate(ada.user, day, plan_of(ada.user, clock.now()), actor=None)
    LockedDays.objects.create(starts_on=DAYS[3], ends_on=DAYS[3], locked_by=hr)

    changed(ada, hr, DAYS[1], pattern=short)

    found = dict(Attendance.objects.values_list("work_date", "status"))
    assert found == {DAYS[0]: "present", DAYS[1]: "late", DAYS[2]: "late", DAYS[3]: "present"}


def test_a_month_that_is_paid_already_is_told(short, hr):
    employment = paid(2_100)
    approved(hr)

    warnings = changed(employment, hr, dt.date(2026, 5, 1), pattern=short).warnings

    assert [notice.periods for notice in warnings] == [["2026-05"]]
    assert not changed(employment, hr, weekly_hours=Decimal(20)).warnings


def test_hr_says_in_the_admin_since_when(ada, short, hr):
    client = Client()
    client.force_login(hr)
    address = reverse("admin:hr_employment_change", args=[ada.pk])
    form = {
        "code": ada.code, "position": "", "manager": "", "employment_type": "part_time", "weekly_hours": "24",
        "hire_date": "2025-01-01", "end_date": "", "pattern": short.pk, "terms_from": "2026-05-20",
        "read_version": ada.version,
        "compensations-TOTAL_FORMS": "0", "compensations-INITIAL_FORMS": "0",
        "past_terms-TOTAL_FORMS": "0", "past_terms-INITIAL_FORMS": "0",
    }  # fmt: skip

    reply = client.post(address, form)

    assert reply.status_code == 302, reply.context["errors"]
    assert planned(ada) == [FULL, FULL, SHORT, SHORT, 0, 0, 0]
    assert "37.5" in client.get(address).content.decode()
    ada.refresh_from_db()
    ahead = {**form, "weekly_hours": "20", "terms_from": "2099-01-01", "read_version": ada.version}
    assert "Change the week on the day" in client.post(address, ahead).content.decode()
    reader = Client()
    reader.force_login(ada.user)
    assert reader.get(address).status_code in {200, 302, 403}


def test_the_api_takes_the_day_too(ada, short, hr, api):
    path = f"/api/hr/employees/{ada.user_id}"
    sent = {"pattern_id": short.pk, "weekly_hours": 24, "terms_from": "2026-05-20"}

    assert api(hr).put(path, sent, format="json").json()["weekly_hours"] == 24
    assert planned(ada) == [FULL, FULL, SHORT, SHORT, 0, 0, 0]
    refused = api(hr).put(path, {"weekly_hours": 20, "terms_from": "2099-01-01"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (422, "in_the_future")
    new = {"user_id": UserFactory().pk, "hire_date": "2026-05-01", "terms_from": "2026-05-20"}
    assert api(hr).post("/api/hr/employees", new, format="json").json()["code"] == "unknown_field"


def test_the_payroll_of_a_month_goes_by_the_hours_agreed_at_its_end(hr):
    payroll_parts.create_component(
        actor=hr, code="phone", name="Phone", kind="allowance", method="formula", formula="weekly_hours * 2"
    )
    employment = paid(2_100)
    changed(employment, hr, dt.date(2026, 6, 1), weekly_hours=Decimal(20))

    assert reviewed(hr).payslips.get().allowances == Decimal(75)  # of May, when it was 37.5
    assert reviewed(hr, "2026-06").payslips.get().allowances == Decimal(40)
