"""The sums beside a draft while somebody types are those that saving gives."""

from decimal import Decimal

import pytest

from accounts.tests.factories import UserFactory
from finance.tests.documents import draft, issued, line

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    person = UserFactory(as_="finance")
    client.force_login(person)
    return person


def form_of(*rows, **more):
    data = {"lines-TOTAL_FORMS": str(len(rows)), **more}
    for number, row in enumerate(rows):
        data |= {f"lines-{number}-{name}": str(value) for name, value in row.items()}
    return data


def asked(client, invoice, data):
    answer = client.post(f"/admin/finance/invoice/{invoice.pk}/totals/", data)
    assert answer.status_code == 200
    return {one["label"]: one["value"] for one in answer.json()["sums"]} | {"note": answer.json()["note"]}


def test_they_are_what_saving_gives(client, boss):
    saved = draft(boss, line(33.33, 3, 19), line("0.07", 11, 7), discount_percent=Decimal("12.5"))
    rows = [
        {"description": "a", "quantity": "3", "unit_price": "33.33", "tax_rate": "19"},
        {"description": "b", "quantity": "11", "unit_price": "0.07", "tax_rate": "7"},
    ]
    found = asked(client, draft(boss, line(1)), form_of(*rows, discount_percent="12.5"))
    assert found == {
        "Subtotal": f"EUR {saved.subtotal:.2f}", "Tax": f"EUR {saved.tax:.2f}", "Total": f"EUR {saved.total:.2f}",
        "note": "",
    }  # fmt: skip


def test_lines_that_are_not_finished_or_go_are_left_out(client, boss):
    rows = [
        {"description": "a", "quantity": "1", "unit_price": "10"},
        {"description": "b", "quantity": "", "unit_price": "10"},
        {"description": "c", "quantity": "1", "unit_price": "abc"},
        {"description": "d", "quantity": "1", "unit_price": "99", "DELETE": "on"},
        {},
    ]
    found = asked(client, draft(boss, line(1)), form_of(*rows))
    assert (found["Total"], found["note"]) == ("EUR 10.00", "2 lines are not finished.")


def test_each_line_has_its_own_net_and_tax(client, boss):
    rows = [
        {"description": "a", "quantity": "", "unit_price": "10"},
        {"description": "b", "quantity": "4", "unit_price": "10", "tax_rate": "19"},
        {"description": "c", "quantity": "1", "unit_price": "10", "DELETE": "on"},
    ]
    answer = client.post(
        f"/admin/finance/invoice/{draft(boss, line(1)).pk}/totals/", form_of(*rows, discount_percent="10")
    )
    assert answer.json()["lines"] == {"1": {"net": "EUR 36.00", "tax": "EUR 6.84"}}


def test_a_new_invoice_has_a_line_to_fill_in_and_its_sums(client, boss):
    page = client.get("/admin/finance/invoice/add/").content.decode()
    assert 'name="lines-TOTAL_FORMS" value="1"' in page
    assert "Add another line" in page
    assert "Line of an invoice" not in page
    rows = [{"description": "b", "quantity": "4", "unit_price": "10", "tax_rate": "19"}]
    answer = client.post("/admin/finance/invoice/add/totals/", form_of(*rows, currency="CHF"))
    assert answer.json()["sums"][-1] == {"label": "Total", "value": "CHF 47.60"}
    client.force_login(UserFactory(as_="employee"))
    assert client.post("/admin/finance/invoice/add/totals/", form_of(*rows)).status_code in {302, 403}


def test_numbers_have_no_zeros_that_say_nothing(client, boss):
    page = client.get(f"/admin/finance/invoice/{draft(boss, line('33.333', 2, 19)).pk}/change/").content.decode()
    for name, value in {"quantity": "2", "unit_price": "33.333", "tax_rate": "19", "discount_percent": "0"}.items():
        field = page.partition(f'name="lines-0-{name}"')
        assert f'value="{value}"' in field[0].rpartition("<input")[2] + field[2].partition(">")[0]
    page = client.get(f"/admin/finance/invoice/{issued(boss, line('33.333', 2, 19)).pk}/change/").content.decode()
    assert "33.333" in page
    assert "33.3330" not in page
    assert "19.00" not in page


@pytest.mark.parametrize(
    "data",
    [
        {}, {"lines-TOTAL_FORMS": "x"}, {"lines-TOTAL_FORMS": "999999999"}, {"currency": "XXX1"},
        form_of({"description": "a", "quantity": "1e400", "unit_price": "NaN"}),
        form_of({"description": "a", "quantity": "1", "unit_price": "1", "discount_percent": "-5"}),
        form_of({"description": "a", "quantity": "1", "unit_price": "1", "tax_rate": "-5"}),
        form_of({"description": "a", "quantity": "-1", "unit_price": "1"}, discount_amount="7"),
    ],
)  # fmt: skip
def test_nonsense_is_no_error(client, boss, data):
    asked(client, draft(boss, line(1)), data)


def test_only_drafts_and_only_for_who_sees_them(client, boss):
    sent = issued(boss, line(1))
    assert client.post(f"/admin/finance/invoice/{sent.pk}/totals/", {}).status_code == 404
    made = draft(boss, line(1))
    assert client.get(f"/admin/finance/invoice/{made.pk}/totals/").status_code == 405
    client.force_login(UserFactory(as_="employee"))
    assert client.post(f"/admin/finance/invoice/{made.pk}/totals/", {}).status_code in {302, 403}
