"""The general limit: by caller or address, with Retry-After, and open where its cache is not there."""

import uuid

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import DatabaseError
from django.test import Client
from redis.exceptions import ConnectionError as RedisDown

from accounts.tests.factories import UserFactory
from hyperflow.core import caches as ours
from hyperflow.core.api import throttles
from hyperflow.core.caches import Breaker, DatabaseCounter, RedisCounter, SafeRedisCache

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _three_an_hour(settings):
    settings.API_RATE = "3/h"


def test_past_the_limit_a_caller_waits(api):
    ann, ben = api(UserFactory()), api(UserFactory())
    replies = [ann.get("/api/notifications") for _ in range(5)]

    assert [reply.status_code for reply in replies] == [200, 200, 200, 429, 429]
    assert replies[-1].json()["code"] == "rate_limited"
    assert 1 <= int(replies[-1].headers["Retry-After"]) <= 3_600
    assert ben.get("/api/notifications").status_code == 200


def test_nobody_is_counted_by_address_and_not_by_a_header_they_write():
    replies = [
        Client().get("/api/notifications", REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": f"198.51.100.{n}"})
        for n in range(5)
    ]

    assert [reply.status_code for reply in replies] == [401, 401, 401, 429, 429]
    assert Client().get("/api/notifications", REMOTE_ADDR="192.0.2.2").status_code == 401


def test_guessing_tokens_counts(api):
    statuses = [
        Client().get("/api/notifications", headers={"Authorization": f"Bearer x{n}"}).status_code for n in range(5)
    ]

    assert statuses == [401, 401, 401, 429, 429]


def test_health_is_never_limited():
    assert {Client().get("/api/health/live").status_code for _ in range(10)} == {200}


def test_without_a_rate_nothing_is_counted(api, settings):
    settings.API_RATE = ""
    client = api(UserFactory())

    assert {client.get("/api/notifications").status_code for _ in range(5)} == {200}


def test_without_the_cache_requests_are_served(api, monkeypatch):
    monkeypatch.setattr(type(caches["limits"]), "incr", lambda *args, **kwargs: None)
    client = api(UserFactory())

    assert {client.get("/api/notifications").status_code for _ in range(5)} == {200}


def test_counting_reads_and_writes_nothing_at_each_request(api, settings, django_assert_num_queries):
    settings.API_RATE = "1000/h"
    client = api(UserFactory())
    client.get("/api/notifications")

    with django_assert_num_queries(2):  # who, page
        client.get("/api/notifications")


@pytest.mark.skipif(bool(settings.REDIS_URL), reason="the table of the embedded default")
def test_processes_tell_each_other_through_the_table(monkeypatch):
    monkeypatch.setattr(DatabaseCounter, "told_every", 0.0)
    mine, theirs = DatabaseCounter("cache", {}), DatabaseCounter("cache", {})
    monkeypatch.setattr(theirs, "_counts", {}, raising=False)

    assert [mine.incr("told"), mine.incr("told"), mine.incr("told")] == [1, 2, 3]
    theirs._counts = {}
    assert theirs.incr("told") == 4
    assert mine.incr("told") == 5


@pytest.mark.services
@pytest.mark.skipif(not settings.REDIS_URL, reason="needs Redis")
def test_processes_tell_each_other_through_redis(monkeypatch):
    monkeypatch.setattr(RedisCounter, "told_every", 0.0)
    mine, theirs = RedisCounter(settings.REDIS_URL, {}), RedisCounter(settings.REDIS_URL, {})
    monkeypatch.setattr(theirs, "_counts", {}, raising=False)
    key = f"told{uuid.uuid4().hex}"

    assert [mine.incr(key), mine.incr(key), mine.incr(key)] == [1, 2, 3]
    assert theirs.incr(key) == 4
    assert mine.incr(key) == 5
    assert mine._cache.get_client().ttl(mine.make_key(key)) > 0


def test_a_redis_that_is_down_leaves_each_process_its_own_count(down, monkeypatch):
    monkeypatch.setattr(RedisCounter, "told_every", 0.0)
    counter = RedisCounter("redis://x", {})

    assert [counter.incr("untold-by-redis") for _ in range(3)] == [1, 2, 3]
    assert Down.asked == 1


def test_a_table_that_is_not_there_is_no_reason_to_refuse(monkeypatch):
    monkeypatch.setattr(DatabaseCounter, "told_every", 0.0)

    def fails(*args, **kwargs):
        raise DatabaseError("no such table")

    monkeypatch.setattr("django.core.cache.backends.db.DatabaseCache.add", fails)

    assert DatabaseCounter("cache", {}).incr("untold") == 1


class Down:
    """A Redis that does not answer, and counts who asked."""

    asked = 0

    def __getattr__(self, name):
        def fails(*args, **kwargs):
            Down.asked += 1
            raise RedisDown("no")

        return fails


@pytest.fixture
def down(monkeypatch):
    Down.asked = 0
    monkeypatch.setattr(ours, "breaker", Breaker(30))
    monkeypatch.setattr("django.core.cache.backends.redis.RedisCacheClient.get_client", lambda *a, **k: Down())


def test_a_redis_that_is_down_is_asked_once_in_a_while(down):
    cache, counter = SafeRedisCache("redis://x", {}), RedisCounter("redis://x", {})

    assert cache.get("a", "otherwise") == "otherwise"
    assert [cache.get("a"), cache.add("a", 1), cache.get_many(["a"]), counter.incr("a"), cache.set("a", 1)] == [
        None, False, {}, 1, None,
    ]  # fmt: skip
    assert Down.asked == 1
    with pytest.raises(RedisDown):
        cache.ping()
    assert Down.asked == 2


def test_the_breaker_closes_by_itself():
    patient, hasty = Breaker(30), Breaker(0)
    patient.trip(OSError())
    hasty.trip(OSError())

    assert (patient.is_open, hasty.is_open) == (True, False)


def test_the_rate_is_read_once():
    assert throttles._parsed("1200/m") == (1200, 60)
    assert caches["limits"] is not caches["default"]
