"""A Supabase access token finds an account by its verified address, and does nothing else."""

import base64
import hmac
import json
import threading
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from accounts import supabase
from accounts.models import User
from accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

SECRET = "a-project-secret-of-forty-characters-or-more"


class Project:
    """A Supabase project as far as a resource server sees it: an issuer with a key set, and tokens."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.asked = 0
        self.is_down = False
        self.keys: dict[str, tuple[str, Any]] = {}

    def new_key(self, algorithm: str = "ES256") -> str:
        kid = str(uuid.uuid4())
        made: Any = (
            ec.generate_private_key(ec.SECP256R1())
            if algorithm == "ES256"
            else rsa.generate_private_key(public_exponent=65537, key_size=2048)
        )
        self.keys[kid] = (algorithm, made)
        return kid

    def key_set(self) -> dict[str, Any]:
        writers: dict[str, Any] = {"ES256": ECAlgorithm, "RS256": RSAAlgorithm}
        entries = []
        for kid, (algorithm, key) in self.keys.items():
            public = writers[algorithm].to_jwk(key.public_key(), as_dict=True)
            entries.append({**public, "alg": algorithm, "kid": kid, "use": "sig", "key_ops": ["verify"], "ext": True})
        return {"keys": entries}

    def token(self, email: str, /, kid: str | None = None, *, signed_by: Any = None, **changed: Any) -> str:
        """As GoTrue writes them; ``None`` leaves a claim out."""
        now = int(time.time())
        claims = {
            "aal": "aal1",
            "amr": [{"method": "password", "timestamp": now}],
            "app_metadata": {"provider": "email", "providers": ["email"]},
            "aud": "authenticated",
            "email": email,
            "exp": now + 3600,
            "iat": now,
            "is_anonymous": False,
            "iss": f"{self.url}/auth/v1",
            "phone": "",
            "role": "authenticated",
            "session_id": str(uuid.uuid4()),
            "sub": str(uuid.uuid4()),
            "user_metadata": {"email": email, "email_verified": True, "phone_verified": False},
            **changed,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        if kid is None:
            return jwt.encode(claims, SECRET if signed_by is None else signed_by, algorithm="HS256")
        algorithm, key = self.keys[kid]
        return jwt.encode(claims, signed_by or key, algorithm=algorithm, headers={"kid": kid})


@pytest.fixture
def project(settings: Any) -> Iterator[Project]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked += 1
            found = self.path == "/auth/v1/.well-known/jwks.json" and not made.is_down
            body = json.dumps(made.key_set() if found else {"error": "requested path is invalid"}).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Cache-Control", "public, max-age=600")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Project(server)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    settings.SUPABASE_URL = made.url
    settings.OUTGOING_ALLOWED_HOSTS = [f"127.0.0.1:{server.server_port}"]
    supabase.keys.forget()
    yield made
    supabase.keys.forget()
    server.shutdown()
    thread.join()
    server.server_close()


def me(api: Any, token: str) -> Any:
    response = api(None, authorization=f"Bearer {token}").get("/api/auth/me")
    return (
        response.json()["user_id"] if response.status_code == 200 else (response.status_code, response.json()["code"])
    )


REFUSED = (401, "not_authenticated")


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_a_token_of_the_project_is_the_person_with_that_address(api: Any, project: Project, algorithm: str) -> None:
    user = UserFactory(email="ann@example.com")
    kid = project.new_key(algorithm)
    assert me(api, project.token("Ann@Example.com", kid)) == user.pk
    assert me(api, project.token("ann@example.com", kid)) == user.pk
    assert project.asked == 1, "keys are kept"


def test_the_shared_secret_of_older_projects(api: Any, settings: Any, project: Project) -> None:
    user = UserFactory(email="ann@example.com")
    assert me(api, project.token("ann@example.com")) == REFUSED, "no secret is configured"
    settings.SUPABASE_JWT_SECRET = SECRET
    assert me(api, project.token("ann@example.com")) == user.pk
    assert me(api, project.token("ann@example.com", signed_by="x" * 40)) == REFUSED
    settings.SUPABASE_URL = ""
    assert me(api, project.token("ann@example.com")) == user.pk
    assert project.asked == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"user_metadata": {"email_verified": False}},
        {"user_metadata": {}},
        {"user_metadata": None},
        {"user_metadata": {"email_verified": "true"}},
        {"user_metadata": {"email_verified": 1}},
        {"user_metadata": "verified"},
        {"email_verified": False},
        {"app_metadata": {"email_verified": False}},
        {"role": "anon"},
        {"role": "service_role"},
        {"role": None},
        {"is_anonymous": True},
        {"email": ""},
        {"email": None},
        {"email": ["ann@example.com"]},
        {"email": "nobody@example.com"},
        {"email": "ànn@example.com"},
        {"email": "ann@example.com "},
        {"email": "gone@example.com"},
        {"aud": "anon"},
        {"aud": None},
        {"iss": "https://evil.example.org/auth/v1"},
        {"iss": None},
        {"sub": None},
        {"exp": None},
        {"nbf": 4_000_000_000},
    ],
)
def test_a_token_that_proves_nothing_is_nobody(api: Any, project: Project, changed: Any) -> None:
    UserFactory(email="ann@example.com")
    UserFactory(email="gone@example.com", is_active=False)
    kid = project.new_key()
    assert me(api, project.token("ann@example.com", kid, **changed)) == REFUSED
    assert User.objects.count() == 2, "nobody is made"


@pytest.mark.parametrize("place", ["email_verified", "app_metadata"])
def test_what_the_project_says_in_trusted_places_is_enough(api: Any, project: Project, place: str) -> None:
    user = UserFactory(email="ann@example.com")
    kid = project.new_key()
    value = True if place == "email_verified" else {"email_verified": True}
    assert me(api, project.token("ann@example.com", kid, user_metadata={}, **{place: value})) == user.pk


def test_an_expired_token_says_so(api: Any, project: Project) -> None:
    UserFactory(email="ann@example.com")
    kid = project.new_key()
    assert me(api, project.token("ann@example.com", kid, exp=int(time.time()) - 60)) == (401, "token_expired")


def test_rights_are_the_accounts_own(api: Any, project: Project) -> None:
    UserFactory(email="ann@example.com", as_="client")
    kid = project.new_key()
    token = project.token("ann@example.com", kid, app_metadata={"role": "admin"}, permissions=["accounts.add_user"])
    answer = api(None, authorization=f"Bearer {token}").get("/api/auth/me").json()
    assert answer["role"] == "client"
    assert "accounts.add_user" not in answer["permissions"]


def test_a_deactivated_account_is_out_at_once(api: Any, project: Project) -> None:
    from accounts.services.people import deactivate_user

    user = UserFactory(email="ann@example.com")
    token = project.token("ann@example.com", project.new_key())
    assert me(api, token) == user.pk
    deactivate_user(user=user, actor=None)
    assert me(api, token) == REFUSED


def test_a_public_key_is_no_secret(api: Any, project: Project, settings: Any) -> None:
    settings.SUPABASE_JWT_SECRET = SECRET
    UserFactory(email="ann@example.com")
    kid = project.new_key("RS256")
    public = json.dumps(project.key_set()["keys"][0])
    claims = jwt.decode(project.token("ann@example.com", kid), options={"verify_signature": False})
    head, body = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in ({"alg": "HS256", "typ": "JWT", "kid": kid}, claims)
    )
    mac = hmac.digest(public.encode(), f"{head}.{body}".encode(), "sha256")
    signature = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
    assert me(api, f"{head}.{body}.{signature}") == REFUSED
    assert me(api, jwt.encode(claims, "", algorithm="none", headers={"kid": kid})) == REFUSED


def test_a_key_of_another_kind_or_owner_is_refused(api: Any, project: Project) -> None:
    UserFactory(email="ann@example.com")
    curve, other = project.new_key("ES256"), project.new_key("RS256")
    stranger = ec.generate_private_key(ec.SECP256R1())
    assert me(api, project.token("ann@example.com", curve, signed_by=stranger)) == REFUSED
    claims = jwt.decode(project.token("ann@example.com", curve), options={"verify_signature": False})
    mixed = jwt.encode(claims, project.keys[other][1], algorithm="RS256", headers={"kid": curve})
    assert me(api, mixed) == REFUSED


def test_a_new_key_is_fetched_but_not_at_everybodys_whim(
    api: Any, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = UserFactory(email="ann@example.com")
    assert me(api, project.token("ann@example.com", project.new_key())) == user.pk
    unknown = project.token("ann@example.com", project.new_key())

    assert [me(api, unknown) for _ in range(5)] == [REFUSED] * 5
    assert project.asked == 1

    monkeypatch.setattr(supabase, "PAUSE", 0)
    assert me(api, unknown) == user.pk
    assert project.asked == 2


def test_tokens_of_strangers_make_nobody_fetch_anything(api: Any, project: Project) -> None:
    kid = project.new_key()
    for token in ("a.b.c", "x", project.token("ann@example.com", kid, iss="https://evil.example.org/auth/v1")):
        assert me(api, token) == REFUSED
    assert project.asked == 0


def test_while_the_project_is_down_known_keys_go_on(
    api: Any, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = UserFactory(email="ann@example.com")
    token = project.token("ann@example.com", project.new_key())
    project.is_down = True
    assert me(api, token) == (503, "upstream_unavailable")
    assert me(api, token) == (503, "upstream_unavailable")
    assert project.asked == 1
    project.is_down = False
    monkeypatch.setattr(supabase, "PAUSE", 0)
    assert me(api, token) == user.pk
    project.is_down = True
    monkeypatch.setattr(supabase, "KEPT", 0)
    assert me(api, token) == user.pk


def test_ones_own_tokens_ask_nobody(api: Any, project: Project, django_assert_num_queries: Any) -> None:
    user = UserFactory()
    client = api(user)
    client.get("/api/auth/me")
    with django_assert_num_queries(1):
        assert client.get("/api/auth/me").json()["user_id"] == user.pk
    assert project.asked == 0


def test_without_a_project_nothing_of_it_is_believed(api: Any, project: Project, settings: Any) -> None:
    UserFactory(email="ann@example.com")
    token = project.token("ann@example.com", project.new_key())
    settings.SUPABASE_URL = ""
    assert me(api, token) == REFUSED
    assert project.asked == 0


def test_a_password_can_be_changed_with_it(api: Any, project: Project) -> None:
    UserFactory(email="ann@example.com")
    token = project.token("ann@example.com", project.new_key())
    body = {"current_password": "correct-horse-battery", "new_password": "another-horse-battery"}
    client = api(None, authorization=f"Bearer {token}")
    assert client.post("/api/auth/change-password", body, format="json").status_code == 204
