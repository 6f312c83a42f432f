"""Signed tokens of the API: what is in them and when one is believed.

An access token is for the ``Authorization`` header and nothing else, a refresh token for ``/api/auth/refresh`` and
nothing else: the claim ``typ`` says which it is. The algorithm and the keys come from the settings, never from the
token, so its header (``alg``, ``kid``, ``jku``, ``jwk``) decides nothing.
"""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, Literal

import jwt
from django.conf import settings
from django.utils.translation import gettext as _

from hyperflow.core import clock
from hyperflow.core.errors import NotAuthenticated

Kind = Literal["access", "refresh"]

#: How far the clocks of two machines may differ, in seconds.
LEEWAY = 10
#: Longer than any token of ours; what is longer is not looked at.
MAX_LENGTH = 4096

_OPTIONS: Any = {"require": ["sub", "iat", "exp", "jti", "iss", "aud"]}
_EVEN_EXPIRED: Any = {**_OPTIONS, "verify_exp": False}


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
        claims = _verified(token, _EVEN_EXPIRED if even_expired else _OPTIONS)
        if claims["typ"] != kind:
            raise not_believed()
        return Claims(user_id=int(claims["sub"]), sid=uuid.UUID(claims["sid"]), jti=str(claims["jti"]))
    except jwt.ExpiredSignatureError as expired:
        raise NotAuthenticated(
            _("The token has expired: refresh it or sign in again."), code="token_expired"
        ) from expired
    except (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError, OverflowError) as wrong:
        raise not_believed() from wrong


def not_believed() -> NotAuthenticated:
    return NotAuthenticated(_("This token is not valid here."))


def run_out() -> NotAuthenticated:
    return NotAuthenticated(_("The token has expired: refresh it or sign in again."), code="token_expired")


def revoked() -> NotAuthenticated:
    return NotAuthenticated(_("This sign-in has ended: sign in again."), code="token_revoked")


def _verified(token: str, options: Any) -> dict[str, Any]:
    try:
        return _decode(token, settings.JWT_SIGNING_KEY, options)
    except jwt.InvalidSignatureError:
        if not settings.JWT_PREVIOUS_SIGNING_KEY:
            raise
        return _decode(token, settings.JWT_PREVIOUS_SIGNING_KEY, options)


def _decode(token: str, key: str, options: Any) -> dict[str, Any]:
    return jwt.decode(
        token,
        key,
        algorithms=[settings.ALGORITHM],
        audience=settings.JWT_AUDIENCE,
        issuer=settings.JWT_ISSUER,
        leeway=LEEWAY,
        options=options,
    )
