import datetime as dt

import pytest
import time_machine

from accounts.tests.factories import UserFactory


@pytest.fixture
def in_june():
    """Noon of 3 June 2026: May, which has 21 working days, is over and can be paid."""
    with time_machine.travel(dt.datetime(2026, 6, 3, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def hr(db):
    return UserFactory(as_="hr", name="Hanna HR")
