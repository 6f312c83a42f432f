"""What every test may use."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import caches
from rest_framework.test import APIClient


@pytest.fixture
def api() -> Callable[..., APIClient]:
    """``api(user)`` is a client signed in as that user by a real access token; ``api()`` is anonymous."""

    def client_for(user: Any = None, **headers: str) -> APIClient:
        client = APIClient()
        if user is not None:
            from accounts.services.sessions import open_session

            client.credentials(HTTP_AUTHORIZATION=f"Bearer {open_session(user=user).access_token}")
        for name, value in headers.items():
            client.defaults[f"HTTP_{name.upper()}"] = value
        return client

    return client_for


@pytest.fixture
def run_due_jobs() -> Callable[[], list[str]]:
    """Runs every job that is due, as the worker would, and gives the names of those that ran."""
    from hyperflow.core import jobs

    return jobs.run_due


@pytest.fixture(scope="module")
def rows_of_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Rows that a module's fixture makes after this one are there for all of its tests, and taken back after them."""
    from django.db import transaction

    with django_db_blocker.unblock():
        block = transaction.atomic()
        block.__enter__()
        try:
            yield
        finally:
            transaction.set_rollback(True)
            block.__exit__(None, None, None)


@pytest.fixture(autouse=True)
def _nothing_is_left_over() -> None:
    """Roles of one number come and go between tests, and every test has caches of its own, in all of its threads."""
    from accounts import rights
    from hyperflow.core.caches import breaker

    rights.forget()
    breaker.close()
    mine = uuid.uuid4().hex
    for name in caches.settings:
        caches.settings[name]["KEY_PREFIX"] = caches[name].key_prefix = mine
