"""A pytest plugin: a test that really commits gives the migrated rows back when it ends.

Such a test ends by emptying every table, roles and rights included. Django would put them back only before the next
test that asks for it, and leaves the tables empty for everybody else: then the outcome hangs on the order. With this,
every test finds what the migrations wrote, in any order and on any worker.
"""

from __future__ import annotations

from typing import Any

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every such test asks for it, so that Django doesn't write newly numbered content types instead."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker and marker.kwargs.get("transaction") and not marker.kwargs.get("serialized_rollback"):
            wanted = {**marker.kwargs, "serialized_rollback": True}
            item.add_marker(pytest.mark.django_db(*marker.args, **wanted), append=False)


def pytest_configure() -> None:
    from django.db import connections
    from django.test import TransactionTestCase

    case: Any = TransactionTestCase
    set_up, tear_down = case.__dict__["_fixture_setup"].__func__, case._fixture_teardown

    def set_up_with_what_is_there(cls: Any) -> None:
        asked, cls.serialized_rollback = cls.serialized_rollback, False
        try:
            set_up(cls)
        finally:
            cls.serialized_rollback = asked

    def tear_down_and_put_back(self: Any) -> None:
        tear_down(self)
        for name in self._databases_names(include_mirrors=False):
            rows = getattr(connections[name], "_test_serialized_contents", None)
            if rows and self.serialized_rollback:
                connections[name].creation.deserialize_db_from_string(rows)

    case._fixture_setup = classmethod(set_up_with_what_is_there)
    case._fixture_teardown = tear_down_and_put_back
