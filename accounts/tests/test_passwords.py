"""Forgotten, reset and changed passwords."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import OneTimeToken, Role, Session
from accounts.services import people
from accounts.services.passwords import set_password
from accounts.services.sessions import open_session
from accounts.tests.factories import PASSWORD, UserFactory
from accounts.tests.test_sessions import in_parallel, me
from hyperflow.core.models import AuditEntry, Job

pytestmark = pytest.mark.django_db

NEW = "another-horse-battery"


def forgot(api: Any, email: str, ip: str = "203.0.113.1", **headers: str) -> Any:
    return api().post("/api/auth/forgot-password", {"email": email}, format="json", REMOTE_ADDR=ip, **headers)


def reset(api: Any, token: str, password: str = NEW) -> Any:
    return api().post("/api/auth/reset-password", {"token": token, "new_password": password}, format="json")


@pytest.fixture
def token(api: Any, mails: Any, link_in: Any) -> Any:
    """``token(user)`` is a fresh reset link's."""

    def ask(user: Any) -> str:
        forgot(api, user.email)
        [message] = mails()
        return link_in(message)

    return ask


def test_a_link_comes_by_mail_and_lets_choose_a_password(
    api: Any, mails: Any, link_in: Any, sign_in: Any, settings: Any
) -> None:
    settings.FRONTEND_URL = "https://app.example.com"
    user = UserFactory()
    pairs = [open_session(user=user) for _ in range(3)]

    assert forgot(api, user.email).status_code == 202
    [message] = mails()
    link = link_in(message)
    assert f"https://app.example.com/reset-password?token={link}" in message.body
    assert len(link) >= 43
    assert reset(api, link).status_code == 204

    assert sign_in(user, NEW).status_code == 200
    assert sign_in(user).status_code == 401
    assert [me(api, pair.access_token) for pair in pairs] == [(401, "token_revoked")] * 3
    for pair in pairs:
        body = {"refresh_token": pair.refresh_token}
        assert api().post("/api/auth/refresh", body, format="json").json()["code"] == "token_revoked"
    assert (reset(api, link).status_code, reset(api, link).json()["code"]) == (400, "invalid_token")
    assert AuditEntry.objects.filter(action="user.password", target_id=user.pk).count() == 1


@pytest.mark.parametrize("case", ["unknown", "inactive", "placeholder", "blank", "accent"])
def test_nobody_learns_whether_there_is_an_account(api: Any, mails: Any, case: str) -> None:
    user = UserFactory(email="zalice@example.com")
    known = forgot(api, user.email)
    assert len(mails()) == 1
    known_jobs = Job.objects.count()
    address = {
        "unknown": lambda: "nobody@example.com",
        "inactive": lambda: UserFactory(is_active=False).email,
        "placeholder": lambda: people.placeholder(actor=None, name="X", email="x@example.com").email,
        "blank": lambda: "zalice@example.com ",
        "accent": lambda: "zàlice@example.com",
    }[case]()
    before = Job.objects.count()

    response = forgot(api, address)

    assert (response.status_code, response.content) == (known.status_code, known.content) == (202, b"")
    assert set(response.headers) == set(known.headers)
    assert Job.objects.count() - before == 1, "the same work is asked for, whoever it is"
    assert known_jobs == 2, "the look-up and the mail are the worker's"
    assert mails() == []
    assert OneTimeToken.objects.exclude(user=user).count() == 0


