"""What was paid wrongly is put right by a later run, with its reason."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.tests.factories import UserFactory
from hr.models import (
    PayAdjustment,
    Payslip,
)
from hr.services import payroll, payroll_parts
from hr.tests.payroll_people import approved, paid
from hyperflow.core.errors import Conflict, Invalid, NotAllowed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_june")]
D = Decimal


def test_a_mistake_is_corrected_in_a_later_run_with_its_reason(hr):
    employment = paid(2_100)
    april = approved(hr, "2026-04")
    payroll_parts.add_adjustment(
        actor=hr,
        user=employment.user,
        corrects=april,
        amount=D("150.00"),
        currency="EUR",
        reason="Night of 3 April",
    )

    may = payroll.start_run(period="2026-05", actor=hr).run
    slip = may.payslips.get()
    june = payroll.start_run(period="2026-06", actor=hr).run
    payroll.recompute(run=may, actor=hr)

    assert (slip.gross, slip.allowances) == (D("2250.00"), D("150.00"))
    assert list(may.payslips.get().lines.values_list("label", "kind", "amount")) == [
        ("Night of 3 April", "allowance", D("150.000"))
    ]
    assert PayAdjustment.objects.get().run == may
    assert june.payslips.get().allowances == 0
    assert may.payslips.get().allowances == D(150)
    assert Payslip.objects.get(period="2026-04").gross == D(2_100)


def test_a_correction_reaches_who_has_left(hr):
    leaver = paid(2_100, end_date=dt.date(2026, 4, 30))
    april = approved(hr, "2026-04")
    payroll_parts.add_adjustment(
        actor=hr, user=leaver.user, corrects=april, amount=D("80.00"), currency="EUR", reason="Unused leave"
    )

    payroll.start_run(period="2026-05", actor=hr)

    slip = Payslip.objects.get(period="2026-05")
    assert (slip.user, slip.net, slip.working_days) == (leaver.user, D("80.00"), 0)


def test_nobody_corrects_their_own_pay_or_a_run_that_is_open(hr):
    mine = paid(user=hr)
    other = paid()
    draft = payroll.start_run(period="2026-05", actor=hr).run
    april = approved(UserFactory(as_="admin"), "2026-04")
    values = {"amount": D(1), "currency": "EUR", "reason": "x", "actor": hr}

    with pytest.raises(NotAllowed) as own:
        payroll_parts.add_adjustment(user=mine.user, corrects=april, **values)
    with pytest.raises(Conflict) as still_open:
        payroll_parts.add_adjustment(user=other.user, corrects=draft, **values)
    with pytest.raises(Invalid) as digits:
        payroll_parts.add_adjustment(user=other.user, corrects=april, **values | {"amount": D("1.234")})

    assert (own.value.code, still_open.value.code) == ("self_approval", "payroll_open")
    assert digits.value.field == "amount"
    assert not PayAdjustment.objects.exists()
