"""Reminding clients of what is overdue: in stages, each once per invoice, by mail, and held by hand where need be.

Which stage an invoice is at follows from its age alone: the last one whose days have passed. Only that one is sent.
Whoever switches reminders on, or lets a held invoice go, so sends one mail and not all that were missed.
"""

import datetime as dt
import logging
import re
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from finance.documents.words import Words
from finance.models import Invoice, Reminder, ReminderStage
from finance.services import books, client_links, issuing
from hyperflow.core import audit, changes, clock, mail, outbox
from hyperflow.core.errors import Conflict, Invalid, NotAllowed
from hyperflow.core.transactions import command

logger = logging.getLogger(__name__)

BATCH = 50
#: What a stage's subject and text may have filled in.
PLACEHOLDERS = ("number", "client", "balance", "total", "issue_date", "due_date", "days", "link", "company")
_FILLED = re.compile(r"\{([A-Za-z_]+)\}")
_OVER = {Invoice.Status.PAID, Invoice.Status.VOID}


def send_due() -> int:
    """Send what is due today; gives how many mails. Done again it sends nothing more."""
    today, later, sent = books.today(), None, 0
    for stage in ReminderStage._base_manager.filter(is_active=True).order_by("-days_after_due"):
        ids = list(_at(stage, later, today).values_list("pk", flat=True))
        for start in range(0, len(ids), BATCH):
            sent += _send_all(stage=stage, ids=ids[start : start + BATCH])
        later = stage
    return sent


@command
def remind(*, invoice: Invoice, actor: Any) -> Reminder:
    """Send the reminder that an invoice is at now, by hand.

    Raises `NotAllowed`, and `Conflict`: ``not_overdue``, ``reminders_held``, ``reminded_already``, ``no_address``.
    """
    if not actor.has_perm("finance.send_invoice"):
        raise NotAllowed(_("You may not send reminders."))
    invoice = changes.lock(invoice)
    stage = _stage_of(invoice, books.today())
    if stage is None:
        raise Conflict(_("No stage of reminding has come for it yet."), code="not_overdue")
    refused = _refusal(invoice, stage)
    if refused is not None:
        raise refused
    return _send(invoice, stage, actor)


@command
def hold(*, invoice: Invoice, actor: Any, reason: str, expected_version: int | None = None) -> Invoice:
    """Send no reminders of this invoice until they are let go again."""
    return _hold(invoice, actor, expected_version, action="invoice.reminders_held", is_held=True, reason=reason)


@command
def release(*, invoice: Invoice, actor: Any, expected_version: int | None = None) -> Invoice:
    """Send reminders of this invoice again."""
    return _hold(invoice, actor, expected_version, action="invoice.reminders_released", is_held=False, reason="")


def check_text(*texts: str) -> None:
    """Refuses (`Invalid` ``unknown_placeholder``) what nothing would be filled in for."""
    for text in texts:
        unknown = sorted(set(_FILLED.findall(text)) - set(PLACEHOLDERS))
        if unknown:
            raise Invalid(
                _("{%(name)s} is nothing that can be filled in. There are: %(known)s.")
                % {"name": unknown[0], "known": ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)},
                code="unknown_placeholder",
                field="text",
            )


# -- which


def _at(stage: ReminderStage, later: ReminderStage | None, today: dt.date) -> QuerySet[Invoice]:
    """Invoices whose age is between this stage and the one after it, and that had neither this nor a later one."""
    rows = Invoice._base_manager.filter(
        status=Invoice.Status.PENDING,
        due_order__lte=today - dt.timedelta(days=stage.days_after_due),
        reminders_held=False,
    )
    if later is not None:
        rows = rows.filter(due_order__gt=today - dt.timedelta(days=later.days_after_due))
    return rows.exclude(client__billing__sends_reminders=False).exclude(Exists(_had(OuterRef("pk"), stage)))


def _had(invoice: Any, stage: ReminderStage) -> QuerySet[Reminder]:
    return Reminder._base_manager.filter(invoice=invoice, stage__days_after_due__gte=stage.days_after_due)


