"""The noon at which tests of time happen, and time that somebody writes down."""

import datetime as dt

from tasks.services import time as services

NOW = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def entry_at(worker, task, start, hours=1.0, **values):
    return services.add_entry(
        task=task, actor=worker, started_at=start, ended_at=start + dt.timedelta(hours=hours), **values
    )
