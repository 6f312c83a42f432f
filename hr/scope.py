"""Whose rows of HR somebody may see: everybody's, their reports', or their own."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import models

Rows = TypeVar("Rows", bound=models.QuerySet[Any])


def reports_of(user: Any) -> frozenset[int]:
    """The ids of the people below this manager, direct and indirect, at any depth.

    A circle, which a service refuses but rows written past it could make, ends where it began.
    """
    from hr.models import Employment

    below: dict[int, list[int]] = defaultdict(list)
    pairs = Employment._base_manager.exclude(manager=None).order_by().values_list("manager_id", "user_id")
    for manager, report in pairs:
        below[manager].append(report)
    found: set[int] = set()
    waiting = [user.pk]
    while waiting:
        for report in below.get(waiting.pop(), []):
            if report not in found:
                found.add(report)
                waiting.append(report)
    return frozenset(found - {user.pk})


def people_in_scope(rows: Rows, user: Any, *, everybody: str, own: str, path: str = "user_id") -> Rows:
    """The rows of the people that this user may see. ``path`` leads to the person's id.

    ``everybody`` is the permission that shows all rows, ``own`` the one that shows one's own and one's reports'.
    """
    if user.has_perm(everybody):
        return rows
    if not user.has_perm(own):
        return rows.none()
    return rows.filter(**{f"{path}__in": [user.pk, *sorted(reports_of(user))]})


def is_above(user: Any, person_id: int) -> bool:
    """Is this person among the reports of that manager?"""
    return person_id in reports_of(user)


def of_recruitment(rows: Rows, user: Any, *, view: str, involved: Callable[[], models.Q]) -> Rows:
    """The rows of recruitment that this user may see: all for HR, for others where they are ``involved``; none without
    the permission to ``view`` such rows."""
    if not user.has_perm(view):
        return rows.none()
    return rows if user.has_perm("hr.view_all_recruitment") else rows.filter(involved())
