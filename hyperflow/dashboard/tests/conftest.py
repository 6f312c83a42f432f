from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.factories import UserFactory


@pytest.fixture
def sign_in(db: None) -> Any:
    """``sign_in(role)`` gives a browser's client with an admin session of a new person of that role, and the person."""

    def enter(role: str, **details: Any) -> tuple[Client, User]:
        person = UserFactory(as_=role, **details)
        client = Client()
        client.force_login(person)
        return client, person

    return enter
