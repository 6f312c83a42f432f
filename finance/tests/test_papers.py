"""The documents: what is printed, what machines read in them, and that both say what the rows say."""

import datetime as dt
import io
import re
from decimal import Decimal

import facturx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from pypdf import PdfReader

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory
from finance.documents import content, countries, einvoice, paycode
from finance.documents.words import LANGUAGES, Words
from finance.models import BillingDetails, Invoice, Issuer, TaxRate
from finance.services import credit_notes, documents, estimates, invoices, setup
from finance.tests.documents import draft, issued, line
from hyperflow.core import jobs, money, storage
from hyperflow.core.models import StoredFile

pytestmark = pytest.mark.django_db

RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"


@pytest.fixture
def boss():
    return UserFactory(as_="admin")


@pytest.fixture
def house(boss):
    """The issuer with all that an electronic invoice asks for."""
    return setup.create_issuer(
        actor=boss, name="Werkhof GmbH", street="Lindenallee 12", postal_code="10115", city="Berlin", country="DE",
        email="post@werkhof.example", vat_id="DE123456788", iban="DE89370400440532013000", bic="COBADEFFXXX",
    )  # fmt: skip


def client_of(boss, *, country="DE", language="de", currency="EUR", tax="standard"):
    client = ClientFactory(currency=currency, name="Kaffee & Söhne <b>", tax_id="DE811000001")
    setup.create_billing_details(
        actor=boss, client=client, street="Am Markt 3", postal_code="04109", city="Leipzig", country=country,
        language=language, tax_rate=TaxRate.objects.get(code=tax),
    )  # fmt: skip
    return client


def text_of(pdf):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def xml_of(pdf):
    name, xml = facturx.get_facturx_xml_from_pdf(pdf, check_xsd=True)
    assert name == "factur-x.xml"
    return etree.fromstring(xml)


def value(tree, name):
    return [Decimal(node.text) for node in tree.iter(f"{RAM}{name}")]


# -- what is printed


def test_an_invoice_says_what_the_row_says_in_the_clients_language(boss, house):
    invoice = issued(boss, line(1234.5, 2, tax=19, description="Konzept"), client=client_of(boss))
    text = text_of(documents.render(invoice))

    for expected in (
        "Rechnung", invoice.number, "Kaffee & Söhne <b>", "Am Markt 3", "04109 Leipzig", "Konzept", "1.234,50",
        "2.469,00", "469,11", "EUR 2.938,11", "DE89 3704 0044 0532 0130 00", "2. März 2026", "Seite",
    ):  # fmt: skip
        assert expected in text, expected


def test_what_people_write_is_never_read_as_markup(boss, house):
    hostile = '#panic("x") $1+1$ *bold* `raw` \\ "quoted" <label> @ref // /* [a](b)'
    invoice = issued(boss, line(10, description=hostile), client=client_of(boss), notes="= Heading\n#eval(1)")
    text = re.sub(r"\s+", " ", text_of(documents.render(invoice)))

    assert '#panic("x")' in text
    assert "*bold*" in text
    assert "= Heading" in text


def test_a_long_invoice_repeats_its_heading_and_numbers_its_pages(boss, house):
    lines = [line(10 + number, description=f"Piece of work {number}") for number in range(60)]
    invoice = issued(boss, *lines, client=client_of(boss, language="en"))
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(documents.render(invoice))).pages]

    assert len(pages) >= 2
    assert all("Description" in page for page in pages[:-1])
    assert f"Page 1 / {len(pages)}" in pages[0]
    assert invoice.number in pages[1]
    assert "Piece of work 59" in "".join(pages)


def test_a_draft_is_previewed_as_one_and_stored_nowhere(boss, house):
    invoice = draft(boss, line(10), client=client_of(boss, language="en"))
    text = text_of(documents.render(invoice))

    assert "Draft" in text
    assert "Kaffee & Söhne" in text
    assert StoredFile.objects.count() == 0
    invoice.refresh_from_db()
    assert (invoice.seller, invoice.buyer) == ({}, {})


def test_hours_that_are_no_round_number_are_hours_and_minutes(boss):
    invoice = draft(boss, line(102, "36.383333", unit="hour"), line(102, "27.75", unit="hour"))
    shown = [row["quantity"] for row in content.of(invoice)["lines"]]
    assert shown == ["36:23 h", "27.75 h"]


