"""The rows that every app may rely on."""

from hyperflow.core.models.audit import AuditEntry
from hyperflow.core.models.base import ScopedQuerySet, TimestampedModel, VersionedModel
from hyperflow.core.models.files import StoredFile
from hyperflow.core.models.jobs import Heartbeat, Job
from hyperflow.core.models.outbox import OutboxEvent, OutboxReader
from hyperflow.core.models.requests import AttemptCounter, IdempotencyRecord

__all__ = [
    "AttemptCounter",
    "AuditEntry",
    "Heartbeat",
    "IdempotencyRecord",
    "Job",
    "OutboxEvent",
    "OutboxReader",
    "ScopedQuerySet",
    "StoredFile",
    "TimestampedModel",
    "VersionedModel",
]