def test_asking_costs_the_same_queries_for_anybody(api: Any) -> None:
    user = UserFactory()
    forgot(api, "somebody@example.com")
    counts = []
    for address in (user.email, "nobody@example.com"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            forgot(api, address)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("typed", ["ANN@EXAMPLE.COM", "Ann@example.com"])
def test_another_case_is_the_same_address(api: Any, mails: Any, typed: str) -> None:
    UserFactory(email="ann@example.com")
    forgot(api, typed)
    [message] = mails()
    assert message.to == ["ann@example.com"]


def test_a_hostile_host_header_does_not_get_into_the_link(api: Any, mails: Any, settings: Any) -> None:
    settings.FRONTEND_URL = "https://app.example.com"
    user = UserFactory()
    refused = forgot(api, user.email, HTTP_HOST="evil.example.org")
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")
    assert forgot(api, user.email, HTTP_X_FORWARDED_HOST="evil.example.org").status_code == 202
    [message] = mails()
    assert "https://app.example.com/reset-password?token=" in message.body
    assert "evil" not in message.body


def test_eleven_an_hour_are_too_many(api: Any) -> None:
    statuses = [forgot(api, f"person{number}@example.com").status_code for number in range(11)]
    assert statuses == [202] * 10 + [429]
    assert forgot(api, "person@example.com", ip="198.51.100.9").status_code == 202


def test_the_link_runs_out_after_an_hour(api: Any, token: Any, time_machine: Any) -> None:
    time_machine.move_to("2026-01-01T00:00:00Z", tick=False)
    link = token(UserFactory())
    time_machine.move_to("2026-01-01T01:00:00Z", tick=False)
    assert reset(api, link).json()["code"] == "invalid_token"


@pytest.mark.parametrize(
    "change",
    [
        lambda user: people.deactivate_user(user=user, actor=None),
        lambda user: set_password(user=user, actor=None, password="a-third-horse-battery"),
        lambda user: people.change_email(user=user, actor=None, email="new@example.com"),
        lambda user: user.delete(),
    ],
    ids=["deactivated", "password", "e-mail", "deleted"],
)
def test_the_link_dies_with_what_it_was_sent_for(api: Any, token: Any, change: Any) -> None:
    user = UserFactory()
    link = token(user)
    change(user)
    assert (reset(api, link).status_code, reset(api, link).json()["code"]) == (400, "invalid_token")


def test_a_deactivated_persons_link_stays_dead_after_they_come_back(api: Any, token: Any) -> None:
    user = UserFactory()
    link = token(user)
    people.deactivate_user(user=user, actor=None)
    people.reactivate_user(user=user, actor=None)
    assert reset(api, link).json()["code"] == "invalid_token"


def test_a_weak_password_leaves_the_link_good(api: Any, token: Any, hashes: Any) -> None:
    link = token(UserFactory())
    hashes.clear()
    response = reset(api, link, "password")
    assert response.status_code == 422
    assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [
        ("new_password", "weak_password")
    ]
    assert hashes == []
    assert reset(api, link).status_code == 204


def test_a_link_for_one_purpose_serves_no_other(api: Any, token: Any) -> None:
    link = token(UserFactory())
    response = api().post("/api/auth/verify-email", {"token": link}, format="json")
    assert (response.status_code, response.json()["code"]) == (400, "invalid_token")
    assert api(None, authorization=f"Bearer {link}").get("/api/auth/me").json()["code"] == "not_authenticated"


def test_a_reset_proves_the_address(api: Any, token: Any, sign_in: Any) -> None:
    user = UserFactory(email_verified_at=None)
    assert reset(api, token(user)).status_code == 204
    assert sign_in(user, NEW).status_code == 200


def test_the_link_is_nowhere_but_in_the_mail(api: Any, token: Any, caplog: Any) -> None:
    link = token(UserFactory())
    kept = str(list(Job.objects.values())) + str(list(OneTimeToken.objects.values())) + caplog.text
    kept += str(list(AuditEntry.objects.values()))
    assert link not in kept


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_ten_at_once_with_one_link_one_wins(api: Any, token: Any) -> None:
    user = UserFactory()
    link = token(user)
    responses = in_parallel(10, lambda number: reset(api, link, f"horse-battery-number-{number}"))
    assert sorted(response.status_code for response in responses) == [204] + [400] * 9
    assert AuditEntry.objects.filter(action="user.password").count() == 1


# -- change-password


def change(client: Any, current: str = PASSWORD, new: str = NEW) -> Any:
    return client.post("/api/auth/change-password", {"current_password": current, "new_password": new}, format="json")


def test_changing_the_password_ends_every_other_session(api: Any, sign_in: Any) -> None:
    user = UserFactory()
    mine, other = open_session(user=user), open_session(user=user)
    client = api(None, authorization=f"Bearer {mine.access_token}")

    assert change(client).status_code == 204

    assert me(api, mine.access_token) == (200, "")
    assert me(api, other.access_token) == (401, "token_revoked")
    body = {"refresh_token": mine.refresh_token}
    assert api().post("/api/auth/refresh", body, format="json").status_code == 200
    assert sign_in(user, NEW).status_code == 200
    assert sign_in(user).status_code == 401
    assert Session.objects.get(sid=other.session.sid).end == Session.End.PASSWORD


def test_the_current_password_must_be_known(api: Any) -> None:
    user = UserFactory()
    client = api(user)
    response = change(client, current="a-wrong-password")
    assert (response.status_code, response.json()["code"]) == (422, "wrong_password")
    assert response.json()["errors"][0]["field"] == "current_password"
    before = user.password
    user.refresh_from_db()
    assert user.password == before


def test_guessing_the_current_password_is_limited(api: Any) -> None:
    client = api(UserFactory())
    assert [change(client, current="a-wrong-password").status_code for _ in range(6)] == [422] * 5 + [429]
    assert change(client).status_code == 429


def test_a_password_like_ones_own_name_is_refused(api: Any) -> None:
    client = api(UserFactory(name="Annabella Musterfrau"))
    assert change(client, new="annabella-musterfrau").status_code == 422


@pytest.mark.parametrize("code", list(Role.Code.values))
def test_everybody_may_change_their_own(api: Any, code: str) -> None:
    assert change(api(UserFactory(as_=code))).status_code == 204


def test_a_stranger_may_not(api: Any) -> None:
    assert change(api()).json()["code"] == "not_authenticated"
