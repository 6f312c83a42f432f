"""What attendance tells the rest of the house when it starts."""

CODES = {
    "self_approval": (403, "Nobody decides what is their own."),
    "locked_by_payroll": (409, "An approved payroll run closed the days: correct it in a later run."),
    "still_clocked_in": (409, "Somebody is clocked in on one of the days."),
    "end_before_start": (422, "The end comes before the beginning."),
    "in_the_future": (422, "It has not happened yet."),
}


def connect() -> None:
    """Register the error codes of attendance."""
    from hyperflow.core.api import codes

    codes.register(CODES)
