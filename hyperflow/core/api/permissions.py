"""May this caller do this at all? Which rows it goes for is the business of ``visible_to``."""

from typing import Any, Final

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from hyperflow.core.errors import NotAllowed, NotAuthenticated


class Open(str):
    """A marker in a ``needs`` table that is no permission."""


#: Any signed-in user.
SIGNED_IN: Final = Open("signed in")
#: Any signed-in user whose role works here.
STAFF: Final = Open("staff")
#: Anyone. Every action that says so stands in `OPEN_ACTIONS`.
OPEN: Final = Open("open")

Need = str | tuple[str, ...]

#: Every action that nobody has to sign in for, as ``ViewSet.action``. A test compares it with the routes.
OPEN_ACTIONS: Final = frozenset(
    {
        "AuthViewSet.forgot_password",
        "AuthViewSet.logout",
        "AuthViewSet.refresh",
        "AuthViewSet.register",
        "AuthViewSet.reset_password",
        "AuthViewSet.token",
        "AuthViewSet.verify_email",
        "FileViewSet.download",
        "HealthViewSet.live",
        "HealthViewSet.ready",
        "LeaveFeedViewSet.feed",
    }
)


def allows(need: Need | None, user: Any) -> bool:
    """No need named means nobody; a tuple means any of."""
    if need is None:
        return False
    if need is OPEN:
        return True
    if not user.is_authenticated:
        return False
    if need is SIGNED_IN:
        return True
    if need is STAFF:
        return bool(user.is_staff)
    if isinstance(need, tuple):
        return any(user.has_perm(name) for name in need)
    return user.has_perm(need)


class NeedsPermission(BasePermission):
    """Deny unless the view names, for this very action, the permission that it takes."""

    def has_permission(self, request: Request, view: Any) -> bool:
        need = getattr(view, "needs", {}).get(getattr(view, "action", None) or "")
        if allows(need, request.user):
            return True
        if not request.user.is_authenticated:
            raise NotAuthenticated("Sign in first: send an access token as `Authorization: Bearer …`.")
        raise NotAllowed("Your role does not allow this.")