@pytest.mark.parametrize(
    ("language", "expected"),
    [("de", "1.234,50"), ("en", "1,234.50"), ("fr", "1\u202f234,50"), ("de-AT", "1.234,50"), ("xx", "1,234.50")],
)
def test_amounts_are_written_as_the_language_writes_them(language, expected):
    assert Words(language).amount(Decimal("1234.5"), "EUR").replace("\xa0", "\u202f") == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("de", ["1 Monat", "2 Monate", "1 Tag", "1,5 Tage", "1 Std."]),
        ("en", ["1 month", "2 months", "1 day", "1.5 days", "1 h"]),
        ("fr", ["1 mois", "2 mois", "1 jour", "1,5 jour", "1 h"]),
        ("es", ["1 mes", "2 meses", "1 día", "1,5 días", "1 h"]),
        ("it", ["1 mese", "2 mesi", "1 giorno", "1,5 giorni", "1 h"]),
    ],
)
def test_one_of_a_unit_is_said_as_one(boss, language, expected):
    amounts = [(1, "month"), (2, "month"), (1, "day"), (Decimal("1.5"), "day"), (1, "hour")]
    rows = [{**line(10, quantity), "unit": unit} for quantity, unit in amounts]
    invoice = draft(boss, *rows, language=language)
    assert [one["quantity"] for one in content.of(invoice)["lines"]] == expected


@pytest.mark.parametrize(
    ("language", "country", "expected"),
    [("de", "NO", "Norwegen"), ("fr", "NO", "Norvège"), ("en", "DE", "Germany"), ("it", "ZW", "ZW")],
)
def test_a_country_is_named_in_the_language_of_the_document(language, country, expected):
    buyer = {"name": "Fjordbank", "street": "Havnegata 1", "city": "Oslo", "country": country}
    paper = content.paper({"country": "CH"}, buyer, Words(language))
    assert paper["buyer"][-1] == expected
    assert content.paper({"country": country}, buyer, Words(language))["buyer"][-1] == "Oslo"


def test_countries_are_named_in_every_language():
    assert all(len(names) == len(LANGUAGES) and all(names.values()) for names in countries._NAMES.values())


def test_every_language_has_every_word():
    for code in LANGUAGES:
        assert Words(code).words.keys() == Words("en").words.keys()
        assert Words(code).day(dt.date(2026, 3, 2)).strip()


# -- the code to pay by


def test_the_code_says_what_the_standard_asks_for():
    said = paycode.payload(
        name="Werkhof GmbH", iban="DE89 3704 0044 0532 0130 00", bic="COBADEFFXXX", amount=Decimal("12.3"),
        currency="EUR", text="INV-2026-0001\nsecond line",
    )  # fmt: skip
    assert said is not None
    assert said.split("\n") == [
        "BCD", "002", "1", "SCT", "COBADEFFXXX", "Werkhof GmbH", "DE89370400440532013000", "EUR12.30", "", "",
        "INV-2026-0001 second line",
    ]  # fmt: skip
    assert paycode.svg(said).startswith("<svg")


@pytest.mark.parametrize(
    "change",
    [{"currency": "CHF"}, {"iban": ""}, {"amount": Decimal(0)}, {"amount": Decimal("1000000000")}, {"name": " "}],
)
def test_where_the_standard_has_no_code_there_is_none(change):
    given = {"name": "W", "iban": "DE89370400440532013000", "bic": "", "amount": Decimal(1), "currency": "EUR"}
    assert paycode.payload(**{**given, "text": "", **change}) is None


# -- what machines read


def test_the_document_is_an_archive_with_its_invoice_inside(boss, house):
    invoice = issued(boss, line(100, tax=19), client=client_of(boss))
    pdf = documents.render(invoice)
    metadata = PdfReader(io.BytesIO(pdf)).xmp_metadata.stream.get_data().decode()

    assert re.search(r"pdfaid:part[>=\"]+3", metadata)
    assert re.search(r"pdfaid:conformance[>=\"]+B", metadata)
    assert "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#" in metadata
    assert value(xml_of(pdf), "GrandTotalAmount") == [Decimal("119.00")]


