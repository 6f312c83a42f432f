# ruff: noqa: N999 (the command is called so)
"""`manage.py import-hr attendance FILE`: employees or the sessions of a punch clock come in from CSV."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from hr.importers import attendance, employees
from hr.services.imports_attendance import import_attendance
from hr.services.imports_employees import import_employees
from hyperflow.core.errors import DomainError
from hyperflow.core.fields import fold_email
from hyperflow.core.imports import UNCHANGED, BadRows, Report
from hyperflow.core.progress import Bar
from hyperflow.core.tables import ImportRefused

#: Problems that are told one by one.
MOST_TOLD = 200


class Command(BaseCommand):
    help = (
        "Import employees, or the sessions of a punch clock (one row a punch, or one row a session), from a CSV file. "
        "All of a file comes in, or nothing; importing it again changes only what the file now says otherwise."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=["employees", "attendance"])
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--map",
            default="",
            metavar="FIELD=COLUMN,…",
            help="which column is what, where its heading does not say so. "
            f"For employees: {', '.join(employees.FIELDS)}; for attendance: {', '.join(attendance.FIELDS)}",
        )
        parser.add_argument("--actor", default="", metavar="EMAIL", help="who imports (default: the first admin)")
        parser.add_argument("--skip-bad", action="store_true", help="leave out rows with problems instead of refusing")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = _actor(options["actor"])
        bar = Bar(sys.stderr, options["file"].name)
        told = {"skip_bad": options["skip_bad"], "dry_run": options["dry_run"], "progress": bar.show}
        try:
            if options["kind"] == "employees":
                report = import_employees(actor=actor, file=employees.read(options["file"], options["map"]), **told)
            else:
                report = import_attendance(actor=actor, file=attendance.read(options["file"], options["map"]), **told)
        except BadRows as refusal:
            raise CommandError(_told(refusal)) from refusal
        except (ImportRefused, DomainError) as refusal:
            raise CommandError(f"Nothing was imported: {refusal}") from refusal
        finally:
            bar.close()
        self._tell(report, options)

    def _tell(self, report: Report, options: dict[str, Any]) -> None:
        if options["dry_run"]:
            self.stdout.write("Nothing was written: this is what would happen.\n")
        for line, outcome, what in sorted(report.items):
            if outcome != UNCHANGED or options["verbosity"] > 1:
                self.stdout.write(f"  line {line:<6} {outcome:9} {what}\n")
        for remark in report.remarks:
            self.stdout.write(f"  note        {remark}\n")
        counts = ", ".join(f"{outcome}: {count}" for outcome, count in sorted(report.counts().items()))
        self.stdout.write(f"{counts or 'The file holds nothing'}.\n")


def _told(refusal: BadRows) -> str:
    count = len(refusal.problems)
    lines = "\n".join(f"  {problem}" for problem in refusal.problems[:MOST_TOLD])
    more = f"\n  and {count - MOST_TOLD} more" if count > MOST_TOLD else ""
    bad = "1 bad row" if count == 1 else f"{count} bad rows"
    return (
        f"Nothing was imported, because of {bad}:\n{lines}{more}\n"
        "Mend them in the file, or leave them out with --skip-bad."
    )


def _actor(email: str) -> User:
    people = User.objects.filter(is_active=True).select_related("role").order_by("pk")
    found = people.filter(email=fold_email(email)) if email else people.filter(role__grants_everything=True)
    actor = found.first()
    if actor is None:
        raise CommandError(
            f"There is no active account {email}." if email else "There is no active admin: name --actor."
        )
    return actor
