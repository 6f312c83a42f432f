"""`manage.py demo`: an invented agency to look at, or a million tasks to measure with."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from hyperflow.demo import agency, bench, load


class Command(BaseCommand):
    help = "Load demo data into an empty database; for development and measurement only (DEBUG=true)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--scale", choices=["demo", "bench"], default="demo", help="how much (default: demo)")
        parser.add_argument("--if-empty", action="store_true", help="do nothing where there is an account already")
        parser.add_argument("--password", default="", help="of the accounts that may sign in (default: DEMO_PASSWORD)")
        parser.add_argument("--tasks", type=int, default=bench.TASKS, help="for --scale bench: how many tasks")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Demo data has well-known passwords, so it is loaded with DEBUG=true only.")
        if User.objects.exists():
            if options["if_empty"]:
                return
            raise CommandError("There are accounts in this database already: demo data goes into an empty one only.")
        begun = time.monotonic()
        password = options["password"] or settings.DEMO_PASSWORD
        if options["scale"] == "bench":
            counts = bench.load(password=password, tasks=options["tasks"], say=self._say)
        else:
            counts = load.load(password=password)
        told = ", ".join(f"{number} {what}" for what, number in counts.items())
        self._say(f"Loaded {told} in {time.monotonic() - begun:.1f} s.")
        self._say(f"Sign in as {', '.join(agency.SIGN_IN)}.")

    def _say(self, words: str) -> None:
        self.stdout.write(words)
