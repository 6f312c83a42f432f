"""Invoices, payments, records, budgets and cost. Nothing lives here yet."""
