"""See the parts: each stands in a module of its own."""

from finance.jobs import invoices, reminders, rollups

__all__ = ["invoices", "reminders", "rollups"]
