"""Refreshing and ending sign-ins: a used refresh token is worthless, and its reuse ends the session."""

import os
import threading
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from django.conf import settings as configured
from django.db import connection

from accounts import tokens
from accounts.models import Role, Session
from accounts.services import people
from accounts.services.passwords import set_password
from accounts.services.sessions import end_session, open_session
from accounts.tests.factories import UserFactory
from hyperflow.core.models import AuditEntry

pytestmark = pytest.mark.django_db


def refresh(api: Any, token: str) -> Any:
    return api().post("/api/auth/refresh", {"refresh_token": token}, format="json")


def me(api: Any, access: str) -> tuple[int, str]:
    response = api(None, authorization=f"Bearer {access}").get("/api/auth/me")
    return response.status_code, response.json().get("code", "")


def test_refreshing_gives_a_new_pair_and_the_old_access_token_lives_on(api: Any) -> None:
    user = UserFactory()
    first = open_session(user=user)

    response = refresh(api, first.refresh_token)

    assert response.status_code == 200
    answer = response.json()
    assert answer["user_id"] == user.pk
    assert answer["refresh_token"] != first.refresh_token
    assert me(api, answer["access_token"]) == (200, "")
    assert me(api, first.access_token) == (200, "")
    assert Session.objects.count() == 1


def test_a_replay_ends_the_whole_family_at_once(api: Any) -> None:
    user = UserFactory()
    first = open_session(user=user)
    second = refresh(api, first.refresh_token).json()
    third = refresh(api, second["refresh_token"]).json()
    other = open_session(user=user)

    replay = refresh(api, first.refresh_token)

    assert (replay.status_code, replay.json()["code"]) == (401, "token_reused")
    assert replay.headers["WWW-Authenticate"].startswith("Bearer")
    assert refresh(api, third["refresh_token"]).json()["code"] == "token_revoked"
    assert me(api, third["access_token"]) == (401, "token_revoked")
    assert me(api, first.access_token) == (401, "token_revoked")
    assert me(api, other.access_token) == (200, ""), "another sign-in of the same person is not concerned"
    assert AuditEntry.objects.filter(action="session.reused", target_id=user.pk).count() == 1
    assert Session.objects.get(sid=first.session.sid).end == Session.End.REUSE


def test_an_expired_refresh_token_is_refused(api: Any, time_machine: Any) -> None:
    time_machine.move_to("2026-01-01T00:00:00Z", tick=False)
    pair = open_session(user=UserFactory())
    time_machine.move_to("2026-01-15T00:00:11Z", tick=False)
    response = refresh(api, pair.refresh_token)
    assert (response.status_code, response.json()["code"]) == (401, "token_expired")


def test_a_session_ends_for_good_however_often_it_is_refreshed(api: Any, time_machine: Any) -> None:
    time_machine.move_to("2026-01-01T00:00:00Z", tick=False)
    token = open_session(user=UserFactory()).refresh_token
    for day in (13, 26, 30):
        time_machine.move_to(f"2026-01-{day}T00:00:00Z", tick=False)
        answer = refresh(api, token).json()
        token = answer["refresh_token"]
    assert tokens.decode(token, "refresh")
    time_machine.move_to("2026-01-31T00:00:00Z", tick=False)
    assert refresh(api, token).status_code == 401
    assert me(api, answer["access_token"])[0] == 401


@pytest.mark.parametrize(
    "leave",
    [
        lambda user: people.deactivate_user(user=user, actor=None),
        lambda user: set_password(user=user, actor=None, password="another-horse-battery"),
        lambda user: people.change_role(
            user=user, actor=UserFactory(as_=Role.Code.ADMIN), role=Role.objects.get(code="hr")
        ),
        lambda user: people.change_email(user=user, actor=None, email="new@example.com"),
        lambda user: end_session(session=user.sessions.get(), actor=None),
        lambda user: user.delete(),
    ],
    ids=["deactivated", "password", "role", "e-mail", "ended", "deleted"],
)
def test_leaving_ends_access_on_the_very_next_request(api: Any, leave: Any) -> None:
    user = UserFactory()
    pair = open_session(user=user)
    assert me(api, pair.access_token) == (200, "")

    leave(user)

    assert me(api, pair.access_token) == (401, "token_revoked")
    refused = refresh(api, pair.refresh_token)
    assert (refused.status_code, refused.json()["code"]) == (401, "token_revoked")


def test_a_role_that_is_edited_holds_on_the_next_request(api: Any) -> None:
    from accounts.services.roles import set_role_permissions

    role = Role.objects.get(code="hr")
    client = api(UserFactory(role=role))
    before = client.get("/api/auth/me").json()["permissions"]
    assert "accounts.add_user" in before

    set_role_permissions(role=role, actor=None, permissions=[name for name in before if name != "accounts.add_user"])

    assert client.get("/api/auth/me").json()["permissions"] == [name for name in before if name != "accounts.add_user"]


