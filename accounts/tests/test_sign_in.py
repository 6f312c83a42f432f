"""``/api/auth/token``: who gets in, who learns what, and how often anybody may try."""

import json
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password

from accounts.models import Role, Session, User
from accounts.services import people
from accounts.tests.factories import PASSWORD, UserFactory
from hyperflow.core.models import AttemptCounter, AuditEntry

pytestmark = pytest.mark.django_db


def said(response: Any) -> dict[str, Any]:
    """The answer without what differs from request to request."""
    return {name: value for name, value in response.json().items() if name != "request_id"}


def test_the_right_password_opens_a_session(api: Any, sign_in: Any) -> None:
    user = UserFactory(email="ann@example.com", name="Ann", as_=Role.Code.MANAGER)

    response = sign_in(user)

    assert response.status_code == 200
    answer = response.json()
    assert set(answer) == {
        "access_token", "refresh_token", "token_type", "expires_in", "expires_at", "user_id", "name", "email", "role",
    }  # fmt: skip
    assert answer["token_type"] == "bearer"
    assert answer["expires_in"] == configured.ACCESS_TOKEN_LIFETIME.total_seconds() == 1800
    assert answer["expires_at"].endswith("Z")
    assert (answer["user_id"], answer["name"], answer["email"], answer["role"]) == (
        user.pk, "Ann", "ann@example.com", "manager",
    )  # fmt: skip
    assert response.headers["Cache-Control"] == "no-store"
    assert api(None, authorization=f"Bearer {answer['access_token']}").get("/api/auth/me").status_code == 200
    user.refresh_from_db()
    assert user.last_login is not None
    session = Session.objects.get()
    assert (session.user_id, session.ip) == (user.pk, "203.0.113.1")
    assert AuditEntry.objects.filter(action="session.sign_in", actor=user).count() == 1


def test_the_form_of_rfc_6749_is_taken(api: Any) -> None:
    user = UserFactory()
    form = f"grant_type=password&username={user.email}&password={PASSWORD}&scope=&client_id=x&client_secret=y"

    response = api().post("/api/auth/token", form, content_type="application/x-www-form-urlencoded")

    assert response.status_code == 200
    assert response.json()["user_id"] == user.pk


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"password": PASSWORD}, "username", "invalid"),
        ({"username": "a@example.com", "email": "a@example.com", "password": PASSWORD}, "username", "invalid"),
        ({"username": "a@example.com"}, "password", "required"),
        ({"username": "a@example.com", "password": ""}, "password", "blank"),
        ({"username": "a@example.com", "password": "x" * 129}, "password", "max_length"),
        ({"username": "a@example.com", "password": 12345678}, "password", "invalid"),
        ({"username": ["a@example.com"], "password": PASSWORD}, "username", "invalid"),
        ({"username": "a@example.com", "password": PASSWORD, "client_id": "x"}, "client_id", "unknown_field"),
    ],
)
def test_a_body_that_makes_no_sense_is_refused_before_anything_is_hashed(
    api: Any, hashes: Any, body: Any, field: str, code: str
) -> None:
    response = api().post("/api/auth/token", body, format="json")

    assert response.status_code == 422
    assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [(field, code)]
    assert hashes == []


