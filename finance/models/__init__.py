"""Invoices, payments, records, budgets, and the sums of them."""

from finance.models.base import TaxCategory, Unit
from finance.models.billing import (
    BilledExpense,
    Milestone,
    RecurringInvoice,
    RecurringLine,
    RecurringPeriod,
    Retainer,
    RetainerMonth,
    SettledTime,
)
from finance.models.estimates import Estimate, EstimateLine
from finance.models.invoices import CreditNote, CreditNoteLine, Invoice, InvoiceLine, Reminder
from finance.models.issuing import BillingDetails, Books, ClosedPeriod, Issuer, NumberSeries, ReminderStage, TaxRate
from finance.models.payments import BankLine, CreditEntry, Payment
from finance.models.records import Budget, FinancialRecord
from finance.models.rollup import Measure, Rollup, RollupChange

__all__ = [
    "BankLine",
    "BilledExpense",
    "BillingDetails",
    "Books",
    "Budget",
    "ClosedPeriod",
    "CreditEntry",
    "CreditNote",
    "CreditNoteLine",
    "Estimate",
    "EstimateLine",
    "FinancialRecord",
    "Invoice",
    "InvoiceLine",
    "Issuer",
    "Measure",
    "Milestone",
    "NumberSeries",
    "Payment",
    "RecurringInvoice",
    "RecurringLine",
    "RecurringPeriod",
    "Reminder",
    "ReminderStage",
    "Retainer",
    "RetainerMonth",
    "Rollup",
    "RollupChange",
    "SettledTime",
    "TaxCategory",
    "TaxRate",
    "Unit",
]
