"""The scheduler. One is enough; more do no harm."""

import signal
import threading
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from hyperflow.core.checks import refuse_unsafe_start
from hyperflow.core.jobs.sweeping import sweep_until


class Command(BaseCommand):
    help = "Asks for periodic jobs when they are due, and wakes workers for jobs that nobody took."
    requires_system_checks = ()

    def handle(self, *_: Any, **__: Any) -> None:
        try:
            refuse_unsafe_start()
        except ImproperlyConfigured as refusal:
            raise CommandError(str(refusal)) from refusal
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        sweep_until(stop)
