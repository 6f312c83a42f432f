"""Facts that other apps may listen to. Sent in the transaction that makes them true; a receiver only queues a job."""

from django.dispatch import Signal

#: Days have become holidays of a calendar, or are none any longer.
holidays_changed = Signal()  # sends: calendar_id, dates
