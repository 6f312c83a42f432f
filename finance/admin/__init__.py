"""See the parts: each stands in a module of its own."""

from finance.admin import documents, plans, records, setup

__all__ = ["documents", "plans", "records", "setup"]
