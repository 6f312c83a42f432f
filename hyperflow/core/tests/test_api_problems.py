"""Every refusal and failure under /api/ is a problem document, with DEBUG and without, Django's own included."""

import json
import logging

import pytest
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation, ValidationError
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404
from django.test import Client, RequestFactory
from rest_framework import exceptions as drf
from rest_framework import serializers

from hyperflow.core import context, errors
from hyperflow.core.api import problems
from hyperflow.core.api.codes import CODES, register
from hyperflow.core.api.serializers import SafeCharField, StrictSerializer

SECRET = "SELECT secret FROM vault"


@pytest.fixture(params=[True, False], ids=["DEBUG", "no DEBUG"])
def browser(request, settings):
    """A client that is given answers, not exceptions, with DEBUG on and off."""
    settings.DEBUG = request.param
    return Client(raise_request_exception=False)


@pytest.fixture
def failing(monkeypatch):
    """Makes `/api/health/live` raise what is given."""

    def fail(error):
        def raises(self, request):
            raise error

        monkeypatch.setattr("hyperflow.core.api.health.HealthViewSet.live", raises)

    return fail


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.Invalid("No."), 422, "validation_error"),
        (errors.Conflict("No.", code="invalid_transition"), 409, "invalid_transition"),
        (errors.NotAllowed("No."), 403, "permission_denied"),
        (errors.NotFound("No."), 404, "not_found"),
        (errors.PreconditionFailed("No."), 412, "precondition_failed"),
        (errors.BadRequest("No."), 400, "bad_request"),
        (errors.NotAuthenticated("No.", code="token_expired"), 401, "token_expired"),
        (errors.TooLarge("No."), 413, "payload_too_large"),
        (errors.RateLimited("No.", retry_after=7), 429, "rate_limited"),
        (errors.Unavailable("No.", retry_after=9, code="not_configured"), 503, "not_configured"),
        (errors.UpstreamError("No."), 502, "upstream_error"),
        (drf.ParseError(), 400, "bad_request"),
        (drf.NotAuthenticated(), 401, "not_authenticated"),
        (drf.AuthenticationFailed(), 401, "not_authenticated"),
        (drf.PermissionDenied(), 403, "permission_denied"),
        (drf.NotFound(), 404, "not_found"),
        (drf.NotAcceptable(), 406, "not_acceptable"),
        (drf.UnsupportedMediaType("x/y"), 415, "unsupported_media_type"),
        (drf.Throttled(wait=3), 429, "rate_limited"),
        (ValidationError({"name": "Too long."}), 422, "validation_error"),
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "permission_denied"),
        (BadRequest(), 400, "bad_request"),
        (SuspiciousOperation(SECRET), 400, "bad_request"),
        (OperationalError(1205, SECRET), 503, "busy"),
        (OperationalError("database is locked"), 503, "busy"),
        (OperationalError(2006, SECRET), 503, "database_unavailable"),
        (OperationalError(1040, SECRET), 503, "database_unavailable"),
        (OperationalError("unable to open database file"), 503, "database_unavailable"),
        (InterfaceError(SECRET), 503, "database_unavailable"),
        (IntegrityError(1062, SECRET), 409, "conflict"),
        (IntegrityError("UNIQUE constraint failed: vault.secret"), 409, "conflict"),
        (IntegrityError(4025, SECRET), 422, "validation_error"),
        (DataError(1406, SECRET), 422, "validation_error"),
        (OverflowError(SECRET), 422, "validation_error"),
        (ValueError(SECRET), 500, "server_error"),
        (RecursionError(SECRET), 500, "server_error"),
        (OperationalError(1146, SECRET), 500, "server_error"),
    ],
    ids=repr,
)
def test_every_kind_of_failure_has_one_answer(browser, failing, error, status, code, monkeypatch):
    monkeypatch.setattr("hyperflow.core.transactions.connection.vendor", "sqlite", raising=False)
    if error.args[:1] == (1205,):
        monkeypatch.setattr(problems, "is_transient", lambda error: True)
    failing(error)

    reply = browser.get("/api/health/live", headers={"X-Request-ID": "request-7777"})

    document = reply.json()
    assert (reply.status_code, document["code"]) == (status, code)
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert document["status"] == status
    assert document["type"] == f"urn:hyperflow:problem:{code}"
    assert document["request_id"] == reply.headers["X-Request-ID"] == "request-7777"
    assert "secret" not in reply.content.decode().lower()
    assert "Traceback" not in reply.content.decode()
    assert code in CODES


