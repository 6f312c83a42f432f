"""Signing in with address and password: one way for the API and the admin, with one set of limits."""

from django.utils.translation import gettext as _

from accounts import hashing
from accounts.models import User
from accounts.services import sessions
from accounts.services.passwords import LONGEST, rehash
from hyperflow.core import audit, clock, limits
from hyperflow.core.errors import NotAuthenticated, RateLimited
from hyperflow.core.fields import fold_email
from hyperflow.core.limits import Limit
from hyperflow.core.transactions import command

#: Every call from an address, right or wrong.
CALLS = Limit("sign-in.calls", times=60, seconds=60)
#: Failures. By account *and* address, so nobody can lock the owner out from elsewhere.
FAILURES_OF_ACCOUNT = Limit("sign-in.account", times=5, seconds=15 * 60)
FAILURES_OF_ADDRESS = Limit("sign-in.address", times=50, seconds=15 * 60)


def sign_in(*, email: str, password: str, ip: str, user_agent: str = "") -> tuple[User, sessions.TokenPair]:
    """Open a session for whoever knows the password. Raises as `identify` does."""
    user = identify(email=email, password=password, ip=ip)
    return user, _enter(user=user, ip=ip, user_agent=user_agent)


def count_call(*, ip: str) -> None:
    """Count a call for a sign-in, whatever is in it. Raises `RateLimited` past the limit of that address."""
    limits.hit(CALLS, ip)


def identify(*, email: str, password: str, ip: str, staff_only: bool = False) -> User:
    """The person whose address and password these are.

    A wrong password, an unknown address, one that was never verified, somebody who has left and (in the admin)
    somebody who doesn't work here are told the same and cost the same: `NotAuthenticated` (``invalid_credentials``).
    Too many failures raise `RateLimited`, before any password is looked at. The caller has counted the call
    (`count_call`) before it read what was sent.

    A failure is counted before the password is checked and taken back where it was right, so tries in parallel do
    not pass the limit either.
    """
    email = fold_email(email)
    limits.check(FAILURES_OF_ACCOUNT, email, ip)
    limits.check(FAILURES_OF_ADDRESS, ip)
    with hashing.turn():
        _take_a_try(email, ip)
        user = _check(email, password, staff_only)
        if user is not None:
            _give_it_back(email, ip)
    if user is None:
        _note_failure(email, ip)
        raise NotAuthenticated(_("The address or the password is wrong."), code="invalid_credentials")
    return user


def _check(email: str, password: str, staff_only: bool) -> User | None:
    user = User.objects.select_related("role").filter(email=email).first()
    may_enter = user is not None and user.is_active and user.email_verified_at is not None
    if staff_only and user is not None:
        may_enter = may_enter and user.role.is_staff
    # The work is done before anything is decided, once, whoever it is.
    right = len(password) <= LONGEST and hashing.matches(password, user.password if user is not None else None)
    if user is None or not right or not may_enter:
        return None
    if hashing.is_outdated(user.password):
        rehash(user=user, password=password)
    return user


def _take_a_try(email: str, ip: str) -> None:
    limits.hit(FAILURES_OF_ADDRESS, ip)
    try:
        limits.hit(FAILURES_OF_ACCOUNT, email, ip)
    except RateLimited:
        limits.refund(FAILURES_OF_ADDRESS, ip)
        raise


def _give_it_back(email: str, ip: str) -> None:
    limits.refund(FAILURES_OF_ACCOUNT, email, ip)
    limits.refund(FAILURES_OF_ADDRESS, ip)


@command
def _enter(*, user: User, ip: str, user_agent: str) -> sessions.TokenPair:
    # The person's row first: a new session only refers to it, and two who refer to it would wait for each other here.
    record_entry(user=user, door="api")
    return sessions.open_session(user=user, ip=ip, user_agent=user_agent)


@command
def record_entry(*, user: User, door: str) -> None:
    """Note that somebody came in, for the list of users and the audit log. Not an edit: their version stays."""
    now = clock.now()
    User.objects.filter(pk=user.pk).update(last_login=now)
    user.last_login = now
    audit.record("session.sign_in", user, actor=user, changes={"door": (None, door)})


def _note_failure(email: str, ip: str) -> None:
    """Write down whose account it was, where there is one, and that this was the last try; never the password."""
    target = User.objects.filter(email=email).first()
    audit.record("session.sign_in_failed", target, actor=None)
    try:
        limits.check(FAILURES_OF_ACCOUNT, email, ip)
    except RateLimited:
        audit.record("session.locked", target, actor=None)
