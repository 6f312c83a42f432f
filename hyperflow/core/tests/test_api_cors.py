"""CORS: the origins that are named, and no others."""

import pytest
from corsheaders.conf import conf
from django.test import Client

OURS = "https://app.example.com"


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.com",
        "null",
        "https://app.example.com.evil.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://user@app.example.com",
        "https://APP.example.com.",
        "",
        "]",
    ],
)
def test_another_origin_is_told_nothing(origin):
    for reply in (
        Client().get("/api/health/live", headers={"Origin": origin}),
        Client().options("/api/health/live", headers={"Origin": origin, "Access-Control-Request-Method": "POST"}),
    ):
        assert "Access-Control-Allow-Origin" not in reply.headers
        assert "Access-Control-Allow-Credentials" not in reply.headers


def test_ours_may_read_the_answer_and_the_headers_that_matter():
    reply = Client().get("/api/health/live", headers={"Origin": OURS})

    assert reply.headers["Access-Control-Allow-Origin"] == OURS
    assert "Access-Control-Allow-Credentials" not in reply.headers
    assert "origin" in reply.headers["Vary"].lower()
    exposed = reply.headers["Access-Control-Expose-Headers"].lower().split(", ")
    assert {"etag", "link", "location", "retry-after", "x-request-id", "x-total-count", "idempotent-replayed"} <= set(
        exposed
    )


def test_a_preflight_names_methods_and_headers():
    reply = Client().options(
        "/api/client/clients/1",
        headers={
            "Origin": OURS,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "if-match",
        },
    )

    assert reply.status_code == 200
    assert reply.headers["Access-Control-Allow-Origin"] == OURS
    assert "PATCH" in reply.headers["Access-Control-Allow-Methods"]
    assert {"authorization", "idempotency-key", "if-match"} <= set(
        reply.headers["Access-Control-Allow-Headers"].split(", ")
    )


def test_a_refusal_can_be_read_by_ours_too():
    reply = Client().get("/api/client/clients", headers={"Origin": OURS})

    assert reply.status_code == 401
    assert reply.headers["Access-Control-Allow-Origin"] == OURS


def test_an_answer_depends_on_the_origin_even_where_none_was_sent():
    assert Client().get("/api/health/live").headers["Vary"].lower() == "origin"


def test_pages_are_for_no_other_origin(db):
    reply = Client().get("/admin/login/", headers={"Origin": OURS})

    assert "Access-Control-Allow-Origin" not in reply.headers


def test_nothing_is_allowed_by_pattern_or_for_everybody():
    assert not conf.CORS_ALLOW_ALL_ORIGINS
    assert list(conf.CORS_ALLOWED_ORIGIN_REGEXES) == []
    assert list(conf.CORS_ALLOWED_ORIGINS) == [OURS]
