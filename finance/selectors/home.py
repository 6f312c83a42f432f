"""What of money waits for somebody, and how old it is, for their home page."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from finance.models import BankLine, FinancialRecord, Invoice
from finance.selectors.receivables import receivables
from hyperflow.core.registry import Counter

_REPORT = "/reports/finance/receivables"
_AGES = {
    "not_due": _("Owed, not due"),
    "0_30": _("Overdue up to 30 days"),
    "31_60": _("Overdue 31–60 days"),
    "61_90": _("Overdue 61–90 days"),
    "90_plus": _("Overdue over 90 days"),
}


def home_counters(user: Any) -> list[Counter]:
    """Drafts to issue, lines of statements to match, expenses to decide, and what clients owe by its age."""
    found: list[Counter] = []
    if user.has_perm("finance.issue_invoice"):
        drafts = Invoice.objects.visible_to(user).filter(status=Invoice.Status.DRAFT).order_by()
        found.append(Counter(_("Drafts to issue"), drafts.count(), "/admin/finance/invoice/?status__exact=draft"))
    if user.has_perm("finance.change_bankline"):
        lines = BankLine.objects.visible_to(user).filter(status=BankLine.Status.OPEN).order_by()
        found.append(Counter(_("Bank lines to match"), lines.count(), "/admin/finance/bankline/?status__exact=open"))
    if user.has_perm("finance.approve_expense"):
        claims = FinancialRecord.objects.visible_to(user).filter(status=FinancialRecord.Status.SUBMITTED)
        claims = claims.exclude(user_id=user.pk).order_by()
        url = "/admin/finance/financialrecord/?status__exact=submitted"
        found.append(Counter(_("Expenses to decide"), claims.count(), url))
    if user.has_perm("finance.add_payment") and user.has_perm("finance.view_reports"):
        found += _ageing(user)
    return found


def _ageing(user: Any) -> list[Counter]:
    told = receivables(user)
    totals: dict[str, str] = told["totals"]
    return [
        Counter(
            _now("%(age)s, %(currency)s") % {"age": label, "currency": told["currency"]},
            f"{Decimal(totals[name]):,f}",
            _REPORT,
            "default" if name == "not_due" else "danger",
        )
        for name, label in _AGES.items()
        if Decimal(totals[name])
    ]
