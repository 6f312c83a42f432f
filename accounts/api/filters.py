from typing import Any, ClassVar

import django_filters

from accounts.models import Notification
from hyperflow.core.api.filters import BooleanFilter, StrictFilterSet, date_range


class NotificationFilter(StrictFilterSet):
    kind = django_filters.CharFilter(max_length=64)
    unread = BooleanFilter(method="by_unread")
    created_after, created_before = date_range("created_at")

    class Meta:
        model = Notification
        fields: ClassVar[list[str]] = []

    def by_unread(self, rows: Any, name: str, value: bool | None) -> Any:
        if value is None:
            return rows
        return rows.filter(unread_marker=1) if value else rows.filter(unread_marker=None)
