"""Invoices in the admin: a draft is written, issued, paid, credited and voided there, by the services."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory
from finance.models import CreditNote, FinancialRecord, Invoice, Payment
from finance.services import payments
from finance.tests.documents import issued, line

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_march():
    with time_machine.travel(dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def finance(client):
    person = UserFactory(as_="finance")
    client.force_login(person)
    return person


def page(kind, *args):
    return reverse(f"admin:finance_invoice_{kind}", args=args)


def parts(lines=(), **more):
    form = {}
    for name in ("lines", "payments", "credit_notes", "reminders"):
        form |= {f"{name}-TOTAL_FORMS": "0", f"{name}-INITIAL_FORMS": "0"}
    form["lines-TOTAL_FORMS"] = str(len(lines))
    for number, one in enumerate(lines):
        form |= {f"lines-{number}-{name}": value for name, value in one.items()}
    return form | more


def row(description, quantity, price, tax="20"):
    return {
        "description": description, "quantity": quantity, "unit": "hour", "unit_price": price,
        "discount_percent": "0", "tax_rate": tax,
    }  # fmt: skip


def make_draft(client, acme, *lines):
    form = parts(lines, client=str(acme.pk), currency="EUR", discount_percent="0", discount_amount="0")
    return client.post(page("add"), form)


def test_a_draft_is_written_with_its_lines_and_its_sums_are_the_servers(client, finance):
    made = make_draft(client, ClientFactory(currency="EUR"), row("Design", "3", "100"), row("Hosting", "1", "50", "0"))

    invoice = Invoice.objects.get()
    assert made.status_code == 302
    assert (invoice.status, invoice.number, invoice.created_by) == ("draft", None, finance)
    assert (invoice.subtotal, invoice.tax, invoice.total) == (350, 60, 410)
    assert list(invoice.lines.order_by("position").values_list("description", flat=True)) == ["Design", "Hosting"]


def test_a_line_of_a_draft_is_changed_and_another_removed(client, finance):
    make_draft(client, ClientFactory(currency="EUR"), row("Design", "3", "100"), row("Hosting", "1", "50", "0"))
    invoice = Invoice.objects.get()
    design, hosting = invoice.lines.order_by("position")
    lines = [
        {**row("Design", "4", "100"), "id": str(design.pk), "invoice": str(invoice.pk)},
        {**row("Hosting", "1", "50", "0"), "id": str(hosting.pk), "invoice": str(invoice.pk), "DELETE": "on"},
    ]
    form = parts(lines, currency="EUR", discount_percent="0", discount_amount="0", read_version=str(invoice.version))
    form["lines-INITIAL_FORMS"] = "2"

    changed = client.post(page("change", invoice.pk), form)

    invoice.refresh_from_db()
    assert changed.status_code == 302
    assert [(one.pk, one.quantity) for one in invoice.lines.all()] == [(design.pk, 4)]
    assert (invoice.subtotal, invoice.total) == (400, 480)


def test_issuing_paying_crediting_and_refunding_are_moves_that_ask_first(client, finance):
    make_draft(client, ClientFactory(currency="EUR"), row("Design", "3", "100"))
    invoice = Invoice.objects.get()

    def move(name, **answers):
        return client.post(page("move", invoice.pk, name), {"confirmed": "yes", **answers})

    asked = client.get(page("move", invoice.pk, "issue"))
    assert (asked.status_code, Invoice.objects.get().status) == (200, "draft")
    move("issue")
    invoice.refresh_from_db()
    assert (invoice.status, invoice.number, invoice.balance) == ("pending", "INV-2026-0001", 360)
    move("pay", amount="100", method="bank_transfer")
    move("credit", amount="60", reason="A day less")
    invoice.refresh_from_db()
    assert (invoice.status, invoice.paid, invoice.credited, invoice.balance) == ("pending", 100, 60, 200)
    move("pay", method="bank_transfer")
    invoice.refresh_from_db()
    assert (invoice.status, invoice.balance) == ("paid", 0)
    move("refund", amount="100", method="bank_transfer")
    invoice.refresh_from_db()
    assert (invoice.status, invoice.balance) == ("pending", 100)
    assert sorted(Payment.objects.values_list("amount", flat=True)) == [-100, 100, 200]
    assert CreditNote.objects.get().total == 60
    assert FinancialRecord.objects.filter(record_type="income").count() == 3


def test_an_issued_invoice_has_no_fields_to_edit_and_a_forged_form_changes_nothing(client, finance):
    invoice = issued(finance, line(Decimal(100), 1, 0), client=ClientFactory(currency="EUR"))
    before = Invoice.objects.values().get()

    shown = client.get(page("change", invoice.pk))
    forged = client.post(page("change", invoice.pk), parts(currency="USD", notes="Forged"))

    assert (shown.status_code, forged.status_code) == (200, 403)
    assert Invoice.objects.values().get() == before


def test_too_much_money_is_refused_with_the_services_words_and_nothing_is_booked(client, finance):
    invoice = issued(finance, line(Decimal(100), 1, 0), client=ClientFactory(currency="EUR"))

    address = page("move", invoice.pk, "pay")
    told = client.post(address, {"confirmed": "yes", "amount": "100.01", "method": "bank_transfer"}, follow=True)

    [message] = [str(one) for one in told.context["messages"]]
    assert "EUR 100.00" in message or "100.00 EUR" in message, message
    assert not Payment.objects.exists()


def test_what_is_overdue_is_found_and_shown_as_such(client, finance):
    late = issued(finance, line(Decimal(100), 1, 0), client=ClientFactory(currency="EUR"))
    Invoice.objects.filter(pk=late.pk).update(issue_date=dt.date(2026, 1, 2), due_date=dt.date(2026, 2, 1))
    issued(finance, line(Decimal(50), 1, 0), client=ClientFactory(currency="EUR"))

    found = client.get(f"{page('changelist')}?overdue=yes")

    assert [one.pk for one in found.context["cl"].result_list] == [late.pk]
    assert "Overdue" in found.content.decode()
    form = client.get(page("change", late.pk)).context["adminform"]
    assert form.model_admin.standing(Invoice.objects.get(pk=late.pk)) == "Overdue"


def test_credit_is_paid_out_on_the_clients_page(client, finance):
    invoice = issued(finance, client=ClientFactory(name="Acme", currency="EUR"))
    payments.record_payment(invoice=invoice, actor=finance, amount=invoice.balance + 30, keep_as_credit=True)
    acme = reverse("admin:clients_client_change", args=[invoice.client_id])
    move = reverse("admin:clients_client_move", args=[invoice.client_id, "pay_out_credit"])

    assert b"EUR 30.00" in client.get(acme).content
    assert b"EUR 30.00" in client.get(move).content
    client.post(move, {"confirmed": "yes", "amount": "31", "currency": "EUR"})
    assert payments.credits_of(invoice.client_id) == {"EUR": 30}
    client.post(move, {"confirmed": "yes", "amount": "", "currency": "EUR", "note": "sent back"})

    assert payments.credits_of(invoice.client_id) == {}
    assert FinancialRecord.objects.get(credit_entry__isnull=False).amount == -30
    listed = client.get(reverse("admin:finance_creditentry_changelist")).content.decode()
    assert "sent back" in listed
    assert "EUR -30.00" in listed
    assert b"pay_out_credit" not in client.get(acme).content
