"""What can go wrong with accounts, by name."""

from hyperflow.core.api import codes

codes.register(
    {
        "self_approval": (403, "Nobody decides about themself: another person who may has to."),
        "last_admin": (409, "The last active admin stays one."),
        "is_placeholder": (409, "The account stands for somebody an import knew by name, who can't sign in."),
        "not_a_placeholder": (409, "The account belongs to a person already."),
        "name_taken": (409, "There is one of this name already."),
        "code_taken": (409, "There is one with this code already."),
        "grants_everything": (409, "The role grants everything: nothing can be added or taken."),
        "default_needed": (409, "One of them is always the default: make another one it instead."),
        "hours_overlap": (409, "The hours overlap others of the same weekday."),
        "holiday_taken": (409, "The day is in the calendar already."),
        "wrong_password": (422, "The current password is another one."),
    }
)
