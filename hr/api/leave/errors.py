"""The error codes that leave adds, with their status and what they mean."""

CODES = {
    "days_blocked": (409, "No leave is taken on these days: `starts_on` and `ends_on` say which."),
    "insufficient_balance": (409, "The days are more than the balance holds; `available` says what is left."),
    "leave_overlap": (409, "The person has a request for some of these days already."),
    "leave_type_taken": (409, "There is leave with this code already."),
    "not_employed": (409, "The person is no employee yet."),
    "document_needed": (422, "This much leave needs a document, sent with the request."),
    "half_day_is_one_day": (422, "Half a day begins and ends on the same date."),
    "half_days_not_offered": (422, "This kind of leave is taken in whole days."),
    "leave_too_far": (422, "Leave is asked for within two years of today."),
    "leave_too_long": (422, "A request is for at most a year."),
    "no_balance_kept": (422, "This kind of leave has no balance."),
    "no_working_days": (422, "There is no working day in the period."),
    "notice_too_short": (422, "This kind of leave is asked for earlier."),
    "outside_employment": (422, "The days lie before the first or after the last day of the employment."),
    "period_too_long": (422, "The period is longer than the call takes."),
    "unknown_leave_type": (422, "There is no such leave, or it is not offered any more."),
}
