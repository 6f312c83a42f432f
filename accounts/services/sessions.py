"""Sign-ins through the API: opened, refreshed, ended."""

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _

from accounts import tokens
from accounts.models import Session, User
from hyperflow.core import audit, clock
from hyperflow.core.errors import NotAuthenticated
from hyperflow.core.transactions import command


@dataclass(frozen=True)
class TokenPair:
    """What somebody who signed in gets. ``expires_at`` and ``expires_in`` (seconds) are of the access token."""

    access_token: str
    refresh_token: str
    expires_in: int
    expires_at: dt.datetime
    session: Session


@command
def open_session(*, user: User, ip: str | None = None, user_agent: str = "") -> TokenPair:
    """Sign somebody in: a new family of refresh tokens with its first access token.

    The session carries the ``token_version`` of the row that the caller read. Where that row is no longer true (the
    password was changed while it was being checked), the session is worth nothing from the start.
    """
    now = clock.now()
    session = Session(
        sid=uuid.uuid4(),
        user=user,
        token_version=user.token_version,
        created_at=now,
        last_used_at=now,
        expires_at=now + settings.SESSION_LIFETIME,
        ip=ip,
        user_agent=user_agent[:300],
    )
    pair = _issue(session, now)
    session.save(force_insert=True)
    return pair


def refresh_session(*, refresh_token: str) -> tuple[User, TokenPair]:
    """Swap a refresh token for a new pair. A token that was swapped already ends its whole family.

    That end is committed before `NotAuthenticated` (``token_reused``) is raised, so no error on the way out can undo
    it. There is no grace period: who swaps twice signs in again.
    """
    claims = tokens.decode(refresh_token, "refresh")
    outcome = _rotate(claims=claims)
    if isinstance(outcome, NotAuthenticated):
        raise outcome
    return outcome


@command
def _rotate(*, claims: tokens.Claims) -> tuple[User, TokenPair] | NotAuthenticated:
    session = Session.objects.select_for_update().filter(sid=claims.sid, user_id=claims.user_id).first()
    if session is None:
        return tokens.revoked()
    user = User.objects.select_related("role").get(pk=session.user_id)
    presented = _hash(claims.jti)
    if presented != session.current_hash:
        return _reused(session, user)
    now = clock.now()
    if session.revoked_at is not None or not user.is_active or session.token_version != user.token_version:
        return tokens.revoked()
    if now >= session.refresh_expires_at:
        return NotAuthenticated(_("The sign-in has run out: sign in again."), code="token_expired")
    pair = _issue(session, now)
    # The row lock decides on MariaDB; where there are no row locks, the count of this update does.
    won = Session.objects.filter(pk=session.pk, current_hash=presented, revoked_at=None).update(
        current_hash=session.current_hash, refresh_expires_at=session.refresh_expires_at, last_used_at=now
    )
    return (user, pair) if won else _reused(session, user)


def _reused(session: Session, user: User) -> NotAuthenticated:
    if _revoke(Session.objects.filter(pk=session.pk), Session.End.REUSE):
        audit.record("session.reused", user, actor=None, changes={"session": (str(session.sid), None)})
    return NotAuthenticated(_("This refresh token was used before, so the sign-in was ended."), code="token_reused")


@command
def close_session(*, refresh_token: str, everywhere: bool = False) -> None:
    """Sign out: the family of the token ends, or every sign-in of its owner. A second time changes nothing.

    An expired token, or one that was swapped, still names its family: ending it is what its holder wants.
    """
    claims = tokens.decode(refresh_token, "refresh", even_expired=True)
    session = Session.objects.filter(sid=claims.sid, user_id=claims.user_id).select_related("user").first()
    if session is None:
        return
    is_live = session.revoked_at is None and session.token_version == session.user.token_version
    # Only the newest token speaks for all of them: an old one may be somebody else's find.
    if everywhere and is_live and session.current_hash == _hash(claims.jti):
        end_sessions(user=session.user, reason=Session.End.LOGOUT)
        audit.record("session.logout_everywhere", session.user, actor=session.user)
        return
    if _revoke(Session.objects.filter(pk=session.pk), Session.End.LOGOUT):
        audit.record("session.logout", session.user, actor=session.user, changes={"session": (str(session.sid), None)})


@command
def end_sessions(*, user: User, reason: str, except_sid: uuid.UUID | None = None) -> None:
    """End every sign-in of a person at once: API sessions, admin sessions and signed links to files.

    ``except_sid`` is the one session that goes on. Raising ``token_version`` is what ends the rest, those included
    that are being opened right now with the old password.
    """
    # Not an edit of the person: it leaves their version (the ETag) alone.
    User.objects.filter(pk=user.pk).update(token_version=F("token_version") + 1)
    user.refresh_from_db(fields=["token_version"])
    live = Session.objects.filter(user_id=user.pk)
    if except_sid is not None:
        live.filter(sid=except_sid, revoked_at=None).update(token_version=user.token_version)
        live = live.exclude(sid=except_sid)
    _revoke(live, reason)


@command
def end_session(*, session: Session, actor: Any) -> None:
    """End one sign-in of somebody else's, or of one's own on another device."""
    if _revoke(Session.objects.filter(pk=session.pk), Session.End.ACCOUNT):
        audit.record("session.end", session.user, actor=actor, changes={"session": (str(session.sid), None)})


def goes_on(sid: str, user: User) -> bool:
    """Does this sign-in of that person's still count? For links that were made in it."""
    live = Session.objects.filter(sid=uuid.UUID(sid), user_id=user.pk, token_version=user.token_version)
    return live.filter(revoked_at=None, expires_at__gt=clock.now()).exists()


def _issue(session: Session, now: dt.datetime) -> TokenPair:
    """Sign a pair and note on the session (not yet saved) which refresh token is its newest."""
    user = session.user
    expires_at = min(now + settings.ACCESS_TOKEN_LIFETIME, session.expires_at)
    access, _jti = tokens.encode("access", user_id=user.pk, sid=session.sid, expires_at=expires_at, role=user.role.code)
    session.refresh_expires_at = min(now + settings.REFRESH_TOKEN_LIFETIME, session.expires_at)
    refresh, jti = tokens.encode("refresh", user_id=user.pk, sid=session.sid, expires_at=session.refresh_expires_at)
    session.current_hash = _hash(jti)
    return TokenPair(access, refresh, int((expires_at - now).total_seconds()), expires_at, session)


def _revoke(sessions: Any, reason: str) -> int:
    count: int = sessions.filter(revoked_at=None).update(revoked_at=clock.now(), end=reason)
    return count


def _hash(jti: str) -> str:
    return hashlib.sha256(jti.encode()).hexdigest()