def test_another_grant_is_refused(api: Any) -> None:
    form = "grant_type=client_credentials&username=a@example.com&password=12345678"
    response = api().post("/api/auth/token", form, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "grant_type"


def test_a_megabyte_of_password_costs_no_hash(api: Any, sign_in: Any, hashes: Any) -> None:
    UserFactory(email="ann@example.com")
    hashes.clear()

    assert sign_in("ann@example.com", "x" * 1_000_000).status_code == 422
    body = {"name": "B", "email": "b@example.com", "password": "x" * 1_000_000}
    assert api().post("/api/auth/register", body, format="json").status_code == 422
    assert hashes == []


def stranger() -> str:
    return "nobody@example.com"


def wrong_password() -> str:
    return UserFactory().email


def left() -> str:
    return UserFactory(is_active=False, password=make_password("not-it-at-all")).email


def left_with_the_right_password() -> str:
    return UserFactory(is_active=False, password=make_password("a-wrong-password")).email


def without_a_password() -> str:
    return UserFactory(password=make_password(None)).email


def unverified_with_the_right_password() -> str:
    return UserFactory(email_verified_at=None, password=make_password("a-wrong-password")).email


@pytest.mark.parametrize(
    "whose",
    [
        stranger,
        wrong_password,
        left,
        left_with_the_right_password,
        without_a_password,
        unverified_with_the_right_password,
    ],
)
def test_whoever_does_not_get_in_is_told_the_same_and_costs_the_same(sign_in: Any, hashes: Any, whose: Any) -> None:
    first = sign_in("somebody-else@example.com", "a-wrong-password", ip="198.51.100.7")
    address = whose()
    hashes.clear()

    response = sign_in(address, "a-wrong-password")

    assert response.status_code == 401
    assert said(response) == said(first)
    assert response.json()["code"] == "invalid_credentials"
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert hashes == [("bcrypt_sha256", 4)]
    assert Session.objects.count() == 0


def test_an_old_hash_lets_in_and_is_made_anew(sign_in: Any) -> None:
    old = PBKDF2PasswordHasher()
    user = UserFactory(password=old.encode(PASSWORD, old.salt(), iterations=1000))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(configured, "PASSWORD_HASHERS", [
            "hyperflow.settings.test_hashers.FastBCrypt", "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        ])  # fmt: skip
        from django.contrib.auth import hashers

        hashers.get_hashers.cache_clear()
        hashers.get_hashers_by_algorithm.cache_clear()
        response = sign_in(user)
    hashers.get_hashers.cache_clear()
    hashers.get_hashers_by_algorithm.cache_clear()

    assert response.status_code == 200
    user.refresh_from_db()
    assert user.password.startswith("bcrypt_sha256$")
    assert user.version == 1


def test_a_long_password_counts_to_its_end(sign_in: Any) -> None:
    long = "correct horse battery staple " * 3
    user = UserFactory(password=make_password(long[:80]))

    assert sign_in(user, long[:72] + "XXXXXXXX").status_code == 401
    assert sign_in(user, long[:80]).status_code == 200


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ("ZALICE@X.IO", 200),
        ("zalice@x.io", 200),
        ("zàlice@x.io", 401),
        ("zalice@x.io ", 401),
        (" zalice@x.io", 401),
        ("zalice@x.io\t", 401),
    ],
)
def test_an_address_matches_exactly_but_for_its_case(sign_in: Any, typed: str, status: int) -> None:
    UserFactory(email="zAlice@x.io")
    assert sign_in(typed).status_code == status


# -- limits


def test_after_five_failures_an_account_is_locked_for_that_address_only(sign_in: Any) -> None:
    user = UserFactory()

    tries = [sign_in(user, "a-wrong-password").status_code for _ in range(6)]
    locked = sign_in(user)

    assert tries == [401] * 5 + [429]
    assert locked.status_code == 429
    assert locked.json()["code"] == "rate_limited"
    assert 0 < int(locked.headers["Retry-After"]) <= 15 * 60
    assert sign_in(user, ip="198.51.100.9").status_code == 200
    assert sign_in(UserFactory()).status_code == 200, "another account from the same address is not locked"
    assert AuditEntry.objects.filter(action="session.sign_in_failed", target_id=user.pk).count() == 5
    assert AuditEntry.objects.filter(action="session.locked", target_id=user.pk).count() == 1


def test_the_lock_ends_after_a_quarter_of_an_hour(sign_in: Any, time_machine: Any) -> None:
    user = UserFactory()
    time_machine.move_to("2026-11-22T10:00:00Z", tick=False)
    for _ in range(5):
        sign_in(user, "a-wrong-password")
    time_machine.move_to("2026-11-22T10:14:59Z", tick=False)
    assert sign_in(user).status_code == 429
    time_machine.move_to("2026-11-22T10:15:01Z", tick=False)
    assert sign_in(user).status_code == 200


def test_only_failures_count(sign_in: Any) -> None:
    user = UserFactory()
    for _ in range(4):
        assert sign_in(user, "a-wrong-password").status_code == 401
    for _ in range(10):
        assert sign_in(user).status_code == 200
    assert sign_in(user, "a-wrong-password").status_code == 401
    assert sign_in(user).status_code == 429


def test_another_spelling_of_the_address_is_the_same_account(sign_in: Any) -> None:
    user = UserFactory(email="ann@example.com")
    for typed in ("ann@example.com", "ANN@example.com", "Ann@Example.com", "aNN@example.com", "ann@EXAMPLE.com"):
        assert sign_in(typed, "a-wrong-password").status_code == 401
    assert sign_in(user).status_code == 429


def test_fifty_failures_lock_an_address_whatever_the_accounts(sign_in: Any, time_machine: Any) -> None:
    user = UserFactory()
    for number in range(50):
        time_machine.move_to(f"2026-11-22T10:00:{number:02d}Z" if number < 30 else f"2026-11-22T10:02:{number:02d}Z")
        assert sign_in(f"nobody{number}@example.com", "a-wrong-password").status_code == 401
    time_machine.move_to("2026-11-22T10:04:00Z")

    assert sign_in(user).status_code == 429
    assert sign_in(user, ip="198.51.100.9").status_code == 200


def test_sixty_calls_a_minute_are_enough_for_an_address(sign_in: Any, time_machine: Any) -> None:
    time_machine.move_to("2026-11-22T10:00:00Z", tick=False)
    user = UserFactory()
    assert [sign_in(user).status_code for _ in range(61)] == [200] * 60 + [429]


def test_calls_that_say_nothing_sensible_are_counted_too(api: Any, sign_in: Any, time_machine: Any) -> None:
    time_machine.move_to("2026-11-22T10:00:00Z", tick=False)
    user = UserFactory()
    path, kind = "/api/auth/token", "application/json"
    bodies = [("{", kind, 400), ('{"username": "x"}', kind, 422), ("[]", kind, 422), ("x", "text/plain", 415)]

    for body, content_type, status in bodies * 15:
        sent = api().post(path, body, content_type=content_type, REMOTE_ADDR="203.0.113.1")
        assert sent.status_code == status

    refused = api().post(path, "{", content_type=kind, REMOTE_ADDR="203.0.113.1")
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) == 60
    assert sign_in(user).status_code == 429
    assert sign_in(user, ip="198.51.100.9").status_code == 200


