"""What employment tells the rest of the house when it starts."""

CODES = {
    "already_employed": (409, "The person is an employee already."),
    "circular_manager": (409, "The manager is the person, or below them: nobody is above themself."),
    "code_taken": (409, "Somebody else has the employee code."),
    "name_taken": (409, "There is one of this name already."),
    "shift_taken": (409, "The weekday has a shift already."),
    "after_employment": (422, "The employment ends before that day."),
    "before_hire": (422, "The employment begins after that day."),
    "break_too_long": (422, "The break is not shorter than the shift."),
    "does_not_exist": (422, "There is no such row for the caller."),
    "end_before_start": (422, "The end comes before the beginning."),
    "not_active_staff": (422, "The person does not work here, or not any more."),
    "required": (422, "A value is missing."),
    "too_many_digits": (422, "The amount has more digits than its currency."),
}


def connect() -> None:
    """Register the error codes of employment."""
    from hyperflow.core.api import codes

    codes.register(CODES)
