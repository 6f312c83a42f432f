"""See the parts: each stands in a module of its own."""

from finance.admin import setup

__all__ = ["setup"]
