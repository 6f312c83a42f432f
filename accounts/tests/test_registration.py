"""``/api/auth/register`` and ``/verify-email``: who may make an account, and who learns what."""

from typing import Any

import pytest

from accounts.models import OneTimeToken, Role, User
from accounts.tests.factories import PASSWORD, UserFactory
from accounts.tests.test_sessions import in_parallel

pytestmark = pytest.mark.django_db


def register(api: Any, user: Any = None, ip: str = "203.0.113.1", **changed: Any) -> Any:
    body = {"name": "Ann", "email": "ann@example.com", "password": PASSWORD, **changed}
    return api(user).post("/api/auth/register", body, format="json", REMOTE_ADDR=ip)


def verify(api: Any, token: str) -> Any:
    return api().post("/api/auth/verify-email", {"token": token}, format="json")


def test_a_stranger_registers_verifies_and_signs_in(
    api: Any, mails: Any, link_in: Any, sign_in: Any, settings: Any
) -> None:
    settings.FRONTEND_URL = "https://app.example.com"
    settings.COMPANY_NAME = "Acme"

    response = register(api, email="Ann@Example.com")

    assert response.status_code == 202
    assert response.json() == {"email": "Ann@Example.com", "status": "verification_sent"}
    user = User.objects.get(email="ann@example.com")
    assert (user.role.code, user.is_active, user.email_verified_at) == ("client", True, None)
    assert sign_in(user).status_code == 401
    [message] = mails()
    assert (message.to, message.subject) == (["ann@example.com"], "Acme: Confirm your address")
    assert "https://app.example.com/verify-email?token=" in message.body

    token = link_in(message)
    assert verify(api, token).status_code == 204
    assert sign_in(user).status_code == 200
    assert (verify(api, token).status_code, verify(api, token).json()["code"]) == (400, "invalid_token")
    assert not OneTimeToken.objects.filter(token_hash__contains=token).exists()


def test_a_taken_address_gets_the_same_answer_and_its_owner_a_mail(api: Any, mails: Any, hashes: Any) -> None:
    owner = UserFactory(email="ann@example.com", name="The real Ann")
    hashes.clear()
    free = register(api, email="bob@example.com")
    work_for_a_free_one, _ = list(hashes), hashes.clear()
    mails()

    taken = register(api, name="Somebody")

    assert (taken.status_code, taken.json()) == (free.status_code, {**free.json(), "email": "ann@example.com"})
    assert set(taken.headers) == set(free.headers)
    assert hashes == work_for_a_free_one == [("bcrypt_sha256", 4)]
    [message] = mails()
    assert message.to == ["ann@example.com"]
    assert "account already" in message.subject
    assert "token=" not in message.body
    before = owner.password
    owner.refresh_from_db()
    assert (owner.name, owner.password, owner.version) == ("The real Ann", before, 1)


def test_a_registration_by_somebody_else_first_does_not_get_the_owners_account(
    api: Any, mails: Any, link_in: Any, sign_in: Any
) -> None:
    register(api, name="Mallory", password="the-attackers-own-password", ip="198.51.100.66")
    mails()
    register(api, password="the-owners-own-password")
    [message] = mails()

    assert verify(api, link_in(message)).status_code == 204

    assert sign_in("ann@example.com", "the-owners-own-password").status_code == 200
    assert sign_in("ann@example.com", "the-attackers-own-password").status_code == 401


def test_links_of_other_registrations_die_with_the_first_that_is_used(api: Any, mails: Any, link_in: Any) -> None:
    register(api)
    [first] = mails()
    register(api, password="another-horse-battery")
    [second] = mails()
    assert verify(api, link_in(second)).status_code == 204
    assert verify(api, link_in(first)).json()["code"] == "invalid_token"


@pytest.mark.parametrize("is_placeholder", [False, True])
def test_somebody_who_left_or_never_came_is_told_whom_to_ask(api: Any, mails: Any, is_placeholder: bool) -> None:
    owner = UserFactory(email="ann@example.com", is_active=False, is_placeholder=is_placeholder)
    assert register(api).status_code == 202
    [message] = mails()
    assert "ask your contact" in message.body
    assert "/verify" not in message.body
    owner.refresh_from_db()
    assert not owner.is_active


