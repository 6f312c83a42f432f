"""Links that are sent by mail and work once: to choose a new password, to prove that an address is one's own."""

import datetime as dt
import hashlib
import secrets
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts import hashing, jobs
from accounts.models import OneTimeToken, Session, User
from accounts.services.passwords import check_password_is_good, write_password
from accounts.services.people import not_above
from accounts.services.sessions import end_sessions
from hyperflow.core import audit, changes, clock, limits
from hyperflow.core.errors import BadRequest, Conflict
from hyperflow.core.fields import fold_email
from hyperflow.core.jobs import enqueue
from hyperflow.core.limits import Limit
from hyperflow.core.transactions import command

Purpose = OneTimeToken.Purpose

LIFETIME = {Purpose.RESET: dt.timedelta(hours=1), Purpose.VERIFY: dt.timedelta(hours=24)}
PATHS = {Purpose.RESET: "/reset-password", Purpose.VERIFY: "/verify-email"}

#: Asking for a reset link, from one address.
ASKING = Limit("forgot-password.address", times=10, seconds=60 * 60)


def ask_for_reset(*, email: str, ip: str) -> None:
    """Somebody forgot a password. Whether there is such an account is found out by a job: here nobody can tell."""
    limits.hit(ASKING, ip)
    enqueue(jobs.mail_reset_link, email=fold_email(email))


@command
def send_reset(*, user: User, actor: Any) -> None:
    """Staff send somebody a link to choose a password, to a new colleague for example."""
    not_above(actor, user)
    if not user.is_active:
        raise Conflict(_("The account is not active: reactivate it first."))
    audit.record("user.send_reset", user, actor=actor)
    enqueue(jobs.mail_reset_link, email=user.email)


def reset_password(*, token: str, password: str) -> User:
    """Choose a new password by a link. Every sign-in ends; the address is proven, since the link came there.

    Raises `BadRequest` (``invalid_token``) for a link that was used, has run out, or whose account has changed. A
    password that is refused leaves the link good.
    """
    link = _find(token, Purpose.RESET)
    check_password_is_good(password, user=link.user, field="new_password")
    encoded = hashing.hashed(password)
    return _reset(token=token, encoded=encoded)


@command
def _reset(*, token: str, encoded: str) -> User:
    link = _use(token, Purpose.RESET)
    user = write_password(user=link.user, actor=link.user, encoded=encoded)
    if user.email_verified_at is None:
        changes.update(user, actor=user, action="user.verify", email_verified_at=clock.now())
    return user


@command
def verify_email(*, token: str) -> User:
    """The link from a registration was followed: its owner reads mail at that address and may sign in from now on.

    With the password of the very registration that the link belongs to.
    """
    link = _use(token, Purpose.VERIFY)
    user = changes.lock(link.user)
    values: dict[str, Any] = {"email_verified_at": clock.now()}
    if link.password:
        values["password"] = link.password
    changes.update(user, actor=user, action="user.verify", event="user.updated", **values)
    end_sessions(user=user, reason=Session.End.ACCOUNT)
    return user


@command
def make_link(*, user: User, purpose: str, password: str = "") -> str:
    """A new link for somebody, as the mail shows it. Only its hash is kept."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    OneTimeToken.objects.create(
        user=user,
        purpose=purpose,
        token_hash=_hash(token),
        token_version=user.token_version,
        password=password,
        created_at=now,
        expires_at=now + LIFETIME[Purpose(purpose)],
    )
    audit.record(f"link.{purpose}", user, actor=None)
    # From the settings, never from a request: its Host header is the caller's own invention.
    return f"{settings.FRONTEND_URL}{PATHS[Purpose(purpose)]}?token={token}"


def _find(token: str, purpose: str) -> OneTimeToken:
    link = OneTimeToken.objects.filter(token_hash=_hash(token), purpose=purpose).select_related("user__role").first()
    if link is None or not _is_good(link, link.user):
        raise _invalid()
    return link


def _use(token: str, purpose: str) -> OneTimeToken:
    """Take the link, under its own lock and its owner's, so it works once."""
    link = OneTimeToken.objects.select_for_update().filter(token_hash=_hash(token), purpose=purpose).first()
    if link is None:
        raise _invalid()
    link.user = changes.lock(link.user)
    now = clock.now()
    if not _is_good(link, link.user):
        raise _invalid()
    # The count decides where there are no row locks. Its sisters go with it.
    if not OneTimeToken.objects.filter(pk=link.pk, used_at=None).update(used_at=now):
        raise _invalid()
    OneTimeToken.objects.filter(user_id=link.user_id, purpose=purpose, used_at=None).update(used_at=now)
    return link


def _is_good(link: OneTimeToken, user: User) -> bool:
    return (
        link.used_at is None
        and clock.now() < link.expires_at
        and user.is_active
        and link.token_version == user.token_version
        and not (link.purpose == Purpose.VERIFY and user.email_verified_at is not None)
    )


def _invalid() -> BadRequest:
    return BadRequest(_("This link has been used or has run out: ask for a new one."), code="invalid_token")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