AMOUNTS = st.decimals(min_value="0.01", max_value="9999", places=2)
KINDS = st.sampled_from([("standard", 19), ("reduced", 7), ("zero", 0), ("reverse_charge", 0), ("exempt", 0)])


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(AMOUNTS, st.decimals(min_value="0.01", max_value="99", places=2), KINDS, st.integers(0, 30)),
        min_size=1,
        max_size=6,
    ),
    currency=st.sampled_from(["EUR", "JPY", "CHF"]),
    discount=st.integers(0, 25),
)
def test_the_data_are_valid_and_sum_to_the_invoice(boss, house, rows, currency, discount):
    """Against the published schemas, in CII and in UBL, for random documents."""
    client = BillingDetails.objects.filter(client__currency=currency).first()
    client = client.client if client is not None else client_of(boss, currency=currency)
    lines = [
        {
            "description": "Work", "quantity": quantity, "unit_price": price, "tax_code": code,
            "discount_percent": Decimal(off),
        }
        for price, quantity, (code, _rate), off in rows
    ]  # fmt: skip
    made = draft(boss, *lines, client=client, currency=currency, discount_percent=Decimal(discount))
    if made.total == 0:
        return
    from finance.services import invoices

    invoice = invoices.set_status(invoice=made, status="pending", actor=boss)
    assert einvoice.missing(invoice) == []
    cii, ubl = etree.fromstring(einvoice.cii(invoice)), einvoice.ubl(invoice)

    facturx.xml_check_xsd(etree.tostring(cii), flavor="factur-x", level="en16931")
    facturx.xml_check_xsd(ubl, flavor="ubl-2.1-invoice")
    assert value(cii, "GrandTotalAmount") == [money.quantize(invoice.total, currency)]
    assert value(cii, "TaxBasisTotalAmount") == [money.quantize(invoice.subtotal, currency)]
    assert sum(value(cii, "CalculatedAmount")) == invoice.tax
    line_total, allowances = value(cii, "LineTotalAmount"), value(cii, "AllowanceTotalAmount") or [Decimal(0)]
    assert line_total[-1] == sum(line_total[:-1])
    assert line_total[-1] - allowances[0] == invoice.subtotal
    assert sum(value(cii, "BasisAmount")) == invoice.subtotal


def test_a_credit_note_is_one_and_names_its_invoice(boss, house):
    invoice = issued(boss, line(100, 2, tax=19), client=client_of(boss))
    note = credit_notes.credit(
        invoice=invoice, actor=boss, amount=Decimal("50.00"), reason="Goodwill", issue_date=dt.date(2026, 3, 9)
    )
    pdf = documents.render(note)
    tree = xml_of(pdf)

    assert tree.find(".//{*}ExchangedDocument/{*}TypeCode").text == "381"
    assert tree.find(".//{*}InvoiceReferencedDocument/{*}IssuerAssignedID").text == invoice.number
    assert "Rechnungskorrektur" in text_of(pdf)
    assert invoice.number in text_of(pdf)
    facturx.xml_check_xsd(documents.ubl_of(note), flavor="ubl-2.1-creditnote")


def test_without_what_the_standard_asks_for_there_is_a_page_and_no_data(boss):
    invoice = issued(boss, line(100, tax=19))
    assert einvoice.missing(invoice)
    pdf = documents.render(invoice)
    assert pdf.startswith(b"%PDF")
    assert not PdfReader(io.BytesIO(pdf)).attachments


def lacks(boss, code, *, currency="EUR", **changes):
    """What an invoice of one line of that kind of tax lacks, with these parts of its copies changed."""
    client = client_of(boss, currency=currency)
    values = {"description": "Work", "quantity": Decimal(1), "unit_price": Decimal(10), "tax_code": code}
    invoice = issued(boss, values, client=client, currency=currency)
    for name, value in changes.items():
        side, _, part = name.partition("_")
        getattr(invoice, side)[part] = value
    return " ".join(einvoice.missing(invoice))


