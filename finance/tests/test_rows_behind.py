"""Every number of the reports leads to its rows, and their total is the number."""

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory, ProjectFactory
from finance.models import Budget, CreditEntry, FinancialRecord, Invoice, Payment, SettledTime
from finance.services import rollups
from finance.tests.factories import FinancialRecordFactory, InvoiceFactory, InvoiceLineFactory
from finance.tests.test_sums import YEAR, _business
from hr.tests.payroll_rows import payslip
from hyperflow.core import clock
from tasks.models import TimeEntry
from tasks.tests.factories import TaskFactory, TimeEntryFactory

pytestmark = pytest.mark.django_db

PERIOD = f"start={YEAR.start}&end={YEAR.end}"
SPRING = "start=2026-03-01&end=2026-05-31"
ROWS = "/reports/finance/rows"
#: Within the year of the random documents, so that some of their invoices are due and some are not.
NOW = "2026-05-12T09:00:00Z"


@pytest.fixture(autouse=True)
def company(settings: Any) -> None:
    settings.COMPANY_CURRENCY = "EUR"
    settings.COMPANY_TIME_ZONE = "Pacific/Auckland"


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def _cells(page: Any, headings: set[str]) -> list[Any]:
    """The numbers of these columns, those of the last line among them."""
    lines = [*page.context["rows"], page.context["totals"] or []]
    return [cell for line in lines for cell in line if str(cell.heading) in headings]


def _follow(client: Any, cell: Any) -> Any:
    assert cell.link, f"{cell.heading} {cell.text} leads nowhere"
    page = client.get(cell.link)
    assert page.status_code == 200, cell.link
    return page


def _check(client: Any, address: str, headings: set[str]) -> int:
    """Follow each number; its rows are what their page says, and come to it."""
    page = client.get(address)
    assert page.status_code == 200
    cells = _cells(page, headings)
    for cell in cells:
        behind = _follow(client, cell)
        listed = [row[-1].text for row in behind.context["rows"]]
        came_to = sum((_number(text) for text in listed if text != "no rate"), Decimal(0))
        assert _number(behind.context["total"]) == came_to == _number(cell.text), (cell.heading, cell.link)
        assert behind.context["page"].paginator.count == len(listed)
        assert behind.context["back"].startswith(address.split("?")[0])
    return len(cells)


REVENUE = {"Revenue", "Invoiced with tax", "Collected"}
PROFIT = {"Income", "Expenses", "Profit"}


