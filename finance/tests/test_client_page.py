"""The client's page: whoever has the link sees the invoice, and nobody else by it; revoking ends it."""

import re
from decimal import Decimal

import pytest
from django.test import Client as Browser

from accounts.tests.factories import UserFactory
from finance.models import Invoice
from finance.services import client_links, credit_notes, invoices, payments, setup
from finance.tests.documents import draft, issued, line
from finance.tests.test_papers import client_of
from hyperflow.core import logs
from hyperflow.core.errors import Conflict, NotAllowed
from hyperflow.core.models import AuditEntry, OutboxEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return UserFactory(as_="admin")


@pytest.fixture
def house(boss):
    return setup.create_issuer(
        actor=boss, name="Werkhof GmbH", street="Lindenallee 12", postal_code="10115", city="Berlin", country="DE",
        email="post@werkhof.example", vat_id="DE123456788", iban="DE89370400440532013000", bic="COBADEFFXXX",
    )  # fmt: skip


@pytest.fixture
def invoice(boss, house):
    return issued(boss, line(100, 2, tax=19, description="Konzept <b>"), client=client_of(boss))


def path_of(invoice):
    return f"/i/{client_links.token_of(invoice)}/"


def test_the_client_views_and_fetches_without_signing_in(invoice):
    page = Browser().get(path_of(invoice))
    text = page.content.decode()

    assert page.status_code == 200
    for expected in (invoice.number, "Konzept &lt;b&gt;", "EUR 238,00", "DE89 3704", "So zahlen Sie", "Überfällig"):
        assert expected in text, expected
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["Cache-Control"] == "private, no-store"
    assert 'name="robots" content="noindex' in text
    assert "style=" not in text

    pdf = Browser().get(f"{path_of(invoice)}pdf")
    assert b"".join(pdf.streaming_content).startswith(b"%PDF")
    assert pdf["X-Robots-Tag"] == "noindex, nofollow"
    invoice.refresh_from_db()
    assert invoice.pdf is not None


def test_what_is_left_is_what_is_to_be_paid(boss, invoice):
    payments.record_payment(invoice=invoice, actor=boss, amount=Decimal(100))
    text = Browser().get(path_of(invoice)).content.decode()
    assert "EUR 138,00" in text
    assert "EUR −100,00" in text

    invoice.refresh_from_db()
    payments.settle(invoice=invoice, actor=boss)
    text = Browser().get(path_of(invoice)).content.decode()
    assert "Bezahlt" in text
    assert "So zahlen Sie" not in text


def test_a_void_invoice_asks_for_no_money(boss, invoice):
    invoices.set_status(invoice=invoice, status="void", actor=boss, reason="Wrong")
    text = Browser().get(path_of(invoice)).content.decode()
    assert "Storniert" in text
    assert "So zahlen Sie" not in text


def test_what_was_credited_wholly_is_paid(boss, invoice):
    credit_notes.credit(invoice=invoice, actor=boss, reason="Goodwill")
    assert "So zahlen Sie" not in Browser().get(path_of(invoice)).content.decode()


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: "9" + token,
        lambda token: token.partition(".")[0],
        lambda token: re.sub(r"-1\.", "-2.", token),
        lambda token: "x",
        lambda token: "1-1.é",
    ],
)
def test_a_link_that_is_not_ours_leads_nowhere(invoice, change):
    token = change(client_links.token_of(invoice))
    for path in (f"/i/{token}/", f"/i/{token}/pdf"):
        assert Browser().get(path).status_code == 404
    invoice.refresh_from_db()
    assert invoice.viewed_at is None


def test_a_revoked_link_leads_nowhere_and_the_next_one_does(boss, invoice):
    old = path_of(invoice)
    invoice = client_links.revoke(invoice=invoice, actor=boss)
    assert Browser().get(old).status_code == 404
    assert Browser().get(path_of(invoice)).status_code == 200
    assert AuditEntry.objects.filter(action="invoice.link_revoked", actor=boss).count() == 1


def test_who_may_not_send_invoices_revokes_nothing(invoice):
    with pytest.raises(NotAllowed):
        client_links.revoke(invoice=invoice, actor=UserFactory(as_="manager"))


def test_a_draft_has_no_page(boss, house):
    made = draft(boss, line(10), client=client_of(boss))
    assert client_links.find(client_links.token_of(made)) is None
    assert Browser().get(path_of(made)).status_code == 404
    with pytest.raises(Conflict):
        client_links.revoke(invoice=made, actor=boss)


def test_the_first_look_is_recorded_once_and_changes_no_version(invoice):
    version = Invoice.objects.get().version
    Browser().head(path_of(invoice))
    assert Invoice.objects.get().viewed_at is None

    for _ in range(3):
        Browser().get(path_of(invoice))
    seen = Invoice.objects.get()
    assert seen.viewed_at is not None
    assert seen.version == version
    assert AuditEntry.objects.filter(action="invoice.viewed").count() == 1
    assert OutboxEvent.objects.filter(kind="invoice.viewed", subject_id=invoice.pk).count() == 1


def signed_in(role):
    browser = Browser()
    browser.force_login(UserFactory(as_=role))
    return browser


def test_who_tries_the_link_out_in_the_house_is_not_the_client(invoice):
    browser = signed_in("finance")
    assert browser.get(path_of(invoice)).status_code == 200
    assert Invoice.objects.get().viewed_at is None


def test_who_looks_too_often_waits(invoice, monkeypatch):
    from finance import pages
    from hyperflow.core.limits import Limit

    monkeypatch.setattr(pages, "LOOKING", Limit("client-page.test", times=2, seconds=60))
    answers = [Browser().get("/i/1-1.guess/").status_code for _ in range(3)]
    assert answers == [404, 404, 429]
    refused = Browser().get(path_of(invoice))
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0


def test_only_looking_is_answered(invoice):
    assert Browser().post(path_of(invoice)).status_code == 405


def test_logs_keep_no_link(invoice):
    path = path_of(invoice)
    assert client_links.token_of(invoice) not in logs.scrub(f"GET {path}pdf")


def test_the_admin_shows_the_link_to_who_may_send_and_revokes_it(invoice):
    page = f"/admin/finance/invoice/{invoice.pk}/change/"
    browser = signed_in("manager")
    assert client_links.token_of(invoice) not in browser.get(page).content.decode()

    browser = signed_in("finance")
    assert client_links.address_of(invoice) in browser.get(page).content.decode()
    old = path_of(invoice)
    browser.post(f"/admin/finance/invoice/{invoice.pk}/do/revoke-link/", {"confirmed": "yes"})
    assert Browser().get(old).status_code == 404
