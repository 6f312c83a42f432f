"""The worker. Needs nothing but the database; several may run at once."""

import argparse
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from hyperflow.core.checks import refuse_unsafe_start
from hyperflow.core.jobs.registry import QUEUES
from hyperflow.core.jobs.worker import Worker


class Command(BaseCommand):
    help = "Runs jobs as they become due, until it is asked to stop."
    requires_system_checks = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--queues", nargs="+", choices=QUEUES, default=QUEUES, help="Only jobs of these queues")
        parser.add_argument("--grace", type=float, default=8.0, help="Seconds that a running job gets to end in")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            refuse_unsafe_start()
        except ImproperlyConfigured as refusal:
            raise CommandError(str(refusal)) from refusal
        Worker(queues=options["queues"], grace=options["grace"]).work()