def _stage_of(invoice: Invoice, today: dt.date) -> ReminderStage | None:
    if invoice.status_on(today) != Invoice.OVERDUE or invoice.due_date is None:
        return None
    age = (today - invoice.due_date).days
    stages = ReminderStage._base_manager.filter(is_active=True, days_after_due__lte=age)
    return stages.order_by("-days_after_due").first()


def _refusal(invoice: Invoice, stage: ReminderStage) -> Conflict | None:
    """Why this is not sent, asked of the locked row."""
    details = issuing.details_of(invoice.client)
    if invoice.reminders_held:
        return Conflict(_("Reminders of this invoice are held."), code="reminders_held")
    if details is not None and not details.sends_reminders:
        return Conflict(_("This client gets no reminders, its billing details say."), code="reminders_held")
    if _had(invoice.pk, stage).exists():
        return Conflict(_("This reminder was sent already."), code="reminded_already")
    if not _address_of(invoice):
        return Conflict(_("There is no address to send it to."), code="no_address")
    return None


def _address_of(invoice: Invoice) -> str:
    """Where documents of the client go today; where this one went, if there is none."""
    now = issuing.buyer_of(invoice.client, issuing.details_of(invoice.client))["email"]
    return str(now or invoice.buyer.get("email") or "")


# -- sending


@command
def _send_all(*, stage: ReminderStage, ids: list[int]) -> int:
    """What was paid, voided, held or sent since it was looked up is left alone: the locked rows decide."""
    today, sent = books.today(), 0
    for invoice in changes.lock_all(Invoice, ids):
        now = _stage_of(invoice, today)
        if now is None or now.pk != stage.pk or _refusal(invoice, stage) is not None:
            continue
        try:
            _send(invoice, stage, None)
        except Invalid:  # one address that is none keeps nobody else from theirs
            logger.warning("reminder.not_sent", extra={"invoice": invoice.pk})
        else:
            sent += 1
    return sent


def _send(invoice: Invoice, stage: ReminderStage, actor: Any) -> Reminder:
    values = _values(invoice)
    address = _address_of(invoice)
    mail.send(
        to=address,
        subject=" ".join(_fill(stage.subject, values).split()),
        text=_fill(stage.text, values),
        dedupe_key=f"reminder:{invoice.pk}:{stage.pk}",
    )
    reminder = Reminder._base_manager.create(
        invoice=invoice, stage=stage, sent_to=address, created_at=clock.now(), made_by=actor
    )
    audit.record("invoice.reminded", invoice, actor=actor, changes={"stage": (None, stage.name)})
    outbox.emit("invoice.reminded", invoice, client_id=invoice.client_id, stage_id=stage.pk)
    return reminder


def _values(invoice: Invoice) -> dict[str, str]:
    """Amounts and days as the client's documents write them."""
    words, currency = Words(invoice.language), invoice.currency
    late = (books.today() - invoice.due_date).days if invoice.due_date else 0
    return {
        "number": invoice.number or "",
        "client": str(invoice.buyer.get("name") or invoice.client.name),
        "balance": f"{currency} {words.amount(invoice.balance, currency)}",
        "total": f"{currency} {words.amount(invoice.total, currency)}",
        "issue_date": words.day(invoice.issue_date),
        "due_date": words.day(invoice.due_date),
        "days": str(late),
        "link": client_links.address_of(invoice),
        "company": str(invoice.seller.get("name") or settings.COMPANY_NAME),
    }


def _fill(text: str, values: dict[str, str]) -> str:
    """In one pass: what is filled in is never read as a placeholder. Other braces stay as they are."""
    return _FILLED.sub(lambda found: values.get(found[1], found[0]), text)


def _hold(
    invoice: Invoice, actor: Any, expected_version: int | None, *, action: str, is_held: bool, reason: str
) -> Invoice:
    if not actor.has_perm("finance.hold_reminders"):
        raise NotAllowed(_("You may not hold reminders."))
    invoice = changes.lock(invoice, expected_version=expected_version)
    if invoice.status in _OVER:
        raise Conflict(_("Nobody is reminded of this invoice any more."), code="invoice_not_open")
    changes.update(invoice, actor=actor, action=action, reminders_held=is_held, reminders_held_reason=reason)
    return invoice
