"""Rules about what may be written that hold for several kinds of row."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from hyperflow.core.errors import Conflict, Invalid, NotAllowed

RATES = frozenset({"hourly_rate", "budget"})


def needs_permission(actor: Any, permission: str, given: Iterable[str]) -> None:
    """Refuse to write any of the ``given`` fields for somebody without the permission. The system is no actor."""
    if actor is None or actor.has_perm(permission):
        return
    for name in given:
        raise NotAllowed(_("You may not set “%(name)s”.") % {"name": name}, field=name)


def rates_only_for_who_sees_them(actor: Any, given: Iterable[str]) -> None:
    """Rates and budgets read as nothing without ``clients.view_rates``, so writing back what was read would erase
    them: who may not see them may not send them."""
    needs_permission(actor, "clients.view_rates", sorted(RATES.intersection(given)))


def active_staff(user: Any, field: str) -> Any:
    """Somebody who works here now. Raises `Invalid` (``not_active_staff``)."""
    if not (user.is_active and user.is_staff):
        raise Invalid(_("This is nobody who works here now."), code="not_active_staff", field=field)
    return user


@contextmanager
def unique_or(conflict: Conflict) -> Iterator[None]:
    """A savepoint in which a refusal by the database's own unique constraint becomes ``conflict``.

    For names that two people may choose at the same moment; what the database finds equal (MariaDB ignores case and
    accents in names) is then refused with the same words as what a service has looked up itself.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as refused:
        raise conflict from refused