# -- signing out


def test_signing_out_ends_the_family_and_may_be_repeated(api: Any) -> None:
    user = UserFactory()
    pair, other = open_session(user=user), open_session(user=user)
    body = {"refresh_token": pair.refresh_token}

    answers = [api().post("/api/auth/logout", body, format="json").status_code for _ in range(2)]

    assert answers == [204, 204]
    assert me(api, pair.access_token) == (401, "token_revoked")
    assert refresh(api, pair.refresh_token).json()["code"] == "token_revoked"
    assert me(api, other.access_token) == (200, "")


def test_signing_out_everywhere_ends_every_session(api: Any) -> None:
    user, somebody = UserFactory(), UserFactory()
    pairs = [open_session(user=user) for _ in range(3)]
    theirs = open_session(user=somebody)

    response = api().post("/api/auth/logout?all=true", {"refresh_token": pairs[1].refresh_token}, format="json")

    assert response.status_code == 204
    assert [me(api, pair.access_token)[0] for pair in pairs] == [401, 401, 401]
    assert me(api, theirs.access_token)[0] == 200


def test_a_used_token_signs_out_its_own_family_only(api: Any) -> None:
    user = UserFactory()
    pair, other = open_session(user=user), open_session(user=user)
    newest = refresh(api, pair.refresh_token).json()

    response = api().post("/api/auth/logout?all=true", {"refresh_token": pair.refresh_token}, format="json")

    assert response.status_code == 204
    assert me(api, newest["access_token"])[0] == 401
    assert me(api, other.access_token)[0] == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/auth/logout?all=maybe", 422),
        ("/api/auth/logout?everywhere=true", 422),
        ("/api/auth/logout?all=false", 204),
    ],
)
def test_the_query_of_logout_is_strict(api: Any, path: str, status: int) -> None:
    pair = open_session(user=UserFactory())
    assert api().post(path, {"refresh_token": pair.refresh_token}, format="json").status_code == status


def test_an_old_access_token_is_not_in_the_way_of_refreshing(api: Any) -> None:
    pair = open_session(user=UserFactory())
    client = api(None, authorization="Bearer long.gone.token")
    response = client.post("/api/auth/refresh", {"refresh_token": pair.refresh_token}, format="json")
    assert response.status_code == 200


# -- what is not a token of this kind


def forged(pair: Any, key: str | None = None, algorithm: str = "HS256", headers: Any = None, **changed: Any) -> str:
    claims = jwt.decode(pair.access_token, options={"verify_signature": False})
    claims = {name: value for name, value in {**claims, **changed}.items() if value is not None}
    return jwt.encode(claims, configured.JWT_SIGNING_KEY if key is None else key, algorithm=algorithm, headers=headers)


FORGERIES: dict[str, Callable[[Any], str]] = {
    "unsigned": lambda pair: forged(pair, key="", algorithm="none"),
    "stripped": lambda pair: pair.access_token.rsplit(".", 1)[0] + ".",
    "changed": lambda pair: pair.access_token[:-4] + ("AAAA" if not pair.access_token.endswith("AAAA") else "BBBB"),
    "another algorithm": lambda pair: forged(pair, algorithm="HS512"),
    "another key": lambda pair: forged(pair, key="x" * 64),
    "no exp": lambda pair: forged(pair, exp=None),
    "no jti": lambda pair: forged(pair, jti=None),
    "no typ": lambda pair: forged(pair, typ=None),
    "no sid": lambda pair: forged(pair, sid=None),
    "no sub": lambda pair: forged(pair, sub=None),
    "another audience": lambda pair: forged(pair, aud="somebody-else"),
    "another issuer": lambda pair: forged(pair, iss="somebody-else"),
    "from the future": lambda pair: forged(pair, iat=4_000_000_000),
    "not yet": lambda pair: forged(pair, nbf=4_000_000_000),
    "a refresh token": lambda pair: pair.refresh_token,
    "sid that is none": lambda pair: forged(pair, sid="' OR 1=1"),
    "sub that is none": lambda pair: forged(pair, sub="me"),
    "sub as a number": lambda pair: forged(pair, sub=1),
    "enormous": lambda pair: "a" * 100_000,
    "empty": lambda pair: "",
    "two dots": lambda pair: "..",
    "not ascii": lambda pair: "ä.ö.ü",
}


