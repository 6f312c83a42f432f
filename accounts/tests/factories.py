"""People for tests: ``UserFactory(as_=Role.Code.FINANCE)``."""

import factory
from django.contrib.auth.hashers import make_password

from accounts.models import Department, Role, User

PASSWORD = "correct-horse-battery"


class DepartmentFactory(factory.django.DjangoModelFactory[Department]):
    class Meta:
        model = Department

    name = factory.Sequence(lambda n: f"Department {n}")


class UserFactory(factory.django.DjangoModelFactory[User]):
    """An active, verified person; ``as_`` is the code of an installed role, ``password`` is plain text."""

    class Meta:
        model = User

    class Params:
        as_ = "employee"

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    name = factory.Sequence(lambda n: f"Person {n}")
    role = factory.LazyAttribute(lambda made: Role.objects.get(code=str(made.as_)))
    timezone = "UTC"
    password = factory.LazyFunction(lambda: make_password(PASSWORD))
    email_verified_at = factory.Faker("past_datetime", tzinfo=__import__("datetime").UTC)
