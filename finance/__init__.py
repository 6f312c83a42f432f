"""Invoices, payments, records, budgets and cost."""
