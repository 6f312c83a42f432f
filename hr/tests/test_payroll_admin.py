"""A run's page, its buttons, and the report of what people cost."""

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import DepartmentFactory, UserFactory
from hr.models import AttendanceCorrection, PayAdjustment, PayComponent, PayrollRun, Payslip
from hr.selectors.payroll_changes import differences, run_before
from hr.services import payroll, payroll_parts
from hr.tests.factories import CompensationFactory, EmploymentFactory
from hr.tests.payroll_people import approved, paid
from hr.tests.sessions import session

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_june")]
D = Decimal


def browser(user):
    client = Client()
    client.force_login(user)
    return client


def test_what_changed_is_explained_to_the_cent(hr):
    same, raised, left = paid(user__name="Same"), paid(user__name="Raised"), paid(user__name="Left")
    fixed, bonus = paid(user__name="Corrected"), paid(user__name="Bonus")
    april = approved(hr, "2026-04")
    CompensationFactory(employment=raised, amount=D(4_200), effective_from=dt.date(2026, 5, 14))
    left.end_date = dt.date(2026, 4, 30)
    left.save()
    joined = paid(user__name="Joined", hire_date=dt.date(2026, 5, 14))
    payroll_parts.add_adjustment(
        actor=hr, user=fixed.user, corrects=april, amount=D("-50.00"), currency="EUR", reason="Paid twice"
    )
    component = payroll_parts.create_component(
        actor=hr, code="bonus", name="Bonus", kind="allowance", method="percent", percent=D(10), for_everybody=False
    )
    payroll_parts.assign_component(actor=hr, component=component, employment=bonus)

    may = payroll.start_run(period="2026-05", actor=hr).run
    found = {one.payslip.user_id: one for one in differences(may, run_before(may))}

    told = {
        pk: (one.is_here, one.amount, [(cause.label, cause.amount) for cause in one.causes])
        for pk, one in found.items()
    }
    assert told == {
        same.user_id: (True, D(0), []),
        raised.user_id: (True, D(1_200), [("Raise", D(1_200))]),
        left.user_id: (False, D(-2_100), [("Left", D(-2_100))]),
        joined.user_id: (True, D(1_200), [("Joined", D(1_200))]),
        fixed.user_id: (True, D(-50), [("Paid twice", D(-50))]),
        bonus.user_id: (True, D(210), [("Bonus", D(210))]),
    }
    assert all(sum(cause.amount for cause in one.causes) == one.amount for one in found.values())


def test_a_first_payslip_tells_its_corrections_from_the_pay(hr):
    paid(user__name="Same")
    april = approved(hr, "2026-04")
    joined = paid(user__name="Joined", hire_date=dt.date(2026, 5, 14))
    payroll_parts.add_adjustment(
        actor=hr, user=joined.user, corrects=april, amount=D("75.00"), currency="EUR", reason="Moving costs"
    )

    may = payroll.start_run(period="2026-05", actor=hr).run
    [found] = [one for one in differences(may, run_before(may)) if one.payslip.user_id == joined.user_id]

    assert [(cause.label, cause.amount) for cause in found.causes] == [("Joined", D(1_200)), ("Moving costs", D(75))]
    assert found.amount == D(1_275)


def test_the_page_of_a_run_shows_totals_and_changes(hr):
    paid(user__name="<b>Ada</b>")
    approved(hr, "2026-04")
    run = payroll.start_run(period="2026-05", actor=hr).run
    page = browser(hr).get(reverse("admin:hr_payrollrun_change", args=[run.pk]))
    text = page.content.decode()

    assert page.context["payroll"]["before"] == "2026-04"
    assert page.context["payroll"]["totals"][0]["net"] == "2,100.00"
    assert "&lt;b&gt;Ada&lt;/b&gt;" in text
    assert "<b>Ada</b>" not in text
    assert "Hand in for review" in text
    assert "Mark as paid" not in text


