"""Passwords: which are good enough, how they are checked and how they are set."""

import uuid
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts import hashing
from accounts.models import OneTimeToken, Session, User
from accounts.services.sessions import end_sessions
from hyperflow.core import changes, clock, limits
from hyperflow.core.errors import Invalid
from hyperflow.core.limits import Limit
from hyperflow.core.transactions import command

SHORTEST, LONGEST = 8, 128
WRONG_CURRENT = Limit("change-password", times=5, seconds=15 * 60)


def check_password_is_good(password: str, *, user: User | None = None, field: str = "password") -> None:
    """Raises `Invalid` (the field's code is ``weak_password``) with a sentence for whoever chose it. Hashes nothing."""
    if not SHORTEST <= len(password) <= LONGEST:
        bounds = {"shortest": SHORTEST, "longest": LONGEST}
        raise _weak(_("A password has %(shortest)d to %(longest)d characters.") % bounds, field)
    if "\0" in password:
        raise _weak(_("A password can't contain the character NUL."), field)
    try:
        validate_password(password, user=user)
    except ValidationError as weak:
        raise _weak(" ".join(weak.messages), field) from weak


def _weak(sentence: str, field: str) -> Invalid:
    return Invalid(sentence, field=field, errors=[{"field": field, "code": "weak_password", "message": sentence}])


def set_password(
    *, user: User, actor: Any | None, password: str, except_sid: uuid.UUID | None = None, field: str = "password"
) -> User:
    """Give somebody a new password: every sign-in ends, but the one that is named, and every link sent to them."""
    check_password_is_good(password, user=user, field=field)
    # Hashed before the row is locked: it takes a quarter of a second.
    return write_password(user=user, actor=actor, encoded=hashing.hashed(password), except_sid=except_sid)


@command
def write_password(*, user: User, actor: Any | None, encoded: str, except_sid: uuid.UUID | None = None) -> User:
    """`set_password` for one that is hashed already."""
    user = changes.lock(user)
    changes.update(user, actor=actor, action="user.password", password=encoded)
    end_sessions(user=user, reason=Session.End.PASSWORD, except_sid=except_sid)
    OneTimeToken.objects.filter(user_id=user.pk, used_at=None).update(used_at=clock.now())
    return user


def change_password(
    *, actor: User, current_password: str, new_password: str, keep_sid: uuid.UUID | None = None
) -> User:
    """Somebody changes their own password, which they must know. Every other sign-in of theirs ends.

    Wrong tries are limited as sign-in's are, since whoever found an unlocked phone could try as well.
    """
    check_password_is_good(new_password, user=actor, field="new_password")
    limits.check(WRONG_CURRENT, actor.pk)
    with hashing.turn():
        limits.hit(WRONG_CURRENT, actor.pk)
        if not hashing.matches(current_password, actor.password):
            raise Invalid(_("This is not your current password."), code="wrong_password", field="current_password")
        limits.refund(WRONG_CURRENT, actor.pk)
        encoded = hashing.hashed(new_password)
    return write_password(user=actor, actor=actor, encoded=encoded, except_sid=keep_sid)


def rehash(*, user: User, password: str) -> None:
    """Store the same password as new ones are stored. Nobody is signed out, and it is no edit: nothing changed.

    Only where it still is the password that was checked.
    """
    encoded = hashing.hashed(password)
    if User.objects.filter(pk=user.pk, password=user.password).update(password=encoded):
        user.password = encoded
