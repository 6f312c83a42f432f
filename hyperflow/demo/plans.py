"""What finance has before it: estimates, a schedule, a retainer, parts of a price, and a statement to go through."""

from decimal import Decimal
from typing import Any

from finance.models import Invoice
from finance.services import bank, estimates, milestones, recurring, retainers
from hyperflow.demo.days import DAY
from hyperflow.demo.staff import Staff, at_time, month_before


def plan(staff: Staff) -> None:
    """All of it is of the last weeks; nothing is billed by it yet."""
    _estimates(staff)
    _schedule(staff)
    _retainer(staff)
    _milestones(staff)
    _statement(staff)


def _ago(staff: Staff, days: int, hour: int) -> Any:
    finance = staff.user("finance")
    day = staff.office_day(staff.stage.today - days * DAY)
    return min(staff.at(finance, day, hour), staff.stage.now)


def _line(description: str, price: str, quantity: str = "1", unit: str = "piece") -> Any:
    return {"description": description, "quantity": Decimal(quantity), "unit": unit, "unit_price": Decimal(price)}


def _estimates(staff: Staff) -> None:
    finance = staff.user("finance")
    sites = [site for site in staff.stage.sites if site.project.currency == "EUR"]
    wanted = (
        ("A configurator for the shop", ("Concept", "4200"), ("Design and front end", "9800"), "accepted", 24),
        ("Photographs for the spring", ("Two days of photography", "3100"), ("Retouching", "850"), "sent", 12),
        ("Accessible pages", ("Review of 40 pages", "2400"), ("Mending what was found", "5600"), "draft", 3),
    )
    for site, (title, first, second, became, days) in zip(sites[::5], wanted, strict=False):
        made = at_time(
            _ago(staff, days, 10),
            estimates.create_estimate,
            actor=finance,
            client=site.project.client,
            title=title,
            lines=[_line(*first), _line(*second)],
            valid_until=staff.stage.today + 30 * DAY,
        )
        if became == "draft":
            continue
        made = at_time(_ago(staff, days, 11), estimates.send, estimate=made, actor=finance)
        if became == "accepted":
            note = "Go ahead, please, and start with the concept"
            at_time(_ago(staff, days - 6, 15), estimates.decide, estimate=made, actor=finance, accepted=True, note=note)


def _schedule(staff: Staff) -> None:
    site = next(site for site in staff.stage.sites if site.order.kind in {"web", "shop"})
    first = month_before(staff.stage.today.replace(day=1), -1)
    at_time(
        _ago(staff, 9, 14),
        recurring.create_schedule,
        actor=staff.user("finance"),
        client=site.project.client,
        name="Hosting and upkeep",
        starts_on=first,
        lines=[{"description": "Hosting and upkeep, {month}", "quantity": Decimal(1), "unit_price": Decimal(180)}],
        notes="From {from} to {to}.",
    )


def _retainer(staff: Staff) -> None:
    sites = (site for site in staff.stage.sites if site.order.billing == "hourly" and site.ends > staff.stage.today)
    site = next(sites, None)
    if site is None:
        return
    first = staff.stage.today.replace(day=1)
    at_time(
        _ago(staff, 20, 16),
        retainers.create_retainer,
        actor=staff.user("finance"),
        project=site.project,
        name="Care after the launch",
        starts_on=month_before(first, -1),
        fee=Decimal(1_900),
        included_seconds=18 * 3_600,
        rolls_over_months=1,
        overrun_rate=site.project.hourly_rate or Decimal(110),
    )


def _milestones(staff: Staff) -> None:
    """Of a price that is agreed on beside the projects that are billed in quarters."""
    finance = staff.user("finance")
    site = next(site for site in staff.stage.sites if site.ends > staff.stage.today)
    for number, (name, price) in enumerate((("Concept agreed", "6000"), ("Prototype shown", "9000"), ("Live", "6000"))):
        made = at_time(
            _ago(staff, 30, 9),
            milestones.create_milestone,
            actor=finance,
            project=site.project,
            name=name,
            amount=Decimal(price),
            position=number,
            due_date=staff.stage.today + (number * 21 - 10) * DAY,
        )
        if number == 0:
            at_time(_ago(staff, 6, 17), milestones.reach, milestone=made, actor=finance)


def _statement(staff: Staff) -> None:
    """Three payments that fit, one that does not tell, and a fee."""
    finance, at = staff.user("finance"), _ago(staff, 1, 9)
    day = staff.office_day(staff.stage.today - 4 * DAY)
    day = min(day, staff.stage.today)
    owed = list(
        Invoice.objects.filter(status="pending", currency="EUR").select_related("client").order_by("due_date")[:4]
    )
    rows = [(one.balance, one.client.name.upper()[:27], f"Rechnung {one.number}") for one in owed[:2]]
    rows += [(one.balance, one.client.name.upper()[:27], "DANKE") for one in owed[2:3]]
    rows += [(Decimal("412.00"), "UNBEKANNT", "Teilzahlung"), (Decimal("-14.90"), "BEISPIELBANK", "Kontofuehrung")]
    said: list[dict[str, Any]] = [
        {"date": day, "amount": amount, "currency": "EUR", "payer": payer, "reference": reference}
        for amount, payer, reference in rows
    ]
    for mark, row in zip(bank.fingerprints(said), said, strict=True):
        values = {"booked_on": row.pop("date"), **row}
        at_time(at, bank.keep, actor=finance, fingerprint=mark, values=values)
