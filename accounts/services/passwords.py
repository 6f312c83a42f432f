"""Passwords: which are good enough, how they are checked and how they are set."""

import uuid
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import OneTimeToken, Session, User
from accounts.services.sessions import end_sessions
from hyperflow.core import changes, clock
from hyperflow.core.errors import Invalid
from hyperflow.core.transactions import command

SHORTEST, LONGEST = 8, 128


def check_password_is_good(password: str, *, user: User | None = None, field: str = "password") -> None:
    """Raises `Invalid` (``weak_password``) with a sentence for whoever chose it. Costs no hashing."""
    if not SHORTEST <= len(password) <= LONGEST:
        sentence = _("A password has %(shortest)d to %(longest)d characters.") % {
            "shortest": SHORTEST,
            "longest": LONGEST,
        }
        raise Invalid(sentence, code="weak_password", field=field)
    if "\0" in password:
        raise Invalid(_("A password can't contain the character NUL."), code="weak_password", field=field)
    try:
        validate_password(password, user=user)
    except ValidationError as weak:
        raise Invalid(" ".join(weak.messages), code="weak_password", field=field) from weak


@command
def set_password(*, user: User, actor: Any | None, password: str, except_sid: uuid.UUID | None = None) -> User:
    """Give somebody a new password: every sign-in ends, but the one that is named, and every link sent to them."""
    check_password_is_good(password, user=user)
    user = changes.lock(user)
    changes.update(user, actor=actor, action="user.password", password=make_password(password))
    end_sessions(user=user, reason=Session.End.PASSWORD, except_sid=except_sid)
    OneTimeToken.objects.filter(user_id=user.pk, used_at=None).update(used_at=clock.now())
    return user