@pytest.mark.parametrize(
    ("code", "changes", "expected"),
    [
        ("standard", {}, ""),
        ("standard", {"seller_country": ""}, "country of the issuer"),
        ("standard", {"seller_vat_id": ""}, "VAT id or the tax number"),
        ("standard", {"seller_vat_id": "", "seller_tax_number": "30/123/45678"}, ""),
        ("standard", {"buyer_vat_id": ""}, ""),
        ("standard", {"currency": "KWD"}, "two digits"),
        ("export", {}, ""),
        ("export", {"seller_vat_id": "", "seller_tax_number": "30/123/45678"}, "VAT id or the tax number"),
        ("reverse_charge", {}, ""),
        ("reverse_charge", {"buyer_vat_id": ""}, "VAT id of the client"),
        ("reverse_charge", {"buyer_vat_id": "811000001"}, "VAT id of the client"),
        ("outside", {}, "VAT id or the tax number"),
        ("outside", {"seller_registration": "HRB 1234 B"}, ""),
    ],
)
def test_what_the_standard_asks_for_depends_on_the_kind_of_tax(boss, house, code, changes, expected):
    said = lacks(boss, code, **changes)
    assert (expected in said) if expected else said == ""


def test_lines_not_subject_to_tax_stand_alone(boss, house):
    values = {"description": "Work", "quantity": Decimal(1), "unit_price": Decimal(10)}
    lines = [{**values, "tax_code": code} for code in ("standard", "outside")]
    assert "all, or none of them" in " ".join(einvoice.missing(issued(boss, *lines, client=client_of(boss))))


def test_what_is_not_subject_to_tax_names_no_vat_id(boss, house):
    setup.update_issuer(issuer=house, actor=boss, tax_number="30/123/45678")
    values = {"description": "Work", "quantity": Decimal(1), "unit_price": Decimal(10), "tax_code": "outside"}
    invoice = issued(boss, values, client=client_of(boss))
    for xml in (einvoice.cii(invoice), einvoice.ubl(invoice)):
        assert b"DE123456788" not in xml
        assert b"DE811000001" not in xml
        assert b"30/123/45678" in xml


def test_a_supply_within_the_eu_says_where_to(boss, house):
    TaxRate.objects.create(code="intra", name="Within the EU", rate=0, category="intra_community", note="Free of tax.")
    values = {"description": "Work", "quantity": Decimal(1), "unit_price": Decimal(10), "tax_code": "intra"}
    invoice = issued(boss, values, client=client_of(boss, country="FR"))
    tree = etree.fromstring(einvoice.cii(invoice))
    assert tree.find(".//{*}ShipToTradeParty/{*}PostalTradeAddress/{*}CountryID").text == "FR"
    facturx.xml_check_xsd(einvoice.cii(invoice), flavor="factur-x", level="en16931")
    facturx.xml_check_xsd(einvoice.ubl(invoice), flavor="ubl-2.1-invoice")


def test_a_currency_of_three_digits_is_printed_and_has_no_data(boss, house):
    invoice = issued(boss, line("1.234", tax=5), client=client_of(boss, currency="KWD", language="en"), currency="KWD")
    pdf = documents.render(invoice)
    assert "KWD 1.296" in text_of(pdf)
    assert not PdfReader(io.BytesIO(pdf)).attachments


# -- stored once, handed to whom it belongs


def test_issuing_has_the_document_stored_once(boss, house):
    invoice = issued(boss, line(100), client=client_of(boss))
    assert invoice.pdf is None
    jobs.run_due()
    invoice.refresh_from_db()
    first = invoice.pdf_id
    assert first is not None
    assert documents.pdf_of(document=invoice).pk == first
    assert documents.prepare(kind="finance.invoice", pk=invoice.pk) == {"rendered": 0}
    assert StoredFile.objects.count() == 1


def test_the_document_of_a_void_invoice_says_so_and_asks_for_nothing(boss, house, api):
    invoice = issued(boss, line(100), client=client_of(boss, language="de"))
    path = f"/api/finance/invoices/{invoice.pk}/pdf"
    before = text_of(b"".join(api(boss).get(path).streaming_content))
    invoices.set_status(invoice=invoice, status="void", actor=boss, reason="Wrong")
    reply = api(boss).get(path)
    after = text_of(reply.content)
    assert "Storniert" not in before
    assert "Bitte zahlen Sie bis zum" in before
    assert "Storniert" in after
    assert "Bitte zahlen Sie bis zum" not in after
    assert not PdfReader(io.BytesIO(reply.content)).attachments
    assert reply["Content-Disposition"].endswith('-void.pdf"')
    invoice.refresh_from_db()
    with storage.with_bytes(documents.pdf_of(document=invoice)) as kept:
        assert "Storniert" not in text_of(kept.read())


