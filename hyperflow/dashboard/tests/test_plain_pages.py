"""What browsers and robots ask for by name, and pages while the database is away."""

import pytest
from django.db import OperationalError, connection
from django.test import Client

from accounts.tests.factories import UserFactory
from hr import pages


def test_robots_stay_out_and_browsers_find_the_icon():
    robots, icon = Client().get("/robots.txt"), Client().get("/favicon.ico")

    assert (robots.status_code, robots.content) == (200, b"User-agent: *\nDisallow: /\n")
    assert (icon.status_code, icon["Location"]) == (302, "/static/hyperflow/logo.svg")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/reports/", "/reports/tasks/late"])
def test_reports_are_kept_by_no_cache(path):
    browser = Client()
    browser.force_login(UserFactory(as_="admin"))

    answer = browser.get(path)

    assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-store")


@pytest.mark.parametrize(
    "error", [OperationalError(2002, "Can't connect"), OperationalError("unable to open database file")]
)
def test_a_page_says_to_come_back_while_the_database_is_away(monkeypatch, error):
    def away(*_args, **_more):
        raise error

    monkeypatch.setattr(pages.JobPosting, "objects", type("Away", (), {"__getattr__": lambda *_: away})())
    browser = Client(raise_request_exception=False)

    answer = browser.get("/careers")

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Back in a moment" in answer.content.decode()
    assert "connect" not in answer.content.decode()


@pytest.mark.django_db
def test_the_write_ahead_log_does_not_stay_as_big_as_the_biggest_import():
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite has one")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_size_limit")
        assert cursor.fetchone() == (33554432,)
