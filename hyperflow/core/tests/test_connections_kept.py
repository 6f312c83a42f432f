"""A connection that is kept survives an answer that came before the request's body was read."""

import io

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory

from accounts.tests.factories import UserFactory
from hyperflow.core.middleware import _MOST_LEFT, ApiMiddleware, RequestMiddleware

pytestmark = pytest.mark.django_db


def refused(size, path="/api/client/tasks", server="", **headers):
    """The answer to a POST of that size, and what of its body was left on the connection."""
    body = io.BytesIO(b'{"x": "' + b"a" * (size - 9) + b'"}')
    factory = RequestFactory(headers={"Authorization": headers.get("authorization", "")})
    environ = factory._base_environ(
        REQUEST_METHOD="POST", PATH_INFO=path, CONTENT_TYPE="application/json", CONTENT_LENGTH=str(size)
    )
    environ |= {"wsgi.input": body, "SERVER_SOFTWARE": server}
    answer = RequestMiddleware(ApiMiddleware(lambda request: None))(WSGIRequest(environ))
    return answer, len(body.read())


@pytest.mark.parametrize("size", [30, 60_000, _MOST_LEFT])
def test_what_is_left_of_a_body_is_read(size):
    answer, left = refused(size)

    assert (answer.status_code, left) == (401, 0)
    assert "Connection" not in answer.headers


def test_a_body_too_large_to_be_read_for_nothing_ends_the_connection():
    answer, left = refused(3 * _MOST_LEFT)

    assert (answer.status_code, answer.headers["Connection"]) == (401, "close")
    assert left > 0


def test_runserver_which_refuses_the_header_gets_none():
    answer, _left = refused(3 * _MOST_LEFT, server="WSGIServer/0.2 CPython/3.11")

    assert answer.status_code == 401
    assert "Connection" not in answer.headers


def test_an_unknown_path_and_a_body_over_the_limit_are_no_exception(api):
    from accounts.services.sessions import open_session

    bearer = f"Bearer {open_session(user=UserFactory(as_='manager')).access_token}"

    assert refused(500, "/api/nothing")[1] == 0
    answer, left = refused(3 * _MOST_LEFT, authorization=bearer)
    assert answer.status_code == 413
    assert left == 0 or answer.headers["Connection"] == "close"
