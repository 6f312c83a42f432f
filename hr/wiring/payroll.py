"""What payroll tells the rest of the house when it starts."""

CODES = {
    "self_approval": (403, "Nobody decides about what is their own."),
    "code_taken": (409, "Another row has this code."),
    "payroll_computing": (409, "The run is being worked out by a job."),
    "attendance_waits": (409, "The run's days are not settled: hours to confirm, corrections or leave to decide."),
    "payroll_incomplete": (409, "Somebody of the run could not be worked out; `user_ids` names them."),
    "payroll_locked": (409, "The run is approved and does not change any more: correct it in a later one."),
    "payroll_outdated": (409, "Employments or pay were changed since the run was worked out: work it out anew."),
    "payroll_without_pay": (409, "Somebody of the run has no pay: `user_ids` names whom `leave_out` must name."),
    "payroll_not_computed": (409, "The run was not worked out to its end: work it out anew."),
    "payroll_open": (409, "The run is not approved: change what is wrong and work it out anew."),
    "does_not_exist": (422, "There is no such row for the caller."),
    "in_the_future": (422, "It has not begun."),
    "invalid": (422, "The value is not acceptable."),
    "max_decimal_places": (422, "The amount has more digits than its currency."),
    "min_value": (422, "The amount is too small."),
    "mixed_currencies": (422, "The correction is in another currency than the person is paid in."),
    "not_without_pay": (422, "Only who has no pay in the run is left out."),
    "nobody_employed": (422, "Nobody was employed in the month."),
}


def connect() -> None:
    """Register the error codes of payroll, and who may read the documents of payslips."""
    from hr.services import payroll_documents
    from hyperflow.core import storage
    from hyperflow.core.api import codes

    codes.register(CODES)
    storage.register_owner(payroll_documents.KIND, payroll_documents.find_document)
