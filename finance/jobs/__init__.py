"""See the parts: each stands in a module of its own."""

from finance.jobs import invoices, rollups

__all__ = ["invoices", "rollups"]
