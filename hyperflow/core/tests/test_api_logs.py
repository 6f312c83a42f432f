"""One JSON line an event: no line breaks of anybody's, no secrets, always the request's id."""

import json
import logging

import pytest
from django.test import Client

from hyperflow.core import context, logs


@pytest.fixture
def written():
    """Formats an event as the handler does, and gives the line as text."""

    def write(message, *args, exc_info=None, **extra):
        record = logging.getLogger("test").makeRecord(
            "test", logging.INFO, "f", 1, message, args, exc_info, extra=extra
        )
        logs.Scrub().filter(record)
        return logs.JsonFormatter().format(record)

    return write


@pytest.mark.parametrize(
    "value", ["a\nb", "a\r\n{}", "\x1b[31mred\x1b[0m", "\u2028", "\x85", "\x9b31m", "\x00", "😀", "\ud800"]
)
def test_an_event_is_one_line_whatever_its_values_are(written, value):
    line = written("name %s", value, who=value, nested={value: [value]})

    assert len(line.splitlines()) == 1
    assert "\x1b" not in line
    assert "\x9b" not in line
    assert json.loads(line)["level"] == "INFO"


CANARY = "canary-5f3b9c1d7e"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOjF9.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {CANARY}",
        f"authorization=Basic {CANARY}",
        f'{{"password": "{CANARY}"}}',
        f"password={CANARY}&x=1",
        f"new_password: {CANARY}",
        f"refresh_token='{CANARY}'",
        f"SECRET_KEY={CANARY}",
        f"api_key={CANARY}",
        f"GET /api/files/{CANARY} HTTP/1.1",
        f"https://app.example.com/reset-password/{CANARY}",
        f"https://app.example.com/verify-email?token={CANARY}",
        f"https://app.example.com/reset-password?token={CANARY}&x=1",
        f"Cookie: sessionid={CANARY}",
    ],
)
def test_secrets_are_hidden_by_their_looks(written, text):
    assert CANARY not in written(text)
    assert CANARY not in written("said %s", text)
    assert CANARY not in written("said", detail=text)
    assert CANARY not in written("said", detail={"inner": [text]})


@pytest.mark.parametrize(
    "name",
    ["password", "new_password", "access_token", "Authorization", "SECRET_KEY", "api_key", "credentials", "cookie"],
)
def test_secrets_are_hidden_by_their_names(written, name):
    assert CANARY not in written("said", **{name: CANARY})
    assert CANARY not in written("said", data={name: CANARY})
    assert CANARY not in written("said", data=[{"deep": {name: [CANARY]}}])


def test_a_jwt_is_hidden_wherever_it_stands(written):
    line = written("x %s y", JWT, detail=JWT, inner=[JWT])

    assert "eyJ" not in line


def test_a_trace_is_kept_without_its_secrets(written):
    try:
        raise ValueError(f"password={CANARY} at {JWT}")
    except ValueError as error:
        line = written("failed", exc_info=(type(error), error, error.__traceback__))

    found = json.loads(line)
    assert "ValueError" in found["exception"]
    assert "test_api_logs.py" in found["exception"]
    assert CANARY not in line
    assert "eyJ" not in line


def test_an_event_says_which_request_it_belongs_to(written):
    with context.running(context.Context(request_id="request-1")):
        assert json.loads(written("hello"))["request_id"] == "request-1"
    assert "request_id" not in json.loads(written("hello"))


def test_an_ordinary_event_is_left_as_it_is(written):
    found = json.loads(written("order.paid", order=7, amount="12.50", by="Ann O'Neil"))

    assert {"event": "order.paid", "order": 7, "amount": "12.50", "by": "Ann O'Neil"}.items() <= found.items()


@pytest.fixture
def access_lines():
    lines = []

    class Keep(logging.Handler):
        def emit(self, record):
            lines.append(json.loads(logs.JsonFormatter().format(record)))

    logger, handler = logging.getLogger("hyperflow.access"), Keep()
    logger.addHandler(handler)
    yield lines
    logger.removeHandler(handler)


def test_a_request_is_one_line_with_its_queries_and_its_caller(api, db, access_lines):
    from accounts.tests.factories import UserFactory

    user = UserFactory()
    reply = api(user).get("/api/notifications", headers={"X-Request-ID": "request-42"})

    (line,) = access_lines
    assert reply.headers["X-Request-ID"] == "request-42"
    assert line.pop("ms") > 0
    assert {name: line[name] for name in ("method", "path", "status", "queries", "user_id", "request_id")} == {
        "method": "GET",
        "path": "/api/notifications",
        "status": 200,
        "queries": 2,
        "user_id": user.pk,
        "request_id": "request-42",
    }


def test_queries_are_counted_without_debug_and_the_counter_is_taken_away(api, db, access_lines, settings):
    from django.db import connection

    settings.DEBUG = False
    before = list(connection.execute_wrappers)

    api().get("/api/health/live")
    api().get("/api/client/clients")

    assert connection.execute_wrappers == before
    assert [(line["status"], line["queries"]) for line in access_lines] == [(401, 0)]


@pytest.mark.parametrize("path", ["/api/a%0ab", "/api/a%0d%0aSet-Cookie:x", "/api/%1b%5b31m", "/a%0a{}"])
def test_a_path_cannot_begin_a_line_of_its_own(access_lines, db, path):
    Client().get(path)

    (line,) = access_lines
    assert "\n" in line["path"] or "\x1b" in line["path"]
    assert line["status"] == 404


def test_a_signed_link_is_not_written_down(access_lines, db):
    Client().get(f"/api/files/{CANARY}")

    assert access_lines[0]["path"] == "/api/files/[hidden]"


@pytest.mark.parametrize(
    "text", ["token" * 4_000, "x" * 19_000 + "token", "-eyJaaaaa" * 2_200, "token" + " " * 19_000, "bearer " * 2_800]
)
def test_no_text_takes_long_to_search(text, written):
    """Nothing here is quadratic: a hundred of them take no longer than a person notices."""
    for _ in range(20):
        logs.scrub(text)


def test_what_is_refused_as_suspicious_is_a_warning_without_a_trace():
    try:
        raise ValueError("nobody offers this filter")
    except ValueError as error:
        trace = (ValueError, error, error.__traceback__)
    make = logging.getLogger("django.security.DisallowedModelAdminLookup").makeRecord
    record = make("django.security.DisallowedModelAdminLookup", logging.ERROR, "f", 1, "no such filter", (), trace)

    assert logs.CalmRefusals().filter(record)

    line = json.loads(logs.JsonFormatter().format(record))
    assert (line["level"], line["event"], "exception" in line) == ("WARNING", "no such filter", False)
