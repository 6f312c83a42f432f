"""Employment, attendance, leave, payroll and recruitment."""
