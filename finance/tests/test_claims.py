"""Expenses that people hand in."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from accounts.tests.factories import UserFactory
from finance.models import FinancialRecord, RollupChange
from finance.services import claims, records
from hyperflow.core.errors import Conflict, NotAllowed

pytestmark = pytest.mark.django_db
EXPENSES = "/api/employee/expenses"
TRAIN = {"category": "travel", "amount": "89.90", "record_date": "2026-03-02", "description": "Train"}


@pytest.fixture(autouse=True)
def _in_march():
    with time_machine.travel(dt.datetime(2026, 3, 16, 12, tzinfo=dt.UTC), tick=False):
        yield


def claimed(person):
    return claims.claim(
        actor=person, category="travel", amount=Decimal("89.90"), record_date=dt.date(2026, 3, 2), description="Train"
    )


def counted():
    return sum(RollupChange.objects.filter(measure="expense").values_list("amount", flat=True))


def test_from_the_ticket_to_the_money(api):
    person, boss = UserFactory(), UserFactory(as_="finance")

    made = api(person).post(EXPENSES, TRAIN)
    record = made.json()
    path = f"/api/finance/financial-records/{record['record_id']}"
    before = counted()
    approved = api(boss).put(f"{path}/decision", {"status": "approved", "note": "Fine"})
    paid = api(boss).put(f"{path}/reimbursement", {"date": "2026-03-15"})

    assert (made.status_code, record["status"], record["source"], record["user_id"]) == (
        201, "submitted", "claim", person.pk,
    )  # fmt: skip
    assert (before, counted()) == (0, 89_900)
    assert (approved.json()["status"], approved.json()["decision_note"]) == ("approved", "Fine")
    assert (paid.json()["status"], paid.json()["reimbursed_on"]) == ("reimbursed", "2026-03-15")
    assert [row["status"] for row in api(person).get(EXPENSES).json()] == ["reimbursed"]
    assert api(UserFactory()).get(EXPENSES).json() == []
    assert api(boss).put(f"{path}/reimbursement", {}).json()["code"] == "invalid_transition"


def test_a_refused_one_is_mended_and_handed_in_again(api):
    person, boss = UserFactory(), UserFactory(as_="finance")
    record = claimed(person)
    claims.decide(record=record, actor=boss, approve=False, note="Which train?")

    again = api(person).put(f"{EXPENSES}/{record.pk}", {"description": "Train to Acme", "amount": "80.00"})

    assert (again.status_code, again.json()["status"], again.json()["amount"]) == (200, "submitted", "80.00")
    assert (FinancialRecord.objects.get().company_amount, counted()) == (80, 0)
    claims.decide(record=record, actor=boss, approve=True)
    assert counted() == 80_000


def test_nobody_decides_about_their_own():
    boss = UserFactory(as_="finance")
    record = claimed(boss)

    with pytest.raises(NotAllowed) as caught:
        claims.decide(record=record, actor=boss, approve=True)
    assert caught.value.code == "self_approval"
    with pytest.raises(NotAllowed):
        claims.decide(record=record, actor=UserFactory(as_="manager"), approve=True)
    assert FinancialRecord.objects.get().status == "submitted"


def test_what_is_approved_stays_as_it_was_handed_in():
    boss, record = UserFactory(as_="finance"), claimed(UserFactory())
    claims.decide(record=record, actor=boss, approve=True)

    with pytest.raises(Conflict) as caught:
        records.update_record(record=record, actor=boss, amount=Decimal(1))
    assert caught.value.code == "expense_decided"
    with pytest.raises(Conflict):
        claims.decide(record=record, actor=boss, approve=False)
    assert FinancialRecord.objects.get().amount == Decimal("89.90")


def test_a_client_hands_nothing_in(api):
    assert api(UserFactory(as_="client")).post(EXPENSES, TRAIN).status_code == 403
    assert not FinancialRecord.objects.exists()
