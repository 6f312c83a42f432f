"""Bank statements, payments, expenses and old invoices from CSV."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Department
from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory
from finance.importers import reading
from finance.models import BankLine, FinancialRecord, Invoice, Payment
from finance.services import bank
from finance.tests.documents import issued, line
from hyperflow.core.errors import Conflict
from hyperflow.core.tables import BadCell

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return UserFactory(as_="admin")


@pytest.fixture
def bring(tmp_path, capsys):
    def run(kind, text, *options):
        path = tmp_path / f"{kind}.csv"
        path.write_text(text, encoding="utf-8")
        call_command("import-finance", kind, str(path), *options)
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1234.50", "1234.50"), ("1,234.50", "1234.50"), ("1.234,50", "1234.50"), ("1'234.50", "1234.50"),
        ("-12", "-12"), ("12,5-", "-12.5"), ("EUR 9,90", "9.90"), ("€ 1.234.567,00", "1234567.00"),
        ("1.234.567", "1234567"), ("−5,00", "-5.00"), ("1 234,00", "1234.00"),
    ],
)  # fmt: skip
def test_amounts_are_read_as_banks_and_people_write_them(cell, expected):
    assert reading.amount(cell) == Decimal(expected)


@pytest.mark.parametrize("cell", ["1,234", "1.234", "abc", "1e5", "--1", "12 EUR USD"])
def test_what_could_be_two_amounts_or_none_is_refused(cell):
    with pytest.raises(BadCell):
        reading.amount(cell)


# -- bank statements


def statement(*rows):
    return "Buchungstag;Betrag;Auftraggeber;Verwendungszweck;Saldo\n" + "\n".join(rows)


def test_a_statement_is_matched_by_reference_and_amount_and_confirmed_by_a_person(boss, bring):
    first = issued(boss, line(100), client=ClientFactory(name="Kaffeerösterei Ahorn", currency="EUR"))
    second = issued(boss, line(250), client=ClientFactory(name="Nordlicht Energie GmbH", currency="EUR"))
    third = issued(boss, line(77), client=ClientFactory(currency="EUR"))
    text = statement(
        f"05.03.2026;100,00;AHORN;Rechnung {first.number.replace('-', ' ')};1",
        "05.03.2026;250,00;NORDLICHT ENERGIE;Danke;2",
        "06.03.2026;77,00;Jemand;ohne Nummer;3",
        "06.03.2026;-9,90;Bank;Gebühr;4",
        "06.03.2026;5.555,00;Wer;Was;5",
    )
    out = bring("bank", text)
    assert "made: 5" in out
    assert "not read: Saldo" in out
    found = {row.amount: row for row in BankLine.objects.select_related("proposed")}
    assert (found[100].proposed, found[100].proposed_because) == (first, "number and amount")
    assert (found[250].proposed, found[250].proposed_because) == (second, "amount and payer")
    assert (found[77].proposed, found[77].proposed_because) == (third, "amount")
    assert found[Decimal("-9.9")].proposed is None
    assert found[5555].proposed is None
    assert not Payment.objects.exists()  # nothing is paid before somebody says so

    settled = bank.confirm(line=found[100], actor=boss)
    first.refresh_from_db()
    assert (first.status, settled.status, settled.payment.received_on) == ("paid", "matched", dt.date(2026, 3, 5))
    with pytest.raises(Conflict) as twice:
        bank.confirm(line=found[100], actor=boss)
    assert twice.value.code == "bank_line_settled"
    with pytest.raises(Conflict):
        bank.confirm(line=found[5555], actor=boss)
    bank.ignore(line=found[Decimal("-9.9")], actor=boss)

    assert "unchanged: 5" in bring("bank", text, "--verbosity", "2")
    assert BankLine.objects.count() == 5


def test_the_same_line_twice_in_one_statement_is_two(bring):
    UserFactory(as_="admin")
    row = "05.03.2026;10,00;A;B;1"
    assert "made: 2" in bring("bank", statement(row, row))


def test_two_invoices_that_would_fit_are_no_proposal(boss, bring):
    issued(boss, line(50)), issued(boss, line(50))
    bring("bank", statement("05.03.2026;50,00;Jemand;ohne;1"))
    assert BankLine.objects.get().proposed is None


def test_a_line_is_matched_by_hand_in_the_admin_and_ignored_and_opened(boss, bring, client):
    invoice = issued(boss, line(60))
    bring("bank", statement("05.03.2026;70,00;Jemand;ohne;1", "05.03.2026;1,00;Bank;Zinsen;1"))
    client.force_login(boss)
    big, small = BankLine.objects.order_by("-amount")
    base = f"/admin/finance/bankline/{big.pk}/do/match/"
    wrong = client.post(base, {"confirmed": "1", "number": "INV-1999-1"})
    assert "There is no invoice with this number." in wrong.content.decode()
    too_much = client.post(base, {"confirmed": "1", "number": invoice.number}, follow=True)
    assert "keep the rest as credit" in too_much.content.decode()
    client.post(base, {"confirmed": "1", "number": invoice.number, "keep_as_credit": "on"})
    big.refresh_from_db()
    assert (big.status, big.payment.kept) == ("matched", 10)
    client.post(f"/admin/finance/bankline/{small.pk}/do/ignore/", {"confirmed": "1"})
    client.post(f"/admin/finance/bankline/{small.pk}/do/reopen/", {"confirmed": "1"})
    small.refresh_from_db()
    assert small.status == "open"


# -- payments, expenses, invoices


def test_payments_come_in_once_and_bad_rows_stop_all_of_them(boss, bring):
    invoice = issued(boss, line(100))
    head = "Invoice number,Date,Amount,Method,Reference\n"
    good = f"{invoice.number},2026-03-10,40.00,bank transfer,A1\n"
    with pytest.raises(CommandError) as refused:
        bring("payments", head + good + f"{invoice.number},2026-03-10,999.00,,A2\nNONE-1,2026-03-10,1.00,,\n")
    assert "line 3" in str(refused.value)
    assert "There is no invoice NONE-1" in str(refused.value)
    assert not Payment.objects.exists()
    assert "made: 1" in bring("payments", head + good)
    assert "unchanged: 1" in bring("payments", head + good)
    invoice.refresh_from_db()
    assert invoice.balance == 60


def test_expenses_come_in_by_name_and_once_by_their_id(boss, bring):
    Department.objects.create(name="Design")
    ClientFactory(name="Ahorn", currency="EUR")
    text = (
        "Date,Category,Amount,VAT,Description,Vendor,Department,Client,Rebill,Document number\n"
        "2026-03-01,software,119.00,19.00,Fonts,Type Inc.,Design,,no,R-1\n"
        "2026-03-02,production,50.00,,Prints,Druckerei,,ahorn,yes,R-2\n"
    )
    assert "made: 2" in bring("expenses", text)
    assert "unchanged: 2" in bring("expenses", text)
    fonts, prints = FinancialRecord.objects.order_by("record_date")
    assert (fonts.amount, fonts.tax, fonts.department.name, fonts.source) == (119, 19, "Design", "import")
    assert (prints.client.name, prints.is_billable) == ("Ahorn", True)
    with pytest.raises(CommandError, match="There is no department"):
        bring("expenses", "date,category,amount,department\n2026-03-01,x,1.00,Nobody\n")


def test_old_invoices_keep_their_numbers_and_ours_are_refused(boss, bring):
    ClientFactory(name="Ahorn", currency="EUR")
    head = "Rechnungsnummer;Kunde;Rechnungsdatum;Fällig;Netto;USt\n"
    assert "made: 1" in bring("invoices", head + "RE-17;Ahorn;2024-05-02;2024-05-16;1.000,00;19\n")
    invoice = Invoice.objects.get()
    assert (invoice.number, invoice.total, invoice.status, invoice.issue_date) == (
        "RE-17", Decimal(1190), "pending", dt.date(2024, 5, 2),
    )  # fmt: skip
    assert "unchanged: 1" in bring("invoices", head + "RE-17;Ahorn;2024-05-02;2024-05-16;1.000,00;19\n")
    with pytest.raises(CommandError, match="Numbers are given out"):
        bring("invoices", head + "INV-2024-0001;Ahorn;2024-05-02;;1,00;0\n")


def test_a_dry_run_says_what_would_happen_and_changes_nothing(boss, bring):
    out = bring("expenses", "date,category,amount\n2026-03-01,rent,10.00\n", "--dry-run")
    assert "Nothing was written" in out
    assert "made: 1" in out
    assert not FinancialRecord.objects.exists()


def test_a_file_without_its_columns_or_a_person_without_the_right_is_refused(bring):
    UserFactory(as_="admin")
    with pytest.raises(CommandError, match="--map date=COLUMN"):
        bring("bank", "what,ever\n1,2\n")
    person = UserFactory(as_="employee")
    with pytest.raises(CommandError, match="may not import"):
        bring("expenses", "date,category,amount\n2026-03-01,rent,10.00\n", "--actor", person.email)


def test_bad_rows_are_left_out_where_that_is_asked_for(boss, bring):
    text = "date,category,amount\n2026-03-01,rent,10.00\nsoon,rent,5.00\n2026-03-01,rent,1.234\n"
    out = bring("expenses", text, "--skip-bad")
    assert "made: 1" in out
    assert "skipped: 2" in out


def test_equal_payments_of_one_file_are_as_many_and_the_file_again_is_none(boss, bring):
    invoice = issued(boss, line(100))
    row = f"{invoice.number},2026-03-10,20.00\n"
    assert "made: 2" in bring("payments", "Invoice number,Date,Amount\n" + row + row)
    assert "unchanged: 2" in bring("payments", "Invoice number,Date,Amount\n" + row + row)
    assert Payment.objects.count() == 2


def test_expenses_without_an_id_come_in_once_and_keep_their_sign(boss, bring):
    head, one = "Date,Category,Amount\n", "2026-03-02,software,30.00\n"
    assert "made: 2" in bring("expenses", head + one + one)
    assert "unchanged: 2" in bring("expenses", head + one + one)
    with pytest.raises(CommandError, match="enter what came back as income"):
        bring("expenses", head + one + "2026-03-03,software,-30.00\n")
    assert "made: 1" in bring("expenses", head + "2026-03-04,software,-12.00\n")
    assert sorted(FinancialRecord.objects.filter(source="import").values_list("amount", flat=True)) == [12, 30, 30]


def test_a_statement_that_writes_amounts_otherwise_is_the_same(bring):
    UserFactory(as_="admin")
    assert "made: 1" in bring("bank", statement("05.03.2026;77,00;A;B;1"))
    for amount in ("77", "77,0"):
        assert "unchanged: 1" in bring("bank", statement(f"05.03.2026;{amount};A;B;1"))
