"""Terms that change for months which are paid already: said at once, and put right by the next run, to the cent."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from hr.models import PayAdjustment, Payslip
from hr.services import payroll, payroll_parts
from hr.services.employment import set_compensation, update_employment
from hr.services.payroll_backdating import spans_between
from hr.tests.factories import CompensationFactory, EmploymentFactory
from hr.tests.payroll_people import approved, paid, reviewed
from hyperflow.core.errors import Conflict
from hyperflow.core.models import AuditEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_june")]
D = Decimal
MIDDLE = dt.date(2026, 5, 14)  # nine working days of May lie before it, twelve from it on


def raised(employment, hr, amount, since=MIDDLE, currency="EUR"):
    return set_compensation(
        employment=employment, actor=hr, effective_from=since, amount=D(amount), currency=currency
    ).warnings


def moved(employment, hr, **dates):
    return update_employment(employment=employment, actor=hr, **dates).warnings


def corrections():
    return list(PayAdjustment.objects.order_by("pk").values_list("corrects__period", "amount", "reason", "made_by"))


def told(warnings):
    return [(one.code, one.periods) for one in warnings]


def taxed(hr):
    payroll_parts.create_component(
        actor=hr, code="tax", name="Tax", kind="deduction", method="percent", base="gross", percent=D(10)
    )


def test_a_back_dated_raise_is_paid_with_the_next_run(hr):
    taxed(hr)
    employment = paid(2_100)
    approved(hr)

    warnings = raised(employment, hr, 2_500)
    june = payroll.start_run(period="2026-06", actor=hr).run

    assert told(warnings) == [("pay_corrected", ["2026-05"])]
    assert corrections() == [("2026-05", D("228.570"), "2026-05: pay from 2026-05-14", hr.pk)]
    slip = june.payslips.get()
    assert (slip.basic_salary, slip.allowances, slip.gross) == (D(2_500), D("228.57"), D("2728.57"))
    assert (slip.deductions, slip.net) == (D("272.86"), D("2455.71"))
    assert Payslip.objects.get(period="2026-05").gross == D(2_100)


def test_a_back_dated_last_day_takes_back_what_was_paid_out_too_much(hr):
    taxed(hr)
    employment = paid(2_100)
    approved(hr)

    warnings = moved(employment, hr, end_date=dt.date(2026, 5, 13))
    june = payroll.start_run(period="2026-06", actor=hr).run

    assert told(warnings) == [("pay_corrected", ["2026-05"])]
    assert corrections() == [("2026-05", D("-1080.000"), "2026-05: employed from 2025-01-01 to 2026-05-13", hr.pk)]
    slip = june.payslips.get()
    assert (slip.gross, slip.deductions, slip.net) == (0, D(1_080), D(-1_080))
    assert [(one["code"], one["blocks"], "remove them" in one["message"]) for one in june.problems] == [
        ("negative_net", True, True)
    ]


def test_a_last_day_in_the_open_month_takes_back_nothing_and_one_in_the_past_pays_what_remains(hr):
    employment = paid(2_100)
    approved(hr)

    assert moved(employment, hr, end_date=dt.date(2026, 6, 30)) == []
    moved(employment, hr, end_date=dt.date(2026, 5, 28))
    slip = payroll.start_run(period="2026-06", actor=hr).run.payslips.get()

    assert (slip.working_days, slip.net) == (0, D("-100.00"))  # one of 21 days


@pytest.mark.parametrize(
    ("hired", "code", "amounts"),
    [
        (dt.date(2026, 5, 14), "pay_corrected", [D("-800.000")]),
        (dt.date(2026, 5, 1), "pay_unchanged", []),
    ],
)
def test_another_first_day_is_told_and_counted(hr, hired, code, amounts):
    employment = paid(2_100, since=dt.date(2026, 5, 4), hire_date=dt.date(2026, 5, 4))
    approved(hr)

    warnings = moved(employment, hr, hire_date=hired)

    assert [one.code for one in warnings] == [code]
    assert [row[1] for row in corrections()] == amounts


def test_of_two_changes_the_second_adds_to_what_waits(hr):
    employment = paid(2_100)
    approved(hr)

    raised(employment, hr, 2_500)
    raised(employment, hr, 2_400, dt.date(2026, 5, 18))
    moved(employment, hr, end_date=dt.date(2026, 5, 28))
    slip = payroll.start_run(period="2026-06", actor=hr).run.payslips.get()

    # Two days of 2,500 and nine of 2,400 for what were twelve of 2,100; the cent goes to the day not worked.
    assert [row[:2] for row in corrections()] == [("2026-05", D("66.660"))]
    assert AuditEntry.objects.filter(action="pay_adjustment.changed").count() == 2
    assert slip.net == D("66.66")


@pytest.mark.parametrize("is_counted", [False, True])
def test_a_change_that_is_taken_back_leaves_nothing_behind(hr, is_counted):
    """Otherwise what was given back net would come again gross, and be taxed once more."""
    taxed(hr)
    employment = paid(2_100)
    approved(hr)
    moved(employment, hr, end_date=dt.date(2026, 5, 13))
    run = payroll.start_run(period="2026-06", actor=hr).run if is_counted else None

    warnings = moved(employment, hr, end_date=None)

    assert (told(warnings), corrections()) == ([("pay_unchanged", ["2026-05"])], [])
    if run is not None:
        run.refresh_from_db()
        assert (run.status, run.computed_at) == ("draft", None)
        run = payroll.recompute(run=run, actor=hr).run
        assert (run.payslips.get().net, run.problems) == (D(1_890), [])


def test_what_was_paid_by_an_approved_run_stays_and_a_new_difference_stands_beside_it(hr):
    employment = paid(2_100)
    approved(hr)
    raised(employment, hr, 2_500)
    june = approved(hr, "2026-06")

    raised(employment, hr, 2_100)

    rows = PayAdjustment.objects.order_by("pk").values_list("corrects__period", "amount", "run")
    assert list(rows) == [
        ("2026-05", D("228.570"), june.pk),
        ("2026-05", D("-228.570"), None),
        ("2026-06", D("-400.000"), None),
    ]


def test_what_people_entered_is_theirs(hr):
    employment = paid(2_100)
    may = approved(hr)
    payroll_parts.add_adjustment(
        actor=hr, user=employment.user, corrects=may, amount=D(50), currency="EUR", reason="A bonus"
    )

    raised(employment, hr, 2_500)

    assert [row[1:3] for row in corrections()] == [
        (D(50), "A bonus"), (D("228.570"), "2026-05: pay from 2026-05-14"),
    ]  # fmt: skip


def test_only_months_until_the_next_pay_are_touched(hr):
    employment = paid(2_100)
    CompensationFactory(employment=employment, amount=D(3_000), effective_from=dt.date(2026, 5, 1))
    approved(hr, "2026-04")
    approved(hr)

    assert told(raised(employment, hr, 2_200, dt.date(2026, 3, 15))) == [("pay_corrected", ["2026-04"])]
    assert [row[:2] for row in corrections()] == [("2026-04", D("100.000"))]


@pytest.mark.parametrize("since", [dt.date(2026, 5, 1), dt.date(2026, 5, 11)])
def test_a_difference_between_currencies_is_left_to_people(hr, since):
    employment = paid(2_100)
    approved(hr)

    assert told(raised(employment, hr, 2_500, since, "USD")) == [("pay_to_correct", ["2026-05"])]
    assert corrections() == []


def test_who_was_left_out_is_paid_once_pay_is_set_for_them(hr):
    paid()
    forgotten = EmploymentFactory()
    approved(hr, leave_out=[forgotten.user_id])

    raised(forgotten, hr, 2_100, dt.date(2026, 5, 1), "USD")
    slip = payroll.start_run(period="2026-06", actor=hr).run.payslips.get(user=forgotten.user)

    assert (slip.currency, slip.basic_salary, slip.allowances) == ("USD", D(2_100), D(2_100))


def test_what_changes_before_the_approval_is_no_correction_but_holds_it_up(hr):
    employment = paid(2_100)
    run = reviewed(hr)
    with time_machine.travel(dt.datetime(2026, 6, 3, 13, tzinfo=dt.UTC), tick=False):
        warnings = raised(employment, hr, 2_500)
        with pytest.raises(Conflict) as refusal:
            payroll.approve(run=run, actor=hr)
        run = payroll.recompute(run=run, actor=hr).run
        payroll.review(run=run, actor=hr)
        payroll.approve(run=run, actor=hr)

    assert (warnings, corrections()) == ([], [])
    assert (refusal.value.code, refusal.value.extra) == ("payroll_outdated", {"user_ids": [employment.user_id]})
    assert Payslip.objects.get().gross == D("2328.57")


@pytest.mark.parametrize("change", [{"end_date": dt.date(2026, 4, 30)}, {"end_date": dt.date(2026, 5, 20)}])
def test_a_person_who_left_after_the_run_was_worked_out_holds_it_up(hr, change):
    employment = paid(2_100)
    run = reviewed(hr)

    with time_machine.travel(dt.datetime(2026, 6, 3, 13, tzinfo=dt.UTC), tick=False):
        moved(employment, hr, **change)
        with pytest.raises(Conflict) as refusal:
            payroll.approve(run=run, actor=hr)

    run.refresh_from_db()
    assert (refusal.value.code, run.status) == ("payroll_outdated", "review")


def test_a_person_who_came_after_the_run_was_worked_out_holds_it_up(hr):
    paid()
    run = reviewed(hr)

    with time_machine.travel(dt.datetime(2026, 6, 3, 13, tzinfo=dt.UTC), tick=False):
        late = paid(user__name="Lena Late")
        with pytest.raises(Conflict) as refusal:
            payroll.approve(run=run, actor=hr)

    assert (refusal.value.code, refusal.value.extra) == ("payroll_outdated", {"user_ids": [late.user_id]})
    assert "Lena Late" in refusal.value.message


A, B = dt.date(2026, 5, 10), dt.date(2026, 5, 20)


@pytest.mark.parametrize(
    ("before", "after", "first", "days"),
    [
        (A, A, True, []),
        (A, B, True, [(A, dt.date(2026, 5, 19))]),
        (B, A, True, [(A, dt.date(2026, 5, 19))]),
        (None, None, False, []),
        (A, B, False, [(dt.date(2026, 5, 11), B)]),
        (B, A, False, [(dt.date(2026, 5, 11), B)]),
        (None, A, False, [(dt.date(2026, 5, 11), None)]),
        (A, None, False, [(dt.date(2026, 5, 11), None)]),
    ],
)
def test_the_days_that_a_moved_end_touches(before, after, first, days):
    assert spans_between(before, after, first=first) == days


def test_the_answers_over_the_wire_tell_it(api, hr):
    employment = paid(2_100)
    approved(hr)
    client, path = api(hr), f"/api/hr/employees/{employment.user_id}"

    pay = {"effective_from": "2026-05-14", "amount": "2500.00", "currency": "EUR"}
    set_pay = client.post(f"{path}/compensation", pay)
    ended = client.put(path, {"end_date": "2026-05-13"})
    renamed = client.put(path, {"position": "Painter"})

    assert (set_pay.status_code, ended.status_code, renamed.status_code) == (201, 200, 200)
    [warning] = set_pay.json()["warnings"]
    assert (warning["code"], warning["periods"]) == ("pay_corrected", ["2026-05"])
    assert "2026-05" in warning["message"]
    assert [one["code"] for one in ended.json()["warnings"]] == ["pay_corrected"]
    assert (renamed.json()["warnings"], client.get(path).json()["warnings"]) == ([], [])
    # Of the paid 2,100.00 the nine days until the 13th remain.
    assert [row[1] for row in corrections()] == [D("-1200.000")]


def test_the_pages_of_the_admin_tell_it(hr):
    employment = paid(2_100)
    approved(hr)
    browser = Client()
    browser.force_login(hr)
    address = reverse("admin:hr_employment_change", args=[employment.pk])
    terms = {
        "code": employment.code, "position": "", "manager": "", "employment_type": "full_time", "weekly_hours": "37.50",
        "hire_date": "2025-01-01", "end_date": "2026-05-13", "pattern": employment.pattern_id,
        "read_version": employment.version,
        "past_terms-TOTAL_FORMS": "0", "past_terms-INITIAL_FORMS": "0",
        "compensations-TOTAL_FORMS": "1", "compensations-INITIAL_FORMS": "0",
        "compensations-0-effective_from": "2026-05-04", "compensations-0-kind": "monthly",
        "compensations-0-amount": "4200", "compensations-0-currency": "EUR",
    }  # fmt: skip

    page = browser.post(address, terms, follow=True)

    said = [str(message) for message in page.context["messages"] if message.level_tag == "warning"]
    assert [text[:41] for text in said] == ["The pay of 2026-05 is approved already. W"] * 2
    # One day of 2,100 and eight of 4,200 were worked of the 21 that were paid.
    assert [row[1] for row in corrections()] == [D("-400.000")]
