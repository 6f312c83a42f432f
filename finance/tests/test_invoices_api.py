"""Invoices over the wire: what the answers say, who may, and what is refused how. M04, M05, M06, M07."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory, ProjectFactory
from finance.models import Invoice, Payment
from finance.services import payments
from finance.tests.documents import draft, issued, line

pytestmark = pytest.mark.django_db
INVOICES = "/api/finance/invoices"


@pytest.fixture(autouse=True)
def _in_march():
    with time_machine.travel(dt.datetime(2026, 3, 16, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def bookkeeper():
    return UserFactory(as_="finance")


def body(client, **more):
    lines = [{"description": "Design", "quantity": "10", "unit_price": "80.50", "tax_rate": "19"}]
    return {"client_id": client.pk, "lines": lines, **more}


def test_a_bill_over_the_wire(api, bookkeeper):
    client = ClientFactory(name="Acme", payment_terms_days=14)
    caller = api(bookkeeper)

    made = caller.post(INVOICES, body(client, issue_date="2026-03-02", notes="Thanks"))
    invoice = made.json()
    path = f"{INVOICES}/{invoice['invoice_id']}"
    sent = caller.put(f"{path}/status", {"status": "pending"})
    part = caller.post(f"{path}/payments", {"amount": "57.95", "date": "2026-03-10", "reference": "A"})
    paid = caller.put(
        f"{path}/status", {"status": "paid", "payment": {"amount": "900.00", "method": "cash"}}, format="json"
    )

    assert (made.status_code, made.headers["Location"], bool(made.headers["ETag"])) == (201, path, True)
    [one] = invoice["lines"]
    assert invoice == {
        "invoice_id": invoice["invoice_id"], "invoice_number": None, "client_id": client.pk, "client_name": "Acme",
        "project_id": None, "status": "draft", "currency": "EUR", "exchange_rate": None, "issue_date": "2026-03-02",
        "due_date": "2026-03-16", "service_from": None, "service_until": None, "discount_percent": "0",
        "discount_amount": "0.00", "subtotal": "805.00", "tax": "152.95", "amount": "957.95", "amount_paid": "0.00",
        "amount_credited": "0.00", "balance": "957.95", "paid_on": None, "notes": "Thanks", "buyer_reference": "",
        "language": "", "void_reason": "", "lines": [one], "payments": [], "pdf_url": None,
        "created_at": "2026-03-16T12:00:00Z", "updated_at": "2026-03-16T12:00:00Z",
    }  # fmt: skip
    assert one == {
        "line_id": one["line_id"], "description": "Design", "quantity": "10", "unit": "piece", "unit_price": "80.50",
        "discount_percent": "0", "discount_amount": "0.00", "tax_rate": "19", "tax_category": "standard",
        "tax_note": "", "net": "805.00", "amount": "805.00", "tax": "152.95", "task_id": None, "project_id": None,
    }  # fmt: skip
    assert (sent.status_code, sent.json()["invoice_number"], sent.json()["status"]) == (200, "INV-2026-0001", "pending")
    assert part.status_code == 201
    assert part.json() == {
        "payment_id": part.json()["payment_id"], "invoice_id": invoice["invoice_id"], "kind": "payment",
        "amount": "57.95", "kept_as_credit": "0.00", "currency": "EUR", "date": "2026-03-10",
        "method": "bank_transfer", "reference": "A", "created_at": "2026-03-16T12:00:00Z",
        "invoice_status": "pending", "amount_paid": "57.95", "balance": "900.00",
    }  # fmt: skip
    assert (paid.json()["status"], paid.json()["balance"], paid.json()["paid_on"]) == ("paid", "0.00", "2026-03-16")
    assert [(one["amount"], one["method"]) for one in paid.json()["payments"]] == [
        ("900.00", "cash"), ("57.95", "bank_transfer"),
    ]  # fmt: skip
    refund = caller.post(f"{path}/refunds", {"amount": "0.05"})
    assert (refund.status_code, refund.json()["kind"], refund.json()["amount"]) == (201, "refund", "0.05")
    assert (refund.json()["invoice_status"], refund.json()["balance"]) == ("pending", "0.05")


def test_a_credit_note_over_the_wire(api, bookkeeper):
    invoice = issued(bookkeeper, line(100, 2, 19))
    caller = api(bookkeeper)
    lines = [{"line_id": invoice.lines.get().pk, "quantity": "1"}]

    made = caller.post(f"{INVOICES}/{invoice.pk}/credit-notes", {"reason": "Late", "lines": lines}, format="json")

    note = made.json()
    assert (made.status_code, made.headers["Location"]) == (201, f"/api/finance/credit-notes/{note['credit_note_id']}")
    assert note == {
        "credit_note_id": note["credit_note_id"], "credit_note_number": "CN-2026-0001", "invoice_id": invoice.pk,
        "client_id": invoice.client_id, "client_name": invoice.client.name, "currency": "EUR",
        "issue_date": "2026-03-16", "reason": "Late", "notes": "", "subtotal": "100.00", "tax": "19.00",
        "amount": "119.00", "pdf_url": f"/api/finance/credit-notes/{note['credit_note_id']}/pdf",
            "created_at": "2026-03-16T12:00:00Z",
        "lines": [{
            "line_id": lines[0]["line_id"], "description": "Work", "quantity": "1", "unit": "piece",
            "unit_price": "100.00", "tax_rate": "19", "tax_category": "standard", "tax_note": "", "amount": "100.00",
            "tax": "19.00",
        }],
    }  # fmt: skip
    assert caller.get(made.headers["Location"]).json() == note
    again = caller.post(f"{INVOICES}/{invoice.pk}/credit-notes", {"amount": "119.01"})
    assert (again.status_code, again.json()["code"], again.json()["left"]) == (409, "credit_exceeds_invoice", "119.00")


def test_currencies_have_their_own_digits(api, bookkeeper):
    """M04"""
    for currency, amount in (("JPY", "1236"), ("KWD", "1235.500")):
        client = ClientFactory(currency=currency)
        lines = [{"description": "Work", "quantity": "1", "unit_price": "1235.5", "tax_rate": "0"}]

        invoice = api(bookkeeper).post(INVOICES, {"client_id": client.pk, "lines": lines}, format="json").json()

        assert (invoice["currency"], invoice["amount"]) == (currency, amount)
    dollars = issued(bookkeeper, client=ClientFactory(currency="USD"), currency="USD")
    reply = api(bookkeeper).post(f"{INVOICES}/{dollars.pk}/payments", {"amount": "1", "currency": "EUR"})
    assert (reply.status_code, reply.json()["code"]) == (422, "currency_mismatch")
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"invoice_number": "INV-2026-0009"}, 422, "number_not_allowed"),
        ({"currency": "USD"}, 422, "exchange_rate_required"),
        ({"lines": []}, 422, "validation_error"),
        ({"lines": [{"description": "Work", "quantity": "1"}]}, 422, "validation_error"),
        ({"total": "5"}, 422, "unknown_field"),
        ({"issue_date": "2026-03-02", "due_date": "2026-03-01"}, 422, "due_before_issue"),
    ],
)
def test_what_is_no_invoice_is_refused(api, bookkeeper, more, status, code):
    """M07: a number of one's own."""
    reply = api(bookkeeper).post(INVOICES, body(ClientFactory(), **more), format="json")

    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert not Invoice.objects.exists()


