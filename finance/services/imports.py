"""Invoices, payments, expenses and bank statements come in from CSV: all of a file or nothing, and each row once."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Department
from clients.models import Client, Project
from finance.importers.reading import File, Row
from finance.models import FinancialRecord, Invoice, Payment
from finance.services import bank, invoices, payments, records
from hyperflow.core import money
from hyperflow.core.errors import DomainError, Invalid, NotAllowed
from hyperflow.core.imports import MADE, SKIPPED, UNCHANGED, BadRows, Report
from hyperflow.core.transactions import command

Progress = Callable[[int, int], None]
NEEDS = {
    "bank": "finance.add_bankline",
    "payments": "finance.add_payment",
    "expenses": "finance.add_financialrecord",
    "invoices": "finance.import_invoice",
}


@command
def import_file(
    *, actor: Any, file: File, skip_bad: bool = False, dry_run: bool = False, progress: Progress | None = None
) -> Report:
    """Bring the rows of a file in. A row that is there already (by its number, id, or all that it says) changes
    nothing. Raises `BadRows`, and writes nothing, where some rows can't come in, unless ``skip_bad`` leaves those out.
    ``dry_run`` does it all and takes it back.
    """
    if not actor.has_perm(NEEDS[file.kind]):
        raise NotAllowed(
            _("%(name)s may not import: that takes %(right)s.") % {"name": actor, "right": NEEDS[file.kind]}
        )
    report = Report(remarks=list(file.remarks))
    for line, reason in file.problems:
        report.refuse(line, reason)
    writer = _WRITERS[file.kind](actor, file)
    for number, row in enumerate(file.rows, 1):
        try:
            with transaction.atomic():
                outcome, what = writer.write(row)
        except (DomainError, ValidationError) as refusal:
            reason = " ".join(refusal.messages) if isinstance(refusal, ValidationError) else str(refusal)
            report.refuse(row.line, reason)
        else:
            report.add(row.line, outcome, what)
        if progress is not None:
            progress(number, len(file.rows))
    if report.problems and not skip_bad:
        raise BadRows(report.problems)
    for problem in report.problems:
        report.add(problem.line, SKIPPED, problem.reason)
    if dry_run:
        transaction.set_rollback(True)
    return report


class _Writer:
    def __init__(self, actor: Any, file: File) -> None:
        self.actor, self.file = actor, file
        self.seen: Counter[Any] = Counter()

    def write(self, row: Row) -> tuple[str, str]:
        raise NotImplementedError

    def is_there(self, key: Any, rows: Any) -> bool:
        """Did the row that says this come in before? Of equal rows of one file as many as there are not yet do not."""
        self.seen[key] += 1
        return bool(rows.count() >= self.seen[key])

    def named(self, model: Any, name: str | None, what: str, **narrow: Any) -> Any:
        """The one row of this name; nothing where none is named."""
        if not name:
            return None
        found = list(model._base_manager.filter(name__iexact=name, **narrow)[:2])
        if len(found) == 1:
            return found[0]
        if found:
            raise Invalid(_("There are several %(what)s named “%(name)s”.") % {"what": what, "name": name})
        raise Invalid(_("There is no %(what)s named “%(name)s”: make it first.") % {"what": what, "name": name})


class _Bank(_Writer):
    def __init__(self, actor: Any, file: File) -> None:
        super().__init__(actor, file)
        marks = bank.fingerprints([dict(row.values) for row in file.rows])
        self.marks = {row.line: mark for row, mark in zip(file.rows, marks, strict=True)}

    def write(self, row: Row) -> tuple[str, str]:
        said = row.values
        currency = said.get("currency", settings.COMPANY_CURRENCY)
        if not money.fits(said["amount"], currency):
            raise Invalid(_("The amount has more digits than its currency."))
        values = {
            "booked_on": said["date"],
            "amount": said["amount"],
            "currency": currency,
            "payer": said.get("payer", "")[:200],
            "reference": said.get("reference", "")[:500],
        }
        line, is_new = bank.keep(actor=self.actor, fingerprint=self.marks[row.line], values=values)
        match = f"{line.proposed}: {line.proposed_because}" if line.proposed else _("no match")
        told = ", ".join(filter(None, (str(line), line.payer)))
        return (MADE if is_new else UNCHANGED), f"{told} · {match}"


class _Payments(_Writer):
    def write(self, row: Row) -> tuple[str, str]:
        said = row.values
        invoice = Invoice._base_manager.filter(number=said["invoice"]).first()
        if invoice is None:
            raise Invalid(_("There is no invoice %(number)s.") % {"number": said["invoice"]})
        amount, reference = said["amount"], said.get("reference", "")
        there = Payment._base_manager.filter(
            invoice=invoice, received_on=said["date"], amount=amount, reference=reference
        )
        # The same row twice in one file is two payments; the file once more is none.
        if self.is_there(("payment", invoice.pk, said["date"], amount, reference), there):
            return UNCHANGED, f"{invoice} {amount}"
        details = {"date": said["date"], "reference": reference, "currency": said.get("currency")}
        if method := said.get("method"):
            details["method"] = _method(method)
        if amount < 0:
            payments.record_refund(invoice=invoice, actor=self.actor, amount=-amount, **details)
        else:
            payments.record_payment(invoice=invoice, actor=self.actor, amount=amount, **details)
        return MADE, f"{invoice} {amount}"


def _method(cell: str) -> str:
    plain = cell.strip().casefold().replace(" ", "_").replace("-", "_")
    for value, label in Payment.Method.choices:
        if plain in {value, str(label).casefold().replace(" ", "_")} and value != Payment.Method.CREDIT:
            return str(value)
    raise Invalid(_("“%(cell)s” is no way to pay that is known here.") % {"cell": cell})


class _Expenses(_Writer):
    def __init__(self, actor: Any, file: File) -> None:
        super().__init__(actor, file)
        # Some programs write all expenses below zero; one among others is money that came back.
        self.has_expenses_above_zero = any(row.values["amount"] > 0 for row in file.rows)

    def alike(self, said: Any) -> tuple[Any, Any]:
        values = {
            "record_date": said["date"],
            "category": said["category"],
            "amount": abs(said["amount"]),
            "currency": said.get("currency", settings.COMPANY_CURRENCY),
            "description": said.get("description", ""),
            "supplier": said.get("supplier", ""),
        }
        rows = FinancialRecord._base_manager.filter(
            record_type=FinancialRecord.Type.EXPENSE, source=FinancialRecord.Source.IMPORT, external_id=None, **values
        )
        return tuple(values.values()), rows

    def write(self, row: Row) -> tuple[str, str]:
        said = row.values
        external = said.get("id")
        if external and FinancialRecord._base_manager.filter(external_id=external).exists():
            return UNCHANGED, external
        if said["amount"] < 0 and self.has_expenses_above_zero:
            raise Invalid(_("Below zero among expenses above it: enter what came back as income."), code="min_value")
        client = self.named(Client, said.get("client"), _("client"))
        narrow = {"client": client} if client is not None else {}
        if not external and self.is_there(*self.alike(said)):
            return UNCHANGED, f"{said['date']} {said['category']} {abs(said['amount'])}"
        record = records.write_record(
            actor=self.actor,
            receipt=None,
            source=FinancialRecord.Source.IMPORT,
            external_id=external or None,
            record_type=FinancialRecord.Type.EXPENSE,
            category=said["category"],
            amount=abs(said["amount"]),
            tax=abs(said.get("tax", Decimal(0))),
            currency=said.get("currency", settings.COMPANY_CURRENCY),
            description=said.get("description", ""),
            supplier=said.get("supplier", ""),
            record_date=said["date"],
            client=client,
            project=self.named(Project, said.get("project"), _("project"), **narrow),
            department=self.named(Department, said.get("department"), _("department")),
            is_billable=said.get("billable", False),
        )
        return MADE, f"{record.record_date} {record.category} {record.amount}"


class _Invoices(_Writer):
    """Old documents with their own numbers: they come in issued, dated as they were."""

    def write(self, row: Row) -> tuple[str, str]:
        said = row.values
        if Invoice._base_manager.filter(number=said["number"]).exists():
            return UNCHANGED, said["number"]
        client = self.named(Client, said["client"], _("client"))
        line: Any = {
            "description": said.get("description") or said["number"],
            "quantity": Decimal(1),
            "unit_price": said["amount"],
            "tax_rate": said.get("tax_rate", Decimal(0)),
        }
        more = {"due_date": said["due"]} if "due" in said else {}
        if currency := said.get("currency"):
            more["currency"] = currency
        invoice = invoices.create_invoice(
            actor=self.actor,
            client=client,
            lines=[line],
            invoice_number=said["number"],
            issue_date=said["date"],
            **more,
        )
        invoices.set_status(invoice=invoice, status=Invoice.Status.PENDING, actor=self.actor)
        return MADE, f"{said['number']} {client.name} {invoice.total}"


_WRITERS: dict[str, type[_Writer]] = {
    "bank": _Bank, "payments": _Payments, "expenses": _Expenses, "invoices": _Invoices,
}  # fmt: skip
