"""What a client sees of an invoice, in a real browser, on a desk and a phone."""

import pytest

from accounts.tests.factories import UserFactory
from finance.services import client_links, setup
from finance.tests.documents import issued, line
from finance.tests.test_papers import client_of
from hyperflow.tests.browser.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.mark.parametrize("size", [DESK, PHONE])
@pytest.mark.parametrize("dark", [False, True])
def test_the_clients_page_fits_and_breaks_no_rule(browse, size, dark):
    boss = UserFactory(as_="admin")
    setup.create_issuer(
        actor=boss, name="Werkhof GmbH", street="Lindenallee 12", postal_code="10115", city="Berlin", country="DE",
        email="post@werkhof.example", vat_id="DE123456788", iban="DE89370400440532013000", bic="COBADEFFXXX",
        payment_text="Bitte geben Sie die Rechnungsnummer an.",
    )  # fmt: skip
    lines = [
        line(1234.5, 2, tax=19, description="Konzept und Entwurf der Startseite " + "x" * 60),
        line(80, 12.5, tax=7),
    ]
    invoice = issued(boss, *lines, client=client_of(boss))

    window = browse(size, dark=dark)
    page = window.open(f"/i/{client_links.token_of(invoice)}/")
    assert page.locator(".code img").bounding_box()["width"] > 100
    with page.expect_download() as fetched:
        page.click("header .button")
    assert fetched.value.suggested_filename == f"{invoice.number}.pdf"
