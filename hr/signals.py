"""Facts that other apps may listen to. Sent in the transaction that makes them true; a receiver only queues a job."""

from django.dispatch import Signal

payroll_paid = Signal()  # sends: run_id
