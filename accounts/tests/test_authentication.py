"""Who is let in with an access token, and what it costs."""

from typing import Any

import pytest
from rest_framework.test import APIRequestFactory

from accounts.api.authentication import TokenAuthentication
from accounts.models import Role, User
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


def test_a_deactivated_person_is_out_on_the_next_request() -> None:
    user = UserFactory()
    token = open_session(user=user).access_token
    people.deactivate_user(user=user, actor=UserFactory(as_=Role.Code.ADMIN))

    with pytest.raises(NotAuthenticated) as refused:
        authenticate(token)
    assert refused.value.code == "token_revoked"
