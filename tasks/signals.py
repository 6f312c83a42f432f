"""Facts that other apps may listen to. Sent in the transaction that makes them true; a receiver only queues a job."""

from django.dispatch import Signal

task_created = Signal()  # sends: task_id
task_completed = Signal()  # sends: task_id
