"""Celery, for installations with ``REDIS_URL``: wakes workers at once and spreads them over hosts.

    celery -A hyperflow.celery worker -Q default,sync,ai,mail
    celery -A hyperflow.celery beat                             (or `manage.py run_schedule`)

A message only carries a job's id. The job table decides what runs, who runs it and how often, so a message that is
lost, doubled or late does no harm: see `hyperflow.core.jobs`. That is why messages are acknowledged late and never
re-delivered by the broker's own means when a worker is lost.
"""

import logging
import os
import sys
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hyperflow.settings.base")

from celery import Celery, signals  # the settings come first
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES

from hyperflow.core.wakeup import Notifier

logger = logging.getLogger(__name__)

#: No job runs longer. The broker must not hand out a message anew before.
LONGEST_JOB = 2 * 60 * 60
#: More wake-ups than this in a queue mean that nobody consumes it: `run_jobs` does the work.
_TOO_MANY = 10_000

TRANSPORT_ALIASES.update(redis="hyperflow.broker:Transport", rediss="hyperflow.broker:Transport")

app = Celery("hyperflow")
app.conf.update(
    broker_url=settings.REDIS_URL or None,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # an outage may last a night
    broker_transport_options={
        "visibility_timeout": LONGEST_JOB + 60 * 60,
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 0.3,
        "socket_timeout": 1,
        "socket_keepalive": True,
    },
    task_publish_retry_policy={"max_retries": 1},
    task_serializer="json",
    result_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=False,
    task_soft_time_limit=LONGEST_JOB,
    task_time_limit=LONGEST_JOB + 60,
    task_default_queue="default",
    task_create_missing_queues=True,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=1_000,
    worker_soft_shutdown_timeout=8,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_hijack_root_logger=False,
    timezone="UTC",
    beat_schedule_filename=str(settings.DATA_DIR / "celerybeat-schedule"),
    beat_schedule={
        "sweep": {
            "task": "hyperflow.sweep",
            "schedule": settings.JOB_SWEEP_SECONDS,
            "options": {"expires": max(1, settings.JOB_SWEEP_SECONDS - 1)},
        }
    },
)


@app.task(name="hyperflow.run_job")
def run_job(job_id: int) -> None:
    from hyperflow.core import jobs

    jobs.beat_now_and_then()
    jobs.run(job_id)


@app.task(name="hyperflow.sweep")
def sweep() -> None:
    from hyperflow.core import jobs

    jobs.worker_beat()
    jobs.sweep()


def _publish(job_id: int, queue: str) -> None:
    run_job.apply_async((job_id,), queue=queue, retry=False, argsrepr="<hidden>")  # type: ignore[call-arg]


_notifier = Notifier(_publish)


def wake(job_id: int, queue: str) -> None:
    """``settings.JOB_WAKE_UP``. Returns at once, whatever the broker does."""
    _notifier.tell(job_id, queue)


def resend(waiting: dict[str, list[int]]) -> None:
    """``settings.JOB_RESEND``. Wake workers for jobs whose message was lost, or never sent.

    Where as many messages wait as jobs do, the jobs wait for a free worker and need no further message. A broker
    that is away is tried again in the next round: nobody waits for the scheduler.
    """
    try:
        for queue, length in _backlog(list(waiting)).items():
            if len(waiting[queue]) > length:
                for pk in waiting[queue]:
                    _publish(pk, queue)
    except Exception as error:  # noqa: BLE001  # whatever a broker client raises
        logger.warning("broker.unavailable", extra={"reason": type(error).__name__})


def _backlog(queues: list[str]) -> dict[str, int]:
    with app.connection_for_write() as connection:
        channel: Any = connection.default_channel
        lengths = {queue: _length(channel, queue) for queue in queues}
        for queue, length in lengths.items():
            if length > _TOO_MANY:
                channel.queue_purge(queue)
                lengths[queue] = 0
        return lengths


def _length(channel: Any, queue: str) -> int:
    try:
        return int(channel.queue_declare(queue, passive=True).message_count)
    except ChannelError:  # no such queue: nothing waits in it
        return 0


@signals.celeryd_init.connect
@signals.beat_init.connect
def _check_before_start(**_: Any) -> None:
    import django

    from hyperflow.core.checks import refuse_unsafe_start

    django.setup()
    try:
        if not settings.REDIS_URL:
            raise ImproperlyConfigured("REDIS_URL is not set. Without a broker, `manage.py run_jobs` does the work.")
        refuse_unsafe_start()
    except ImproperlyConfigured as refusal:
        # A signal's receiver can't stop Celery by any other exception, nor by this one's message.
        (sys.__stderr__ or sys.stderr).write(f"{refusal}\n")
        raise SystemExit(1) from None
