"""Who is let in with an access token, and what it costs."""

from typing import Any

import pytest
from rest_framework.test import APIRequestFactory

from accounts.api import authentication
from accounts.api.authentication import TokenAuthentication
from accounts.models import Role, Session, User
from accounts.services import people
from accounts.services.sessions import open_session
from accounts.tests.factories import UserFactory
from hyperflow.core.errors import NotAuthenticated

pytestmark = pytest.mark.django_db


def authenticate(token: str) -> Any:
    request = APIRequestFactory().get("/", HTTP_AUTHORIZATION=f"Bearer {token}")
    return TokenAuthentication().authenticate(request)


def test_the_caller_is_read_by_exactly_one_query(django_assert_num_queries: Any) -> None:
    user = UserFactory(as_=Role.Code.FINANCE)
    token = open_session(user=user).access_token
    authenticate(token)

    with django_assert_num_queries(1):
        found, _grant = authenticate(token)

    stored = User.objects.select_related("role").get(pk=user.pk)
    for field in User._meta.concrete_fields:
        assert getattr(found, field.attname) == getattr(stored, field.attname), field.name
    for field in Role._meta.concrete_fields:
        assert getattr(found.role, field.attname) == getattr(stored.role, field.attname), field.name
    assert found.get_deferred_fields() == set()


def test_whatever_changes_by_whichever_way_is_seen_on_the_next_request() -> None:
    user = UserFactory(as_=Role.Code.EMPLOYEE, name="Ada")
    token = open_session(user=user).access_token
    authenticate(token)

    User.objects.filter(pk=user.pk).update(name="NULL", department=None)  # no version, no signal
    Role.objects.filter(pk=user.role_id).update(grants_everything=True)

    found, _grant = authenticate(token)
    assert (found.name, found.role.grants_everything) == ("NULL", True)
    Session.objects.filter(user=user).delete()
    with pytest.raises(NotAuthenticated):
        authenticate(token)


def test_what_a_request_does_to_its_caller_stays_with_that_request() -> None:
    token = open_session(user=UserFactory(name="Ada")).access_token
    first, _grant = authenticate(token)
    first.name, first.role.name, first._permissions = "Changed", "Changed", {"everything"}

    second, _grant = authenticate(token)

    assert second.name == "Ada"
    assert second.role.name != "Changed"
    assert not hasattr(second, "_permissions")
    assert second._state.db == "default"
    assert not second._state.adding


def test_a_process_remembers_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication._CallerSelect, "MOST", 3)
    monkeypatch.setattr(authentication, "_selects", {})
    tokens = [open_session(user=UserFactory()).access_token for _ in range(5)]

    for token in [*tokens, *tokens]:
        assert authenticate(token) is not None

    assert len(authentication._select().seen) <= 3


def test_a_deactivated_person_is_out_on_the_next_request() -> None:
    user = UserFactory()
    token = open_session(user=user).access_token
    people.deactivate_user(user=user, actor=UserFactory(as_=Role.Code.ADMIN))

    with pytest.raises(NotAuthenticated) as refused:
        authenticate(token)
    assert refused.value.code == "token_revoked"
