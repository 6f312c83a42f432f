"""Employees in the admin: pay is shown to and set by who may, and added to, never edited."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import UserFactory
from hr.models import Compensation, Employment, PatternDay, WorkPattern
from hr.tests.factories import CompensationFactory, EmploymentFactory, WorkPatternFactory
from hyperflow.core.models import AuditEntry

pytestmark = pytest.mark.django_db


def entered(role):
    person, client = UserFactory(as_=role), Client()
    client.force_login(person)
    return client, person


def form(prefix, total=0, initial=0, **values):
    return {f"{prefix}-TOTAL_FORMS": total, f"{prefix}-INITIAL_FORMS": initial, **values}


def page(row, kind="change"):
    return reverse(f"admin:hr_{row._meta.model_name}_{kind}", args=[row.pk])


def test_hr_hires_somebody_and_says_what_they_are_paid():
    client, _boss = entered("hr")
    person = UserFactory()
    terms = {
        "user": person.pk, "code": "", "employment_type": "full_time", "weekly_hours": "40", "hire_date": "2026-03-01",
        **form("past_terms"),
        **form("compensations", 1),
        "compensations-0-effective_from": "2026-03-01", "compensations-0-kind": "monthly",
        "compensations-0-amount": "4000", "compensations-0-currency": "EUR", "compensations-0-employer_share": "21",
    }  # fmt: skip

    reply = client.post(reverse("admin:hr_employment_add"), terms)

    assert reply.status_code == 302, reply.context["errors"]
    row = Employment.objects.get()
    assert (row.user, row.code) == (person, "E0001")
    assert Compensation.objects.get().amount == 4_000
    assert set(AuditEntry.objects.filter(target_type="hr.employment").values_list("action", flat=True)) == {
        "employment.create",
        "employment.pay",
    }


def test_pay_that_stands_is_not_edited():
    client, _boss = entered("hr")
    pay = CompensationFactory()
    row = pay.employment
    forged = {
        "code": row.code, "employment_type": "full_time", "weekly_hours": "40", "hire_date": "2025-01-01",
        "read_version": 1,
        **form("past_terms"),
        **form("compensations", 1, 1),
        "compensations-0-id": pay.pk, "compensations-0-employment": row.pk, "compensations-0-amount": "9999",
    }  # fmt: skip

    client.post(page(row), forged)

    pay.refresh_from_db()
    assert (pay.amount, Compensation.objects.count()) == (4_000, 1)


def test_a_share_that_is_left_empty_stays_as_it_is():
    client, _boss = entered("hr")
    pay = CompensationFactory(employer_share=21)
    row = pay.employment
    raised = {
        "code": row.code, "employment_type": "full_time", "weekly_hours": "37.5", "hire_date": "2025-01-01",
        "read_version": row.version,
        **form("past_terms"),
        **form("compensations", 2, 1),
        "compensations-0-id": pay.pk, "compensations-0-employment": row.pk,
        "compensations-1-effective_from": "2026-03-01", "compensations-1-kind": "monthly",
        "compensations-1-amount": "4500", "compensations-1-currency": "EUR", "compensations-1-employer_share": "",
    }  # fmt: skip

    reply = client.post(page(row), raised)

    assert reply.status_code == 302, reply.context["errors"]
    assert list(Compensation.objects.order_by("pk").values_list("amount", "employer_share")) == [
        (4_000, 21),
        (4_500, 21),
    ]


def test_a_manager_sees_reports_without_their_pay():
    client, boss = entered("manager")
    row = EmploymentFactory(manager=boss)
    CompensationFactory(employment=row, amount="87654.32")
    foreign = EmploymentFactory()

    shown = client.get(page(row)).content.decode()
    listed = client.get(reverse("admin:hr_employment_changelist")).content.decode()

    assert row.code in shown
    assert "87654" not in shown
    assert "87,654" not in shown
    assert "effective_from" not in shown
    assert row.code in listed
    assert foreign.code not in listed
    assert client.get(page(foreign)).status_code == 302


def test_shifts_are_edited_on_their_patterns_page():
    client, _boss = entered("hr")
    pattern = WorkPatternFactory(days={0: (dt.time(9), 480, 30)})
    shift = pattern.days.get()
    base = {
        "name": "Early",
        "grace_minutes": 5,
        "half_day_percent": 60,
        "overtime_after_minutes": 15,
        "read_version": 1,
    }
    shifts = form("days", 2, 1)
    first = {
        "days-0-id": shift.pk, "days-0-pattern": pattern.pk, "days-0-weekday": 0, "days-0-starts_at": "07:00",
        "days-0-minutes": 480, "days-0-break_minutes": 30,
    }  # fmt: skip
    second = {
        "days-1-pattern": pattern.pk, "days-1-weekday": 1, "days-1-starts_at": "22:00", "days-1-minutes": 480,
        "days-1-break_minutes": 0,
    }  # fmt: skip

    reply = client.post(page(pattern), {**base, **shifts, **first, **second})

    assert reply.status_code == 302, reply.context["errors"]
    assert list(PatternDay.objects.values_list("weekday", "starts_at")) == [(0, dt.time(7)), (1, dt.time(22))]
    assert WorkPattern.objects.get().name == "Early"
