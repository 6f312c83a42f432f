"""Facts for whoever listens: realtime, automation rules, outgoing webhooks."""

from typing import Any

from django.db import models

from hyperflow.core.audit import plain
from hyperflow.core.models import OutboxEvent


def emit(kind: str, subject: models.Model, **payload: Any) -> OutboxEvent:
    """Announce a fact in the transaction that makes it true: ``emit("task.created", task, assigned_to=7)``."""
    return OutboxEvent.objects.create(
        kind=kind, subject_type=subject._meta.label_lower, subject_id=subject.pk, payload=plain(payload)
    )
