"""Reminders: each stage once per invoice, only of what is overdue, and never what a person holds."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.core import mail as outgoing

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory
from finance.models import Invoice, Reminder, ReminderStage
from finance.services import client_links, credit_notes, invoices, payments, reminders, setup
from finance.tests.documents import issued, line
from hyperflow.core import jobs
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.models import AuditEntry, Job

pytestmark = pytest.mark.django_db

DUE = dt.date(2026, 3, 10)


@pytest.fixture
def boss():
    return UserFactory(as_="admin")


@pytest.fixture(autouse=True)
def stages(boss):
    ReminderStage.objects.all().delete()
    text = "{client}: {number} over {total} was due on {due_date}, {days} days ago; {balance} is open. {link}"
    return [
        setup.create_stage(actor=boss, name=name, days_after_due=days, subject="Reminder: {number}", text=text)
        for name, days in (("first", 7), ("second", 14), ("last", 30))
    ]


@pytest.fixture
def invoice(boss):
    with on(DUE):
        client = ClientFactory(name="Café {link}", email="buyer@client.example", currency="EUR")
        return issued(boss, line(100, tax=19), client=client, issue_date=dt.date(2026, 3, 2), due_date=DUE)


def on(day):
    return time_machine.travel(dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC), tick=False)


def run(days_after):
    with on(DUE + dt.timedelta(days=days_after)):
        return reminders.send_due()


def sent():
    return list(Reminder.objects.order_by("pk").values_list("stage__name", flat=True))


def test_each_stage_goes_once_on_its_day(invoice):
    assert [run(days) for days in (0, 6, 7, 7, 8, 13, 14, 15, 30, 31, 90)] == [0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0]
    assert sent() == ["first", "second", "last"]
    assert AuditEntry.objects.filter(action="invoice.reminded").count() == 3


def test_what_was_missed_is_one_mail(invoice):
    assert run(20) == 1
    assert sent() == ["second"]
    assert run(29) == 0


def test_the_mail_says_what_is_open_as_the_client_writes_it(boss, invoice):
    with on(DUE + dt.timedelta(days=7)):
        payments.record_payment(invoice=invoice, actor=boss, amount=Decimal(19))
        reminders.send_due()
        jobs.run_due()
    (message,) = outgoing.outbox
    invoice.refresh_from_db()

    assert message.to == ["buyer@client.example"]
    assert message.subject == f"Reminder: {invoice.number}"
    assert message.body == (
        f"Café {{link}}: {invoice.number} over EUR 119.00 was due on 10 March 2026, 7 days ago; "
        f"EUR 100.00 is open. {client_links.address_of(invoice)}"
    )
    assert Reminder.objects.get().sent_to == "buyer@client.example"


def paid(invoice, boss):
    payments.settle(invoice=invoice, actor=boss)


def void(invoice, boss):
    invoices.set_status(invoice=invoice, status="void", actor=boss, reason="Wrong")


def credited(invoice, boss):
    credit_notes.credit(invoice=invoice, actor=boss, reason="Goodwill")


def held(invoice, boss):
    reminders.hold(invoice=invoice, actor=boss, reason="They dispute it")


def unwanted(invoice, boss):
    setup.create_billing_details(actor=boss, client=invoice.client, sends_reminders=False)


def without_address(invoice, boss):
    invoice.client.__class__.objects.update(email="")
    Invoice.objects.update(buyer={})


def switched_off(invoice, boss):
    for stage in ReminderStage.objects.all():
        setup.update_stage(stage=stage, actor=boss, is_active=False)


@pytest.mark.parametrize("why", [paid, void, credited, held, unwanted, without_address, switched_off])
def test_nobody_is_reminded_without_cause(boss, invoice, why):
    with on(DUE + dt.timedelta(days=5)):
        why(invoice, boss)
    assert run(20) == 0
    assert sent() == []
    assert not Job.objects.filter(kind__endswith="send_mail").exists()


def test_a_payment_between_looking_and_sending_is_seen(boss, invoice, stages):
    """The locked row decides, not what was looked up before."""
    with on(DUE + dt.timedelta(days=7)):
        payments.settle(invoice=invoice, actor=boss)
        assert reminders._send_all(stage=stages[0], ids=[invoice.pk]) == 0
    assert sent() == []


def test_one_bad_address_keeps_nobody_else_from_theirs(boss, invoice):
    with on(DUE):
        bad = ClientFactory(email="fine@client.example", currency="EUR")
        issued(boss, line(50), client=bad, issue_date=dt.date(2026, 3, 2), due_date=DUE)
    bad.__class__.objects.filter(pk=bad.pk).update(email="no address at all")
    assert run(7) == 1
    assert Reminder.objects.get().invoice == invoice


def test_what_is_let_go_again_gets_the_stage_it_is_at(boss, invoice):
    invoice = reminders.hold(invoice=invoice, actor=boss, reason="They dispute it")
    assert run(15) == 0
    reminders.release(invoice=invoice, actor=boss)
    assert run(16) == 1
    assert sent() == ["second"]
    invoice.refresh_from_db()
    assert (invoice.reminders_held, invoice.reminders_held_reason) == (False, "")


def test_by_hand_it_goes_now_and_once(boss, invoice):
    with on(DUE + dt.timedelta(days=3)), pytest.raises(Conflict) as early:
        reminders.remind(invoice=invoice, actor=boss)
    assert early.value.code == "not_overdue"

    with on(DUE + dt.timedelta(days=9)):
        assert reminders.remind(invoice=invoice, actor=boss).made_by == boss
        with pytest.raises(Conflict) as again:
            reminders.remind(invoice=invoice, actor=boss)
        assert again.value.code == "reminded_already"
    assert run(10) == 0


@pytest.mark.parametrize("act", ["hold", "release", "remind"])
def test_who_may_not_does_not(invoice, act):
    given = {"reason": "x"} if act == "hold" else {}
    with pytest.raises(NotAllowed):
        getattr(reminders, act)(invoice=invoice, actor=UserFactory(as_="manager"), **given)


def test_what_is_paid_is_neither_held_nor_let_go(boss, invoice):
    payments.settle(invoice=invoice, actor=boss)
    with pytest.raises(Conflict):
        reminders.hold(invoice=invoice, actor=boss, reason="x")


def test_a_text_asks_for_nothing_unknown(boss, stages):
    with pytest.raises(Invalid) as refused:
        setup.create_stage(actor=boss, name="x", days_after_due=60, subject="{numbr}", text="")
    assert refused.value.code == "unknown_placeholder"
    with pytest.raises(Invalid):
        setup.update_stage(stage=stages[0], actor=boss, text="{__class__}")
    setup.update_stage(stage=stages[0], actor=boss, text="{ } {1} {{number}} stays")


def test_the_page_lists_them_and_holds_them(client, invoice):
    person = UserFactory(as_="finance")
    client.force_login(person)
    page = f"/admin/finance/invoice/{invoice.pk}"
    run(7)
    with on(DUE + dt.timedelta(days=8)):
        assert "buyer@client.example" in client.get(f"{page}/change/").content.decode()
        client.post(f"{page}/do/hold-reminders/", {"confirmed": "yes", "reason": "They dispute it"})
        assert "They dispute it" in client.get(f"{page}/change/").content.decode()
    assert run(20) == 0
    with on(DUE + dt.timedelta(days=21)):
        client.force_login(person)  # the sign-in of two weeks ago is over
        client.post(f"{page}/do/release-reminders/", {"confirmed": "yes"})
        client.post(f"{page}/do/remind/", {"confirmed": "yes"})
    assert sent() == ["first", "second"]


def test_the_job_runs_once_a_day():
    from hyperflow.core.jobs import registry

    registry.discover()
    (period,) = [one for one in registry.periods() if one.job.kind.endswith("send_reminders")]
    assert period.every == dt.timedelta(days=1)
