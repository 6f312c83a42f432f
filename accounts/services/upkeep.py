"""What is thrown away: sign-ins and links that are long over. The audit log keeps that they were."""

import datetime as dt

from django.db.models import QuerySet

from accounts.models import OneTimeToken, Session
from hyperflow.core import clock

#: For whoever looks into what happened to an account last month.
KEPT = dt.timedelta(days=30)
BATCH = 5_000


def forget_ended() -> dict[str, int]:
    """Delete sessions and links that ended a month ago, a bounded number at a time. Gives how many went."""
    before = clock.now() - KEPT
    return {
        "sessions": _delete(Session.objects.filter(expires_at__lt=before)),
        "links": _delete(OneTimeToken.objects.filter(expires_at__lt=before)),
    }


def _delete(rows: QuerySet) -> int:
    ids = list(rows.order_by().values_list("pk", flat=True)[:BATCH])
    return rows.model.objects.filter(pk__in=ids).delete()[0]
