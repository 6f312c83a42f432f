"""See the parts: each stands in a module of its own."""

from finance.admin import documents, setup

__all__ = ["documents", "setup"]
