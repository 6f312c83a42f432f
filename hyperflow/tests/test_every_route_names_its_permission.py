"""Closed unless it says otherwise: no route answers anybody whom its view did not name."""

import pytest
from django.contrib.auth.models import Permission

from accounts.tests.factories import UserFactory
from hyperflow.core.api.permissions import OPEN, OPEN_ACTIONS, SIGNED_IN, STAFF
from hyperflow.core.api.viewsets import ActionViewSet, ScopedViewSet
from hyperflow.tests.walking import calls, routes

CALLS = calls()
NAMES = [f"{method} {route}" for route, method, _action in CALLS]


def test_there_are_routes():
    assert len(CALLS) > 50


@pytest.mark.parametrize("route", routes(), ids=str)
def test_every_route_is_one_of_ours(route):
    assert issubclass(route.view, ActionViewSet)
    assert not route.path.endswith("/")


@pytest.mark.parametrize(("route", "method", "action"), CALLS, ids=NAMES)
def test_every_action_names_what_it_takes(route, method, action):
    assert action in route.view.needs, f"{route.view.__name__}.needs does not name {action}"


@pytest.mark.parametrize(("route", "method", "action"), CALLS, ids=NAMES)
def test_every_body_is_declared(route, method, action):
    if method in {"post", "put", "patch"}:
        assert action in route.view.inputs, f"{route.view.__name__}.inputs does not name {action}"


def test_what_is_open_is_on_the_list_and_nothing_else_is():
    found = {f"{route.view.__name__}.{action}" for route, _, action in CALLS if route.view.needs.get(action) is OPEN}

    assert found == OPEN_ACTIONS


@pytest.mark.django_db
def test_every_permission_that_is_named_exists():
    known = {f"{label}.{name}" for label, name in Permission.objects.values_list("content_type__app_label", "codename")}
    named = set()
    for route, _, action in CALLS:
        need = route.view.needs[action]
        if need in (OPEN, SIGNED_IN, STAFF):
            continue
        named |= set(need) if isinstance(need, tuple) else {need}

    assert named - known == set()


@pytest.mark.parametrize("route", [r for r in routes() if issubclass(r.view, ScopedViewSet)], ids=str)
def test_every_list_is_in_an_order_of_columns_that_are_never_null(route):
    keyset = route.view.keyset()
    columns = [route.view.queryset.model._meta.get_field(name) for name in keyset.columns.values() if name != "pk"]

    assert [column.name for column in columns if column.null] == []
    assert keyset.default.removeprefix("-") in keyset.columns


@pytest.mark.django_db
@pytest.mark.parametrize(("route", "method", "action"), CALLS, ids=NAMES)
def test_nobody_gets_in_without_a_token(api, route, method, action):
    if route.view.needs[action] is OPEN:
        return
    reply = getattr(api(), method)(route.filled(), {"anything": 1} if method != "get" else None)

    assert reply.status_code == 401
    assert reply.json()["code"] == "not_authenticated"
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.django_db
@pytest.mark.parametrize(("route", "method", "action"), CALLS, ids=NAMES)
def test_a_role_without_any_permission_may_do_nothing(api, route, method, action):
    """403 before any row or body is looked at: the same for ids that exist and for those that do not."""
    if route.view.needs[action] in (OPEN, SIGNED_IN, STAFF):
        return
    nobody = UserFactory(as_="client")
    nobody.role.permissions.clear()
    nobody.role.version += 1
    nobody.role.save()

    reply = getattr(api(nobody), method)(route.filled(), {"anything": 1} if method != "get" else None)

    assert reply.status_code == 403
    assert reply.json()["code"] == "permission_denied"


@pytest.mark.django_db
@pytest.mark.parametrize("route", routes(), ids=str)
def test_options_and_wrong_methods_are_answered(api, route):
    client = api()
    path = route.filled()

    options = client.options(path)
    wrong = client.generic("TRACE", path)

    assert options.status_code == 204
    assert {method.upper() for method, _ in route.actions} <= set(options.headers["Allow"].split(", "))
    assert wrong.status_code == 405
    assert wrong.json()["code"] == "method_not_allowed"
    assert wrong.headers["Allow"] == options.headers["Allow"]


@pytest.mark.django_db
@pytest.mark.parametrize("route", routes(), ids=str)
def test_a_trailing_slash_is_another_path_and_there_is_none(api, route):
    reply = api(UserFactory(as_="admin")).get(route.filled() + "/")

    assert reply.status_code == 404
    assert reply.json()["code"] == "not_found"
