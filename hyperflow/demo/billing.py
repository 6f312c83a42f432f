"""Fourteen months of invoices: each month's hours, parts of fixed prices and retainers are billed after it has ended,
issued, and paid as each client is used to pay. Some are late, one is wrong, one is paid twice."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from accounts.models import User
from clients.models import Client
from finance.billing.grouping import GroupBy
from finance.models import FinancialRecord, Invoice, Retainer, RetainerMonth, SettledTime, TaxRate
from finance.services import credit_notes, from_time, invoices, payments, records, retainers, rollups, setup
from hr.models import PayrollRun
from hyperflow.core.errors import Conflict
from hyperflow.demo.days import DAY
from hyperflow.demo.staff import Staff, at_time, last_of, month_before
from hyperflow.demo.stage import Site

#: What one unit was worth in euros, near enough for an invented agency.
RATES = {"CHF": Decimal("1.04"), "GBP": Decimal("1.17"), "NOK": Decimal("0.085")}
#: How many days after the due date a client is used to pay, by the place in the list of clients.
HABITS = (-6, 2, 9, -3, 0, 6, -10, 4, 1, 14, -2, 3, 5, 21, 8, -5)
#: The clients (by their place) that have owed for too long: whatever of theirs is younger than so many days is open.
OWE_SINCE = {9: 75, 13: 95, 5: 60}
#: Clients abroad, and what their documents say about tax.
ABROAD = {"CHF": ("export", "CH", "it"), "GBP": ("export", "GB", "en"), "NOK": ("export", "NO", "en")}
#: For how many further months the hours of a retainer can be used, by the kind of work.
ROLLS_OVER = {"social": 1, "support": 2}
COUNTRIES = {"Rotterdam": ("NL", "en"), "Lyon": ("FR", "fr")}


@dataclass
class Ledger:
    """What was billed so far."""

    staff: Staff
    made: list[Invoice] = field(default_factory=list)
    billed: dict[int, Decimal] = field(default_factory=dict)
    retainers: dict[int, Retainer] = field(default_factory=dict)

    @property
    def finance(self) -> User:
        return self.staff.user("finance")

    @property
    def today(self) -> dt.date:
        return self.staff.stage.today

    def at(self, day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
        """A time of day at the desk of finance, and never one that is still to come."""
        return min(self.staff.at(self.finance, day, hour, minute), self.staff.stage.now)


def bill(staff: Staff, runs: list[PayrollRun]) -> list[Invoice]:
    """All invoices, from the oldest; and what the paid payroll runs cost."""
    ledger = Ledger(staff)
    _set_up(ledger)
    for run in runs:
        if run.status == PayrollRun.Status.PAID and run.paid_at is not None:
            at_time(run.paid_at, records.book_payroll, run_id=run.pk)
            for record in FinancialRecord.objects.filter(payslip__run=run, exchange_rate=None).order_by("pk"):
                at_time(
                    run.paid_at, records.state_rate, record=record, actor=ledger.finance, rate=RATES[record.currency]
                )
    months = [month_before(ledger.today.replace(day=1), number) for number in range(14, 0, -1)]
    for month in months:
        _bill_month(ledger, month)
    _mend(ledger)
    _pay(ledger)
    _drafts(ledger)
    rollups.fold_all()
    return ledger.made


# -- what documents are made with


def _set_up(ledger: Ledger) -> None:
    stage, finance = ledger.staff.stage, ledger.finance
    rates = {rate.code: rate for rate in TaxRate.objects.all()}
    at_time(
        stage.began,
        setup.create_issuer,
        actor=stage.admin,
        name="HyperFlow Demo Agency GmbH",
        street="Lindenallee 12",
        postal_code="10115",
        city="Berlin",
        country="DE",
        email="invoices@hyperflow.example",
        phone="+49 555 010000",
        website="https://www.hyperflow.example",
        vat_id="DE811999999",
        tax_number="37/123/45678",
        registration="Amtsgericht Berlin, HRB 99999",
        bank_name="Beispielbank",
        account_holder="HyperFlow Demo Agency GmbH",
        iban="DE89370400440532013000",
        bic="COBADEFFXXX",
        tax_rate=rates["standard"],
    )
    for client in _clients(ledger):
        code, country, language = _abroad(client)
        street, _, city = client.address.partition("\n")
        at_time(
            stage.began,
            setup.create_billing_details,
            actor=finance,
            client=client,
            street=street,
            city=city,
            country=country,
            language=language,
            tax_rate=rates[code],
            email=f"accounts@{client.website.removeprefix('https://www.')}" if client.website else "",
        )
    for name, days, subject in STAGES:
        at_time(
            stage.began,
            setup.create_stage,
            actor=finance,
            name=name,
            days_after_due=days,
            subject=subject,
            text=REMINDER,
        )


STAGES = (
    ("Friendly reminder", 7, "A reminder: invoice {number}"),
    ("Second reminder", 21, "Second reminder: invoice {number}"),
    ("Last reminder", 42, "Last reminder before we call you: invoice {number}"),
)
REMINDER = (
    "Invoice {number} over {total} was due on {due_date}; {balance} of it is open.\n\n"
    "You find it, and how to pay it, here: {link}\n\n"
    "If you have paid meanwhile, thank you, and please forget this mail."
)


def _abroad(client: Client) -> tuple[str, str, str]:
    """The usual tax, the country and the language of a client."""
    if client.currency in ABROAD:
        return ABROAD[client.currency]
    for city, (country, language) in COUNTRIES.items():
        if city in client.address:
            return "reverse_charge", country, language
    return "standard", "DE", "de"


def _clients(ledger: Ledger) -> list[Client]:
    found = {site.project.client_id: site.project.client for site in ledger.staff.stage.sites}
    return list(found.values())


# -- a month


def _bill_month(ledger: Ledger, month: dt.date) -> None:
    """Some days after it has ended, in the order of the days: numbers follow them."""
    staff = ledger.staff
    days = [
        (staff.office_day(last_of(month) + DAY * (9 + place % 3)), site) for place, site in enumerate(staff.stage.sites)
    ]
    for day, site in sorted(days, key=lambda pair: pair[0]):
        if day > ledger.today:
            continue
        match site.order.billing:
            case "hourly":
                _hours(ledger, site, month, day)
            case "retainer":
                _fee(ledger, site, month, day)
            case _:
                _part(ledger, site, month, day)


def _runs_in(site: Site, month: dt.date) -> bool:
    return site.begins <= last_of(month) and site.ends >= month


def _hours(ledger: Ledger, site: Site, month: dt.date, day: dt.date) -> None:
    at = ledger.at(day, 10, 40)
    try:
        made = at_time(
            at,
            from_time.bill_time,
            actor=ledger.finance,
            project=site.project,
            until=last_of(month),
            group_by=GroupBy.TASK,
            leave_out_unexplained=True,
            notes=f"Our work of {month:%B %Y}, by task.",
            **_terms(site),
        )
    except Conflict:
        return  # nobody worked on it, or what they did is not approved yet
    _issue(ledger, made, day)


def _fee(ledger: Ledger, site: Site, month: dt.date, day: dt.date) -> None:
    """A month of a retainer: its fee settles the hours that it includes. What runs over is charged to some."""
    if not _runs_in(site, month) or site.order.budget is None or month < site.begins.replace(day=1):
        return
    retainer = ledger.retainers.get(site.project.pk)
    if retainer is None:
        retainer = ledger.retainers[site.project.pk] = _agree(ledger, site, month)
    made = at_time(ledger.at(day, 10, 50), retainers.bill_month, retainer=retainer, actor=ledger.finance, month=month)
    terms = _terms(site)
    if terms:
        made = at_time(ledger.at(day, 10, 55), invoices.update_invoice, invoice=made, actor=ledger.finance, **terms)
    _issue(ledger, made, day)


def _agree(ledger: Ledger, site: Site, month: dt.date) -> Retainer:
    """What is not used of social media and of support can be used later, and social media pays for what runs over."""
    begins = max(site.begins, month)
    rate = site.project.hourly_rate or site.project.client.hourly_rate or Decimal(110)
    agreed: Retainer = at_time(
        ledger.at(ledger.staff.office_day(begins), 14, 30),
        retainers.create_retainer,
        actor=ledger.finance,
        project=site.project,
        name=site.order.name,
        starts_on=begins,
        ends_on=site.ends,
        fee=site.order.budget,
        included_seconds=(site.order.hours or 0) * 3_600,
        rolls_over_months=ROLLS_OVER.get(site.order.kind, 0),
        overrun_rate=rate if site.order.kind == "social" else None,
    )
    return agreed


def _part(ledger: Ledger, site: Site, month: dt.date, day: dt.date) -> None:
    """A fixed price comes in four parts, spread over the project."""
    if site.order.budget is None or not _runs_in(site, month):
        return
    length = max((site.ends - site.begins).days, 1)
    reached = min(Decimal(1), Decimal((last_of(month) - site.begins).days) / length)
    parts = int(reached * 4)
    done = ledger.billed.get(site.project.pk, Decimal(0))
    if parts <= done:
        return
    ledger.billed[site.project.pk] = Decimal(parts)
    share = Decimal(parts) - done
    label = f"{site.order.name}: part {parts} of 4" if share == 1 else f"{site.order.name}: up to part {parts} of 4"
    price = (site.order.budget / 4).quantize(Decimal("0.01"))
    lines = [_line(label, price, quantity=share)]
    _write(ledger, site, lines, day)


def _line(description: str, price: Decimal, *, quantity: Decimal = Decimal(1), unit: str = "piece") -> Any:
    return {"description": description, "quantity": quantity, "unit": unit, "unit_price": price}


def _terms(site: Site) -> dict[str, Any]:
    """The rate of the client's currency, which the document keeps."""
    rate = RATES.get(site.project.client.currency)
    return {"exchange_rate": rate} if rate is not None else {}


