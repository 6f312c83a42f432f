"""Links to files that work without a header, for a few minutes and for one person (an ``<img>``, a new tab)."""

import base64
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import signing
from django.utils.translation import gettext as _

from hyperflow.core.errors import NotAllowed, NotFound
from hyperflow.core.models import StoredFile

#: Gives the file of a row of that kind, if this user may see the row.
Resolver = Callable[[int, Any], StoredFile | None]

#: Does the sign-in of that name, of this user, still go on?
SessionCheck = Callable[[str, Any], bool]

_SALT = "hyperflow.core.storage"
_owners: dict[str, Resolver] = {}
_session_checks: list[SessionCheck] = []


def register_owner(kind: str, resolver: Resolver) -> None:
    """Say how to find the file of a row: ``register_owner("tasks.attachment", find)``."""
    _owners[kind] = resolver


def register_session_check(check: SessionCheck) -> None:
    """Say how to find out whether a sign-in goes on; links bound to one work only while every check says yes."""
    _session_checks.append(check)


def signed_path(kind: str, pk: int, user: Any, *, session: object | None = None) -> str:
    """A path that gives *user* the file of that row, for ``FILE_LINK_SECONDS``.

    It stops working earlier when the user is deactivated, signs out everywhere, changes the password or loses sight
    of the row: whether they may see it is asked when the link is used. With *session*, the name of the sign-in that
    asked for it, it also ends with that one.
    """
    if kind not in _owners:
        raise LookupError(f"No app has registered how to find the file of a {kind}")
    return f"/api/files/{_seal([kind, pk, user.pk, user.token_version, str(session or '')])}"


def open_signed(token: str) -> StoredFile:
    """The file of a link. Raises `NotAllowed` (``link_expired``) or `NotFound`."""
    try:
        said = signing.loads(_unpad(token), salt=_SALT, max_age=settings.FILE_LINK_SECONDS)
        kind, pk, user_id, version, session = said
    except signing.SignatureExpired as error:
        raise NotAllowed(_("This link has expired. Ask for a new one."), code="link_expired") from error
    except (signing.BadSignature, ValueError) as error:
        raise NotFound(_("There is no such file.")) from error
    user: Any = get_user_model()._default_manager.filter(pk=user_id).first()
    if user is None or not user.is_active or user.token_version != version or not _goes_on(session, user):
        raise NotAllowed(_("This link has expired. Ask for a new one."), code="link_expired")
    resolver = _owners.get(kind)
    file = resolver(pk, user) if resolver else None
    if file is None:
        raise NotFound(_("There is no such file."))
    return file


def _goes_on(session: str, user: Any) -> bool:
    """A link without a session depends on none; one whose session nobody knows about is not believed."""
    return not session or (bool(_session_checks) and all(check(session, user) for check in _session_checks))


def _seal(payload: list[Any]) -> str:
    """URL-safe, and one word: Django's own has colons in it."""
    return base64.urlsafe_b64encode(signing.dumps(payload, salt=_SALT).encode()).decode().rstrip("=")


def _unpad(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("ascii")
    except ValueError as error:
        raise signing.BadSignature("not a link of ours") from error
