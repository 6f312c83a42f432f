"""The pages behind the links in mails, where there is no other front end."""

from typing import Any

import pytest

from accounts.models import OneTimeToken
from accounts.services.links import make_link
from accounts.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

NEW = "another-horse-battery"


def path_of(link: str, settings: Any) -> str:
    return link.removeprefix(settings.FRONTEND_URL)


def test_the_link_of_a_reset_leads_to_a_form_that_changes_the_password(
    client: Any, settings: Any, mails: Any, sign_in: Any
) -> None:
    user = UserFactory()
    assert client.post("/forgot-password", {"email": user.email}).status_code == 200
    [message] = mails()
    path = path_of(next(line for line in message.body.splitlines() if "token=" in line), settings)

    page = client.get(path)
    assert page.status_code == 200
    assert (page.headers["Referrer-Policy"], page.headers["Cache-Control"]) == ("same-origin", "no-store")
    token = path.split("token=")[1]
    assert f'value="{token}"' in page.content.decode()
    assert sign_in(user).status_code == 200, "looking at the page changes nothing"

    mismatch = client.post(path, {"token": token, "new_password": NEW, "again": NEW + "x"})
    assert "two different passwords" in mismatch.content.decode()
    weak = client.post(path, {"token": token, "new_password": "password", "again": "password"})
    assert (weak.status_code, "too common" in weak.content.decode()) == (422, True)
    done = client.post(path, {"token": token, "new_password": NEW, "again": NEW})
    assert "Your password is changed" in done.content.decode()
    assert sign_in(user, NEW).status_code == 200
    again = client.post(path, {"token": token, "new_password": PASSWORD, "again": PASSWORD})
    assert (again.status_code, "has been used" in again.content.decode()) == (400, True)


def test_a_verification_needs_a_press_of_the_button(client: Any, settings: Any) -> None:
    user = UserFactory(email_verified_at=None)
    path = path_of(make_link(user=user, purpose=OneTimeToken.Purpose.VERIFY), settings)
    client.get(path)
    user.refresh_from_db()
    assert user.email_verified_at is None
    response = client.post(path, {"token": path.split("token=")[1]})
    assert "Your address is confirmed" in response.content.decode()
    user.refresh_from_db()
    assert user.email_verified_at is not None


def test_the_page_tells_nobody_who_has_an_account_and_is_limited(client: Any) -> None:
    UserFactory(email="ann@example.com")
    known = client.post("/forgot-password", {"email": "ann@example.com"})
    unknown = client.post("/forgot-password", {"email": "nobody@example.com"})
    assert known.content == unknown.content
    statuses = [client.post("/forgot-password", {"email": "x@example.com"}).status_code for _ in range(9)]
    assert statuses == [200] * 8 + [429]


@pytest.mark.parametrize("path", ["/reset-password?token=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "/verify-email"])
def test_what_stands_in_the_address_is_text(client: Any, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()


def test_a_form_from_elsewhere_is_refused() -> None:
    from django.test import Client

    assert Client(enforce_csrf_checks=True).post("/forgot-password", {"email": "a@example.com"}).status_code == 403
