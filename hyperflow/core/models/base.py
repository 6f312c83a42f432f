"""Base classes of every model."""

from typing import Any, ClassVar, Self, TypeVar

from django.db import models

from hyperflow.core import clock

Row = TypeVar("Row", bound=models.Model)


class ScopedQuerySet(models.QuerySet[Row]):
    """A queryset that knows which of its rows a given user may see."""

    def visible_to(self, user: Any) -> Self:
        raise NotImplementedError(f"{type(self).__name__} does not say who may see its rows")


class TimestampedModel(models.Model):
    """When the row was made and last changed, in UTC to the millisecond."""

    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        abstract = True


class VersionedModel(TimestampedModel):
    """A row that people edit. ``version`` counts its changes and is its ``ETag``.

    Only `hyperflow.core.changes` writes such rows, since it is what counts.
    """

    version = models.PositiveIntegerField(default=1, editable=False)

    #: Fields whose values never go into the audit log (passwords, token hashes).
    secret_fields: ClassVar[frozenset[str]] = frozenset()

    class Meta:
        abstract = True
