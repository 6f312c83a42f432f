"""Who is told that something of somebody waits for a decision: whoever may make it."""

from collections.abc import Sequence
from typing import Any

from accounts.models import User
from accounts.rights import permissions_of
from hr.models import Employment


def deciders_of(user_id: int, *, of_reports: str, of_everybody: Sequence[str]) -> list[Any]:
    """The active manager, where they have the right to decide for their reports; else everybody who has all the rights
    to decide for anybody. Never the person themself."""
    manager = Employment._base_manager.filter(user_id=user_id).values_list("manager_id", flat=True).first()
    people = User.objects.filter(is_active=True, role__is_staff=True).select_related("role")
    if manager is not None and (found := people.filter(pk=manager).first()) and found.has_perm(of_reports):
        return [found]
    return [one for one in people.exclude(pk=user_id) if set(of_everybody) <= set(permissions_of(one))]
