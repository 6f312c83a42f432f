"""Sign-in by a Supabase project, for teams that keep it: its access token is taken as a Bearer.

What such a token can do is find an account that is here already, by its verified address. It never makes an account,
and never decides about rights: those are the account's own. Its end (signing out there) is Supabase's business, so it
lives until it expires; an account that is deactivated here is out at once, as anybody is.

What counts as verified: the claim ``email_verified`` (of a custom access token hook), the same in ``app_metadata``, or
in ``user_metadata``, where Supabase itself writes it. People can write to ``user_metadata`` too, so a project must have
"Confirm email" switched on (as it is by default): then no token exists for an address that nobody confirmed.
"""

import logging
import threading
import time
from typing import Any

import jwt
from django.conf import settings
from django.utils.translation import gettext as _

from accounts import tokens
from accounts.models import User
from hyperflow.core.errors import DomainError, Unavailable
from hyperflow.core.fields import fold_email

logger = logging.getLogger(__name__)

#: Which kind of key goes with which algorithm. HS256 has the secret, never a public key.
PUBLIC_KEY_ALGORITHMS = {"RS256": "RSA", "ES256": "EC"}
#: A key set is read anew after this long, and for an unknown key at most this often (seconds).
KEPT = 600
PAUSE = 30


def is_configured() -> bool:
    return bool(settings.SUPABASE_URL or settings.SUPABASE_JWT_SECRET)


def caller(token: str) -> User:
    """The active person whose verified address a Supabase token names. Raises `NotAuthenticated`."""
    email = _verified_email(_claims(token))
    user = User.objects.select_related("role").filter(email=fold_email(email), is_active=True).first()
    if user is None:
        raise tokens.not_believed()
    return user


def _claims(token: str) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
        algorithm = str(header.get("alg"))
        key = _key(token, algorithm, header.get("kid"))
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=settings.SUPABASE_AUDIENCE,
            issuer=_issuer() or None,
            leeway=tokens.LEEWAY,
            options={"require": ["sub", "exp", "aud", *(["iss"] if _issuer() else [])]},
        )
    except jwt.ExpiredSignatureError as expired:
        raise tokens.run_out() from expired
    except (jwt.PyJWTError, ValueError, TypeError) as wrong:
        raise tokens.not_believed() from wrong


def _verified_email(claims: dict[str, Any]) -> str:
    email = claims.get("email")
    # ``anon`` and ``service_role`` are keys of programs, not people.
    is_a_person = claims.get("role") == "authenticated" and not claims.get("is_anonymous")
    places = (claims, claims.get("app_metadata"), claims.get("user_metadata"))
    said = [place["email_verified"] for place in places if isinstance(place, dict) and "email_verified" in place]
    if not isinstance(email, str) or not email or not is_a_person or not said or any(one is not True for one in said):
        raise tokens.not_believed()
    return email


def _key(token: str, algorithm: str, kid: Any) -> Any:
    if algorithm == "HS256" and settings.SUPABASE_JWT_SECRET:
        return settings.SUPABASE_JWT_SECRET
    kind = PUBLIC_KEY_ALGORITHMS.get(algorithm)
    if kind is None or not settings.SUPABASE_URL or not isinstance(kid, str):
        raise tokens.not_believed()
    # Nobody makes us fetch anything with a token that doesn't even claim to come from there.
    if jwt.decode(token, options={"verify_signature": False}).get("iss") != _issuer():
        raise tokens.not_believed()
    key = keys.find(kid)
    if key is None or key.key_type != kind:
        raise tokens.not_believed()
    return key.key


def _issuer() -> str:
    return f"{settings.SUPABASE_URL}/auth/v1" if settings.SUPABASE_URL else ""


class KeySet:
    """The project's public keys by their id, kept by the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at: float | None = None
        self._tried_at: float | None = None

    def find(self, kid: str) -> jwt.PyJWK | None:
        """The key of that id. An unknown one is looked for anew, by one thread at a time and not too often."""
        known = self._keys.get(kid)
        if known is not None and not self._is_older_than(self._read_at, KEPT):
            return known
        # While somebody else asks, and shortly after a failure, what is known is what there is.
        if self._is_older_than(self._tried_at, PAUSE) and self._lock.acquire(blocking=False):
            try:
                self._read()
            finally:
                self._lock.release()
        elif not self._keys:
            raise _unavailable()
        return self._keys.get(kid)

    def _read(self) -> None:
        self._tried_at = time.monotonic()
        try:
            from hyperflow.core import http  # and with it httpx: only who keeps Supabase needs it

            reply = http.request("GET", f"{_issuer()}/.well-known/jwks.json", timeout=3, total=6, max_bytes=100_000)
            found = reply.json()["keys"] if reply.status_code == 200 else None
            usable = [entry for entry in found or [] if entry.get("kty") in PUBLIC_KEY_ALGORITHMS.values()]
            keys = {str(entry["kid"]): jwt.PyJWK(entry) for entry in usable}
        except (DomainError, jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError) as failure:
            logger.warning("supabase.keys", extra={"reason": type(failure).__name__})
            keys = {}
        if keys:
            self._keys, self._read_at = keys, self._tried_at
        elif not self._keys:
            raise _unavailable()

    @staticmethod
    def _is_older_than(moment: float | None, seconds: float) -> bool:
        return moment is None or time.monotonic() - moment > seconds


keys = KeySet()


def _unavailable() -> Unavailable:
    return Unavailable(_("The keys of the Supabase project can't be read right now."), retry_after=PAUSE)