def test_the_page_says_before_the_approval_what_will_hold_it_up(hr):
    late = paid(user__name="Lena Late")
    asks = paid(user__name="Otto Asks")
    by_hour = paid(20, user__name="Hal Hourly", kind="hourly")
    day = dt.date(2026, 5, 28)
    session(late.user, day, "09:00", "17:00", confirmed=False, closed_by_job=True)
    begins = dt.datetime(2026, 5, 28, 9, tzinfo=dt.UTC)
    AttendanceCorrection.objects.create(
        user=asks.user, kind="add", login_time=begins, logout_time=begins + dt.timedelta(hours=7), reason="x",
        requested_by=asks.user,
    )  # fmt: skip
    run = payroll.start_run(period="2026-05", actor=hr).run
    address = reverse("admin:hr_payrollrun_change", args=[run.pk])

    page = browser(hr).get(address)
    shown = page.context["payroll"]
    seen_by_finance = browser(UserFactory(as_="finance")).get(address).context["payroll"]

    parts = [(one["name"], [part["text"] for part in one["parts"]]) for one in shown["waiting"]]
    assert parts == [("Lena Late", ["1 session to confirm"]), ("Otto Asks", ["1 correction to decide"])]
    for one in shown["waiting"]:
        rows = browser(hr).get(one["parts"][0]["link"]).context["cl"].result_list
        assert [row.user.name for row in rows] == [one["name"]]
    assert "settled before it is approved" in page.content.decode()
    # 21 working days of May; nobody pays by the hour for what was not worked.
    assert [(one["name"], one["text"]) for one in shown["absences"]] == [
        ("Lena Late", "20 days without work or leave"), ("Otto Asks", "21 days without work or leave"),
    ]  # fmt: skip
    assert browser(hr).get(shown["absences"][0]["link"]).status_code == 200
    assert {part["link"] for one in seen_by_finance["waiting"] for part in one["parts"]} == {""}
    assert by_hour.user.name not in str(shown["absences"])


def test_an_approved_run_has_nothing_left_to_settle(hr):
    paid()
    run = approved(hr)

    shown = browser(hr).get(reverse("admin:hr_payrollrun_change", args=[run.pk])).context["payroll"]

    assert (shown["waiting"], shown["absences"]) == ([], [])


def test_a_run_goes_its_way_by_its_buttons(hr):
    paid()
    client = browser(hr)

    client.post(reverse("admin:hr_payrollrun_add"), {"period": "2026-05"})
    run = PayrollRun.objects.get()
    asked = client.get(reverse("admin:hr_payrollrun_move", args=[run.pk, "approve"]))
    for name in ("recompute", "review", "approve", "pay"):
        client.post(reverse("admin:hr_payrollrun_move", args=[run.pk, name]), {"confirmed": "yes"})

    run.refresh_from_db()
    assert asked.status_code == 200
    assert (run.status, run.people, run.paid_by) == ("paid", 1, hr)


def test_a_payslip_is_read_by_its_owner_and_its_document_by_nobody_else(hr):
    mine, other = paid(), paid()
    approved(hr, "2026-05")
    slip, theirs = Payslip.objects.get(user=mine.user), Payslip.objects.get(user=other.user)
    client = browser(mine.user)

    rows = client.get(reverse("admin:hr_payslip_changelist")).context["cl"].result_list
    assert list(rows) == [slip]
    assert client.get(reverse("admin:hr_payslip_pdf", args=[slip.pk]))["Content-Type"] == "application/pdf"
    assert client.get(reverse("admin:hr_payslip_pdf", args=[theirs.pk])).status_code == 404
    assert client.get(reverse("admin:hr_payrollrun_changelist")).status_code == 403


