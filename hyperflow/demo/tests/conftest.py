"""The demo data, for the modules that look at it."""

from pathlib import Path

import pytest

from hyperflow.demo.tests import invented


@pytest.fixture(scope="session")
def invented_folder(tmp_path_factory, request):
    """Where the workers of this run keep what is to be invented once only."""
    own: Path = tmp_path_factory.getbasetemp()
    return own.parent if hasattr(request.config, "workerinput") else own


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker, invented_folder):
    """There for all tests of this module, and taken back after them."""
    from django.db import transaction

    with django_db_blocker.unblock():
        block = transaction.atomic()
        block.__enter__()
        try:
            invented.fill(invented_folder)
            yield
        finally:
            transaction.set_rollback(True)
            block.__exit__(None, None, None)