def test_a_verification_link_runs_out_after_a_day(api: Any, mails: Any, link_in: Any, time_machine: Any) -> None:
    time_machine.move_to("2026-01-01T00:00:00Z", tick=False)
    register(api)
    [message] = mails()
    time_machine.move_to("2026-01-02T00:00:00Z", tick=False)
    assert verify(api, link_in(message)).json()["code"] == "invalid_token"
    assert User.objects.get().email_verified_at is None


@pytest.mark.parametrize("token", ["x", "a" * 200, "' OR 1=1", "é"])
def test_a_made_up_link_is_refused(api: Any, token: str) -> None:
    assert (verify(api, token).status_code, verify(api, token).json()["code"]) == (400, "invalid_token")


@pytest.mark.parametrize(
    "field",
    [
        "role_id", "is_staff", "is_superuser", "is_active", "groups", "user_permissions", "client_id", "employee_id",
        "email_verified_at", "token_version", "billing_rate", "permissions", "id", "user_id", "is_placeholder",
    ],
)  # fmt: skip
def test_nothing_else_about_an_account_can_be_set(api: Any, field: str) -> None:
    response = register(api, **{field: 1})
    assert (response.status_code, response.json()["code"]) == (422, "unknown_field")
    assert not User.objects.exists()


@pytest.mark.parametrize("role", ["admin", "manager", "employee", "hr", "nonsense", ""])
def test_a_stranger_chooses_no_role(api: Any, role: str) -> None:
    response = register(api, role=role)
    assert response.status_code == (422 if role == "" else 403)
    assert response.json()["code"] == ("validation_error" if role == "" else "role_not_allowed")
    assert not User.objects.exists()


def test_naming_the_role_that_everybody_gets_is_no_offence(api: Any) -> None:
    assert register(api, role="client").status_code == 202


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"password": "short1!"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"password": "password123"}, "password"),
        ({"password": "83726150"}, "password"),
        ({"password": "ann@example.com"}, "password"),
        ({"password": None}, "password"),
        ({"name": ""}, "name"),
        ({"name": "x" * 151}, "name"),
        ({"name": "Ann\nBcc: x@example.com"}, "name"),
        ({"email": "nobody"}, "email"),
        ({"email": "ann@example.com "}, "email"),
        ({"email": "ann@example.com\nBcc: x@example.com"}, "email"),
        ({"email": "a" * 250 + "@example.com"}, "email"),
        ({"email": "ann@exam ple.com"}, "email"),
        ({"email": ["ann@example.com"]}, "email"),
    ],
)
def test_bad_input_makes_no_account_and_costs_no_hash(api: Any, hashes: Any, changed: Any, field: str) -> None:
    response = register(api, **changed)
    assert (response.status_code, response.json()["code"]) == (422, "validation_error")
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert not User.objects.exists()
    assert hashes == []


def test_eleven_an_hour_are_too_many(api: Any) -> None:
    statuses = [register(api, email=f"person{number}@example.com").status_code for number in range(11)]
    assert statuses == [202] * 10 + [429]
    assert register(api, ip="198.51.100.9").status_code == 202


def test_a_closed_registration_is_closed_to_strangers_only(api: Any, settings: Any) -> None:
    settings.REGISTRATION_OPEN = False
    response = register(api)
    assert (response.status_code, response.json()["code"]) == (403, "registration_closed")
    assert register(api, UserFactory(as_=Role.Code.HR), role="employee").status_code == 201


def test_without_verification_the_account_is_there_at_once(api: Any, settings: Any, sign_in: Any, mails: Any) -> None:
    settings.EMAIL_VERIFICATION = False

    response = register(api)

    assert response.status_code == 201
    answer = response.json()
    assert (answer["name"], answer["email"], answer["role"], answer["is_active"]) == (
        "Ann", "ann@example.com", "client", True,
    )  # fmt: skip
    assert "password" not in answer
    assert sign_in("ann@example.com").status_code == 200
    again = register(api)
    assert (again.status_code, again.json()["code"]) == (409, "email_taken")
    assert mails() == []


# -- by staff

MAY_ADD = {"admin", "hr"}


@pytest.mark.parametrize("code", list(Role.Code.values))
def test_who_may_make_accounts_of_others(api: Any, code: str, mails: Any) -> None:
    response = register(api, UserFactory(as_=code), role="employee")
    if code in MAY_ADD:
        assert response.status_code == 201
        assert response.json()["role"] == "employee"
        assert User.objects.get(email="ann@example.com").email_verified_at is not None
    else:
        assert (response.status_code, response.json()["code"]) == (403, "role_not_allowed")
        assert not User.objects.filter(email="ann@example.com").exists()
    assert mails() == []


