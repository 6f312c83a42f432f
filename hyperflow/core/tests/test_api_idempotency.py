"""Idempotency-Key: sent again, answered again, done once."""

import datetime as dt

import pytest
import time_machine

from accounts.tests.factories import UserFactory
from clients.models import Client
from hyperflow.core import clock
from hyperflow.core.api import idempotency, problems
from hyperflow.core.errors import Conflict
from hyperflow.core.models import AuditEntry, IdempotencyRecord

pytestmark = pytest.mark.django_db

PATH = "/api/client/clients"


@pytest.fixture
def manager(api):
    return api(UserFactory(as_="manager"))


def claim(user_id, request_hash):
    return idempotency._claim(IdempotencyRecord(user_id=user_id, key="x", request_hash=request_hash))


def post(client, body=None, key="key-1", path=PATH):
    return client.post(path, body or {"client_name": "Acme"}, headers={"Idempotency-Key": key})


def test_the_same_request_is_answered_again_and_done_once(manager):
    first, second = post(manager), post(manager)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert {name: second.headers[name] for name in ("Location", "ETag", "Content-Type")} == {
        name: first.headers[name] for name in ("Location", "ETag", "Content-Type")
    }
    assert Client.objects.count() == 1
    assert AuditEntry.objects.filter(action__startswith="client").count() == 1


@pytest.mark.parametrize(
    ("body", "path"), [({"client_name": "Other"}, PATH), ({"client_name": "Acme"}, "/api/client/projects")]
)
def test_a_key_belongs_to_one_request(manager, body, path):
    post(manager)
    reply = post(manager, body, path=path)

    assert reply.status_code == 422
    assert reply.json()["code"] == "idempotency_key_reused"
    assert Client.objects.count() == 1


def test_a_key_belongs_to_one_caller(api, manager):
    post(manager)
    other = post(api(UserFactory(as_="manager")))

    assert other.status_code == 201
    assert "Idempotent-Replayed" not in other.headers
    assert Client.objects.count() == 2


def test_after_a_refusal_the_key_is_free_for_the_corrected_request(manager):
    refused = post(manager, {"client_name": ""})
    assert refused.status_code == 422
    assert not IdempotencyRecord.objects.exists()

    corrected, again = post(manager, {"client_name": "Acme"}), post(manager, {"client_name": "Acme"})

    assert (corrected.status_code, again.status_code) == (201, 201)
    assert "Idempotent-Replayed" not in corrected.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Client.objects.count() == 1


@pytest.mark.parametrize("key", ["", "k" * 256, "schlüssel", "a\x01b"])
def test_a_key_that_is_none_is_refused(manager, key):
    reply = post(manager, key=key)

    assert reply.status_code == 400
    assert reply.json()["code"] == "invalid_idempotency_key"
    assert not Client.objects.exists()


def test_the_longest_key_is_taken(manager):
    assert post(manager, key="k" * 255).status_code == 201
    assert post(manager, key="k" * 255).headers["Idempotent-Replayed"] == "true"


def test_without_permission_no_key_is_kept(api):
    assert post(api(UserFactory(as_="client"))).status_code in {403}
    assert not IdempotencyRecord.objects.exists()


def test_a_day_later_it_is_a_new_request(manager):
    with time_machine.travel("2026-01-01T12:00Z", tick=False):
        record = IdempotencyRecord(user=UserFactory(), key="x", request_hash="x", created_at=clock.now())
        record.save()
    with time_machine.travel("2026-01-02T12:00:01Z", tick=False):
        fresh, replay = claim(record.user_id, "another")

    assert replay is None
    assert fresh.pk != record.pk
    assert IdempotencyRecord.objects.get().request_hash == "another"


def test_while_the_first_is_under_way_the_second_is_told_so():
    user = UserFactory()
    claim(user.pk, "hash")

    with pytest.raises(Conflict) as refusal:
        claim(user.pk, "hash")

    assert refusal.value.code == "in_progress"
    assert problems.response_for(refusal.value, None).headers["Retry-After"] == "1"


def test_a_holder_that_died_is_followed_after_its_lease():
    user = UserFactory()
    first, _ = claim(user.pk, "hash")
    with time_machine.travel(clock.now() + idempotency.LEASE + dt.timedelta(seconds=1), tick=False):
        second, replay = claim(user.pk, "hash")

    assert replay is None
    assert second.pk == first.pk
    assert second.lease_until > first.lease_until


def test_a_holder_that_was_only_slow_undoes_its_work(manager):
    """Its lease went to another request meanwhile: what it did is rolled back, so it is done once."""
    user = UserFactory()
    mine, _ = claim(user.pk, "hash")
    IdempotencyRecord.objects.update(lease_until=clock.now() + dt.timedelta(hours=1))

    def work():
        from django.http import HttpResponse

        UserFactory(name="Twice")
        return HttpResponse(b"{}")

    with pytest.raises(Conflict):
        idempotency._work_and_keep(record=mine, work=work)

    from accounts.models import User

    assert not User.objects.filter(name="Twice").exists()


def test_a_failure_of_ours_is_not_kept(manager, monkeypatch):
    from clients.services import clients

    def fails(**kwargs):
        raise RuntimeError("no")

    manager.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr(clients, "create_client", fails)
        assert post(manager).status_code == 500
    assert not IdempotencyRecord.objects.exists()
    assert post(manager).status_code == 201


def test_what_nobody_signs_in_for_keeps_nothing(api):
    """Answers of sign-in hold tokens."""
    api().post("/api/auth/token", {"username": "a@b.c", "password": "x"}, headers={"Idempotency-Key": "k"})

    assert not IdempotencyRecord.objects.exists()
