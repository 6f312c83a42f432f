"""Questions about clients: who is behind a handle, how a client stands, how the work for it went."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from clients import identity
from clients.models import Client, CommunicationLog, Contact
from hyperflow.core import clock
from hyperflow.core.errors import Invalid
from hyperflow.core.fields import fold_email
from hyperflow.core.registry import figures

#: The period of a report that names none: the year that ends today.
_A_YEAR = dt.timedelta(days=364)
_EARLIEST, _LATEST = dt.date(1970, 1, 1), dt.date(9000, 1, 1)
_MAIL = frozenset({"gmail", "zoho"})


def match_contact(platform: str, handle: str) -> Contact | None:
    """Whose message is it? The contact with this handle; for mail also the only one with this address.

    An address that several contacts have says nothing. For the system, which asks for no person: whoever shows the
    result to somebody asks whether they may see the contact.
    """
    spelled = identity.handle(platform, handle)
    if not spelled:
        return None
    contacts = Contact.objects.select_related("client")
    found = contacts.filter(handles__platform=platform, handles__handle=spelled).first()
    if found is not None or platform not in _MAIL:
        return found
    # The database may take accents for nothing (MariaDB does), an address does not.
    same = [contact for contact in contacts.filter(email__iexact=spelled)[:10] if fold_email(contact.email) == spelled]
    return same[0] if len(same) == 1 else None


@dataclass(frozen=True)
class Stats:
    """How a client stands now, as far as the asking person may know."""

    open_tasks: int | None
    unpaid_amount: Decimal | None
    last_contact: dt.datetime | None


def stats(client_ids: Sequence[int], user: Any) -> dict[int, Stats]:
    """Per client: open tasks, what it owes (both from the apps that know), and when last something was said to or by
    it (internal notes aside). What nobody knows, or this person may not know, is ``None``."""
    ids = list(client_ids)
    open_tasks = figures.of("clients.client", "open_tasks", user, ids)
    unpaid = figures.of("clients.client", "unpaid", user, ids)
    said = CommunicationLog.objects.visible_to(user).filter(client__in=ids)
    said = said.exclude(direction=CommunicationLog.Direction.INTERNAL).order_by()
    last = dict(said.values("client").annotate(last=Max("created_at")).values_list("client", "last"))
    return {pk: Stats(open_tasks[pk], unpaid[pk], last.get(pk)) for pk in ids}


@dataclass(frozen=True)
class Performance:
    """How the work for a client went in a period (both days included, in the client's or the company's time zone).

    ``tasks`` counts the tasks *created* in the period by the status that they have now, of those that the asking
    person may see. The rates are percent, ``None`` where there is nothing to divide by:

    * ``completion_rate``: of the tasks created in the period and not cancelled, how many are completed;
    * ``on_time_rate``: of the tasks *finished* in the period that have a due date, how many were finished by it;
    * ``estimate_accuracy``: over the tasks finished in the period with an estimate and a time taken, 100 minus the sum
      of the hours that estimates were off, up or down, in percent of the hours estimated; 0 where that is below.

    ``hours`` and ``billable_hours`` are the finished time entries of the period. Amounts are in the client's currency:
    ``invoiced`` without tax, ``cost`` of the people and of what was spent on it, ``margin`` what is left. They are
    ``None`` for who may not see them, and cost and margin where pay has no rate to the client's currency.
    """

    start: dt.date
    end: dt.date
    currency: str
    tasks: Mapping[str, int] | None
    completion_rate: Decimal | None
    on_time_rate: Decimal | None
    estimate_accuracy: Decimal | None
    hours: Decimal | None
    billable_hours: Decimal | None
    cost: Decimal | None
    invoiced: Decimal | None
    margin: Decimal | None
    #: What could not be said in the client's currency, or only by telling what one or two people are paid.
    excluded: tuple[str, ...] = ()


def performance(*, client: Client, user: Any, start: dt.date | None = None, end: dt.date | None = None) -> Performance:
    """The figures behind a client's performance report; see `Performance`. The period is the last year by default.

    Raises `Invalid` (``invalid_period``) for a period that ends before it starts.
    """
    end = end or clock.business_date(client)
    start = start or max(end - _A_YEAR, _EARLIEST)
    if start > end:
        raise Invalid(_("The period ends before it starts."), code="invalid_period", field="start_date")
    if start < _EARLIEST or end > _LATEST:
        message = _("Choose a period from %(first)s to %(last)s.") % {"first": _EARLIEST, "last": _LATEST}
        raise Invalid(message, code="invalid_period", field="start_date")
    [(_client, found)] = performances([client], user, start, end)
    cost = figures.of("clients.client", "cost", user, [client.pk], start=start, end=end)[client.pk]
    margin = None if cost is None or found.invoiced is None else found.invoiced - cost
    left_out = cost is None and user.has_perm("finance.view_margin")
    return replace(found, cost=cost, margin=margin, excluded=("cost",) if left_out else ())


def performances(
    clients: Sequence[Client], user: Any, start: dt.date, end: dt.date
) -> list[tuple[Client, Performance]]:
    """`performance` of many clients, in their order: asked once for each time zone among them, not once a client.

    Without cost and margin, which finance's own reports show for all of them.
    """
    by_zone: dict[Any, list[int]] = {}
    for client in clients:
        by_zone.setdefault(clock.zone_of(client), []).append(client.pk)
    work: dict[int, Any] = {}
    money: dict[int, Any] = {}
    for zone, ids in by_zone.items():
        period = {"start": start, "end": end, "zone": zone}
        work |= figures.of("clients.client", "work", user, ids, **period)
        money |= figures.of("clients.client", "money", user, ids, **period)
    return [(client, _performance(client, work[client.pk], money[client.pk] or {}, start, end)) for client in clients]


def _performance(
    client: Client, work: Mapping[str, Any] | None, money: Mapping[str, Any], start: dt.date, end: dt.date
) -> Performance:
    return Performance(
        start=start,
        end=end,
        currency=client.currency,
        **_rates(work),
        cost=None,
        invoiced=money.get("invoiced"),
        margin=None,
    )


def _rates(work: Mapping[str, Any] | None) -> dict[str, Any]:
    """The part of a report that comes from tasks and time; all ``None`` where no app knows of any."""
    if work is None:
        return dict.fromkeys(
            ("tasks", "completion_rate", "on_time_rate", "estimate_accuracy", "hours", "billable_hours")
        )
    tasks = work["tasks"]
    estimated = work["estimated_hours"]
    return {
        "tasks": tasks,
        "completion_rate": _percent(tasks["completed"], sum(tasks.values()) - tasks["cancelled"]),
        "on_time_rate": _percent(work["finished_on_time"], work["finished_with_due"]),
        "estimate_accuracy": _percent(max(estimated - work["estimate_error_hours"], Decimal(0)), estimated),
        "hours": work["hours"],
        "billable_hours": work["billable_hours"],
    }


def _percent(part: int | Decimal, whole: int | Decimal) -> Decimal | None:
    """Percent with two digits, rounded half up."""
    if not whole:
        return None
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
