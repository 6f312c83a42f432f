"""Files that come in through the admin: tried first, then written, by whom it is allowed."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory
from finance.models import BankLine, FinancialRecord, Payment
from finance.tests.documents import issued, line
from hyperflow.core.admin import importing

pytestmark = pytest.mark.django_db

BANK = "/admin/finance/bankline/import/bank/"
PAYMENTS = "/admin/finance/payment/import/payments/"


@pytest.fixture
def boss(client: Any) -> Any:
    found = UserFactory.create(as_="finance")
    client.force_login(found)
    return found


def _upload(client: Any, path: str, text: str | bytes, name: str = "rows.csv") -> Any:
    content = text if isinstance(text, bytes) else text.encode()
    return client.post(path, {"file": SimpleUploadedFile(name, content, "text/csv")})


def _next(reply: Any, **more: str) -> dict[str, str]:
    """The form of the page, as a browser would send it."""
    html = reply.content.decode()
    [content] = re.findall(r'name="content" value="([^"]+)"', html)
    columns = {}
    for name, options in re.findall(r'<select id="(column-[^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.findall(r"<option selected>([^<]*)</option>", options)
        columns[name] = chosen[0] if chosen else ""
    return {"content": content, **columns, **more}


def test_a_statement_is_tried_then_imported(client: Any, boss: Any) -> None:
    text = "Buchungstag;Betrag;Auftraggeber;Verwendungszweck;Saldo\n05.03.2026;100,00;Jürgen;Danke;1\n"
    page = client.get("/admin/finance/bankline/")
    assert BANK in page.content.decode()
    tried = _upload(client, BANK, text.encode("cp1252"), "../März<1>.csv")
    shown = tried.content.decode()
    assert "Nothing is written yet" in shown
    assert "März_1_.csv" in shown
    assert "Jürgen" in shown
    assert "Windows-1252" in shown
    assert not BankLine.objects.exists()

    written = client.post(BANK, _next(tried, **{"import": "yes"}), follow=True)
    assert "new: 1" in written.content.decode()
    assert BankLine.objects.get().payer == "Jürgen"
    again = _upload(client, BANK, text.encode("cp1252"))
    assert "there already" in again.content.decode()


def test_bad_rows_are_told_and_left_out_only_when_asked(client: Any, boss: Any) -> None:
    invoice = issued(boss, line(100))
    rows = f"Invoice number,Date,Amount\n{invoice.number},2026-03-10,40.00\nNONE-1,2026-03-10,1.00\n"
    tried = _upload(client, PAYMENTS, rows)
    assert "There is no invoice NONE-1" in tried.content.decode()
    assert 'name="import"' not in tried.content.decode()
    refused = client.post(PAYMENTS, _next(tried, **{"import": "yes"}))
    assert "There is no invoice NONE-1" in refused.content.decode()
    assert not Payment.objects.exists()

    without = client.post(PAYMENTS, _next(tried, skip_bad="on"))
    assert "left out" in without.content.decode()
    assert not Payment.objects.exists()
    client.post(PAYMENTS, _next(without, skip_bad="on", **{"import": "yes"}))
    assert Payment.objects.get().amount == 40


def test_a_column_that_nobody_knows_is_chosen_from_a_list(client: Any, boss: Any) -> None:
    path = "/admin/finance/financialrecord/import/expenses/"
    tried = _upload(client, path, "Tag,Wofür,Preis\n2026-03-02,software,12.50\n")
    shown = tried.content.decode()
    assert "does not say which column is date and which is category and which is amount" in shown
    assert "--map" not in shown
    columns = {"column-date": "Tag", "column-category": "Wofür", "column-amount": "Preis"}
    mended = client.post(path, {**_next(tried), **columns})
    assert "Nothing is written yet" in mended.content.decode()
    client.post(path, {**_next(mended), "import": "yes"})
    assert FinancialRecord.objects.get().amount == 12.5


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.7 not a table", "is a PDF"),
        (b"a\0b,c\n1,2\n", "is not a text file"),
        (b"", "empty"),
        (b'Date,Amount\n"2026-03-01,5\n', "broken"),
        (b"x,y\n" + b"1,2\n" * 3_001, "more than 3,000 rows"),
    ],
)
def test_what_is_no_table_is_refused_in_words(client: Any, boss: Any, content: bytes, reason: str) -> None:
    reply = _upload(client, BANK, content)
    assert reply.status_code == 200
    assert reason in reply.content.decode()


def test_the_page_carries_a_file_only_for_who_chose_it(client: Any, boss: Any, monkeypatch: Any) -> None:
    tried = _upload(client, BANK, "Date,Amount\n2026-03-05,10.00\n")
    form = _next(tried, **{"import": "yes"})
    forged = client.post(BANK, {**form, "content": form["content"][:-1] + "A"}, follow=True)
    assert "no longer at hand" in forged.content.decode()
    client.force_login(UserFactory.create(as_="finance"))
    other = client.post(BANK, form, follow=True)
    assert "no longer at hand" in other.content.decode()
    client.force_login(boss)
    monkeypatch.setattr(importing, "GOOD_FOR", -1)
    late = client.post(BANK, form, follow=True)
    assert "no longer at hand" in late.content.decode()
    assert not BankLine.objects.exists()


def test_who_may_not_import_has_no_button_and_no_page(client: Any) -> None:
    ClientFactory.create()
    client.force_login(UserFactory.create(as_="manager"))
    page = client.get("/admin/finance/payment/")
    assert PAYMENTS not in page.content.decode()
    assert client.get(PAYMENTS).status_code == 403
    assert _upload(client, PAYMENTS, "a,b\n1,2\n").status_code == 403
    client.force_login(UserFactory.create(as_="admin"))
    assert client.get("/admin/finance/payment/import/nothing/").status_code == 404
    for path in ("/admin/hr/employment/import/employees/", "/admin/hr/attendance/import/attendance/"):
        assert client.get(path).status_code == 200
