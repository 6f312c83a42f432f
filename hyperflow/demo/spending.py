"""What the agency spends: rent, software, adverts for clients, travel; and what it had planned to spend."""

import datetime as dt
from decimal import Decimal
from typing import Any

from accounts.models import Department
from finance.models import FinancialRecord
from finance.services import claims, records, rollups, setup
from hyperflow.demo import agency
from hyperflow.demo.days import DAY
from hyperflow.demo.staff import Staff, at_time, last_of, month_before

#: What comes every month: the category, from whom, what, how much, for which department, on which day.
MONTHLY = (
    ("rent", "Hinterhof Immobilien GmbH", "Rent of the studio", "4850", agency.OPERATIONS, 3),
    ("software", "Invented Design Suite Inc.", "Licences for design", "1180", agency.DESIGN, 5),
    ("software", "Codeforge BV", "Repositories and builds", "640", agency.DEVELOPMENT, 6),
    ("hosting", "Wolkenheim AG", "Servers", "910", agency.DEVELOPMENT, 8),
    ("telephone", "Fernruf KG", "Telephone and internet", "320", agency.OPERATIONS, 11),
    ("insurance", "Nordstern Versicherung", "Liability", "275", agency.OPERATIONS, 15),
    ("advertising", "Anzeigenhaus GmbH", "Adverts for ourselves", "1450", agency.MARKETING, 20),
)
#: What somebody paid and handed in: who, what, how much, and what became of it.
CLAIMS = (
    ("employee", "travel", "Train to the client", "128.40", "reimbursed"),
    ("daniel.okafor", "travel", "Flight to London", "286.10", "reimbursed"),
    ("carla.benedetti", "books", "Handbook of plain language", "42.00", "approved"),
    ("leon.brandt", "material", "Paper samples", "67.80", "rejected"),
    ("ines.weiland", "travel", "Taxi after the night launch", "38.50", "submitted"),
    ("rasmus.holm", "software", "A licence for a week", "19.00", "submitted"),
)


def spend(staff: Staff) -> int:
    """All expenses; gives how many."""
    departments = {row.name: row for row in Department.objects.all()}
    months = [month_before(staff.stage.today.replace(day=1), number) for number in range(13, -1, -1)]
    made = 0
    for number, month in enumerate(months):
        for category, supplier, what, amount, department, on in MONTHLY:
            day = staff.office_day(month.replace(day=on))
            worth = Decimal(amount) * (Decimal(100 + number) / 100 if category == "hosting" else 1)
            made += _book(
                staff,
                day,
                category=category,
                supplier=supplier,
                description=what,
                amount=worth.quantize(Decimal("0.01")),
                tax=(worth * 19 / 119).quantize(Decimal("0.01")),
                department=departments[department],
            )
        made += _for_clients(staff, month, number)
    made += _claims(staff)
    _budgets(staff, departments)
    rollups.fold_all()
    return made


def _book(staff: Staff, day: dt.date, **values: Any) -> int:
    if day > staff.stage.today:
        return 0
    finance = staff.user("finance")
    at = min(staff.at(finance, day, 13, 30), staff.stage.now)
    at_time(
        at,
        records.create_record,
        actor=finance,
        record_type=FinancialRecord.Type.EXPENSE,
        currency="EUR",
        record_date=day,
        **values,
    )
    return 1


def _for_clients(staff: Staff, month: dt.date, number: int) -> int:
    """Adverts and prints that were bought for a client, to be billed to it."""
    made = 0
    sites = [site for site in staff.stage.sites if site.begins <= month <= site.ends]
    for site in sites[number % 3 :: 4]:
        if site.project.currency != "EUR":
            continue
        made += _book(
            staff,
            staff.office_day(month.replace(day=17)),
            category="advertising" if site.order.kind in {"campaign", "social", "content"} else "production",
            supplier="Anzeigenhaus GmbH" if number % 2 else "Druckerei Sommer",
            description=f"{site.order.name}: {'adverts' if number % 2 else 'prints'}",
            amount=Decimal(180 + 35 * (site.project.pk % 9)),
            client=site.project.client,
            project=site.project,
            is_billable=True,
        )
    return made


def _claims(staff: Staff) -> int:
    finance = staff.user("finance")
    for number, (login, category, what, amount, became) in enumerate(CLAIMS):
        person = staff.user(login)
        day = staff.office_day(staff.stage.today - (40 - 5 * number) * DAY)
        record = at_time(
            min(staff.at(person, day, 17, 5), staff.stage.now),
            claims.claim,
            actor=person,
            category=category,
            description=what,
            amount=Decimal(amount),
            record_date=day,
        )
        decided = staff.at(finance, staff.office_day(day + 2 * DAY), 11, 0)
        if became == "submitted" or decided > staff.stage.now:
            continue
        is_good = became != "rejected"
        note = "" if is_good else "Please hand it in with a receipt"
        record = at_time(decided, claims.decide, record=record, actor=finance, approve=is_good, note=note)
        paid = staff.at(finance, staff.office_day(day + 9 * DAY), 10, 0)
        if became == "reimbursed" and paid <= staff.stage.now:
            at_time(paid, claims.reimburse, record=record, actor=finance)
    return len(CLAIMS)


def _budgets(staff: Staff, departments: dict[str, Department]) -> None:
    """Of this year: one is kept, one nearly spent, one overspent."""
    year, finance = staff.stage.today.year, staff.user("finance")
    site = next(
        site for site in staff.stage.sites if site.order.billing == "retainer" and site.project.currency == "EUR"
    )
    plans: tuple[dict[str, Any], ...] = (
        {"name": f"Repositories and builds {year}", "scope": "department", "category": "software",
         "department": departments[agency.DEVELOPMENT], "amount": Decimal(8_000)},
        {"name": f"Licences for design {year}", "scope": "department", "department": departments[agency.DESIGN],
         "category": "software", "amount": Decimal(12_500)},
        {"name": f"Rent {year}", "scope": "company", "category": "rent", "amount": Decimal(58_200)},
        {"name": f"{site.project.client.name}: what we buy for them", "scope": "client", "client": site.project.client,
         "amount": Decimal(900)},
        {"name": f"{site.order.name}: expenses", "scope": "project", "project": site.project, "amount": Decimal(4_000)},
    )  # fmt: skip
    first = dt.date(year, 1, 1)
    for plan in plans:
        at_time(
            max(staff.at(finance, staff.office_day(first), 10, 0), staff.stage.began),
            setup.create_budget,
            actor=finance,
            starts_on=first,
            ends_on=last_of(dt.date(year, 12, 1)),
            currency="EUR",
            **plan,
        )
