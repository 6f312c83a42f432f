"""A board comes in: one command, all of it or nothing."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from clients.models import Client, Project
from clients.services.projects import create_project
from hyperflow.core import audit, changes, outbox
from hyperflow.core.errors import Conflict, NotAllowed
from hyperflow.core.transactions import command
from integrations.importers.boards import Board, Problem
from integrations.models import ExternalRef
from integrations.services.people import People
from integrations.services.reports import MADE, SKIPPED, UPDATED, Report
from integrations.services.rows import Rows, fitted

Progress = Callable[[int, int], None]

#: What an import does, so who starts it must be allowed all of it.
NEEDS = (
    "tasks.add_task",
    "tasks.change_any_task",
    "tasks.assign_task",
    "clients.add_project",
    "clients.view_all_clients",
)


class BadItems(Conflict):
    """Some items of the file can't come in, so nothing did."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(_("Some items of the file can't be imported."), code="bad_items")
        self.problems = problems


def rehearse(**arguments: Any) -> Report:
    """What `import_board` would do: it is done, reported and undone."""
    with transaction.atomic():
        report = import_board(**arguments)
        transaction.set_rollback(True)
    return report


@command
def import_board(
    *,
    actor: Any,
    board: Board,
    client: Client,
    project_name: str = "",
    statuses: Mapping[str, str] | None = None,
    skip_bad: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Bring a board's cards in as tasks of one project of the client.

    What came from the same board before is found by its ids: what was edited there since is changed here too, field
    by field, and what was edited here in other fields stays; what is the same is not touched. What vanished there
    stays here. Raises `BadItems` where some items can't come in, unless ``skip_bad`` leaves those out, and `Conflict`
    where the board belongs to another client or project already. Nobody is told about tasks that are new here.
    """
    for permission in NEEDS:
        if not actor.has_perm(permission):
            raise NotAllowed(_("%(name)s may not import: that takes %(right)s.") % {"name": actor, "right": permission})
    client = changes.lock(client)  # one import a client at a time
    board, problems = fitted(board)
    if not board.cards and not problems:
        raise Conflict(_("The file holds nothing to import."), code="nothing_to_import")
    if problems and not skip_bad:
        raise BadItems(problems)
    report = _open_project(board, client=client, name=project_name, actor=actor)
    report.remarks.extend(board.remarks)
    for problem in problems:
        report.add("item", problem.where, SKIPPED, problem.reason)
    people = People(board, actor=actor, report=report)
    Rows(board, people, report=report, actor=actor, statuses=statuses or {}, progress=progress).write()
    if report.changed:
        _record(board, report, actor=actor)
    return report


def _open_project(board: Board, *, client: Client, name: str, actor: Any) -> Report:
    """The project of an earlier import of this board; else the one of that name, made where there is none."""
    name_there: dict[str, Any] = {
        "source": board.source,
        "scope": board.scope,
        "kind": "board",
        "external_id": board.scope,
    }
    ref = ExternalRef.objects.filter(**name_there).first() if board.scope else None
    earlier = Project.objects.select_related("client").filter(pk=ref.object_id).first() if ref else None
    wanted = " ".join((name or board.name).split())[:200]
    if earlier is not None:
        if earlier.client_id != client.pk:
            raise Conflict(
                _("This board was imported for %(client)s, as the project “%(project)s”.")
                % {"client": earlier.client.name, "project": earlier.name},
                code="other_client",
            )
        if name and wanted.casefold() != earlier.name.casefold():
            raise Conflict(
                _("This board was imported as the project “%(project)s” already.") % {"project": earlier.name},
                code="other_project",
            )
        return Report(earlier)
    found = Project.objects.filter(client=client, name__iexact=wanted).first()
    project = found or create_project(actor=actor, client=client, name=wanted)
    if board.scope:
        ExternalRef.objects.update_or_create(**name_there, defaults={"object_id": project.pk})
    return Report(project, project_is_new=found is None)


def _record(board: Board, report: Report, *, actor: Any) -> None:
    counts = report.counts()
    made, updated = (
        sum(number for (_kind, outcome), number in counts.items() if outcome == wanted) for wanted in (MADE, UPDATED)
    )
    values = {"source": (None, f"{board.source}: {board.name}"), "made": (None, made), "updated": (None, updated)}
    audit.record("import.finished", report.project, actor=actor, changes=values)
    outbox.emit("import.finished", report.project, source=board.source, made=made, updated=updated)
