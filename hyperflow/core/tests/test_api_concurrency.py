"""What only a real server can show: twenty at once, one effect, and nobody gets a 500."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from django.db import connection, connections, transaction
from django.test import Client as Browser

from accounts.models import User
from accounts.services.sessions import open_session
from accounts.tests.factories import UserFactory
from clients.models import Client
from clients.tests.factories import ClientFactory
from hyperflow.core.models import AuditEntry, IdempotencyRecord

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

AT_ONCE = 20


def at_once(work, times=AT_ONCE):
    """What *times* calls give that begin at the same moment, each with a connection of its own."""
    ready = Barrier(times)

    def run(number):
        try:
            ready.wait(30)
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


@pytest.fixture
def bearer():
    def token_of(user):
        return {"Authorization": f"Bearer {open_session(user=user).access_token}"}

    return token_of


def send(method, path, body, headers):
    browser = Browser(raise_request_exception=False)
    return getattr(browser, method)(path, body, content_type="application/json", headers=headers)


def test_twenty_with_one_key_make_one_row(bearer):
    headers = {**bearer(UserFactory(as_="manager")), "Idempotency-Key": "one"}

    replies = at_once(lambda _: send("post", "/api/client/clients", {"client_name": "Acme"}, headers))
    again = send("post", "/api/client/clients", {"client_name": "Acme"}, headers)

    made = [reply for reply in replies if reply.status_code == 201]
    told = [reply for reply in replies if reply.status_code == 409]
    assert len(made) + len(told) == AT_ONCE
    assert {reply.json()["code"] for reply in told} <= {"in_progress"}
    assert len({reply.content for reply in made}) == 1
    assert again.content == made[0].content
    assert [reply.headers.get("Idempotent-Replayed") for reply in made].count(None) == 1
    assert Client.objects.count() == 1
    assert IdempotencyRecord.objects.get().status == 201


def test_twenty_with_one_address_make_one_account(bearer):
    headers = bearer(UserFactory(as_="admin"))
    body = {"name": "New", "email": "new@example.com", "password": "correct-horse-battery", "role": "employee"}

    replies = at_once(lambda _: send("post", "/api/auth/register", body, headers))

    assert sorted(reply.status_code for reply in replies) == [201] + [409] * (AT_ONCE - 1)
    assert User.objects.filter(email="new@example.com").count() == 1


def test_of_twenty_with_one_etag_one_wins(bearer):
    client = ClientFactory()
    headers = {**bearer(UserFactory(as_="manager")), "If-Match": '"v1"'}

    replies = at_once(lambda n: send("put", f"/api/client/clients/{client.pk}", {"client_name": f"N{n}"}, headers))

    assert sorted(reply.status_code for reply in replies) == [200] + [412] * (AT_ONCE - 1)
    client.refresh_from_db()
    assert client.version == 2
    assert AuditEntry.objects.filter(target_type="clients.client", target_id=client.pk).count() == 1


def test_who_waits_too_long_for_a_row_is_told_to_come_back(bearer):
    """The row is held by somebody else: 503 with Retry-After after the server's own patience, not a hanging request."""
    if connection.vendor != "mysql":
        pytest.skip("SQLite has one writer and waits longer")
    client, headers = ClientFactory(), bearer(UserFactory(as_="manager"))
    held, done = Event(), Event()

    def hold():
        try:
            with transaction.atomic():
                Client.objects.select_for_update().get(pk=client.pk)
                held.set()
                done.wait(60)
        finally:
            connections.close_all()

    with connection.cursor() as cursor:
        cursor.execute("SET SESSION innodb_lock_wait_timeout = 1")
    with ThreadPoolExecutor(1) as pool:
        holder = pool.submit(hold)
        held.wait(10)
        reply = send("put", f"/api/client/clients/{client.pk}", {"client_name": "Late"}, headers)
        done.set()
        holder.result()

    assert reply.status_code == 503
    assert reply.json()["code"] == "busy"
    assert int(reply.headers["Retry-After"]) >= 1
    client.refresh_from_db()
    assert client.name != "Late"
