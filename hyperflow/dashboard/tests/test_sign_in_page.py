"""The door of the admin."""

import pytest
from django.test import Client

from accounts.models import Role
from accounts.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"


def test_staff_come_in_and_land_at_home():
    person = UserFactory(as_=Role.Code.EMPLOYEE)
    browser = Client()

    answer = browser.post(LOGIN, {"username": person.email.upper(), "password": PASSWORD})

    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    assert browser.get("/admin/").status_code == 200


def test_a_portal_user_and_a_wrong_password_are_told_the_same():
    portal, staff = UserFactory(as_=Role.Code.CLIENT), UserFactory(as_=Role.Code.EMPLOYEE)

    answers = [
        Client().post(LOGIN, {"username": who, "password": password})
        for who, password in ((portal.email, PASSWORD), (staff.email, "wrong"), ("nobody@example.com", "wrong"))
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({str(answer.context["form"].non_field_errors()) for answer in answers}) == 1


def test_the_sixth_wrong_try_is_answered_429(settings):
    """G06"""
    person = UserFactory(as_=Role.Code.EMPLOYEE)
    found = [Client().post(LOGIN, {"username": person.email, "password": "wrong"}).status_code for _ in range(6)]

    assert found == [200, 200, 200, 200, 200, 429]
    late = Client().post(LOGIN, {"username": person.email, "password": PASSWORD})
    assert late.status_code == 429
    assert int(late["Retry-After"]) > 0


@pytest.mark.parametrize("target", ["//evil.com", "https://evil.com/admin/", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere_after_signing_in(target):
    person = UserFactory(as_=Role.Code.EMPLOYEE)

    answer = Client().post(f"{LOGIN}?next={target}", {"username": person.email, "password": PASSWORD, "next": target})

    assert answer["Location"] == "/admin/"


def test_a_form_without_its_token_is_refused_and_no_page_can_be_framed():
    strict = Client(enforce_csrf_checks=True)

    assert strict.post(LOGIN, {"username": "a", "password": "b"}).status_code == 403
    assert strict.get(LOGIN)["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("address", ["/admin/", "/admin/tasks/task/", "/reports/", "/reports/time/hours"])
def test_who_is_not_signed_in_is_sent_to_the_door(address):
    answer = Client().get(address)

    assert answer.status_code == 302
    assert answer["Location"].startswith(LOGIN)


def test_who_was_deactivated_is_out_with_the_next_request():
    person = UserFactory(as_=Role.Code.EMPLOYEE)
    browser = Client()
    browser.force_login(person)
    assert browser.get("/admin/").status_code == 200

    person.is_active = False
    person.save()

    assert browser.get("/admin/").status_code == 302


def test_changing_the_own_password_goes_through_the_service():
    person = UserFactory(as_=Role.Code.EMPLOYEE)
    browser = Client()
    browser.force_login(person)
    other = Client()
    other.force_login(person)
    new = "another-good-one-31"

    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert browser.post("/admin/password_change/", {**form, "old_password": "wrong"}).status_code == 200
    assert browser.post("/admin/password_change/", form).status_code == 302
    person.refresh_from_db()

    assert person.check_password(new)
    assert person.version == 2
    assert browser.get("/admin/").status_code == 200
    assert other.get("/admin/").status_code == 302


def test_pages_that_refuse_are_made_for_people():
    person = UserFactory(as_=Role.Code.EMPLOYEE)
    browser = Client(raise_request_exception=False)
    browser.force_login(person)

    for address, status, sentence in (
        ("/admin/core/job/", 403, "Your role does not allow it."),
        ("/admin/nothing/", 404, "There is nothing here"),
        ("/reports/nothing", 404, "There is nothing here"),
        ("/admin/tasks/task/?key__startswith=A", 400, "That request makes no sense"),
    ):
        answer = browser.get(address)
        assert (answer.status_code, sentence in answer.content.decode()) == (status, True), address


@pytest.mark.parametrize("address", ["/", "/admin"])
def test_whoever_types_only_the_name_of_the_house_finds_the_door(address):
    assert Client().get(address)["Location"] == "/admin/"