@pytest.mark.parametrize(
    ("address", "headings"),
    [
        *((f"/reports/finance/revenue?{PERIOD}&group={one}", REVENUE) for one in ("quarter", "client", "project")),
        (f"/reports/finance/revenue?{PERIOD}&group=month&basis=cash", REVENUE),
        (f"/reports/finance/revenue?{PERIOD}&group=year&currency=USD", REVENUE),
        *((f"/reports/finance/expenses?{PERIOD}&group={one}", {"Expenses"}) for one in ("category", "project")),
        (f"/reports/finance/profit-loss?{PERIOD}&group=quarter", PROFIT),
        (f"/reports/finance/profit-loss?{PERIOD}&group=client&basis=cash", PROFIT),
        ("/reports/finance/receivables", {"Owed", "Not due", "1–30 days", "31–60 days", "61–90 days", "Over 90 days"}),
        ("/reports/finance/receivables?currency=USD", {"Owed", "Not due", "Over 90 days"}),
        ("/reports/finance/cash-forecast", {"Due", "Expected"}),
        ("/reports/finance/margin?group=client&start=2026-01-01&end=2026-10-19", {"Revenue", "Expenses"}),
        ("/reports/finance/margin?group=project&start=2026-01-01&end=2026-10-19", {"Revenue", "Expenses"}),
        ("/reports/finance/budgets?which=all", {"Spent", "Left"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("seed", [5])
def test_every_number_is_the_total_of_the_rows_it_leads_to(
    client: Any, seed: int, address: str, headings: set[str]
) -> None:
    _business(seed)
    somebody = FinancialRecord.objects.filter(record_type="expense")
    for number, scope in enumerate(Budget.Scope.values):
        whose: dict[str, Any] = {"client": {"client": somebody[0].client}, "project": {}}.get(scope, {})
        if scope in ("company", "client"):
            Budget.objects.create(
                name=scope, scope=scope, amount=10_000, currency="EUR" if number else "USD",
                category="travel" if scope == "client" else "", starts_on=YEAR.start, ends_on=YEAR.end, **whose,
            )  # fmt: skip
    client.force_login(UserFactory.create(as_="admin"))
    with time_machine.travel(NOW, tick=False):
        assert _check(client, address, headings) >= 2


def test_corrections_are_rows_of_their_own_and_drafts_and_claims_are_none(client: Any) -> None:
    """A voided invoice on both of its days; no draft, no claim that waits, no payment by credit; credit paid out."""
    acme = ClientFactory.create(currency="EUR")
    kept = InvoiceFactory.create(issued=True, client=acme)
    gone = InvoiceFactory.create(
        issued=True, client=acme, issue_date=dt.date(2026, 3, 30), status=Invoice.Status.VOID, balance=0,
        voided_at=dt.datetime(2026, 4, 9, tzinfo=dt.UTC),
    )  # fmt: skip
    InvoiceFactory.create(client=acme, issue_date=dt.date(2026, 3, 4), subtotal=7, total=7)
    rollups.added(kept, gone)
    FinancialRecordFactory.create(status="submitted", source="claim", user=UserFactory.create())
    for method, amount in (("bank_transfer", 60), ("credit", 30)):
        rollups.added(
            Payment.objects.create(
                invoice=kept, client=acme, amount=amount, applied=amount, currency="EUR", method=method,
                received_on=dt.date(2026, 3, 9),
            )
        )  # fmt: skip
    rollups.added(
        CreditEntry.objects.create(
            client=acme, kind="paid_out", amount=-10, currency="EUR", day=dt.date(2026, 3, 20),
            created_at=clock.now(), note="Back",
        )
    )  # fmt: skip
    client.force_login(UserFactory.create(as_="finance"))

    def rows(measure: str) -> list[tuple[str, str, str]]:
        page = client.get(f"{ROWS}?measure={measure}&{SPRING}")
        return [(row[0].text, row[1].text, row[-1].text) for row in page.context["rows"]]

    assert rows("invoiced") == [
        ("02 Mar 2026", f"Invoice · {kept.number}", "100.00"),
        ("30 Mar 2026", f"Invoice · {gone.number}", "100.00"),
        ("09 Apr 2026", f"Voided invoice · {gone.number}", "-100.00"),
    ]
    assert rows("collected") == [
        ("09 Mar 2026", f"Payment · {kept.number}", "60.00"),
        ("20 Mar 2026", "Credit paid out · Back", "-10.00"),
    ]
    assert rows("expenses") == []
    [_date, what, *_rest] = client.get(f"{ROWS}?measure=invoiced&{SPRING}").context["rows"][0]
    assert what.link == f"/admin/finance/invoice/{kept.pk}/change/"


def test_what_has_no_rate_is_listed_and_not_counted(client: Any) -> None:
    rollups.added(
        InvoiceFactory.create(issued=True, client=ClientFactory.create(currency="EUR")),
        InvoiceFactory.create(issued=True, client=ClientFactory.create(currency="JPY"), currency="JPY"),
    )
    client.force_login(UserFactory.create(as_="finance"))
    page = client.get(f"{ROWS}?measure=invoiced&{SPRING}")
    assert [(row[5].text, row[6].text, row[7].text) for row in page.context["rows"]] == [
        ("EUR", "100.00", "100.00"), ("JPY", "100", "no rate"),
    ]  # fmt: skip
    assert (page.context["total"], page.context["currency"]) == ("100.00", "EUR")
    assert [str(note) for note in page.context["notes"]] == [
        "Without a rate to EUR, and not in the total: 100 JPY (1 row)"
    ]


def test_payroll_is_behind_a_number_for_who_may_see_payslips_alone(client: Any) -> None:
    slip = payslip(gross=1_000)
    wages = FinancialRecordFactory.create(
        category="payroll", amount=1_000, record_date=dt.date(2026, 3, 5), payslip=slip, source="payroll",
        description="Wages of somebody",
    )  # fmt: skip
    rollups.added(wages, FinancialRecordFactory.create(amount=70, record_date=dt.date(2026, 3, 6)))
    for role, total, many in (("finance", "1,070.00", 2), ("manager", "70.00", 1)):
        client.force_login(UserFactory.create(as_=role))
        page = client.get(f"{ROWS}?measure=expenses&{SPRING}")
        assert (page.context["total"], len(page.context["rows"])) == (total, many)
        assert ("Wages of somebody" in page.content.decode()) is (role == "finance")


def test_whoever_may_not_read_the_report_does_not_read_its_rows(client: Any) -> None:
    address = f"{ROWS}?measure=invoiced&{SPRING}"
    for role in ("employee", "hr", "marketing"):
        client.force_login(UserFactory.create(as_=role))
        assert client.get(address).status_code == 403
    client.force_login(UserFactory.create(as_="manager"))  # who may not see what people are paid
    assert client.get(address).status_code == 200
    assert client.get(f"{ROWS}?measure=billed&{SPRING}").status_code == 403


def test_the_rows_are_of_the_readers_own_scope(client: Any) -> None:
    for name in ("Ours", "Theirs"):
        rollups.added(InvoiceFactory.create(issued=True, client=ClientFactory.create(name=name, currency="EUR")))
    person = UserFactory.create(as_="employee")
    names = ("view_reports", "view_invoice", "view_own_invoices")
    person.role.permissions.add(*Permission.objects.filter(codename__in=names, content_type__app_label="finance"))
    client.force_login(person)
    report = client.get(f"/reports/finance/revenue?{SPRING}")
    page = _follow(client, report.context["totals"][1])
    assert _number(page.context["total"]) == _number(report.context["totals"][1].text)
    assert len(page.context["rows"]) == Invoice.objects.visible_to(person).count()


@pytest.mark.parametrize(
    "query",
    ["", "measure=profit", f"measure=invoiced&{SPRING}&colour=red", "measure=invoiced", "measure=spent",
     f"measure=invoiced&{SPRING}&client=acme", "measure=spent&budget=7", f"measure=invoiced&{SPRING}&person=x",
     "measure=receivables&age=old", f"measure=receivables&{SPRING}", f"measure=invoiced&{SPRING}&age=0_30",
     f"measure=worth&{SPRING}&client=any", f"measure=worth&{SPRING}"],
)  # fmt: skip
def test_a_number_that_makes_no_sense_is_refused(client: Any, query: str) -> None:
    client.force_login(UserFactory.create(as_="admin"))
    page = client.get(f"{ROWS}?{query}")
    assert page.status_code == 400
    assert 'class="note error"' in page.content.decode()


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/admin/", "javascript:alert(1)"])
def test_the_way_back_leads_to_a_report_and_nowhere_else(client: Any, back: str) -> None:
    client.force_login(UserFactory.create(as_="admin"))
    assert client.get(f"{ROWS}?measure=invoiced&{SPRING}&back={back}").context["back"] == ""
    good = client.get(f"{ROWS}?measure=invoiced&{SPRING}&back=/reports/finance/revenue%3Fgroup%3Dclient")
    assert good.context["back"] == "/reports/finance/revenue?group=client"


def test_many_rows_stand_on_pages_under_the_total_of_all(client: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("finance.reports.rows.PER_PAGE", 2)
    acme = ClientFactory.create()
    for number in range(1, 6):
        rollups.added(FinancialRecordFactory.create(client=acme, amount=number, record_date=dt.date(2026, 3, number)))
    client.force_login(UserFactory.create(as_="finance"))
    address = f"{ROWS}?measure=expenses&{SPRING}&client={acme.pk}"
    pages = [client.get(f"{address}&page={number}") for number in (1, 2, 3)]
    assert [[row[-1].text for row in page.context["rows"]] for page in pages] == [
        ["1.00", "2.00"], ["3.00", "4.00"], ["5.00"],
    ]  # fmt: skip
    assert {page.context["total"] for page in pages} == {"15.00"}
    assert client.get(address + pages[0].context["after"].replace("?", "&")).status_code == 200
    lines = list(csv.reader(io.StringIO(b"".join(client.get(f"{address}&format=csv").streaming_content).decode())))
    assert [line[-1] for line in lines] == ["In EUR", "1.00", "2.00", "3.00", "4.00", "5.00"]
    assert client.get(f"{address}&format=pdf").content.startswith(b"%PDF")
    assert client.get(f"{address}&format=xlsx").status_code == 200


@pytest.mark.parametrize("rows", [1, 7])
def test_rows_cost_the_same_however_many_there_are(client: Any, django_assert_max_num_queries: Any, rows: int) -> None:
    client.force_login(UserFactory.create(as_="finance"))
    for _ in range(rows):
        invoice = InvoiceFactory.create(issued=True, client=ClientFactory.create(currency="EUR"))
        rollups.added(invoice)
        rollups.added(
            Payment.objects.create(
                invoice=invoice, client=invoice.client, amount=1, applied=1, currency="EUR",
                received_on=dt.date(2026, 3, 9),
            )
        )  # fmt: skip
    client.get("/reports/")
    with django_assert_max_num_queries(12):
        client.get(f"{ROWS}?measure=collected&{SPRING}")
    with django_assert_max_num_queries(14):
        client.get(f"{ROWS}?measure=invoiced&{SPRING}")


# -- hours


def _entries(client: Any, link: str) -> list[TimeEntry]:
    page = client.get(link)
    assert page.status_code == 200, link
    return list(page.context["cl"].queryset)


def _hours() -> None:
    """Time of every fate, in two currencies, and one entry that still runs."""
    projects = [ProjectFactory.create(), ProjectFactory.create()]
    tasks = [TaskFactory.create(project=one, client=one.client) for one in projects]
    line, start = InvoiceLineFactory.create(), dt.datetime(2026, 3, 9, 8, tzinfo=dt.UTC)
    for number in range(24):
        begun = start + dt.timedelta(hours=4 * number)
        entry = TimeEntryFactory.create(
            task=tasks[number % 2], started_at=begun, ended_at=begun + dt.timedelta(seconds=3_599 + 37 * number),
            billable=number % 4 != 3, rate=Decimal("90.55"), currency="USD" if number % 5 == 0 else "EUR",
        )  # fmt: skip
        kind = {0: "billed", 1: "written_off"}.get(number % 4)
        if kind:
            SettledTime.objects.create(
                entry=entry, kind=kind, line=line if kind == "billed" else None, seconds=entry.seconds,
                settled_at=clock.now(),
            )  # fmt: skip
    TimeEntryFactory.create(task=tasks[0], started_at=start, ended_at=None, seconds=0)


@pytest.mark.parametrize("group", ["client", "project"])
def test_hours_lead_to_the_entries_that_are_counted_and_add_up_to_the_minute(client: Any, group: str) -> None:
    _hours()
    client.force_login(UserFactory.create(as_="finance"))
    page = client.get(f"/reports/finance/unbilled?{SPRING}&group={group}")
    lines = [*page.context["rows"], page.context["totals"]]
    minutes = []
    for line in lines:
        shown = []
        for cell in line[1:6]:
            seconds = sum(one.seconds for one in _entries(client, cell.link))
            hours, rest = cell.text.replace(",", "").split(":")
            shown.append(int(hours) * 60 + int(rest))
            assert abs(seconds - shown[-1] * 60) < 60 * (4 if cell.heading == "Logged" else 1), cell.link
        assert shown[0] == sum(shown[1:])
        minutes.append(shown)
    assert [sum(column) for column in zip(*minutes[:-1], strict=True)] == minutes[-1]
    whole = sum(TimeEntry.objects.filter(ended_at__isnull=False).values_list("seconds", flat=True))
    assert minutes[-1][0] == (whole + 30) // 60
    for line in page.context["rows"]:
        worth = _follow(client, line[6])
        assert _number(worth.context["total"]) == _number(line[6].text)
        assert sum(_number(row[-1].text) for row in worth.context["rows"]) == _number(line[6].text)


def test_margins_have_the_same_hours_however_they_are_grouped(client: Any) -> None:
    _hours()
    client.force_login(UserFactory.create(as_="admin"))
    totals = set()
    for group in ("client", "project", "person"):
        page = client.get(f"/reports/finance/margin?{SPRING}&group={group}")
        together = page.context["totals"][1]
        totals.add(together.text)
        if group != "project":  # the list has no filter for tasks that have some project
            assert len(_entries(client, together.link)) == 24
        for line in page.context["rows"]:
            seconds = sum(one.seconds for one in _entries(client, line[1].link))
            hours, rest = line[1].text.split(":")
            assert abs(seconds - (int(hours) * 60 + int(rest)) * 60) < 60
    assert len(totals) == 1
