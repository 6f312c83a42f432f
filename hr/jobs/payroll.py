"""Jobs of payroll."""
