"""The scheduler's round: ask for what is due by the calendar, and wake workers for what nobody took."""

import logging
import threading
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connections
from django.utils.module_loading import import_string

from hyperflow.core.jobs import claims
from hyperflow.core.jobs.heartbeats import scheduler_beat
from hyperflow.core.jobs.registry import QUEUES
from hyperflow.core.jobs.schedule import enqueue_periodic
from hyperflow.core.models import Job

logger = logging.getLogger(__name__)

_BATCH = 500


def sweep() -> None:
    """One round. Safe to be done by any number of processes at once."""
    scheduler_beat()
    enqueue_periodic()
    if settings.JOB_WAKE_UP:
        resend: Callable[[dict[str, list[int]]], None] = import_string(settings.JOB_RESEND)
        resend(unattended())


def unattended() -> dict[str, list[int]]:
    """The jobs that wait for a worker, by queue: due ones, and those whose worker is gone."""
    waiting = {queue: claims.due_ids(queue, _BATCH) for queue in QUEUES}
    gone = Job.objects.filter(pk__in=claims.abandoned_ids(_BATCH)).values_list("pk", "queue")
    for pk, queue in gone:
        waiting.setdefault(queue, []).append(pk)
    return waiting


def sweep_until(stop: threading.Event) -> None:
    """Sweep every ``JOB_SWEEP_SECONDS``, and wait out a database that is away."""
    is_away = False
    while not stop.is_set():
        close_old_connections()
        try:
            sweep()
        except (DatabaseError, InterfaceError) as error:
            if not is_away:
                logger.warning("scheduler.database_is_away", extra={"reason": type(error).__name__})
            is_away = True
            connections.close_all()
        else:
            if is_away:
                logger.info("scheduler.database_is_back")
            is_away = False
        stop.wait(settings.JOB_SWEEP_SECONDS)
    connections.close_all()
