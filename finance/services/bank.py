"""Lines of bank statements: read once, matched with invoices by a proposal, which a person confirms."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from finance.models import BankLine, Invoice
from finance.services import payments
from hyperflow.core import changes
from hyperflow.core.errors import Conflict, NotAllowed
from hyperflow.core.transactions import command

Status = BankLine.Status
_LEAST_NUMBER = 4


def fingerprints(rows: Sequence[dict[str, Any]]) -> list[str]:
    """What tells each line from all others; the same two lines on one day are told apart by their order."""
    seen = Counter[str]()
    found = []
    for row in rows:
        exact = {**row, "amount": format(row["amount"].normalize(), "f")}  # 77, 77.0 and 77.00 are one amount
        said = "|".join(str(exact.get(name, "")) for name in ("date", "amount", "currency", "payer", "reference"))
        seen[said] += 1
        found.append(hashlib.sha256(f"{said}|{seen[said]}".encode()).hexdigest())
    return found


@command
def keep(*, actor: Any, fingerprint: str, values: dict[str, Any]) -> tuple[BankLine, bool]:
    """A line of a statement, once; gives it and whether it is new. Money that came is matched at once, if it can be."""
    found = BankLine._base_manager.filter(fingerprint=fingerprint).first()
    if found is not None:
        return found, False
    line = BankLine(fingerprint=fingerprint, imported_by=actor, **values)
    line.proposed, line.proposed_because = propose(line)
    return changes.create(line, actor=actor, action="bank.line"), True


def propose(line: BankLine) -> tuple[Invoice | None, str]:
    """The invoice that a line most likely pays, and why; nothing where two are as likely.

    First by the number in the reference, then by an amount that only one open invoice of that payer, or of anybody,
    has as its balance.
    """
    if line.amount <= 0:
        return None, ""
    open_ones = list(
        Invoice._base_manager.filter(status=Invoice.Status.PENDING, currency=line.currency).select_related("client")
    )
    said = _plain(f"{line.reference} {line.payer}")
    numbered = [
        one for one in open_ones if one.number and len(one.number) >= _LEAST_NUMBER and _plain(one.number) in said
    ]
    if len(numbered) == 1:
        [one] = numbered
        fits = _("number and amount") if one.balance == line.amount else _("number; the balance is another")
        return one, str(fits)
    same = [one for one in (numbered or open_ones) if one.balance == line.amount]
    theirs = [one for one in same if _is_name(one.client.name, line.payer)]
    for candidates, why in ((theirs, _("amount and payer")), (same, _("amount"))):
        if len(candidates) == 1:
            return candidates[0], str(why)
    return None, ""


@command
def confirm(*, line: BankLine, actor: Any, invoice: Invoice | None = None, keep_as_credit: bool = False) -> BankLine:
    """This line pays that invoice (the proposed one, unless another is named): it becomes its payment."""
    line = _lock_open(line, actor)
    invoice = invoice or line.proposed
    if invoice is None:
        raise Conflict(_("Nothing is proposed for it: say which invoice it pays."), code="nothing_proposed")
    if line.amount <= 0:
        raise Conflict(_("Money that went out pays no invoice."), code="nothing_proposed")
    payment = payments.record_payment(
        invoice=invoice,
        actor=actor,
        amount=line.amount,
        currency=line.currency,
        date=line.booked_on,
        reference=line.reference[:200],
        keep_as_credit=keep_as_credit,
    )
    changes.update(line, actor=actor, action="bank.matched", status=Status.MATCHED, payment=payment, proposed=invoice)
    return line


@command
def ignore(*, line: BankLine, actor: Any) -> BankLine:
    """It pays no invoice: a fee, a transfer, a salary."""
    line = _lock_open(line, actor)
    changes.update(line, actor=actor, action="bank.ignored", status=Status.IGNORED)
    return line


@command
def reopen(*, line: BankLine, actor: Any) -> BankLine:
    """Look at an ignored line again."""
    _check_may(actor)
    line = changes.lock(line)
    if line.status != Status.IGNORED:
        raise Conflict(_("Only an ignored line can be opened again."), code="invalid_transition")
    proposed, why = propose(line)
    changes.update(line, actor=actor, action="bank.opened", status=Status.OPEN, proposed=proposed, proposed_because=why)
    return line


def _lock_open(line: BankLine, actor: Any) -> BankLine:
    _check_may(actor)
    line = changes.lock(line)
    if line.status != Status.OPEN:
        raise Conflict(_("This line is settled already."), code="bank_line_settled")
    return line


def _check_may(actor: Any) -> None:
    if not actor.has_perm("finance.change_bankline"):
        raise NotAllowed(_("You may not match bank statements."))


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def _is_name(name: str, payer: str) -> bool:
    """Banks write names in capitals, cut off and without what kind of company it is."""
    ours, theirs = _plain(name), _plain(payer)
    return bool(theirs) and (theirs in ours or ours in theirs or (len(theirs) > 7 and ours.startswith(theirs[:8])))
