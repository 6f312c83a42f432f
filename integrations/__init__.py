"""Importers today; platforms, sync, webhooks and automation rules later."""
