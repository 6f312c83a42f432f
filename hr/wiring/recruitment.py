"""What recruitment tells the rest of the house when it starts."""

#: Error codes of recruitment, with their status and what they mean.
CODES = {
    "not_interviewer": (403, "Only who interviews a candidate fills in a scorecard."),
    "already_applied": (409, "Somebody with this address has applied for this job already."),
    "already_hired": (409, "The candidate is hired on other terms: `hire_date`, `employee_code` … say which."),
    "already_scored": (409, "The caller has filled in a scorecard for this interview already."),
    "decided": (409, "The candidate is hired or rejected."),
    "erased": (409, "What was known of this candidate is erased."),
    "hired": (409, "The candidate is a colleague: nothing is erased here."),
    "name_taken": (409, "Another row of this kind has this name."),
    "posting_closed": (409, "The job takes no applications."),
    "cannot_interview": (422, "The role of an interviewer lacks the rights to see the interview and to score it."),
    "closing_date_passed": (422, "The last day to apply lies in the past."),
    "does_not_exist": (422, "There is no such row for the caller."),
    "name_twice": (422, "Two rows of a list have the same name."),
    "no_stages": (422, "There are no stages that candidates could pass through."),
    "not_active_staff": (422, "Only active staff can be named here."),
    "not_hired": (422, "An account is made for who is hired."),
    "other_posting": (422, "The stage belongs to other postings."),
    "other_stage": (422, "The stage and its id say different things."),
    "position_taken": (422, "Another line has this position."),
    "required": (422, "A value is missing."),
    "stages": (422, "These stages make no template."),
    "too_many_digits": (422, "The amount has more digits than its currency."),
    "too_many": (422, "There are more of them than it can have."),
}


def connect() -> None:
    """Register error codes, figures, counters and listeners of recruitment."""
    from hr.selectors.recruitment import home_counters
    from hr.services import recruitment_candidates
    from hyperflow.core import storage
    from hyperflow.core.api import codes
    from hyperflow.core.registry import home

    codes.register(CODES)
    home.register(home_counters)
    storage.register_owner(recruitment_candidates.KIND, recruitment_candidates.resume_of)
