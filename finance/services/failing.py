"""What can't be billed by itself: finance is told, and the rest goes on."""

import logging

from django.utils.translation import gettext as _

from accounts.models import Notification, User
from accounts.services.notifications import notify
from finance.models import RecurringInvoice, Retainer
from hyperflow.core.errors import DomainError

logger = logging.getLogger(__name__)

KIND = "billing.failed"


def tell_of_failure(source: RecurringInvoice | Retainer, refusal: DomainError) -> None:
    """Tell who writes invoices that this could not be billed and why; not again while they have not read it."""
    logger.warning(
        "billing.failed", extra={"source": source._meta.label_lower, "source_id": source.pk, "code": refusal.code}
    )
    title = _("%(name)s could not be billed") % {"name": source}
    told = Notification._base_manager.filter(
        kind=KIND, subject_type=source._meta.label_lower, subject_id=source.pk, read_at__isnull=True
    )
    people = User.objects.staff_who_may("finance.add_invoice").exclude(pk__in=told.values("user_id"))
    notify(users=people, kind=KIND, title=title, body=str(refusal), subject=source)
