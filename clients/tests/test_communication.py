"""The communication log, how a client stands, and the performance report."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.models import Role
from accounts.tests.factories import UserFactory
from clients import selectors
from clients.models import CommunicationLog
from clients.services import communication
from clients.tests.factories import ClientFactory, CommunicationFactory, ContactFactory
from clients.tests.helpers import somebody_with
from hyperflow.core import clock
from hyperflow.core.errors import Invalid
from hyperflow.core.models import AuditEntry, OutboxEvent
from hyperflow.core.registry import figures

pytestmark = pytest.mark.django_db

CALL = {"channel": "phone", "direction": "inbound"}


@pytest.fixture
def manager():
    return UserFactory(as_=Role.Code.MANAGER, name="Mara")


def test_whoever_writes_it_down_sent_it_and_nobody_else_repeats_it(manager):
    contact = ContactFactory()

    entry = communication.log(
        actor=manager,
        client=contact.client,
        contact=contact,
        channel="phone",
        direction="outbound",
        message="It is urgent.\nReally.",
        sender_name="Eve",
    )

    entry.refresh_from_db()
    assert (entry.sender, entry.sender_name, entry.message) == (manager, "Mara", "It is urgent.\nReally.")
    assert AuditEntry.objects.get().target_id == contact.client.pk
    assert "urgent" not in str(AuditEntry.objects.values())
    assert "urgent" not in str(OutboxEvent.objects.values())


def test_what_came_in_was_sent_by_the_contact_and_the_history_says_who_wrote_it_down(manager):
    contact = ContactFactory(name="Zoe")

    entry = communication.log(actor=manager, client=contact.client, contact=contact, message="Hi", **CALL)

    entry.refresh_from_db()
    assert (entry.sender, entry.sender_name, entry.contact) == (None, "Zoe", contact)
    assert AuditEntry.objects.get().actor_id == manager.pk


@pytest.mark.parametrize(("said_by", "shown"), [("Their accountant", "Their accountant"), ("", "Acme")])
def test_what_came_in_without_a_contact_is_not_sent_by_whoever_wrote_it_down(manager, said_by, shown):
    entry = communication.log(
        actor=manager, client=ClientFactory(name="Acme"), message="Hi", sender_name=said_by, **CALL
    )

    assert (entry.sender, entry.sender_name) == (None, shown)


def test_what_a_platform_brought_keeps_the_name_it_came_with():
    entry = communication.log(actor=None, client=ClientFactory(), message="Hi", sender_name="Zoe", **CALL)

    assert (entry.sender, entry.sender_name) == (None, "Zoe")


def test_an_import_may_name_the_past_but_not_the_future(manager):
    client, now = ClientFactory(), clock.now()
    entry = communication.log(
        actor=manager, client=client, message="Old", created_at=now - dt.timedelta(days=99), **CALL
    )

    with pytest.raises(Invalid) as refusal:
        communication.log(actor=manager, client=client, message="New", created_at=now + dt.timedelta(hours=1), **CALL)

    assert entry.created_at == now - dt.timedelta(days=99)
    assert refusal.value.code == "in_future"
    assert CommunicationLog.objects.count() == 1


def test_the_contact_is_one_of_this_client(manager):
    with pytest.raises(Invalid) as refusal:
        communication.log(actor=manager, client=ClientFactory(), contact=ContactFactory(), message="Hi", **CALL)

    assert refusal.value.code == "contact_of_another_client"
    assert not CommunicationLog.objects.exists()


def test_how_a_client_stands_leaves_internal_notes_out(manager):
    client, silent, now = ClientFactory(), ClientFactory(), clock.now()
    CommunicationFactory(client=client, created_at=now - dt.timedelta(days=2))
    CommunicationFactory(client=client, created_at=now - dt.timedelta(days=1), direction="outbound")
    CommunicationFactory(client=client, created_at=now, direction="internal")

    found = selectors.stats([client.pk, silent.pk], manager)

    assert found[client.pk].last_contact == now - dt.timedelta(days=1)
    assert found[silent.pk].last_contact is None
    assert found[client.pk].unpaid_amount == 0


def test_who_may_not_read_the_log_is_not_told_of_the_last_contact():
    client = CommunicationFactory().client

    found = selectors.stats([client.pk], somebody_with("view_client", "view_all_clients"))

    assert found[client.pk].last_contact is None


WORK = {
    "tasks": {"pending": 2, "in_progress": 1, "completed": 5, "cancelled": 3},
    "finished": 6,
    "finished_with_due": 3,
    "finished_on_time": 2,
    "estimated_hours": Decimal(40),
    "estimate_error_hours": Decimal(5),
    "hours": Decimal("51.255"),
    "billable_hours": Decimal(40),
}
NO_WORK = {
    "tasks": {"pending": 0, "in_progress": 0, "completed": 0, "cancelled": 4},
    "finished": 0,
    "finished_with_due": 0,
    "finished_on_time": 0,
    "estimated_hours": Decimal(0),
    "estimate_error_hours": Decimal(0),
    "hours": Decimal(0),
    "billable_hours": Decimal(0),
}


@pytest.fixture
def work(monkeypatch):
    """``work(figures)`` is what tasks say; gives what they were asked."""

    def says(answer):
        asked = []

        def provider(user, ids, **options):
            asked.append(options)
            return {} if answer is None else dict.fromkeys(ids, answer)

        monkeypatch.setitem(figures._providers, ("clients.client", "work"), provider)
        return asked

    return says


def test_rates_are_percent_of_what_their_docstring_says(manager, work):
    client = ClientFactory(timezone="Asia/Tokyo")
    asked = work(WORK)

    found = selectors.performance(client=client, user=manager, start=dt.date(2026, 1, 1), end=dt.date(2026, 3, 31))

    assert asked == [{"start": dt.date(2026, 1, 1), "end": dt.date(2026, 3, 31), "zone": clock.zone_of(client)}]
    assert (found.completion_rate, found.on_time_rate, found.estimate_accuracy) == (
        Decimal("62.50"),
        Decimal("66.67"),
        Decimal("87.50"),
    )
    assert (found.cost, found.invoiced, found.margin) == (0, 0, 0)


def test_nothing_to_divide_by_is_no_rate(manager, work):
    work(NO_WORK)

    found = selectors.performance(client=ClientFactory(), user=manager)

    assert (found.completion_rate, found.on_time_rate, found.estimate_accuracy) == (None, None, None)
    assert found.tasks["cancelled"] == 4


@pytest.mark.parametrize(
    ("change", "name", "rate"),
    [
        ({"finished_on_time": 0}, "on_time_rate", "0.00"),
        ({"estimate_error_hours": Decimal(100)}, "estimate_accuracy", "0.00"),
        ({"tasks": {**WORK["tasks"], "completed": 0}}, "completion_rate", "0.00"),
    ],
)
def test_nothing_reached_is_zero_and_not_nothing(manager, work, change, name, rate):
    work({**WORK, **change})

    found = selectors.performance(client=ClientFactory(), user=manager)

    assert getattr(found, name) == Decimal(rate)


def test_without_an_app_that_knows_all_is_null(manager, work):
    work(None)

    found = selectors.performance(client=ClientFactory(), user=manager)

    assert (found.tasks, found.hours, found.completion_rate) == (None, None, None)


def test_money_comes_from_the_app_that_knows_it(manager, work, monkeypatch):
    work(WORK)
    known = {"money": {"invoiced": Decimal(30)}, "cost": Decimal(10)}
    for name, value in known.items():
        monkeypatch.setitem(
            figures._providers, ("clients.client", name), lambda user, ids, value=value, **p: dict.fromkeys(ids, value)
        )

    found = selectors.performance(client=ClientFactory(), user=manager)

    assert (found.cost, found.invoiced, found.margin) == (Decimal(10), Decimal(30), Decimal(20))


def test_the_period_is_the_year_that_ends_today_in_the_clients_zone(manager, work, time_machine):
    time_machine.move_to(dt.datetime(2026, 6, 30, 20, 0, tzinfo=dt.UTC))
    work(WORK)

    found = selectors.performance(client=ClientFactory(timezone="Asia/Tokyo"), user=manager)

    assert (found.start, found.end) == (dt.date(2025, 7, 2), dt.date(2026, 7, 1))


@pytest.mark.parametrize(
    ("start", "end"), [("2026-02-01", "2026-01-31"), ("0001-01-01", "2026-01-01"), ("2026-01-01", "9999-12-31")]
)
def test_an_impossible_period_is_refused(manager, start, end):
    with pytest.raises(Invalid) as refusal:
        selectors.performance(
            client=ClientFactory(), user=manager, start=dt.date.fromisoformat(start), end=dt.date.fromisoformat(end)
        )
    assert refusal.value.code == "invalid_period"