@pytest.mark.parametrize(
    ("giver", "given", "status"),
    [
        ("hr", "employee", 201),
        ("hr", "client", 201),
        ("hr", "hr", 201),
        ("hr", "manager", 403),
        ("hr", "finance", 403),
        ("hr", "admin", 403),
        ("admin", "admin", 201),
        ("admin", "finance", 201),
        ("admin", "nonsense", 422),
    ],
)
def test_nobody_gives_a_role_that_may_do_more(api: Any, giver: str, given: str, status: int) -> None:
    response = register(api, UserFactory(as_=giver), role=given)
    assert response.status_code == status, response.json()
    assert User.objects.filter(email="ann@example.com").exists() == (status == 201)
    if status == 403:
        assert response.json()["code"] == "role_not_allowed"


def test_the_same_call_of_staff_is_answered_again_and_done_once(api: Any) -> None:
    client = api(UserFactory(as_=Role.Code.HR))
    body = {"name": "Ann", "email": "ann@example.com", "password": PASSWORD, "role": "employee"}

    def call(**changed: Any) -> Any:
        return client.post(
            "/api/auth/register", {**body, **changed}, format="json", headers={"Idempotency-Key": "key-1"}
        )

    first, second, other = call(), call(), call(email="bob@example.com")

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second.headers["Location"] == first.headers["Location"]
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert User.objects.filter(email__in=["ann@example.com", "bob@example.com"]).count() == 1


def test_a_key_of_a_stranger_is_nobodys(api: Any) -> None:
    body = {"name": "Ann", "email": "ann@example.com", "password": PASSWORD}
    for _ in range(2):
        answer = api().post("/api/auth/register", body, format="json", headers={"Idempotency-Key": "key-1"})
        assert (answer.status_code, "Idempotent-Replayed" in answer.headers) == (202, False)


@pytest.mark.parametrize("role", ["employee", "client"])
def test_the_location_of_a_new_account_leads_to_it(api: Any, role: str) -> None:
    hr = UserFactory(as_=Role.Code.HR)
    made = register(api, hr, role=role)

    found = api(hr).get(made.headers["Location"])

    assert made.headers["Location"] == f"/api/auth/users/{made.json()['user_id']}"
    assert (found.status_code, found.json()) == (200, made.json())
    assert found.headers["ETag"] == made.headers["ETag"]


def test_the_location_of_ones_own_account_is_me(api: Any, settings: Any, sign_in: Any) -> None:
    settings.EMAIL_VERIFICATION = False
    made = register(api)
    token = sign_in("ann@example.com").json()["access_token"]

    found = api(None, authorization=f"Bearer {token}").get(made.headers["Location"])

    assert (made.headers["Location"], found.status_code) == ("/api/auth/me", 200)
    assert found.json()["user_id"] == made.json()["user_id"]


def test_people_are_looked_up_by_those_who_may_see_them(api: Any, django_assert_max_num_queries: Any) -> None:
    employee, portal = UserFactory(as_=Role.Code.EMPLOYEE), UserFactory(as_=Role.Code.CLIENT)
    colleague = api(UserFactory(as_=Role.Code.EMPLOYEE))
    colleague.get("/api/auth/me")

    with django_assert_max_num_queries(3):
        found = colleague.get(f"/api/auth/users/{employee.pk}").json()
    assert (found["user_id"], found["permissions"]) == (employee.pk, None)
    assert api(employee).get(f"/api/auth/users/{employee.pk}").json()["permissions"]
    assert colleague.get(f"/api/auth/users/{portal.pk}").status_code == 404
    assert api(portal).get(f"/api/auth/users/{portal.pk}").status_code == 403


def test_staff_are_told_of_a_taken_address(api: Any) -> None:
    UserFactory(email="ann@example.com")
    response = register(api, UserFactory(as_=Role.Code.ADMIN))
    assert (response.status_code, response.json()["code"]) == (409, "email_taken")


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("verified", [True, False])
def test_twenty_registrations_of_one_address_at_once_make_one_account(api: Any, settings: Any, verified: bool) -> None:
    settings.EMAIL_VERIFICATION = verified
    responses = in_parallel(20, lambda number: register(api, ip=f"198.51.100.{number}"))
    statuses = sorted(response.status_code for response in responses)
    assert statuses == ([202] * 20 if verified else [201] + [409] * 19)
    assert User.objects.filter(email="ann@example.com").count() == 1