def test_waiting_and_signing_in_are_told_in_headers(failing):
    failing(errors.RateLimited("No.", retry_after=7))
    assert Client().get("/api/health/live").headers["Retry-After"] == "7"

    failing(errors.NotAuthenticated("No."))
    assert Client().get("/api/health/live").headers["WWW-Authenticate"] == 'Bearer realm="api"'

    failing(errors.NotAuthenticated("No.", code="token_revoked"))
    assert Client().get("/api/health/live").headers["WWW-Authenticate"] == 'Bearer realm="api", error="invalid_token"'

    failing(errors.NotAuthenticated("No.", code="invalid_credentials"))
    assert Client().get("/api/health/live").headers["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize(
    "code", ["min_value", "max_value", "required", "invalid_choice", "does_not_exist", "empty", "max_decimal_places"]
)
def test_what_any_field_may_have_wrong_is_one_code_at_the_top(failing, code):
    failing(drf.ValidationError({"progress": [drf.ErrorDetail("No.", code=code)]}))
    body = Client().get("/api/health/live").json()

    assert (body["status"], body["code"], body["errors"][0]["code"]) == (422, "validation_error", code)


@pytest.mark.django_db
def test_a_form_of_too_many_fields_is_told_how_many_there_may_be():
    form = "&".join(f"f{number}=1" for number in range(2_000))

    reply = Client().post("/api/auth/token", form, content_type="application/x-www-form-urlencoded")

    assert (reply.status_code, reply.json()["code"]) == (400, "malformed_form")
    assert reply.json()["detail"] == "The form has too many parts: send at most 1000 fields and 10 files."


def test_what_a_refusal_carries_is_shown(failing):
    failing(errors.Conflict("No.", code="invalid_transition", allowed=["pending"], status="done"))

    document = Client().get("/api/health/live").json()

    assert document["allowed"] == ["pending"]
    assert document["status"] == 409


def test_a_field_that_is_at_fault_is_named(failing):
    failing(errors.Invalid("Too high.", code="validation_error", field="lines.0.quantity"))

    assert Client().get("/api/health/live").json()["errors"] == [
        {"field": "lines.0.quantity", "code": "validation_error", "message": "Too high."}
    ]


def test_a_failure_of_ours_is_logged_with_its_trace_and_the_requests_id(failing, caplog):
    failing(ValueError("the cause"))

    with caplog.at_level(logging.ERROR):
        Client(raise_request_exception=False).get("/api/health/live")

    (record,) = [record for record in caplog.records if record.message == "request.failed"]
    assert record.exc_info[1].args == ("the cause",)


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/nope", "/api/health/", "/api//health", "/api/%0a", "/api/health/live/"]
)
def test_unknown_paths_are_problems_and_never_redirects(browser, path):
    reply = browser.get(path)

    assert reply.status_code == 404
    assert reply.json()["code"] == "not_found"


def test_a_host_that_is_not_ours_is_refused(browser):
    reply = browser.get("/api/health/live", headers={"Host": "evil.example"})

    assert reply.status_code == 400
    assert reply.json()["code"] == "bad_request"
    assert "evil.example" not in reply.content.decode()


@pytest.mark.parametrize(
    "call",
    [
        lambda request: problems.bad_request(request, Exception("x")),
        lambda request: problems.permission_denied(request, Exception("x")),
        lambda request: problems.not_found(request, Exception("x")),
        problems.server_error,
        problems.csrf_failure,
    ],
)
def test_djangos_own_handlers_speak_both_languages(call):
    api, page = call(RequestFactory().get("/api/x")), call(RequestFactory().get("/x"))

    assert api.headers["Content-Type"] == "application/problem+json"
    assert json.loads(api.content)["status"] == api.status_code == page.status_code
    assert page.headers["Content-Type"].startswith("text/html")


