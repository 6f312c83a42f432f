"""What attendance tells the rest of the house when it starts."""

CODES = {
    "self_approval": (403, "Nobody decides what is their own."),
    "already_clocked_in": (409, "The person is clocked in already."),
    "not_clocked_in": (409, "The person is not clocked in there."),
    "attendance_changed": (409, "The session was changed since the correction was asked for."),
    "correction_pending": (409, "A correction of the session waits for a decision already."),
    "correction_waits": (409, "The person asked for a correction of the session, which is not decided."),
    "nothing_to_confirm": (409, "The session needs no confirmation."),
    "locked_by_payroll": (409, "An approved payroll run closed the days: correct it in a later run."),
    "still_clocked_in": (409, "Somebody is clocked in on one of the days."),
    "end_before_start": (422, "The end comes before the beginning."),
    "in_the_future": (422, "It has not happened yet."),
    "invalid_period": (422, "The period ends before it starts."),
    "nothing_to_correct": (422, "The correction says what stands there already."),
    "outside_employment": (422, "The days lie before the first or after the last day of the employment."),
    "too_long": (422, "It lasts longer than it may."),
}


def connect() -> None:
    """Register the error codes of attendance, and what of it waits for somebody."""
    from hr.selectors import attendance_home
    from hyperflow.core.api import codes
    from hyperflow.core.registry import home

    codes.register(CODES)
    home.register(attendance_home.home_counters)
