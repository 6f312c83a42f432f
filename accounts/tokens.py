"""Signed tokens of the API: what is in them and when one is believed.

An access token is for the ``Authorization`` header and nothing else, a refresh token for ``/api/auth/refresh`` and
nothing else: the claim ``typ`` says which it is. The algorithm and the keys come from the settings, never from the
token, so its header (``alg``, ``kid``, ``jku``, ``jwk``) decides nothing.
"""

import datetime as dt
import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import jwt
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from hyperflow.core import clock
from hyperflow.core.errors import NotAuthenticated

Kind = Literal["access", "refresh"]

#: How far the clocks of two machines may differ, in seconds.
LEEWAY = 10
#: Longer than any token of ours; what is longer is not looked at.
MAX_LENGTH = 4096

#: When it runs out is asked at every use, not here.
_OPTIONS: Any = {"require": ["sub", "iat", "exp", "jti", "iss", "aud"], "verify_exp": False}


@dataclass(frozen=True, slots=True)
class Claims:
    """What a believed token says."""

    user_id: int
    sid: uuid.UUID
    jti: str


def encode(kind: Kind, *, user_id: int, sid: uuid.UUID, expires_at: dt.datetime, **extra: Any) -> tuple[str, str]:
    """A signed token and its ``jti``."""
    jti = uuid.uuid4().hex
    claims = {
        "sub": str(user_id),
        "iat": int(clock.now().timestamp()),
        "exp": int(expires_at.timestamp()),
        "jti": jti,
        "iss": settings.JWT_ISSUER,
        "aud": settings.JWT_AUDIENCE,
        "typ": kind,
        "sid": sid.hex,
        **extra,
    }
    return jwt.encode(claims, settings.JWT_SIGNING_KEY, algorithm=settings.ALGORITHM), jti


def decode(token: str, kind: Kind, *, even_expired: bool = False) -> Claims:
    """What the token says, once its signature, times, issuer, audience and kind are checked.

    ``even_expired`` is for signing out, which an old token may do as well. Raises `NotAuthenticated`:
    ``token_expired`` where it was good once, ``not_authenticated`` for everything else.
    """
    if len(token) > MAX_LENGTH:
        raise not_believed()
    try:
        claims, found, expires_at = _verified(
            token, settings.JWT_SIGNING_KEY, settings.JWT_PREVIOUS_SIGNING_KEY, settings.ALGORITHM
        )
    except (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError, OverflowError) as wrong:
        raise not_believed() from wrong
    if found != kind:
        raise not_believed()
    if not even_expired and expires_at <= timezone.now().timestamp() - LEEWAY:
        raise run_out()
    return claims


@lru_cache(maxsize=2048)
def _verified(token: str, key: str, previous_key: str, algorithm: str) -> tuple[Claims, str, int]:
    """What a token signed by us says, with its kind and when it runs out. Kept: the same text stays signed by us."""
    try:
        claims = _decode(token, key, algorithm)
    except jwt.InvalidSignatureError:
        if not previous_key:
            raise
        claims = _decode(token, previous_key, algorithm)
    who = Claims(user_id=int(claims["sub"]), sid=uuid.UUID(claims["sid"]), jti=str(claims["jti"]))
    return who, str(claims["typ"]), int(claims["exp"])


def _decode(token: str, key: str, algorithm: str) -> dict[str, Any]:
    return jwt.decode(
        token,
        key,
        algorithms=[algorithm],
        audience=settings.JWT_AUDIENCE,
        issuer=settings.JWT_ISSUER,
        leeway=LEEWAY,
        options=_OPTIONS,
    )


def not_believed() -> NotAuthenticated:
    return NotAuthenticated(_("This token is not valid here."))


def run_out() -> NotAuthenticated:
    return NotAuthenticated(_("The token has expired: refresh it or sign in again."), code="token_expired")


def revoked() -> NotAuthenticated:
    return NotAuthenticated(_("This sign-in has ended: sign in again."), code="token_revoked")
