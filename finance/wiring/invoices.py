"""What invoices, payments and records tell the rest of the house when it starts."""

from typing import Any

CODES = {
    "amount_mismatch": (409, "The payment is not the balance of the invoice; `balance` says what is."),
    "amount_too_large": (422, "It comes to more than can be billed."),
    "billed_by_retainer": (409, "A retainer bills the hours of the project: its month is to be billed."),
    "bank_line_settled": (409, "The line of the statement is settled already."),
    "credit_before_invoice": (422, "A credit note is not older than its invoice."),
    "credit_exceeds_invoice": (409, "Credit notes take back at most what the invoice charged; `left` says what is."),
    "currency_mismatch": (422, "The money is in another currency than the invoice."),
    "does_not_exist": (422, "There is no such row for this caller."),
    "due_before_issue": (422, "It would be due before its date."),
    "empty_invoice": (409, "There is nothing to bill on it."),
    "end_before_start": (422, "It ends before it begins."),
    "einvoice_incomplete": (409, "An electronic invoice needs more than the document has; the text says what."),
    "exchange_rate_required": (422, "Another currency than the client's or the company's needs its exchange rate."),
    "expense_decided": (409, "The expense is approved and stays as it was handed in."),
    "in_future": (422, "The day is still to come."),
    "insufficient_credit": (409, "The client has less in credit; `credit` says how much."),
    "invalid_period": (422, "The period ends before it starts."),
    "invoice_issued": (409, "The invoice is issued and does not change any more."),
    "invoice_not_open": (409, "The invoice is a draft or void: no money moves for it."),
    "invoice_of_another_client": (422, "The invoice belongs to another client."),
    "min_value": (422, "The value is too small."),
    "negative_total": (422, "The lines come to less than nothing."),
    "nothing_to_bill": (409, "There is no approved, billable time that is not billed yet."),
    "no_address": (409, "Neither the client's record nor its billing details have an address for documents."),
    "not_overdue": (409, "No stage of reminding has come for the invoice yet."),
    "not_unbilled": (409, "Only approved, billable time that is not billed can be written off."),
    "not_issued": (409, "A draft has no document yet."),
    "nothing_proposed": (409, "No invoice is proposed for the line of the statement."),
    "number_not_allowed": (422, "Only documents that are brought in have numbers of their own, unlike ours."),
    "number_taken": (409, "There is an invoice with this number."),
    "overpayment": (409, "It is more than the balance, which `balance` says; `keep_as_credit` keeps the rest."),
    "project_of_another_client": (422, "The project belongs to another client."),
    "record_billed": (409, "The expense is billed to a client."),
    "not_booked_by_payroll": (409, "Payroll did not book the record, so its rate is changed with the record."),
    "record_of_a_payment": (409, "A payment or a payslip booked the record, so it follows that."),
    "refund_exceeds_paid": (409, "It is more than was paid, which `paid` says."),
    "written_off": (409, "Some of the time is written off; `ids` names it."),
    "reminded_already": (409, "The reminder that the invoice is at was sent."),
    "reminders_held": (409, "Reminders of the invoice or its client are held."),
    "self_approval": (403, "Nobody decides about what is their own."),
    "empty_estimate": (409, "There is nothing on the estimate."),
    "estimate_billed": (409, "The estimate is an invoice already."),
    "estimate_expired": (409, "The estimate has run out."),
    "estimate_not_accepted": (409, "The client has not accepted the estimate."),
    "estimate_sent": (409, "The estimate was sent and does not change any more."),
    "milestone_billed": (409, "The milestone is on an invoice."),
    "milestone_not_reached": (409, "The milestone is not reached yet."),
    "milestone_taken": (409, "The project has a milestone with this name."),
    "month_before_open": (409, "An earlier month of the retainer is to be billed first."),
    "month_billed": (409, "The month of the retainer is billed already."),
    "month_of_no_retainer": (409, "The month is before the retainer's first day, or after its last."),
    "month_not_over": (409, "The month is not over yet."),
    "retainer_began": (409, "Months of the retainer are billed, so its hours stay."),
    "schedule_began": (409, "Periods of the schedule are billed, so its rhythm stays."),
    "task_of_another_client": (422, "The task belongs to another client."),
    "unexplained_time": (
        409,
        "Time was logged on leave or while clocked out, without a note; `entry_ids` says which.",
    ),
    "too_many_digits": (422, "The amount has more digits than its currency."),
    "unknown_placeholder": (422, "The text asks for something that nothing is filled in for."),
}


def connect() -> None:
    """Register error codes, figures, who may read receipts, and listen to payroll."""
    from finance.selectors import clients
    from finance.selectors import home as finance_home
    from finance.services import documents, records, settling
    from hr.signals import payroll_paid
    from hyperflow.core import storage
    from hyperflow.core.api import codes
    from hyperflow.core.registry import figures, home, refusals

    codes.register(CODES)
    home.register(finance_home.home_counters)
    figures.register("clients.client", "unpaid", clients.unpaid)
    figures.register("clients.client", "has_bills", clients.clients_with_bills)
    figures.register("clients.client", "money", clients.money_of_clients)
    figures.register("clients.client", "cost", clients.cost_of_clients)
    storage.register_owner(records.KIND, records.receipt_of)
    storage.register_owner("finance.invoice", documents.find_invoice)
    storage.register_owner("finance.creditnote", documents.find_credit_note)
    refusals.register("time.unapproved", settling.check_not_written_off)
    refusals.register("time.deleted", settling.check_never_settled)
    payroll_paid.connect(_on_payroll_paid, dispatch_uid="finance.payroll")


def _on_payroll_paid(sender: Any, run_id: int, **more: Any) -> None:
    from finance.jobs.invoices import book_payroll
    from hyperflow.core.jobs import enqueue

    enqueue(book_payroll, run_id=run_id, dedupe_key=f"finance.payroll:{run_id}")