class Line(StrictSerializer):
    quantity = serializers.IntegerField(max_value=9)


class Order(StrictSerializer):
    name = SafeCharField(single_line=True)
    lines = Line(many=True)


def test_nested_errors_have_dotted_names():
    order = Order(data={"name": "a\nb", "lines": [{"quantity": 1}, {"quantity": 99, "more": 1}, {}], "extra": 1})
    order.is_valid()

    found = {(error["field"], error["code"]) for error in problems.flatten(order.errors)}

    assert found == {
        ("name", "single_line"),
        ("lines.1.quantity", "max_value"),
        ("lines.1.more", "unknown_field"),
        ("lines.2.quantity", "required"),
        ("extra", "unknown_field"),
    }
    assert json.loads(problems.invalid(list(problems.flatten(order.errors))).content)["code"] == "unknown_field"


@pytest.mark.parametrize("text", ["\u200b", "\u2060\u00ad", " \u00a0 "])
def test_text_in_which_there_is_nothing_to_see_is_blank(text):
    order = Order(data={"name": text, "lines": []})
    order.is_valid()

    assert [(error["field"], error["code"]) for error in problems.flatten(order.errors)] == [("name", "blank")]


def test_a_code_has_one_status():
    with pytest.raises(ValueError, match="already"):
        register({"not_found": (410, "Gone.")})


def test_a_request_id_that_makes_no_sense_is_replaced(client):
    for sent in ["x", "a" * 65, "a b c d e f", "id\u2028id\u2028id", "<script>alert(1)"]:
        given = client.get("/api/health/live", headers={"X-Request-ID": sent}).headers["X-Request-ID"]
        assert given != sent
        assert len(given) == 32
    assert context.current().request_id == ""


def test_an_answer_without_a_body_has_no_type():
    reply = Client().options("/api/health/live")

    assert reply.status_code == 204
    assert "Content-Type" not in reply.headers


def test_head_has_the_headers_of_get_and_no_body(client):
    get, head = client.get("/api/health/live"), client.head("/api/health/live")

    assert head.content == b""
    assert head.headers["Content-Length"] == get.headers["Content-Length"] == str(len(get.content))


def test_every_answer_says_how_it_may_be_used(client):
    headers = client.get("/api/health/live").headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Server" not in headers


@pytest.mark.parametrize(
    "accept", ["", "*/*", "application/*", "application/json", "text/html,*/*;q=0.8", "application/problem+json"]
)
def test_json_is_given_to_whoever_can_take_it(api, db, accept):
    from accounts.tests.factories import UserFactory

    assert api(UserFactory()).get("/api/notifications", headers={"Accept": accept}).status_code == 200


def test_what_is_not_json_is_not_acceptable(api, db):
    from accounts.tests.factories import UserFactory

    reply = api(UserFactory()).get("/api/notifications", headers={"Accept": "image/png"})

    assert reply.status_code == 406
    assert reply.json()["code"] == "not_acceptable"


def test_pages_have_a_policy_without_anything_inline_and_the_admin_a_looser_one(client, db):
    def policy(path):
        parts = client.get(path).headers["Content-Security-Policy"].split("; ")
        return {name: set(values) for name, *values in (part.split() for part in parts)}

    strict, admin = policy("/nowhere"), policy("/admin/login/")

    assert strict["script-src"] == strict["style-src"] == strict["default-src"] == {"'self'"}
    assert admin == {
        **strict,
        "script-src": {"'self'", "'unsafe-eval'"},
        "style-src": {"'self'", "'unsafe-inline'"},
    }


def test_a_view_may_answer_with_bytes(monkeypatch, client):
    monkeypatch.setattr("hyperflow.core.api.health.HealthViewSet.live", lambda self, request: self.answer(b'{"a":1}'))

    assert client.get("/api/health/live").content == b'{"a":1}'
