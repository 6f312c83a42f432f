"""A budget has the digits of its currency, or it is refused: nothing is rounded on the way in."""

import pytest

from accounts.tests.factories import UserFactory
from clients.models import Project
from clients.tests.factories import ClientFactory, ProjectFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("currency", "budget", "printed"),
    [("JPY", "1000", "1000"), ("EUR", "1000.55", "1000.55"), ("KWD", "1000.555", "1000.555")],
)
def test_a_budget_that_fits_is_kept(api, currency, budget, printed):
    body = {"client_id": ClientFactory().pk, "name": "P", "budget": budget, "currency": currency}
    reply = api(UserFactory(as_="manager")).post("/api/client/projects", body)

    assert (reply.status_code, reply.json()["budget"]) == (201, printed)


@pytest.mark.parametrize(("currency", "budget"), [("JPY", "1000.5"), ("EUR", "1000.555")])
def test_a_budget_with_more_digits_is_refused(api, currency, budget):
    body = {"client_id": ClientFactory().pk, "name": "P", "budget": budget, "currency": currency}
    reply = api(UserFactory(as_="manager")).post("/api/client/projects", body)

    assert (reply.status_code, reply.json()["code"]) == (422, "too_many_digits")
    assert not Project.objects.exists()


def test_another_currency_rounds_no_budget(api):
    project = ProjectFactory(budget="1000.55", currency="EUR")
    reply = api(UserFactory(as_="manager")).put(
        f"/api/client/projects/{project.pk}", {"currency": "JPY", "budget": "1000.55"}
    )

    assert (reply.status_code, reply.json()["code"]) == (422, "too_many_digits")
    project.refresh_from_db()
    assert project.currency == "EUR"
