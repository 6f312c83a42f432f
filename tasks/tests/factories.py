"""Tasks and time for tests. Rows are written directly: what services promise is for the tests of services."""

import datetime as dt

import factory

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory
from tasks.models import Task, TimeEntry


class TaskFactory(factory.django.DjangoModelFactory[Task]):
    class Meta:
        model = Task

    key = factory.Sequence(lambda n: f"T-{n}")
    title = factory.Sequence(lambda n: f"Task {n}")
    client = factory.SubFactory(ClientFactory)
    created_by = factory.SubFactory(UserFactory)
    position = factory.Sequence(lambda n: n * 65536)


class TimeEntryFactory(factory.django.DjangoModelFactory[TimeEntry]):
    """One finished hour, entry after entry, in January 2026 however many there are."""

    class Meta:
        model = TimeEntry

    task = factory.SubFactory(TaskFactory)
    user = factory.SubFactory(UserFactory)
    started_at = factory.Sequence(lambda n: dt.datetime(2026, 1, 5, tzinfo=dt.UTC) + dt.timedelta(hours=n % 600))
    ended_at = factory.LazyAttribute(lambda made: made.started_at + dt.timedelta(hours=1))
    work_date = factory.LazyAttribute(lambda made: made.started_at.date())
    seconds = factory.LazyAttribute(lambda made: int((made.ended_at - made.started_at).total_seconds()))
    currency = "EUR"
