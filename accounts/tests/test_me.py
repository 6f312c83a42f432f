"""``/api/auth/me``."""

from typing import Any

import pytest

from accounts.models import Role, User
from accounts.rights import permissions_of
from accounts.tests.factories import UserFactory
from hyperflow.core.models import AuditEntry

pytestmark = pytest.mark.django_db


def test_me_says_who_i_am_and_what_i_may_do(api: Any) -> None:
    user = UserFactory(email="ann@example.com", name="Ann", as_=Role.Code.HR, timezone="Europe/Paris")

    response = api(user).get("/api/auth/me")

    assert response.status_code == 200
    answer = response.json()
    assert list(answer) == [
        "user_id", "name", "email", "role", "role_id", "permissions", "timezone", "is_active",
        "created_at", "updated_at",
    ]  # fmt: skip
    assert (answer["user_id"], answer["role"], answer["role_id"]) == (user.pk, "hr", user.role_id)
    assert (answer["timezone"], answer["is_active"]) == ("Europe/Paris", True)
    assert answer["permissions"] == sorted(permissions_of(user))
    assert "accounts.add_user" in answer["permissions"]
    assert answer["created_at"].endswith("Z")
    assert response.headers["ETag"] == '"v1"'


@pytest.mark.parametrize("code", list(Role.Code.values))
def test_every_role_may_read_and_change_itself(api: Any, code: str) -> None:
    client = api(UserFactory(as_=code))
    assert client.get("/api/auth/me").status_code == 200
    response = client.put("/api/auth/me", {"name": "New"}, format="json")
    assert (response.status_code, response.json()["name"]) == (200, "New")


def test_a_stranger_is_nobody(api: Any) -> None:
    for response in (api().get("/api/auth/me"), api().put("/api/auth/me", {"name": "x"}, format="json")):
        assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_me_costs_one_query(api: Any, django_assert_num_queries: Any) -> None:
    client = api(UserFactory())
    client.get("/api/auth/me")
    with django_assert_num_queries(1):
        client.get("/api/auth/me")


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_part_may_be_changed(api: Any, method: str) -> None:
    user = UserFactory(name="Ann", timezone="UTC")
    client = api(user)

    response = getattr(client, method)("/api/auth/me", {"timezone": "Asia/Tokyo"}, format="json")

    assert response.status_code == 200
    assert (response.json()["name"], response.json()["timezone"]) == ("Ann", "Asia/Tokyo")
    assert response.headers["ETag"] == '"v2"'
    entry = AuditEntry.objects.get(action="user.update")
    assert (entry.actor_id, entry.changes) == (user.pk, {"timezone": ["UTC", "Asia/Tokyo"]})


def test_an_empty_zone_means_the_companys(api: Any, settings: Any) -> None:
    client = api(UserFactory(timezone="Asia/Tokyo"))
    response = client.put("/api/auth/me", {"timezone": ""}, format="json")
    assert response.json()["timezone"] == settings.COMPANY_TIME_ZONE


@pytest.mark.parametrize(
    "field", ["role", "role_id", "email", "is_active", "permissions", "user_id", "password", "billing_rate", "is_staff"]
)
def test_nothing_else_can_be_changed(api: Any, field: str) -> None:
    user = UserFactory()
    response = api(user).put("/api/auth/me", {"name": "New", field: 1}, format="json")
    assert (response.status_code, response.json()["code"]) == (422, "unknown_field")
    stored = User.objects.get(pk=user.pk)
    assert (stored.name, stored.version, stored.role_id) == (user.name, 1, user.role_id)


@pytest.mark.parametrize(
    "body",
    [
        {"timezone": "Mars/Olympus"},
        {"timezone": "../etc/passwd"},
        {"timezone": None},
        {"name": ""},
        {"name": "a\nb"},
        {"name": 5},
        [],
        "x",
    ],
)
def test_bad_input_changes_nothing(api: Any, body: Any) -> None:
    user = UserFactory()
    assert api(user).put("/api/auth/me", body, format="json").status_code == 422
    user.refresh_from_db()
    assert user.version == 1


def test_a_stale_copy_is_refused(api: Any) -> None:
    client = api(UserFactory(name="Ann"))
    tag = client.get("/api/auth/me").headers["ETag"]
    assert client.put("/api/auth/me", {"name": "Bea"}, format="json", HTTP_IF_MATCH=tag).status_code == 200
    response = client.put("/api/auth/me", {"name": "Cleo"}, format="json", HTTP_IF_MATCH=tag)
    assert (response.status_code, response.json()["code"]) == (412, "precondition_failed")
    assert client.get("/api/auth/me").json()["name"] == "Bea"
