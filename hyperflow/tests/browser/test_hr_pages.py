"""HR's pages in a real browser, on a desk and a phone."""

import datetime as dt

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import NoReverseMatch, reverse

from accounts.models import Role
from accounts.tests.factories import UserFactory
from hr.models import Attendance, LeaveRequest, LeaveType
from hr.reports import REPORTS
from hr.tests.factories import CompensationFactory, EmploymentFactory
from hyperflow.core import clock
from hyperflow.dashboard.tests.rows import MAKERS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

MODELS = sorted(
    (model for model in apps.get_app_config("hr").get_models() if model in admin.site._registry),
    key=lambda model: model._meta.model_name,
)


def staffed(boss, number=4):
    """A manager with reports who came to work these days; one of them asks for leave."""
    annual = LeaveType.objects.get(code="annual")
    today = clock.business_date(boss)
    for _ in range(number):
        employment = EmploymentFactory(manager=boss)
        CompensationFactory(employment=employment)
        for back in range(1, 6):
            day = today - dt.timedelta(days=back)
            begins = dt.datetime.combine(day, dt.time(9), tzinfo=dt.UTC)
            Attendance.objects.create(
                user=employment.user,
                work_date=day,
                login_time=begins,
                logout_time=begins + dt.timedelta(hours=8),
                seconds=28_800,
            )
    start = today + dt.timedelta(days=14)
    return LeaveRequest.objects.create(
        user=employment.user, type=annual, asked_as="annual", start_date=start, end_date=start, days=1
    )


def test_every_list_and_form_of_hr_holds_on_every_screen(browse):
    boss = UserFactory(as_=Role.Code.ADMIN)
    staffed(boss)
    window = browse()
    window.sign_in(boss)

    for model in MODELS:
        [row] = MAKERS[model](1, parts=1)
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        window.hold(reverse(f"{name}_changelist"))
        window.hold(reverse(f"{name}_change", args=[row.pk]))
        window.hold(reverse(f"{name}_history", args=[row.pk]))
        if admin.site._registry[model].has_add_permission(_asking(boss)):
            window.hold(reverse(f"{name}_add"))
        for own in ("board", "sheet", "impact"):
            for arguments in ([], [row.pk]):
                try:
                    address = reverse(f"{name}_{own}", args=arguments)
                except NoReverseMatch:
                    continue
                window.hold(address)


def test_every_report_of_hr_and_the_open_jobs_hold_on_every_screen(browse):
    boss = UserFactory(as_=Role.Code.ADMIN)
    staffed(boss)
    window = browse()
    window.sign_in(boss)

    for report in REPORTS:
        window.hold(f"/reports/{report.slug}")
    window.hold("/careers")


def test_a_manager_decides_leave_and_says_why(browse):
    manager = UserFactory(as_=Role.Code.MANAGER)
    asked = staffed(manager)
    window = browse()
    window.sign_in(manager)
    page = window.open(f"/admin/hr/leaverequest/{asked.pk}/change/")

    page.get_by_role("link", name="Reject", exact=False).first.click()
    window.check()
    page.locator("textarea, input[type=text]").last.fill("The launch is that day")
    page.get_by_role("button", name="Reject").click()
    window.check()

    asked.refresh_from_db()
    assert (asked.status, asked.approver, asked.decision_note) == ("rejected", manager, "The launch is that day")


def _asking(user):
    class Asking:
        method, path, GET = "GET", "/admin/", {}

    asking = Asking()
    asking.user = user
    return asking
