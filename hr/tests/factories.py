"""Employees for tests: ``EmploymentFactory(user__as_="employee", manager=boss)``."""

import datetime as dt
from decimal import Decimal

import factory

from accounts.tests.factories import UserFactory
from hr.models import Compensation, Employment, PatternDay, WorkPattern


class WorkPatternFactory(factory.django.DjangoModelFactory[WorkPattern]):
    """Monday to Friday, 9 to 17 with half an hour of break; ``days`` are ``{weekday: (begin, minutes, break)}``."""

    class Meta:
        model = WorkPattern
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Pattern {n}")

    @factory.post_generation
    def days(self, create, extracted, **kwargs):
        week = extracted if extracted is not None else dict.fromkeys(range(5), (dt.time(9), 480, 30))
        for weekday, (starts_at, minutes, pause) in week.items():
            PatternDay.objects.create(
                pattern=self, weekday=weekday, starts_at=starts_at, minutes=minutes, break_minutes=pause
            )


class EmploymentFactory(factory.django.DjangoModelFactory[Employment]):
    """Somebody who has worked here, Monday to Friday from nine, since the beginning of 2025."""

    class Meta:
        model = Employment

    user = factory.SubFactory(UserFactory)
    code = factory.Sequence(lambda n: f"E{n:04}")
    hire_date = dt.date(2025, 1, 1)
    weekly_hours = Decimal("37.50")
    pattern = factory.SubFactory(WorkPatternFactory)
    timezone = factory.LazyAttribute(lambda row: row.user.timezone)


class CompensationFactory(factory.django.DjangoModelFactory[Compensation]):
    class Meta:
        model = Compensation

    employment = factory.SubFactory(EmploymentFactory)
    effective_from = dt.date(2025, 1, 1)
    amount = Decimal(4_000)
    currency = "EUR"
