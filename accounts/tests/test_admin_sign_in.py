"""The admin's door has the same lock as the API's."""

from typing import Any

import pytest
from django.contrib.auth.hashers import make_password

from accounts.models import Role
from accounts.services import people
from accounts.services.passwords import set_password
from accounts.tests.factories import PASSWORD, UserFactory
from hyperflow.core.models import AuditEntry

pytestmark = pytest.mark.django_db

STAFF = [code for code in Role.Code.values if code != "client"]


def enter(client: Any, user: Any, password: str = PASSWORD, ip: str = "203.0.113.1") -> Any:
    body = {"username": getattr(user, "email", user), "password": password, "next": "/admin/"}
    return client.post("/admin/login/", body, REMOTE_ADDR=ip)


def inside(client: Any) -> bool:
    return client.get("/admin/").status_code == 200


@pytest.mark.parametrize("code", STAFF)
def test_staff_get_in(client: Any, code: str) -> None:
    user = UserFactory(as_=code)
    assert enter(client, user).status_code == 302
    assert inside(client)
    user.refresh_from_db()
    assert user.last_login is not None
    assert AuditEntry.objects.filter(action="session.sign_in", actor=user).count() == 1


@pytest.mark.parametrize("case", ["client", "inactive", "unverified", "wrong", "unknown"])
def test_nobody_else_does_and_all_are_told_the_same(client: Any, case: str, hashes: Any) -> None:
    who = {
        "client": lambda: UserFactory(as_=Role.Code.CLIENT),
        "inactive": lambda: UserFactory(is_active=False),
        "unverified": lambda: UserFactory(email_verified_at=None),
        "wrong": lambda: UserFactory(password=make_password("another-horse-battery")),
        "unknown": lambda: "nobody@example.com",
    }[case]()
    hashes.clear()
    response = enter(client, who)
    assert response.status_code == 200
    assert "The address or the password is wrong" in response.content.decode()
    assert hashes == [("bcrypt_sha256", 4)]
    assert not inside(client)


def test_the_sixth_wrong_try_is_refused_and_so_is_the_api(client: Any, sign_in: Any) -> None:
    user = UserFactory()
    assert [enter(client, user, "a-wrong-password").status_code for _ in range(6)] == [200] * 5 + [429]
    locked = enter(client, user)
    assert locked.status_code == 429
    assert 0 < int(locked.headers["Retry-After"]) <= 15 * 60
    assert sign_in(user).status_code == 429
    assert sign_in(user, ip="198.51.100.9").status_code == 200
    assert enter(client, user, ip="198.51.100.9").status_code == 302


def test_failures_at_the_api_count_at_the_admin(client: Any, sign_in: Any) -> None:
    user = UserFactory()
    for _ in range(5):
        sign_in(user, "a-wrong-password")
    assert enter(client, user).status_code == 429


@pytest.mark.parametrize(
    "leave",
    [
        lambda user: people.deactivate_user(user=user, actor=None),
        lambda user: set_password(user=user, actor=None, password="another-horse-battery"),
        lambda user: people.change_role(
            user=user, actor=UserFactory(as_="admin"), role=Role.objects.get(code="client")
        ),
        lambda user: people.change_role(user=user, actor=UserFactory(as_="admin"), role=Role.objects.get(code="hr")),
        lambda user: people.change_email(user=user, actor=None, email="new@example.com"),
    ],
    ids=["deactivated", "password", "no longer staff", "role", "e-mail"],
)
def test_leaving_ends_the_admin_session_on_the_next_request(client: Any, leave: Any) -> None:
    user = UserFactory()
    enter(client, user)
    assert inside(client)
    leave(user)
    assert not inside(client)


def test_a_long_password_is_refused_unhashed(client: Any, hashes: Any) -> None:
    assert enter(client, "ann@example.com", "x" * 1_000_000).status_code == 200
    assert hashes == []


def test_the_admin_session_is_safe_from_other_places(client: Any) -> None:
    user = UserFactory()
    response = client.post(
        "/admin/login/", {"username": user.email, "password": PASSWORD, "next": "//evil.example.org/"}
    )
    assert response.status_code == 302
    assert "evil" not in response.headers["Location"]
