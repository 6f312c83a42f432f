"""See the parts: each stands in a module of its own."""

from finance.admin import credit, documents, estimates, hours, plans, records, setup, time

__all__ = ["credit", "documents", "estimates", "hours", "plans", "records", "setup", "time"]