def _write(ledger: Ledger, site: Site, lines: list[Any], day: dt.date, **more: Any) -> Invoice:
    made = at_time(
        ledger.at(day, 10, 50),
        invoices.create_invoice,
        actor=ledger.finance,
        client=site.project.client,
        project=site.project,
        lines=lines,
        **_terms(site),
        **more,
    )
    return _issue(ledger, made, day)


def _issue(ledger: Ledger, draft: Invoice, day: dt.date) -> Invoice:
    issued = at_time(
        ledger.at(day, 11, 30), invoices.set_status, invoice=draft, status=Invoice.Status.PENDING, actor=ledger.finance
    )
    ledger.made.append(issued)
    return issued


# -- what went wrong


def _mend(ledger: Ledger) -> None:
    """One invoice was void the day after, one was credited in part and one wholly."""
    old = [one for one in ledger.made if one.issue_date and (ledger.today - one.issue_date).days > 120]
    hours = set(SettledTime.objects.values_list("line__invoice_id", flat=True))
    months = set(RetainerMonth.objects.values_list("invoice_id", flat=True))  # later months follow from these
    wrong = next(one for one in old[3:] if one.pk not in hours | months)
    partly, wholly = old[len(old) // 2], old[-4]
    assert wrong.issue_date is not None  # noqa: S101
    at_time(
        ledger.at(ledger.staff.office_day(wrong.issue_date + DAY), 9, 15),
        invoices.set_status,
        invoice=wrong,
        status=Invoice.Status.VOID,
        actor=ledger.finance,
        reason="Sent to the wrong department",
    )
    for one, part, reason in (
        (partly, Decimal("0.2"), "Goodwill: the launch came a week late"),
        (wholly, None, "Billed twice"),
    ):
        assert one.issue_date is not None  # noqa: S101
        amount = None if part is None else (one.total * part).quantize(Decimal(1))
        at_time(
            ledger.at(ledger.staff.office_day(one.issue_date + 6 * DAY), 16, 0),
            credit_notes.credit,
            invoice=one,
            actor=ledger.finance,
            amount=amount,
            reason=reason,
        )


# -- money


def _pay(ledger: Ledger) -> None:
    """In the order in which the money came."""
    places = {client.pk: place for place, client in enumerate(_clients(ledger))}
    due: list[tuple[dt.date, Invoice]] = []
    for one in Invoice.objects.filter(status=Invoice.Status.PENDING).order_by("issue_date", "pk"):
        place = places[one.client_id] % len(HABITS)
        assert one.due_date is not None and one.issue_date is not None  # noqa: S101, PT018
        owed_since = OWE_SINCE.get(place)
        if owed_since is not None and (ledger.today - one.issue_date).days < owed_since:
            continue
        late = HABITS[place] + ledger.staff.stage.random.randint(-3, 4)
        day = ledger.staff.office_day(max(one.due_date + late * DAY, one.issue_date + 2 * DAY))
        if day <= ledger.today:
            due.append((day, one))
    due.sort(key=lambda pair: (pair[0], pair[1].pk))
    for number, (day, one) in enumerate(due):
        _pay_one(ledger, number, day, one)


def _pay_one(ledger: Ledger, number: int, day: dt.date, one: Invoice) -> None:
    """Most pay at once; some in two parts, one too much, and one gets a part back."""
    if number % 23 == 11:
        half = (one.balance / 2).quantize(Decimal(1))
        _receive(ledger, day, one, half, "First half")
        later = ledger.staff.office_day(day + 18 * DAY)
        if later <= ledger.today:
            _receive(ledger, later, one, one.balance - half, "Second half")
        return
    if number == 17:
        _receive(ledger, day, one, one.balance + 250, one.number or "", keep_as_credit=True)
        return
    _receive(ledger, day, one, one.balance, one.number or "")
    if number == 31:
        at_time(
            ledger.at(ledger.staff.office_day(day + 4 * DAY), 15, 10),
            payments.record_refund,
            invoice=one,
            actor=ledger.finance,
            amount=Decimal(100),
            note="Charged twice by their bank",
        )


def _receive(ledger: Ledger, day: dt.date, one: Invoice, amount: Decimal, reference: str, **more: Any) -> None:
    at_time(
        ledger.at(day, 9, 20),
        payments.record_payment,
        invoice=one,
        actor=ledger.finance,
        amount=amount,
        reference=reference,
        **more,
    )


def _drafts(ledger: Ledger) -> None:
    """What finance is working on today."""
    sites = [site for site in ledger.staff.stage.sites if site.ends > ledger.today]
    for site in sites[:3]:
        at_time(
            ledger.at(ledger.today, 8, 45),
            invoices.create_invoice,
            actor=ledger.finance,
            client=site.project.client,
            project=site.project,
            lines=[_line(f"{site.order.name}: workshop", Decimal(1200)), _line("Travel", Decimal("86.40"))],
            **_terms(site),
        )
