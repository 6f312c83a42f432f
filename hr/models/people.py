"""Fields that lead to people, as several models of HR have them."""

from typing import Any

from django.conf import settings
from django.db import models


def by_somebody(label: Any, *, blank: bool = True, **more: Any) -> models.ForeignKey[Any, Any]:
    """Who did something to a row, once somebody has."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=label,
        on_delete=models.PROTECT,
        null=True,
        blank=blank,
        related_name="+",
        **more,
    )
