"""A Trello board brought in, and what an import wrote, for tests."""

from accounts.models import User
from clients.models import Project
from hyperflow.core.models import AuditEntry
from integrations.importers import trello
from integrations.models import ExternalRef
from integrations.services.imports import import_board
from tasks.models import Attachment, Comment, Task, TaskTag, TaskWatcher


def bring_in(document, client, admin, **options):
    return import_board(actor=admin, board=trello.parse(document), client=client, **options)


def outcomes(report):
    return {outcome: sum(1 for item in report.items if item.outcome == outcome) for _, outcome in report.counts()}


def everything():
    """What an import could have written."""
    models = [Task, TaskTag, TaskWatcher, Comment, Attachment, Project, User, ExternalRef, AuditEntry]
    counts = [model._base_manager.count() for model in models]
    return counts, list(Task.objects.order_by("pk").values_list("pk", "version", "updated_at"))
