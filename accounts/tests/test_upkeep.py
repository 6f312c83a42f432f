"""Sessions and links that are long over are thrown away."""

from typing import Any

import pytest

from accounts import jobs
from accounts.models import OneTimeToken, Session
from accounts.services.links import make_link
from accounts.services.sessions import open_session
from accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_what_ended_a_month_ago_goes(time_machine: Any) -> None:
    time_machine.move_to("2026-01-01T00:00:00Z", tick=False)
    user = UserFactory()
    open_session(user=user)
    make_link(user=user, purpose=OneTimeToken.Purpose.RESET)
    time_machine.move_to("2026-03-01T00:00:00Z", tick=False)
    open_session(user=user)
    assert jobs.forget_ended_sessions() == {"sessions": 0, "links": 1}
    time_machine.move_to("2026-03-02T00:00:01Z", tick=False)
    assert jobs.forget_ended_sessions() == {"sessions": 1, "links": 0}
    assert Session.objects.count() == 1
