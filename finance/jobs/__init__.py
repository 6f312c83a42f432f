"""See the parts: each stands in a module of its own."""

from finance.jobs import rollups

__all__ = ["rollups"]