def test_a_given_number_is_for_who_may_bring_documents_in(api, bookkeeper):
    """M07"""
    client, admin = ClientFactory(), UserFactory(as_="admin")
    mine = api(admin).post(INVOICES, body(client, invoice_number="2019/17"))
    twice = api(bookkeeper).post(INVOICES, body(client, invoice_number="2019/17"))
    bookkeeper.role.permissions.remove(*bookkeeper.role.permissions.filter(codename="import_invoice"))
    from accounts import rights

    rights.forget()
    other = api(UserFactory(as_="finance")).post(INVOICES, body(client, invoice_number="2019/18"))

    assert (mine.status_code, mine.json()["invoice_number"]) == (201, "2019/17")
    assert (twice.status_code, twice.json()["code"]) == (409, "number_taken")
    assert (other.status_code, other.json()["code"]) == (422, "number_not_allowed")


def test_one_key_makes_one_invoice(api, bookkeeper):
    """M06"""
    client = ClientFactory()
    caller, other = api(bookkeeper), api(UserFactory(as_="finance"))
    key = {"Idempotency-Key": "once"}

    first = caller.post(INVOICES, body(client), headers=key)
    again = caller.post(INVOICES, body(client), headers=key)
    changed = caller.post(INVOICES, body(client, notes="x"), headers=key)
    theirs = other.post(INVOICES, body(client), headers=key)

    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
    assert (changed.status_code, changed.json()["code"]) == (422, "idempotency_key_reused")
    assert theirs.json()["invoice_id"] != first.json()["invoice_id"]
    assert Invoice.objects.count() == 2