def test_an_estimate_is_a_document_to_send_and_no_electronic_invoice(boss, house, client):
    estimate = estimates.create_estimate(
        actor=boss, client=client_of(boss), title="Ein neuer Auftritt", valid_until=dt.date(2099, 4, 30),
        lines=[line("80.50", 10, 19)],
    )  # fmt: skip
    client.force_login(boss)
    path = f"/admin/finance/estimate/{estimate.pk}/pdf/"
    preview = text_of(client.get(path).content)
    assert "Entwurf" in preview

    estimate = estimates.send(estimate=estimate, actor=boss)
    reply = client.get(path)
    content = b"".join(reply.streaming_content)
    text = text_of(content)
    for part in ("Angebot", estimate.number, "Ein neuer Auftritt", "Gültig bis", "30. April 2099", "957,95"):
        assert part in text, part
    assert "Bitte zahlen Sie" not in text
    assert "Entwurf" not in text
    assert not PdfReader(io.BytesIO(content)).attachments
    estimate.refresh_from_db()
    assert estimate.pdf is not None
    page = client.get(f"/admin/finance/estimate/{estimate.pk}/change/").content.decode()
    assert path in page
    assert "/ubl/" not in page
    assert client.get(path.replace("pdf", "ubl")).status_code == 404


def test_later_changes_of_the_house_do_not_change_an_issued_document(boss, house):
    client = client_of(boss, language="en")
    invoice = issued(boss, line(100), client=client)
    setup.update_issuer(issuer=Issuer.objects.get(), actor=boss, name="Another GmbH")
    setup.update_billing_details(details=client.billing, actor=boss, legal_name="Somebody else")
    text = text_of(documents.render(Invoice.objects.get(pk=invoice.pk)))
    assert "Werkhof GmbH" in text
    assert "Another GmbH" not in text
    assert "Somebody else" not in text


def test_the_api_hands_it_to_who_may_see_it(boss, house, api):
    client = client_of(boss)
    invoice = issued(boss, line(100), client=client)
    path = f"/api/finance/invoices/{invoice.pk}"
    assert api(boss).get(path).json()["pdf_url"] == f"{path}/pdf"

    answer = api(boss).get(f"{path}/pdf")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert b"".join(answer.streaming_content).startswith(b"%PDF")
    assert invoice.number in answer.headers["Content-Disposition"]

    ubl = api(boss).get(f"{path}/ubl")
    assert (ubl.status_code, ubl.headers["Content-Type"]) == (200, "application/xml")
    assert api(UserFactory(as_="employee")).get(f"{path}/pdf").status_code == 403
    assert api(UserFactory(as_="client")).get(f"{path}/pdf").status_code == 404


def test_a_draft_has_no_document_and_an_incomplete_one_no_data(boss, api):
    made, sent = draft(boss, line(1)), issued(boss, line(1))
    assert api(boss).get(f"/api/finance/invoices/{made.pk}").json()["pdf_url"] is None
    assert api(boss).get(f"/api/finance/invoices/{made.pk}/pdf").status_code == 404
    refused = api(boss).get(f"/api/finance/invoices/{sent.pk}/ubl")
    assert (refused.status_code, refused.json()["code"]) == (409, "einvoice_incomplete")
    assert "country" in refused.json()["detail"]


def test_the_admin_has_the_document_a_preview_and_the_data(boss, house, client):
    client.force_login(boss)
    made, sent = draft(boss, line(1)), issued(boss, line(1), client=client_of(boss))
    page = client.get(f"/admin/finance/invoice/{sent.pk}/change/").content.decode()
    assert f"/admin/finance/invoice/{sent.pk}/ubl/" in page
    assert client.get(f"/admin/finance/invoice/{made.pk}/pdf/").content.startswith(b"%PDF")
    assert client.get(f"/admin/finance/invoice/{sent.pk}/pdf/").status_code == 200
    assert client.get(f"/admin/finance/invoice/{made.pk}/ubl/").status_code == 404
    client.force_login(UserFactory(as_="employee"))
    assert client.get(f"/admin/finance/invoice/{sent.pk}/pdf/").status_code in {302, 403}