def test_a_made_up_forwarding_header_does_not_help(sign_in: Any) -> None:
    user = UserFactory()
    answers = [
        sign_in(user, "a-wrong-password", HTTP_X_FORWARDED_FOR=f"192.0.2.{number}").status_code for number in range(20)
    ]
    assert answers == [401] * 5 + [429] * 15


def test_behind_a_proxy_the_address_it_saw_counts(sign_in: Any, settings: Any) -> None:
    settings.NUM_PROXIES = 1
    user = UserFactory()
    for number in range(5):
        forged = f"192.0.2.{number}, 198.51.100.7"
        assert sign_in(user, "a-wrong-password", HTTP_X_FORWARDED_FOR=forged).status_code == 401
    assert sign_in(user, HTTP_X_FORWARDED_FOR="198.51.100.7").status_code == 429
    assert sign_in(user, HTTP_X_FORWARDED_FOR="198.51.100.8").status_code == 200


def test_the_counters_name_nobody(sign_in: Any) -> None:
    sign_in("ann@example.com", "a-wrong-password")
    assert not any("ann" in row.key for row in AttemptCounter.objects.all())


def test_no_password_is_written_down(sign_in: Any, caplog: Any) -> None:
    sign_in("ann@example.com", "canary-password-77")
    sign_in(UserFactory(password=make_password("canary-password-77")), "canary-password-77")
    written = json.dumps(list(AuditEntry.objects.values_list("changes", flat=True))) + caplog.text
    assert "canary" not in written


# -- what ends it


def test_a_password_that_was_changed_while_it_was_checked_opens_nothing(api: Any) -> None:
    from accounts.services.passwords import set_password
    from accounts.services.sessions import open_session

    user = UserFactory()
    read_before = User.objects.select_related("role").get(pk=user.pk)
    set_password(user=user, actor=None, password="another-horse-battery")

    token = open_session(user=read_before).access_token

    answer = api(None, authorization=f"Bearer {token}").get("/api/auth/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_revoked")


def test_a_person_without_staff_role_signs_in_to_the_api(sign_in: Any) -> None:
    assert sign_in(UserFactory(as_=Role.Code.CLIENT)).status_code == 200


def test_a_deactivated_person_with_the_right_password_stays_out(sign_in: Any) -> None:
    user = UserFactory()
    people.deactivate_user(user=user, actor=None)
    assert said(sign_in(user)) == said(sign_in("nobody@example.com"))