def test_a_draft_is_edited_by_who_read_it_last(api, bookkeeper):
    invoice = draft(bookkeeper)
    path, caller = f"{INVOICES}/{invoice.pk}", api(bookkeeper)
    tag = caller.get(path).headers["ETag"]

    changed = caller.put(path, {"notes": "Thanks"}, headers={"If-Match": tag})
    stale = caller.patch(path, {"notes": "No"}, headers={"If-Match": tag})
    partial = caller.put(path, {"lines": [{"quantity": "2"}]}, format="json")

    assert (changed.status_code, changed.json()["notes"]) == (200, "Thanks")
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert partial.status_code == 422
    assert {error["field"] for error in partial.json()["errors"]} == {"lines.0.description", "lines.0.unit_price"}
    assert Invoice.objects.get().notes == "Thanks"


def test_settling_with_another_amount_is_refused(api, bookkeeper):
    invoice = issued(bookkeeper)

    reply = api(bookkeeper).put(
        f"{INVOICES}/{invoice.pk}/status", {"status": "paid", "payment": {"amount": "99.99"}}, format="json"
    )

    assert (reply.status_code, reply.json()["code"], reply.json()["balance"]) == (409, "amount_mismatch", "100.00")
    assert Invoice.objects.get().status == "pending"


@pytest.mark.parametrize(
    ("role", "reads", "creates", "edits", "moves", "pays", "credits"),
    [
        ("admin", 200, 201, 200, 200, 201, 201),
        ("finance", 200, 201, 200, 200, 201, 201),
        ("manager", 200, 403, 403, 403, 403, 403),
        ("client", 200, 403, 403, 403, 403, 403),
        ("employee", 403, 403, 403, 403, 403, 403),
        ("hr", 403, 403, 403, 403, 403, 403),
        ("marketing", 403, 403, 403, 403, 403, 403),
    ],
)
def test_who_may(api, bookkeeper, role, reads, creates, edits, moves, pays, credits):
    user = UserFactory(as_=role)
    client = ClientFactory(portal_users=[user] if role == "client" else [])
    sent, plan = issued(bookkeeper, client=client), draft(bookkeeper, client=client)
    caller = api(user)

    assert caller.get(INVOICES).status_code == reads
    assert caller.get(f"{INVOICES}/{sent.pk}").status_code == reads
    assert caller.post(INVOICES, body(client), format="json").status_code == creates
    assert caller.put(f"{INVOICES}/{plan.pk}", {"notes": "x"}).status_code == edits
    assert caller.post(f"{INVOICES}/{sent.pk}/payments", {"amount": "1"}).status_code == pays
    assert caller.post(f"{INVOICES}/{sent.pk}/refunds", {"amount": "1"}).status_code == pays
    assert caller.post(f"{INVOICES}/{sent.pk}/credit-notes", {"amount": "1"}).status_code == credits
    assert caller.put(f"{INVOICES}/{plan.pk}/status", {"status": "pending"}).status_code == moves


def test_a_client_sees_its_own_issued_ones(api, bookkeeper):
    user = UserFactory(as_="client")
    mine = ClientFactory(portal_users=[user])
    sent, plan, other = issued(bookkeeper, client=mine), draft(bookkeeper, client=mine), issued(bookkeeper)
    caller = api(user)

    assert [row["invoice_id"] for row in caller.get(INVOICES).json()] == [sent.pk]
    for hidden in (plan, other):
        for path in ("", "/payments", "/credit-notes"):
            assert caller.get(f"{INVOICES}/{hidden.pk}{path}").status_code == 404


