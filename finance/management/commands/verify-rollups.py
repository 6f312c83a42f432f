# ruff: noqa: N999 (the command is called so)
"""`manage.py verify-rollups`: are the sums that reports read those of the documents and records?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from finance.selectors.verification import Difference, differences
from finance.services import rollups

#: Differences that are told one by one.
MOST_TOLD = 50


class Command(BaseCommand):
    help = (
        "Compare the sums that reports read with the documents and records themselves, and say what differs. "
        "Ends with an error while something does."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--rebuild", action="store_true", help="make all sums anew first; nobody can write meanwhile"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["rebuild"]:
            self.stdout.write(f"{rollups.rebuild():,} rows were added up anew.")
        else:
            rollups.fold_all()
        found = differences()
        for one in found[:MOST_TOLD]:
            self.stdout.write(_told(one))
        if found:
            raise CommandError(f"{len(found):,} sums differ from the rows. `verify-rollups --rebuild` makes them anew.")
        self.stdout.write(self.style.SUCCESS("Every sum is that of its rows."))


def _told(one: Difference) -> str:
    where = f"{one.dimension} {one.key}".strip()
    return (
        f"{one.measure}, {one.grain} {one.starts_on}, {where}, {one.currency}: kept {one.kept.amount / 1000:,.3f} "
        f"of {one.kept.count}, the rows say {one.rows.amount / 1000:,.3f} of {one.rows.count}"
    )
