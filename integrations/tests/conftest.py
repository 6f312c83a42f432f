"""The demo data, loaded for the modules that look at it."""

import pytest

from integrations.demo.load import load
from integrations.tests.invented import NOW


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """Loaded once for all tests of this module, and taken back after them."""
    from django.db import transaction

    with django_db_blocker.unblock():
        block = transaction.atomic()
        block.__enter__()
        try:
            load(password="hyperflow-demo", now=NOW)
            yield
        finally:
            transaction.set_rollback(True)
            block.__exit__(None, None, None)