@pytest.mark.parametrize("make", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_token_is_nobody(api: Any, make: Callable[[Any], str]) -> None:
    token = make(open_session(user=UserFactory()))
    assert me(api, token) == (401, "not_authenticated")


@pytest.mark.parametrize(
    "headers",
    [
        {"kid": "../../dev/null"},
        {"kid": "' OR 1=1"},
        {"jku": "http://127.0.0.1:9/keys"},
        {"x5u": "http://127.0.0.1:9/keys"},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
    ],
)
def test_a_tokens_header_decides_nothing(api: Any, headers: Any) -> None:
    pair = open_session(user=UserFactory())
    assert me(api, forged(pair, headers=headers)) == (200, "")
    assert me(api, forged(pair, headers=headers, key="x" * 64)) == (401, "not_authenticated")


def test_another_persons_session_is_nobodys(api: Any) -> None:
    pair, other = open_session(user=UserFactory()), open_session(user=UserFactory())
    assert me(api, forged(pair, sub=str(other.session.user_id))) == (401, "token_revoked")


def test_an_access_token_runs_out(api: Any, time_machine: Any) -> None:
    time_machine.move_to("2026-01-01T00:00:00Z", tick=False)
    pair = open_session(user=UserFactory())
    time_machine.move_to("2026-01-01T00:30:09Z", tick=False)
    assert me(api, pair.access_token) == (200, "")
    time_machine.move_to("2026-01-01T00:30:11Z", tick=False)
    assert me(api, pair.access_token) == (401, "token_expired")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é" * 20])
def test_an_access_token_does_not_refresh(api: Any, token: str) -> None:
    pair = open_session(user=UserFactory())
    for wrong in (pair.access_token, token):
        response = refresh(api, wrong)
        assert response.status_code in {401, 422}
        assert response.json()["code"] in {"not_authenticated", "validation_error"}
    assert refresh(api, pair.access_token).status_code == 401
    assert refresh(api, pair.refresh_token).status_code == 200


def test_tokens_of_the_replaced_key_are_still_read(api: Any, settings: Any) -> None:
    pair = open_session(user=UserFactory())
    old = settings.JWT_SIGNING_KEY
    settings.JWT_SIGNING_KEY = "a-new-key-" * 8
    assert me(api, pair.access_token) == (401, "not_authenticated")
    settings.JWT_PREVIOUS_SIGNING_KEY = old
    assert me(api, pair.access_token) == (200, "")
    answer = refresh(api, pair.refresh_token).json()
    settings.JWT_PREVIOUS_SIGNING_KEY = ""
    assert me(api, answer["access_token"]) == (200, ""), "new tokens are signed with the new key"


def test_the_claims_are_those_of_the_contract() -> None:
    user = UserFactory(as_=Role.Code.FINANCE)
    claims = jwt.decode(open_session(user=user).access_token, options={"verify_signature": False})
    assert set(claims) == {"sub", "role", "iat", "exp", "jti", "iss", "aud", "sid", "typ"}
    assert (claims["sub"], claims["role"], claims["iss"], claims["typ"]) == (
        str(user.pk),
        "finance",
        "hyperflow",
        "access",
    )
    assert claims["exp"] - claims["iat"] == 1800


@pytest.mark.parametrize("scheme", ["Basic", "Token", "", "bearerx"])
def test_no_other_scheme_is_known(api: Any, scheme: str) -> None:
    pair = open_session(user=UserFactory())
    response = api(None, authorization=f"{scheme} {pair.access_token}").get("/api/auth/me")
    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")


def test_an_admin_session_opens_nothing_of_the_api(client: Any) -> None:
    user = UserFactory(as_=Role.Code.ADMIN)
    client.force_login(user)
    assert client.get("/api/auth/me").status_code == 401
    response = client.put("/api/auth/me", {"name": "Changed"}, content_type="application/json")
    assert response.status_code in {401, 403}
    user.refresh_from_db()
    assert user.name != "Changed"


# -- at once


def in_parallel(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Runs ``work(0) … work(count - 1)`` at once, each on a connection of its own."""
    barrier = threading.Barrier(count)
    results: list[Any] = [None] * count

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = work(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_twenty_parallel_uses_of_one_refresh_token_leave_no_two_live_chains(api: Any) -> None:
    user = UserFactory()
    for _ in range(50 if os.environ.get("FAULTS") == "full" else 3):
        token = open_session(user=user).refresh_token

        responses = in_parallel(20, lambda number, token=token: refresh(api, token))

        statuses = sorted(response.status_code for response in responses)
        assert statuses == [200] + [401] * 19
        assert {response.json()["code"] for response in responses if response.status_code == 401} == {"token_reused"}
        winner = next(response.json() for response in responses if response.status_code == 200)
        assert refresh(api, winner["refresh_token"]).json()["code"] == "token_revoked"
        assert me(api, winner["access_token"]) == (401, "token_revoked")