def test_a_payslip_says_each_amount_in_its_currency_and_each_month_by_its_name(hr):
    paid()
    approved(hr, "2026-04")
    slip = Payslip.objects.get()
    client = browser(hr)

    page = client.get(reverse("admin:hr_payslip_change", args=[slip.pk])).content.decode()
    report = client.get("/reports/hr/payroll?start=2026-04&end=2026-04")

    assert f"EUR {slip.net:,.2f}" in page
    assert f"{slip.net}" not in page
    assert [row[0].text for row in report.context["rows"]] == ["Apr 2026"]
    assert [bar.label for chart in report.context["charts"] for bar in chart.bars] == ["Apr 2026"]


def test_components_and_corrections_are_made_through_the_services(hr):
    employee = paid()
    run = approved(hr, "2026-04")
    client = browser(hr)

    client.post(
        reverse("admin:hr_paycomponent_add"),
        {
            "name": "Tax", "code": "tax", "kind": "deduction", "method": "formula", "base": "basic", "position": "10",
            "formula": "gross * 0.2", "brackets": "[]", "is_active": "on", "for_everybody": "on",
            "assignments-TOTAL_FORMS": "0", "assignments-INITIAL_FORMS": "0",
        },
    )  # fmt: skip
    component = PayComponent.objects.get()
    client.post(
        reverse("admin:hr_paycomponent_move", args=[component.pk, "assign"]),
        {"confirmed": "yes", "employment": employee.pk, "amount": ""},
    )
    client.post(
        reverse("admin:hr_payadjustment_add"),
        {"user": employee.user_id, "corrects": run.pk, "amount": "10.00", "currency": "EUR", "reason": "Late"},
    )
    assert component.assignments.get().employment == employee
    assert PayAdjustment.objects.get().made_by == hr
    client.post(
        reverse("admin:hr_paycomponent_move", args=[component.pk, "unassign"]),
        {"confirmed": "yes", "employment": employee.pk},
    )
    assert not component.assignments.exists()


@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 200), ("hr", 200), ("manager", 403), ("employee", 403), ("marketing", 403)],
)
def test_who_may_read_what_people_cost(role, status):
    assert browser(UserFactory(as_=role)).get("/reports/hr/payroll").status_code == status


def test_the_report_sums_each_currency_by_itself_and_leads_to_the_payslips(hr):
    design = DepartmentFactory(name="Design & more")
    CompensationFactory(
        employment=EmploymentFactory(user__department=design), amount=D("2100.10"), employer_share=D(20)
    )
    paid(user__department=design)
    CompensationFactory(employment=EmploymentFactory(), amount=D(900), currency="USD")
    approved(hr, "2026-04")
    client = browser(hr)

    address = "/reports/hr/payroll?start=2026-01&end=2026-06&group=department"
    reply = client.get(f"{address}&format=csv")
    lines = list(csv.reader(io.StringIO(b"".join(reply.streaming_content).decode().removeprefix("\ufeff"))))
    page = client.get(address)
    link = page.context["rows"][1][0].link

    assert lines[1:] == [
        ["Without a department", "1", "USD", "900.00", "0.00", "900.00", "0.00", "900.00"],
        ["Design & more", "2", "EUR", "4200.10", "0.00", "4200.10", "420.02", "4620.12"],
    ]
    assert page.context["notes"]
    assert len(client.get(link).context["cl"].result_list) == 2
    assert client.get("/reports/hr/payroll?start=x").status_code == 400


@pytest.mark.parametrize("people", [1, 7])
def test_the_pages_cost_the_same_however_many_people(hr, django_assert_num_queries, people):
    for _number in range(people):
        paid()
    approved(hr, "2026-04")
    run = payroll.start_run(period="2026-05", actor=hr).run
    client = browser(hr)
    client.get(reverse("admin:hr_payrollrun_change", args=[run.pk]))

    with django_assert_num_queries(17):
        client.get(reverse("admin:hr_payrollrun_change", args=[run.pk]))
    with django_assert_num_queries(7):
        client.get("/reports/hr/payroll")
