"""Hours in = billed + unbilled + written off + not billable, to the second, whatever is settled or given back."""

import datetime as dt
import random
from decimal import Decimal

import pytest
from django.db.models import Sum

from accounts.tests.factories import UserFactory
from clients.tests.factories import ProjectFactory
from finance.models import SettledTime
from finance.selectors.hours import work
from finance.selectors.sums import Period
from finance.tests.factories import InvoiceLineFactory
from hyperflow.core import clock
from tasks.models import TimeEntry
from tasks.tests.factories import TaskFactory, TimeEntryFactory

pytestmark = pytest.mark.django_db

EVER = Period(dt.date(2026, 1, 1), dt.date(2026, 3, 31))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hours_in_are_hours_out(seed: int) -> None:
    chance, boss, line = random.Random(seed), UserFactory.create(as_="finance"), InvoiceLineFactory.create()
    tasks = [TaskFactory.create(project=ProjectFactory.create()), TaskFactory.create()]
    expected = dict.fromkeys(("billed", "written_off", "not_billable", "unbilled"), 0)
    for _ in range(25):
        start = dt.datetime(2026, 1, 5, tzinfo=dt.UTC) + dt.timedelta(hours=chance.randint(0, 900))
        entry = TimeEntryFactory.create(
            task=chance.choice(tasks),
            started_at=start,
            ended_at=start + dt.timedelta(seconds=chance.randint(1, 9_000)),
            billable=chance.random() < 0.8,
            rate=Decimal(90),
        )
        kind = chance.choice(["billed", "written_off", "", "given_back"]) if entry.billable else ""
        if kind:
            SettledTime.objects.create(
                entry=entry,
                kind="billed" if kind == "given_back" else kind,
                line=None if kind == "written_off" else line,
                seconds=entry.seconds,
                settled_at=clock.now(),
                released_at=clock.now() if kind == "given_back" else None,
            )
        where = kind if kind in ("billed", "written_off") else "unbilled" if entry.billable else "not_billable"
        expected[where] += entry.seconds
    for by in ("client", "project"):
        found = work(boss, period=EVER, by=by)
        told = {name: sum(getattr(one.hours, name) for one in found) for name in expected}
        assert told == expected
        assert sum(told.values()) == TimeEntry.objects.aggregate(all=Sum("seconds"))["all"]


def test_unbilled_work_is_worth_its_own_rate_and_others_see_only_their_time() -> None:
    entry = TimeEntryFactory.create(rate=Decimal(90))
    [one] = work(UserFactory.create(as_="finance"), period=EVER, by="client")
    assert (one.key, one.worth, one.currency) == (entry.task.client_id, Decimal("90.00"), "EUR")
    assert work(UserFactory.create(as_="marketing"), period=EVER, by="client") == []
