"""Models of payroll."""