def test_what_lists_can_be_narrowed_to(api, bookkeeper):
    project = ProjectFactory(client__name="Umbrella")
    late = issued(bookkeeper, line(50), due_date=dt.date(2026, 3, 10))
    due = issued(bookkeeper, line(70), client=project.client, project=project, issue_date=dt.date(2026, 3, 12))
    plan = draft(bookkeeper, line(900), currency="USD", client=ClientFactory(currency="USD"))
    paid = issued(bookkeeper, line(200), issue_date=dt.date(2026, 1, 5))
    payments.record_payment(invoice=paid, actor=bookkeeper, amount=Decimal(200))
    caller = api(bookkeeper)

    def found(**query):
        return {row["invoice_id"] for row in caller.get(INVOICES, query).json()}

    assert found(status="overdue") == {late.pk}
    assert found(status="pending") == {due.pk}
    assert found(status="draft") == found(currency="USD") == found(min_amount="900") == {plan.pk}
    assert found(status="paid") == found(issued_before="2026-02-01") == {paid.pk}
    assert found(client_id=due.client_id) == found(project_id=project.pk) == found(search="umbr") == {due.pk}
    assert found(search="inv-2026-0001") == {late.pk}
    assert found(due_after="2026-03-01", due_before="2026-03-31") == {late.pk}
    assert found(max_amount="70.00") == {late.pk, due.pk}
    assert [row["invoice_id"] for row in caller.get(INVOICES, {"ordering": "-amount"}).json()] == [
        plan.pk, paid.pk, due.pk, late.pk,
    ]  # fmt: skip
    for query in ({"status": "gone"}, {"min_amount": "1e3"}, {"min_amount": "x"}, {"colour": "red"}):
        assert caller.get(INVOICES, query).status_code == 422


def test_a_list_asks_the_same_however_long_it_is(api, bookkeeper):
    caller = api(bookkeeper)
    caller.get(INVOICES)  # the rights of a role are read once a process
    counts = []
    for more in (1, 6):
        for _number in range(more):
            invoice = issued(bookkeeper, line(), line())
            payments.record_payment(invoice=invoice, actor=bookkeeper, amount=Decimal(1))
        with CaptureQueriesContext(connection) as queries:
            rows = caller.get(INVOICES).json()
        counts.append((len(rows), len(queries)))

    assert counts == [(1, 5), (7, 5)]  # the caller, the page, its clients, lines and payments


def test_unpaid_amounts_stand_on_the_client(api, bookkeeper):
    client = ClientFactory()
    payments.record_payment(invoice=issued(bookkeeper, client=client), actor=bookkeeper, amount=Decimal("0.10"))
    issued(bookkeeper, line("0.20"), client=client)
    draft(bookkeeper, client=client)

    seen = {
        role: api(UserFactory(as_=role)).get(f"/api/client/clients/{client.pk}").json()["stats"]["unpaid_amount"]
        for role in ("finance", "manager", "marketing")
    }
    report = api(bookkeeper).get(f"/api/client/clients/{client.pk}/reports/performance").json()

    assert seen == {"finance": "100.10", "manager": "100.10", "marketing": None}
    assert report["invoiced"] == "100.20"


def test_a_client_with_invoices_keeps_its_currency(api, bookkeeper):
    client = draft(bookkeeper).client

    reply = api(UserFactory(as_="admin")).put(f"/api/client/clients/{client.pk}", {"currency": "USD"})

    assert (reply.status_code, reply.json()["code"]) == (409, "currency_in_use")


def test_a_project_of_another_client_is_refused(api, bookkeeper):
    reply = api(bookkeeper).post(INVOICES, body(ClientFactory(), project_id=ProjectFactory().pk), format="json")

    assert (reply.status_code, reply.json()["code"]) == (422, "project_of_another_client")
    assert [error["field"] for error in reply.json()["errors"]] == ["project_id"]
    assert not Invoice.objects.exists()
