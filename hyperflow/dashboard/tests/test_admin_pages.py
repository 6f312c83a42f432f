"""Every page of every admin class opens, for every role, at a cost that does not grow with its rows."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from hyperflow.dashboard.tests.rows import MAKERS

pytestmark = pytest.mark.django_db

STAFF = [Role.Code.ADMIN, Role.Code.MANAGER, Role.Code.EMPLOYEE, Role.Code.HR, Role.Code.FINANCE, Role.Code.MARKETING]
MODELS = sorted(MAKERS, key=lambda model: model._meta.label)


def name_of(model):
    return model._meta.label_lower


def page(model, kind, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{kind}", args=args)


def test_every_registered_model_has_rows_to_test_with():
    assert set(admin.site._registry) == set(MAKERS)


def queries_of(client, address):
    client.get(address)  # what is remembered for a while is not a cost of the page
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.get(address)
    assert response.status_code == 200
    return captured


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_a_list_costs_the_same_at_one_row_and_at_seven(model, sign_in):
    client, _admin = sign_in(Role.Code.ADMIN)
    MAKERS[model](1)
    one = queries_of(client, page(model, "changelist"))
    MAKERS[model](6)
    seven = queries_of(client, page(model, "changelist"))

    assert len(seven) == len(one), [query["sql"] for query in seven.captured_queries]


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_a_page_costs_the_same_at_one_part_and_at_seven(model, sign_in):
    client, _admin = sign_in(Role.Code.ADMIN)
    [row] = MAKERS[model](1, parts=1)
    one = queries_of(client, page(model, "change", row.pk))
    [row] = MAKERS[model](1, parts=7)
    seven = queries_of(client, page(model, "change", row.pk))

    assert len(seven) == len(one), [query["sql"] for query in seven.captured_queries]


@pytest.mark.parametrize("role", STAFF)
@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_every_page_answers_every_role_by_its_permissions(model, role, sign_in):
    client, person = sign_in(role)
    [row] = MAKERS[model](1)
    label, name = model._meta.app_label, model._meta.model_name
    may_view = person.has_perm(f"{label}.view_{name}") or person.has_perm(f"{label}.change_{name}")
    in_sight = may_view and admin.site._registry[model].model.objects.visible_to(person).filter(pk=row.pk).exists()

    assert client.get(page(model, "changelist")).status_code == (200 if may_view else 403)
    for kind in ("change", "history"):
        found = client.get(page(model, kind, row.pk)).status_code
        assert found == (200 if in_sight else 302 if may_view or found == 302 else 403), kind
    can_add = admin.site._registry[model].has_add_permission(_Asking(person))
    assert client.get(page(model, "add")).status_code == (200 if can_add else 403)


class _Asking:
    def __init__(self, user):
        self.user = user
