"""``manage.py first_admin``."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO())
    for name in ("ADMIN_EMAIL", "ADMIN_PASSWORD", "ADMIN_NAME"):
        monkeypatch.delenv(name, raising=False)


def test_the_first_admin_is_made_from_the_environment(monkeypatch: Any, sign_in: Any) -> None:
    monkeypatch.setenv("ADMIN_EMAIL", "Root@Example.com")
    monkeypatch.setenv("ADMIN_PASSWORD", "correct-horse-battery")
    said = StringIO()

    call_command("first_admin", stdout=said)

    user = User.objects.get()
    assert (user.email, user.name, user.role.code) == ("root@example.com", "Admin", "admin")
    assert said.getvalue() == "root@example.com is the first admin.\n"
    assert sign_in(user, "correct-horse-battery").status_code == 200
    call_command("first_admin", stdout=said)
    assert User.objects.count() == 1


def test_an_inactive_admin_is_none(monkeypatch: Any) -> None:
    UserFactory(as_="admin", is_active=False)
    with pytest.raises(CommandError, match="set ADMIN_EMAIL"):
        call_command("first_admin")


@pytest.mark.parametrize(
    ("email", "password", "sentence"),
    [
        ("root@example.com", "", "set ADMIN_PASSWORD"),
        ("root@example.com", "short", "8 to 128 characters"),
        ("nobody", "correct-horse-battery", "valid email address"),
        ("taken@example.com", "correct-horse-battery", "account with this address"),
    ],
)
def test_what_does_not_work_is_said_in_one_sentence(monkeypatch: Any, email: str, password: str, sentence: str) -> None:
    UserFactory(email="taken@example.com")
    monkeypatch.setenv("ADMIN_EMAIL", email)
    monkeypatch.setenv("ADMIN_PASSWORD", password)
    with pytest.raises(CommandError, match=sentence):
        call_command("first_admin")
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("email", "password", "sentence"),
    [
        (
            "nobody",
            "short",
            (
                "The first admin was not made: ADMIN_EMAIL: Enter a valid email address; "
                "ADMIN_PASSWORD: A password has 8 to 128 characters."
            ),
        ),
        (
            "taken@example.com",
            "short",
            (
                "The first admin was not made: ADMIN_EMAIL: There is an account with this address already; "
                "ADMIN_PASSWORD: A password has 8 to 128 characters."
            ),
        ),
        ("", "", "There is no admin yet: set ADMIN_EMAIL and ADMIN_PASSWORD, or run this on a terminal to be asked."),
    ],
)
def test_everything_that_does_not_work_is_said_at_once(
    monkeypatch: Any, email: str, password: str, sentence: str
) -> None:
    UserFactory(email="taken@example.com")
    monkeypatch.setenv("ADMIN_EMAIL", email)
    monkeypatch.setenv("ADMIN_PASSWORD", password)
    with pytest.raises(CommandError) as refused:
        call_command("first_admin")
    assert str(refused.value) == sentence
    assert User.objects.count() == 1


def test_somebody_at_a_terminal_is_asked(monkeypatch: Any) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    answers = iter(["root@example.com", "Root"])
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("builtins.input", lambda question: next(answers))
    monkeypatch.setattr("getpass.getpass", lambda question: "correct-horse-battery")
    call_command("first_admin", stdout=StringIO())
    user = User.objects.get()
    assert (user.email, user.name) == ("root@example.com", "Root")


def test_djangos_own_command_points_here() -> None:
    with pytest.raises(CommandError, match="first_admin"):
        call_command("createsuperuser", interactive=False, email="root@example.com", name="Root")
