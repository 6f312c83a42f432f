# ruff: noqa: N999 (the command is called so)
"""`manage.py import trello FILE --client NAME`: a board or a table of tasks comes in."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from clients.models import Client
from hyperflow.core import clock
from hyperflow.core.errors import DomainError
from hyperflow.core.fields import fold_email
from hyperflow.core.progress import Bar
from integrations.importers import asana, statuses, tasks_csv, trello
from integrations.importers.boards import Board, ImportRefused
from integrations.services.imports import BadItems, import_board, rehearse
from integrations.services.reports import UNCHANGED, Report


class Command(BaseCommand):
    help = (
        "Import tasks from a Trello board export, an Asana project export or a CSV file into one project of a client. "
        "All of a file comes in, or nothing; importing it again changes only what was edited there since."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=["trello", "asana", "tasks-csv"])
        parser.add_argument("file", type=Path)
        parser.add_argument("--client", required=True, metavar="NAME", help="the client that the work is for")
        parser.add_argument("--project", default="", metavar="NAME", help="its project (default: the board's name)")
        parser.add_argument(
            "--map",
            default="",
            metavar="FIELD=COLUMN,…",
            help=f"for tasks-csv: which column is what ({', '.join(tasks_csv.FIELDS)})",
        )
        parser.add_argument(
            "--status-map",
            default="",
            metavar="LIST=STATUS,…",
            help="statuses by list name, as in Doing=in_progress,archived=completed (default: guessed by its words)",
        )
        parser.add_argument("--actor", default="", metavar="EMAIL", help="who imports (default: the first admin)")
        parser.add_argument("--skip-bad", action="store_true", help="leave out items with problems instead of refusing")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        actor, client = _actor(options["actor"]), _client(options["client"])
        bar = Bar(sys.stderr, options["file"].name)
        try:
            board = _read(options, client)
            chosen = statuses.parse_map(options["status_map"])
            report = (rehearse if options["dry_run"] else import_board)(
                actor=actor,
                board=board,
                client=client,
                project_name=options["project"],
                statuses=chosen,
                skip_bad=options["skip_bad"],
                progress=bar.show,
            )
        except BadItems as refusal:
            problems = "\n".join(f"  {problem}" for problem in refusal.problems)
            raise CommandError(
                f"Nothing was imported, because of {_bad_items(len(refusal.problems))}:\n{problems}\n"
                "Mend them in the source, or leave them out with --skip-bad."
            ) from refusal
        except (ImportRefused, DomainError) as refusal:
            raise CommandError(f"Nothing was imported: {refusal}") from refusal
        finally:
            bar.close()
        self._tell(report, options)

    def _tell(self, report: Report, options: dict[str, Any]) -> None:
        self.stdout.write("Nothing was written: this is what would happen.\n" if options["dry_run"] else "")
        new = " (new)" if report.project_is_new else ""
        self.stdout.write(f"Project: {report.project.name}{new} of {report.project.client.name}\n")
        for item in report.items:
            if item.outcome != UNCHANGED or options["verbosity"] > 1:
                detail = f" ({item.detail})" if item.detail else ""
                self.stdout.write(f"  {item.outcome:9} {item.kind:10} {item.where}{detail}\n")
        for known in report.people:
            self.stdout.write(
                f"  person    {known.how:14} {known.person.name} → {known.user.name} <{known.user.email}>\n"
            )
        for remark in report.remarks:
            self.stdout.write(f"  note      {remark}\n")
        counts = ", ".join(f"{kind} {outcome}: {n}" for (kind, outcome), n in sorted(report.counts().items()))
        self.stdout.write(f"{counts or 'The file holds nothing'}.\n")


def _read(options: dict[str, Any], client: Client) -> Board:
    path, zone = options["file"], clock.zone_of(client)
    if options["kind"] == "tasks-csv":
        return tasks_csv.read(path, tasks_csv.parse_map(options["map"]))
    if options["map"]:
        raise ImportRefused("--map is for tasks-csv; a board says itself what is what.")
    return (trello if options["kind"] == "trello" else asana).read(path, zone)


def _actor(email: str) -> User:
    people = User.objects.filter(is_active=True).select_related("role").order_by("pk")
    found = people.filter(email=fold_email(email)) if email else people.filter(role__grants_everything=True)
    actor = found.first()
    if actor is None:
        raise CommandError(
            f"There is no active account {email}." if email else "There is no active admin: name --actor."
        )
    return actor


def _client(name: str) -> Client:
    alike = list(Client.objects.filter(name__iexact=name.strip()).order_by("pk"))
    found = [client for client in alike if client.name == name.strip()] or alike
    if not found:
        raise CommandError(f"There is no client {name!r}. Make it first, or check its name.")
    if len(found) > 1:
        raise CommandError(f"There is more than one client {name!r}: rename one of them.")
    return found[0]


def _bad_items(count: int) -> str:
    return "1 bad item" if count == 1 else f"{count} bad items"
