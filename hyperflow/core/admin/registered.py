"""The floor's own rows in the admin: jobs and the audit log. Stored files are seen only with what they belong to."""

import json
from typing import Any

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from hyperflow.core import jobs
from hyperflow.core.admin.base import ReadOnlyScopedAdmin
from hyperflow.core.admin.filters import ChoicesDropdownFilter, RangeDateFilter, RelatedFilter
from hyperflow.core.admin.history import sentence
from hyperflow.core.admin.moves import Move
from hyperflow.core.models import AuditEntry, Job


def _pretty(value: Any) -> str:
    return format_html('<pre class="hf-pre">{}</pre>', json.dumps(value, indent=2, ensure_ascii=False))


@admin.register(Job)
class JobAdmin(ReadOnlyScopedAdmin):
    list_display = ["kind", "shown_state", "progress", "attempts", "run_at", "finished_at", "owner"]
    list_filter = [("state", ChoicesDropdownFilter), ("owner", RelatedFilter), ("created_at", RangeDateFilter)]
    list_select_related = ["owner"]
    search_fields = ["kind", "error", "dedupe_key"]
    fields = [
        "kind", "queue", "state", "progress", "attempts", "max_attempts", "owner", "shown_arguments",
        "shown_result", "shown_error", "dedupe_key", "request_id", "created_at", "run_at", "started_at",
        "lease_until", "finished_at",
    ]  # fmt: skip
    readonly_fields = fields
    moves = [
        Move(
            "retry", _("Retry"), lambda job, actor: jobs.retry(job, actor), needs="core.change_job",
            question=_("It becomes due at once, with all its tries."), done=_("due again"), icon="refresh",
            available=lambda job, user: job.state in {Job.State.FAILED, Job.State.CANCELLED},
        ),
        Move(
            "cancel", _("Cancel"), lambda job, actor: jobs.cancel(job, actor), needs="core.change_job",
            question=_("What is already running goes on to its end; its result is dropped."), done=_("cancelled"),
            icon="block", danger=True,
            available=lambda job, user: job.state in {Job.State.QUEUED, Job.State.RUNNING},
        ),
    ]  # fmt: skip

    @display(
        description=_("state"),
        ordering="state",
        label={"queued": "info", "running": "warning", "done": "success", "failed": "danger", "cancelled": ""},
    )
    def shown_state(self, job: Job) -> tuple[str, Any]:
        return job.state, job.get_state_display()

    @admin.display(description=_("arguments"))
    def shown_arguments(self, job: Job) -> str:
        return _pretty(jobs.public_arguments(job))

    @admin.display(description=_("result"))
    def shown_result(self, job: Job) -> str:
        return _pretty(job.result)

    @admin.display(description=_("error"))
    def shown_error(self, job: Job) -> str:
        return format_html('<pre class="hf-pre">{}</pre>', job.error) if job.error else "–"


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyScopedAdmin):
    list_display = ["at", "actor", "what", "target_label", "ip"]
    list_filter = [("actor", RelatedFilter), ("at", RangeDateFilter)]
    list_select_related = ["actor"]
    search_fields = ["action", "target_label", "request_id"]
    search_help_text = _("Action, target or request id")
    fields = ["at", "actor", "what", "target_type", "target_id", "target_label", "shown_changes", "request_id", "ip"]
    readonly_fields = fields

    @admin.display(description=_("action"), ordering="action")
    def what(self, entry: AuditEntry) -> str:
        return sentence(entry.action)

    @admin.display(description=_("changes"))
    def shown_changes(self, entry: AuditEntry) -> str:
        return _pretty(entry.changes)
