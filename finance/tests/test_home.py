"""What finance finds on its home page."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.tests.factories import UserFactory
from finance.selectors.home import home_counters
from finance.services import claims
from finance.tests.documents import draft, issued, line

pytestmark = pytest.mark.django_db


def test_finance_sees_what_waits_and_how_old_what_is_owed_is(client):
    boss = UserFactory(as_="finance")
    draft(boss, line(1))
    issued(boss, line(1234), issue_date=dt.date(2020, 1, 1))
    claims.claim(
        actor=UserFactory(as_="employee"), category="travel", amount=Decimal(9), record_date=dt.date(2026, 1, 8)
    )
    found = {str(one.label): one.value for one in home_counters(boss)}
    assert found["Drafts to issue"] == 1
    assert found["Expenses to decide"] == 1
    assert found["Overdue over 90 days, EUR"] == "1,234.00"
    client.force_login(boss)
    assert "Overdue over 90 days" in client.get("/admin/").content.decode()


def test_others_see_nothing_of_it():
    assert home_counters(UserFactory(as_="employee")) == []
    assert all("Owed" not in str(one.label) for one in home_counters(UserFactory(as_="manager")))
