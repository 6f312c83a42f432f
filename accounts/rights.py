"""What a role grants, read once per version of the role and kept by the process.

The caller's row carries its role's ``version``; an edited role has another version, so what it grants holds from
the very next request, in every process, without a query per request.
"""

from functools import lru_cache
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import F, Value
from django.db.models.functions import Concat


def permissions_of(user: Any) -> frozenset[str]:
    """All permissions of the user's role as ``app_label.codename``."""
    return permissions_of_role(user.role)


def permissions_of_role(role: Any) -> frozenset[str]:
    """All permissions of a role, as its row was read."""
    return _granted(role.pk, role.version, role.grants_everything)


@lru_cache(maxsize=256)
def _granted(role_id: int, version: int, everything: bool) -> frozenset[str]:
    rows = Permission.objects.all() if everything else Permission.objects.filter(pk__in=_permission_ids(role_id))
    label = Concat(F("content_type__app_label"), Value("."), F("codename"))
    return frozenset(rows.annotate(label=label).order_by().values_list("label", flat=True))


def _permission_ids(role_id: int) -> Any:
    from accounts.models import Role

    return Role.permissions.through.objects.filter(role_id=role_id).values("permission_id")


def forget() -> None:
    """Drop what is kept; for tests, where roles of one number come and go."""
    _granted.cache_clear()
