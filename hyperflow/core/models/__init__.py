"""The rows that every app may rely on."""

from hyperflow.core.models.audit import AuditEntry
from hyperflow.core.models.base import ScopedQuerySet, TimestampedModel, VersionedModel
from hyperflow.core.models.files import StoredFile
from hyperflow.core.models.jobs import Job
from hyperflow.core.models.outbox import OutboxEvent
from hyperflow.core.models.requests import AttemptCounter, IdempotencyRecord

__all__ = [
    "AttemptCounter",
    "AuditEntry",
    "IdempotencyRecord",
    "Job",
    "OutboxEvent",
    "ScopedQuerySet",
    "StoredFile",
    "TimestampedModel",
    "VersionedModel",
]
