"""Admin of payroll."""
